"""What people typed must not change more than its own line of a configuration."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.provisioning import Address, Pbx, Phone, SecureAddress, ValueRefused, render, write

PASSWORD = "a-long-enough-secret"


def pbx(**changes: object) -> Pbx:
    place = Address(host="127.0.0.1", port=5060)
    settings = {"server": "test", "sip": place, "trunk": place, "ami": place, "http": place} | changes
    return Pbx(rtp=(10000, 10499), ami_secret="manager-secret", **settings)  # type: ignore[arg-type]


def shape(text: str) -> list[str]:
    """The sections and keys of a configuration, without the values."""
    return [line.split("=")[0].strip() for line in text.splitlines() if line.strip() and not line.startswith(";")]


@pytest.mark.slow
@given(st.text(max_size=60))
def test_no_name_changes_the_shape_of_the_configuration(name: str) -> None:
    plain = render(pbx(), [Phone(extension="201", password=PASSWORD, name="Anna Wzorowa")])
    try:
        phone = Phone(extension="201", password=PASSWORD, name=name)
    except ValueRefused:
        return
    rendered = render(pbx(), [phone])
    assert {file: shape(text) for file, text in rendered.items()} == {file: shape(text) for file, text in plain.items()}
    caller = next(line for line in rendered["pjsip.conf"].splitlines() if line.startswith("callerid"))
    assert caller.count('"') == 2
    assert caller.endswith(" <201>")
    assert not set(";\\[]{}$`") & set(caller)


@pytest.mark.parametrize("name", ["a\nb", "a\r\n[trunk]", "a\x00", "a\x1b[2J", "a\u2028b", "a\x85b"])
def test_name_with_control_characters_is_refused(name: str) -> None:
    with pytest.raises(ValueRefused):
        Phone(extension="201", password=PASSWORD, name=name)


@pytest.mark.parametrize("extension", ["", "1", "20a", "201\n", "trunk", "1" * 11, "２０１"])
def test_extension_is_a_few_digits(extension: str) -> None:
    with pytest.raises(ValueRefused):
        Phone(extension=extension, password=PASSWORD, name="x")


@pytest.mark.parametrize("password", ["", "tiny7", "with space in it", "semi;colon;s", "line\nbreaks", "x" * 81])
def test_password_has_no_meaning_to_asterisk(password: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        Phone(extension="201", password=password, name="x")
    assert not password or password not in str(refused.value)


def test_two_phones_of_one_extension_are_refused() -> None:
    phone = Phone(extension="201", password=PASSWORD, name="x")
    with pytest.raises(ValueRefused):
        render(pbx(), [phone, phone])


def test_secrets_stay_out_of_representations() -> None:
    phone = Phone(extension="201", password=PASSWORD, name="x")
    assert PASSWORD not in repr(phone)
    assert "manager-secret" not in repr(pbx())


def test_websockets_are_secure_only_with_a_certificate() -> None:
    secure = SecureAddress(host="127.0.0.1", port=8089, certificate="/x/crt", private_key="/x/key")
    assert "tlsenable" not in render(pbx(), [])["http.conf"]
    assert "tlscertfile = /x/crt" in render(pbx(https=secure), [])["http.conf"]


def test_account_may_never_write_system_or_commands() -> None:
    granted = next(line for line in render(pbx(), [])["manager.conf"].splitlines() if line.startswith("write ="))
    assert not {"system", "command", "config", "all"} & set(granted.split("=")[1].replace(" ", "").split(","))


def test_only_changed_files_are_written_and_only_for_the_owner(tmp_path: Path) -> None:
    assert write({"a": "1", "b": "1"}, tmp_path) == {"a", "b"}
    assert write({"a": "1", "b": "2"}, tmp_path) == {"b"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
