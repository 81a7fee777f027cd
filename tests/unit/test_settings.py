"""Settings say what is wrong and how to mend it."""

from pathlib import Path

import pytest

from callcenter.app.settings import BadSettings, Settings, load


def test_defaults_live_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(tmp_path / "with space"))
    settings = load()
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path}/with space/callcenter.db"
    assert settings.recordings.endswith("with%20space/recordings")
    assert settings.exchanges == ()


def test_the_secret_key_is_drawn_once_and_kept_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(tmp_path))
    first, second = load().key, load().key
    assert first == second
    assert len(first) == 64
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("DATABASE_URL", "mysql://x", "sqlite+aiosqlite"),
        ("PORT", "99999", "65535"),
        ("ASTERISK", "http://pbx", "ami://user:secret@host:port"),
        ("SECRET_KEY", "short", "openssl rand"),
    ],
)
def test_a_wrong_setting_names_itself_and_the_cure(
    name: str, value: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CALLCENTER_{name}", value)
    with pytest.raises(BadSettings) as error:
        load()
    assert f"CALLCENTER_{name}" in str(error.value)
    assert hint in str(error.value)
    assert value not in str(error.value)


def test_several_exchanges_and_no_secret_in_sight() -> None:
    settings = Settings(asterisk="ami://u:p%40ss@pbx.example:5039, ami://v:w@other.example")
    first, second = settings.exchanges
    assert (first.secret, first.port, second.port) == ("p@ss", 5039, 5038)
    assert "p@ss" not in repr(first)
