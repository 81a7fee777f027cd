"""No value that reaches an action can mean more than itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.ami import actions as a
from telephony.ami.actions import Place, UnsafeValue

EVIL = [
    "1\r\nAction: Originate",
    "1\n2",
    "1\x00",
    "1&2",
    "1/2",
    "1@trunk",
    "1,2",
    "1|2",
    "${SHELL(id)}",
    "Local/1@x",
    "1 2",
    "\u2028",
    "\ud800",
    "",
]
SAFE = Place(context="callcenter-outbound", exten="79000000001")


def originate(**changes: object) -> a.Originate:
    values: dict[str, object] = {
        "endpoint": "100",
        "place": SAFE,
        "channel_id": "cc-1-a",
        "other_channel_id": "cc-1-b",
    }
    return a.Originate(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("value", EVIL)
@pytest.mark.parametrize(
    "make",
    [
        lambda value: originate(endpoint=value),
        lambda value: originate(place=Place(context="c", exten=value)),
        lambda value: originate(place=Place(context=value, exten="1")),
        lambda value: originate(channel_id=value),
        lambda value: originate(other_channel_id=value),
        lambda value: originate(caller=value),
        lambda value: originate(variables={value: "1"}),
        lambda value: originate(variables={"A": value}) if value else originate(endpoint=""),
        lambda value: originate(sip_headers={value: "1"}),
        lambda value: originate(sip_headers={"A": value}) if value else originate(endpoint=""),
        lambda value: a.QueueAdd(queue=value, interface="PJSIP/100"),
        lambda value: a.QueueAdd(queue="q", interface=value),
        lambda value: a.Atxfer(channel="PJSIP/100-1", place=Place(context="c", exten=value)),
        lambda value: a.BlindTransfer(channel="PJSIP/100-1", place=Place(context="c", exten=value)),
        lambda value: a.Redirect(channel="PJSIP/100-1", place=Place(context=value, exten="1")),
    ],
)
def test_evil_values_are_refused_everywhere(make: object, value: str) -> None:
    with pytest.raises(UnsafeValue):
        make(value).headers()  # type: ignore[operator]


@pytest.mark.parametrize("value", ["1\r\n2", "PJSIP/1&PJSIP/2", "PJSIP/1,2", "PJSIP/1|2", "PJSIP/${X}", "a b", ""])
@pytest.mark.parametrize("kind", [a.Hangup, a.CancelAtxfer])
def test_evil_channels_are_refused(kind: type[a.Hangup], value: str) -> None:
    with pytest.raises(UnsafeValue):
        kind(channel=value).headers()


@given(st.text())
def test_no_number_ever_breaks_a_line_or_a_dial_string(value: str) -> None:
    try:
        headers = originate(place=Place(context="c", exten=value), caller=value).headers()
    except UnsafeValue:
        return
    assert not set(str(headers["Exten"]) + str(headers["CallerID"])) & set("\r\n&/@,|$ ")


@given(st.text(), st.text())
def test_free_text_adds_no_header(reason: str, secret: str) -> None:
    for action in (
        a.QueuePause(interface="PJSIP/100", paused=True, reason=reason),
        a.Login(username="u", secret=secret),
    ):
        try:
            headers = action.headers()
        except UnsafeValue:
            continue
        assert not any(letter in str(value) for value in headers.values() for letter in "\r\n\x00")


@pytest.mark.parametrize(
    "channel", ["PJSIP/100-0000001b", "Local/101@callcenter-internal-00000001;1", "cc-17-a", "1795284967.79"]
)
def test_real_channels_pass(channel: str) -> None:
    assert a.Hangup(channel=channel).headers()["Channel"] == channel


def test_a_secret_is_not_shown() -> None:
    assert "hunter2" not in repr(a.Login(username="u", secret="hunter2"))


def test_a_dual_redirect_moves_both_ends() -> None:
    headers = a.Redirect(channel="PJSIP/1-1", place=SAFE, extra="PJSIP/2-2").headers()
    assert (headers["ExtraChannel"], headers["ExtraExten"]) == ("PJSIP/2-2", "79000000001")
