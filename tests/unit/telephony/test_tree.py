"""Where Asterisk comes from, on machines that have it, could have it, or cannot."""

from pathlib import Path

import pytest

from telephony.lab import AsteriskMissing, LabError, tree


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine without Asterisk and without root."""
    monkeypatch.setattr(tree.shutil, "which", lambda program: None)
    monkeypatch.setattr(tree.os, "geteuid", lambda: 1000)
    return monkeypatch


def test_without_root_and_without_asterisk_it_says_what_to_install(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(AsteriskMissing, match="install asterisk"):
        tree.find(tmp_path)
    assert not (tmp_path / "asterisk").exists()


def test_the_machines_own_asterisk_comes_first(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare.setattr(tree.shutil, "which", lambda program: f"/usr/sbin/{program}")
    bare.setattr(tree, "SETTINGS", tmp_path / "asterisk.conf")
    (tmp_path / "asterisk.conf").write_text("[directories]\nastmoddir => /opt/modules\nastdatadir => /opt/data\n")
    found = tree.find(tmp_path)
    assert found == tree.Binary(("/usr/sbin/asterisk",), Path("/opt/modules"), Path("/opt/data"))


def test_torn_tree_is_told_apart(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "asterisk").mkdir()
    with pytest.raises(LabError, match="remove the folder"):
        tree.find(tmp_path)
