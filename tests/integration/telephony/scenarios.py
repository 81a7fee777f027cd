"""What people do on telephones, step by step: played on a real Asterisk by the tests and the recorder of traces."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from telephony.ami import actions
from telephony.ami.actions import Action, Place
from tests.integration.telephony.exchange import PrivateExchange


class Manager(Protocol):
    """Who can give orders and knows the newest channel of a phone."""

    async def give(self, action: Action) -> None: ...

    def channel(self, prefix: str) -> str: ...


@dataclass
class Play:
    """One run of a scenario. ``caller`` is a number of its own, ``call_id`` the id of what it orders."""

    pbx: PrivateExchange
    manager: Manager
    caller: str
    call_id: int

    def ring_in(self, number: str, caller: str | None = None):
        return self.pbx.trunk.dial(number, caller or self.caller)

    async def order(self, seconds: int = 8) -> None:
        await self.manager.give(
            actions.Originate(
                action_id=f"cc-{self.call_id}-a",
                endpoint="100",
                place=Place(context="callcenter-outbound", exten=self.caller),
                channel_id=f"cc-{self.call_id}-a",
                other_channel_id=f"cc-{self.call_id}-b",
                ring_seconds=seconds,
                caller="5550100",
                variables={"__CALLCENTER_CALL": str(self.call_id)},
            )
        )

    async def phone(self, name: str):
        return await self.pbx.phones[name].next_call()

    async def consult(self, target: str) -> None:
        place = Place(context="callcenter-transfer", exten=target)
        await self.manager.give(actions.Atxfer(channel=self.manager.channel("PJSIP/100"), place=place))


Scenario = Callable[[Play], Awaitable[None]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(play: Scenario) -> Scenario:
    SCENARIOS[play.__name__] = play
    return play


async def a_while(seconds: float = 0.4) -> None:
    """People take time; nothing is waited for."""
    await asyncio.sleep(seconds)


async def _talking(play: Play, seconds: float = 0.7):
    """A customer rings collector 100 directly and they talk."""
    customer = play.ring_in("100")
    collector = await play.phone("100")
    collector.answer()
    await a_while(seconds)
    return customer, collector


@scenario
async def queue_answered(play: Play) -> None:
    customer = play.ring_in("600")
    collector = await play.phone("100")
    collector.ring()
    await a_while()
    collector.answer()
    await a_while(1.2)
    customer.hang_up()


@scenario
async def queue_next_collector(play: Play) -> None:
    play.ring_in("600")
    (await play.phone("100")).ring()
    other = await play.phone("101")
    other.ring()
    await a_while()
    other.answer()
    await a_while(1)
    other.hang_up()


@scenario
async def queue_abandoned(play: Play) -> None:
    customer = play.ring_in("600")
    (await play.phone("100")).ring()
    await a_while(1)
    customer.hang_up()


@scenario
async def direct_hidden(play: Play) -> None:
    play.ring_in("100", '"Anonymous" <sip:anonymous@anonymous.invalid>')
    collector = await play.phone("100")
    collector.ring()
    await a_while()
    collector.answer()
    await a_while(1)
    collector.hang_up()


@scenario
async def direct_busy(play: Play) -> None:
    play.ring_in("100", "+79000000004")
    (await play.phone("100")).refuse(486)


@scenario
async def direct_rejected(play: Play) -> None:
    play.ring_in("100", "8%20(900)%20000-00-05")
    collector = await play.phone("100")
    collector.ring()
    await a_while()
    collector.refuse(603, "Decline")


@scenario
async def direct_abandoned(play: Play) -> None:
    customer = play.ring_in("100")
    (await play.phone("100")).ring()
    await a_while(1)
    customer.hang_up()


@scenario
async def order_answered(play: Play) -> None:
    await play.order()
    collector = await play.phone("100")
    collector.answer()
    customer = await play.phone("trunk")
    customer.ring()
    await a_while()
    customer.answer()
    await a_while(1)
    collector.hang_up()


@scenario
async def order_busy(play: Play) -> None:
    await play.order()
    (await play.phone("100")).answer()
    (await play.phone("trunk")).refuse(486)


@scenario
async def order_not_taken(play: Play) -> None:
    await play.order(seconds=1)
    collector = await play.phone("100")
    collector.ring()
    await asyncio.wait_for(collector.ended.wait(), 60)


@scenario
async def order_rejected(play: Play) -> None:
    await play.order()
    (await play.phone("100")).refuse(603, "Decline")


@scenario
async def hold_unhold(play: Play) -> None:
    _, collector = await _talking(play)
    collector.hold()
    await a_while(1)
    collector.unhold()
    await a_while(0.5)
    collector.hang_up()


@scenario
async def blind_transfer(play: Play) -> None:
    customer, _ = await _talking(play)
    place = Place(context="callcenter-transfer", exten="101")
    await play.manager.give(actions.BlindTransfer(channel=play.manager.channel("PJSIP/100"), place=place))
    other = await play.phone("101")
    other.ring()
    await a_while()
    other.answer()
    await a_while(1)
    customer.hang_up()


@scenario
async def blind_transfer_to_queue(play: Play) -> None:
    await _talking(play)
    place = Place(context="callcenter-transfer", exten="600")
    await play.manager.give(actions.BlindTransfer(channel=play.manager.channel("PJSIP/100"), place=place))
    (await play.phone("100")).refuse(486)
    other = await play.phone("101")
    other.answer()
    await a_while(1)
    other.hang_up()


@scenario
async def attended_transfer(play: Play) -> None:
    customer, collector = await _talking(play)
    await play.consult("101")
    other = await play.phone("101")
    other.answer()
    await a_while(1)
    collector.hang_up()
    await a_while(1)
    customer.hang_up()


@scenario
async def attended_transfer_while_ringing(play: Play) -> None:
    _, collector = await _talking(play)
    await play.consult("101")
    other = await play.phone("101")
    other.ring()
    await a_while()
    collector.hang_up()
    await a_while()
    other.answer()
    await a_while(1)
    other.hang_up()


@scenario
async def attended_transfer_cancelled(play: Play) -> None:
    _, collector = await _talking(play)
    await play.consult("101")
    (await play.phone("101")).ring()
    await a_while()
    await play.manager.give(actions.CancelAtxfer(channel=play.manager.channel("PJSIP/100")))
    await a_while(1.5)
    collector.hang_up()


@scenario
async def attended_transfer_to_queue(play: Play) -> None:
    customer, collector = await _talking(play)
    await play.consult("600")
    other = await play.phone("101")
    other.answer()
    await a_while(1)
    collector.hang_up()
    await a_while(1)
    customer.hang_up()


@scenario
async def conference(play: Play) -> None:
    customer, _ = await _talking(play)
    room = Place(context="callcenter-transfer", exten="700")
    both = actions.Redirect(
        channel=play.manager.channel("PJSIP/trunk"), place=room, extra=play.manager.channel("PJSIP/100")
    )
    await play.manager.give(both)
    await a_while(1.5)
    third = actions.Originate(endpoint="101", place=room, channel_id=f"room-{play.call_id}", other_channel_id="room-b")
    await play.manager.give(third)
    other = await play.phone("101")
    other.answer()
    await a_while(2)
    other.hang_up()
    await a_while()
    customer.hang_up()


@scenario
async def two_calls_on_one_phone(play: Play) -> None:
    first, collector = await _talking(play)
    second = play.pbx.trunk.dial("100", f"{play.caller}9")
    collector_again = await play.phone("100")
    collector.hold()
    await a_while()
    collector_again.answer()
    await a_while(1)
    second.hang_up()
    await a_while()
    collector.unhold()
    await a_while()
    first.hang_up()


@scenario
async def hold_and_ring_back(play: Play) -> None:
    await play.order()
    (await play.phone("100")).answer()
    customer = await play.phone("trunk")
    customer.answer()
    await a_while(0.8)
    channel = play.manager.channel("PJSIP/trunk")
    hold = Place(context="callcenter-held", exten="hold")
    await play.manager.give(actions.Redirect(channel=channel, place=hold))
    await a_while(0.8)
    back = Place(context="callcenter-ringback", exten="100")
    await play.manager.give(actions.Redirect(channel=channel, place=back))
    (await play.phone("100")).answer()
    await a_while(1)
    customer.hang_up()
