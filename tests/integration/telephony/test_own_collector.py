"""Debtors of one collector who come at the same moment, in the dialplan of a real exchange."""

import pytest

from telephony.lab import Lab
from tests.integration.telephony.test_lab import orders
from tests.phones import desk_phone
from tests.plugins.asterisk import PHONES, eventually

pytestmark = pytest.mark.asterisk
OWN = PHONES[0]
PAIRS = 20
DECIDED = {
    "CALLCENTER_DECIDED": "yes",
    "CALLCENTER_OWN": OWN.extension,
    "CALLCENTER_OWN_SECONDS": "10",
    "CALLCENTER_QUEUE": "main",
    "CALLCENTER_PRIORITY": "0",
}


async def test_of_two_debtors_of_the_same_moment_one_rings_their_collector(asterisk_lab: Lab) -> None:
    async with desk_phone(asterisk_lab.required().pbx.sip, OWN) as phone:
        for _ in range(PAIRS):
            await said(asterisk_lab, f"core show hint {OWN.extension}", "State:Idle")
            await orders(asterisk_lab, _decided_on(), _decided_on())
            await phone.until("CALL_INCOMING")
            await said(asterisk_lab, "queue show main", "main has 1 calls")
            asterisk_lab.rx("channel request hangup all")
            await phone.until("CALL_CLOSED")
            await said(asterisk_lab, "core show channels count", "0 active channels")
            assert not phone.rang(), "neither the other's dialling nor the queue rings him too"
            asterisk_lab.rx(f"dialplan set global CALLCENTER_CLAIMED_{OWN.extension} 0")  # some seconds later


async def said(lab: Lab, command: str, words: str) -> None:
    await eventually(lambda: words in lab.rx(command))


def _decided_on() -> dict[str, str | list[str]]:
    """A caller for whom the server has just said that his own collector is free."""
    return {
        "Action": "Originate",
        "Channel": "Local/s@callcenter-routed/n",
        "Application": "Wait",
        "Data": "60",
        "Async": "true",
        "Variable": [f"__{name}={value}" for name, value in DECIDED.items()],
    }
