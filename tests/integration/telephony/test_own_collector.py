"""Debtors of one collector who come at the same moment, in the dialplan of a real exchange."""

import re
import time

import pytest

from telephony.lab import Lab
from tests.integration.telephony.test_lab import orders
from tests.phones import desk_phone
from tests.plugins.asterisk import PHONES, eventually

pytestmark = pytest.mark.asterisk
OWN = PHONES[0]
PAIRS = 12
DECIDED = {
    "CALLCENTER_DECIDED": "yes",
    "CALLCENTER_OWN": OWN.extension,
    "CALLCENTER_OWN_SECONDS": "30",
    "CALLCENTER_QUEUE": "main",
    "CALLCENTER_PRIORITY": "0",
}
#: A caller in the queue, who has asked for the collector at least once more than when he came.
_WAITS = re.compile(r"(Local/\S+) \(wait: 0:0[2-9]")
_CALLERS = re.compile(r"^(Local/[^!]+;2)!", re.MULTILINE)


@pytest.fixture(autouse=True)
def _collector_has_long_been_free(asterisk_lab: Lab) -> None:
    """There is no server to say so after a talk of another test with this Asterisk."""
    asterisk_lab.rx(f"dialplan set global CALLCENTER_PARTED_{OWN.extension} 0")


async def test_of_two_debtors_of_the_same_moment_one_rings_their_collector(asterisk_lab: Lab) -> None:
    async with desk_phone(asterisk_lab.required().pbx.sip, OWN) as phone:
        for _ in range(PAIRS):
            await said(asterisk_lab, f"core show hint {OWN.extension}", "State:Idle")
            await orders(asterisk_lab, _decided_on(), _decided_on())
            await phone.until("CALL_INCOMING")
            waiting = await eventually(lambda: _WAITS.findall(asterisk_lab.rx("queue show main")))
            assert not phone.rang(), "neither the other's dialling nor the queue rings him too"
            asterisk_lab.rx(f"channel request hangup {waiting[0]}")  # first, else the queue rings a free phone
            await said(asterisk_lab, "queue show main", "No Callers")
            _callers_give_up(asterisk_lab)
            await phone.until("CALL_CLOSED")
            await said(asterisk_lab, "core show channels count", "0 active channels")


async def test_who_gives_up_leaves_the_collector_to_the_next(asterisk_lab: Lab) -> None:
    async with desk_phone(asterisk_lab.required().pbx.sip, OWN) as phone:
        for _ in range(3):
            await said(asterisk_lab, f"core show hint {OWN.extension}", "State:Idle")
            await orders(asterisk_lab, _decided_on())
            await phone.until("CALL_INCOMING")
            await said(asterisk_lab, "queue show main", "No Callers")
            _callers_give_up(asterisk_lab)
            await phone.until("CALL_CLOSED")
            await said(asterisk_lab, "core show channels count", "0 active channels")


async def test_who_has_talked_since_it_was_decided_that_he_is_free_is_left_in_peace(asterisk_lab: Lab) -> None:
    async with desk_phone(asterisk_lab.required().pbx.sip, OWN) as phone:
        await said(asterisk_lab, f"core show hint {OWN.extension}", "State:Idle")
        asterisk_lab.rx(f"dialplan set global CALLCENTER_PARTED_{OWN.extension} {_now()}")
        await orders(asterisk_lab, _decided_on(at=_now() - 10_000))
        await said(asterisk_lab, "queue show main", "Local/")
        assert not phone.rang(), "nor does the queue ring him at once"
        await phone.until("CALL_INCOMING")  # it does when nobody has said within some seconds what he does
        assert "Local/" in asterisk_lab.rx("queue show main")
        _callers_give_up(asterisk_lab)
        await phone.until("CALL_CLOSED")
        await said(asterisk_lab, "core show channels count", "0 active channels")


def _callers_give_up(lab: Lab) -> None:
    """They alone: a caller whose collector's telephone were hung up first would go on to the queue, and ring it."""
    for caller in _CALLERS.findall(lab.rx("core show channels concise")):
        lab.rx(f"channel request hangup {caller}")


async def said(lab: Lab, command: str, words: str) -> None:
    await eventually(lambda: words in lab.rx(command))


def _now() -> int:
    """In ms, as the dialplan has it."""
    return time.time_ns() // 1_000_000


def _decided_on(at: int | None = None) -> dict[str, str | list[str]]:
    """A caller for whom the server has said, just now or ``at`` a time in ms, that his own collector is free."""
    decided = {**DECIDED, "CALLCENTER_ROUTED_AT": str(at or _now())}
    return {
        "Action": "Originate",
        "Channel": "Local/s@callcenter-routed/n",
        "Application": "Wait",
        "Data": "60",
        "Async": "true",
        "Variable": [f"__{name}={value}" for name, value in decided.items()],
    }
