"""Who is told first, and that everything is told in the end."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from callcenter.calls.facts import CallPhase, CallState, Direction
from telephony.telling import AT_ONCE, CallTeller

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)


def call(call_id: int, phase: CallPhase) -> CallState:
    return CallState(
        call_id=call_id,
        server="test",
        linkedids=(f"{call_id}.1",),
        direction=Direction.INBOUND,
        phase=phase,
        phone=None,
        dialled=None,
        queue=None,
        started_at=NOON,
    )


class Ear:
    """Hears reports; those with a call of ``refused`` fail."""

    def __init__(self) -> None:
        self.heard: list[list[int]] = []
        self.refused: set[int] = set()

    async def report(self, calls: tuple[CallState, ...]) -> None:
        if self.refused & {one.call_id for one in calls}:
            raise OSError("the database is away")
        self.heard.append([one.call_id for one in calls])

    async def live_calls(self, server: str) -> tuple[CallState, ...]:
        return ()


async def test_those_who_ring_come_first_and_the_others_in_the_order_they_came() -> None:
    ear = Ear()
    teller = CallTeller(ear, retry=1)
    talking = [call(number, CallPhase.TALKING) for number in range(AT_ONCE + 3)]
    teller.take([*talking, call(100, CallPhase.RINGING)])
    while not teller.done:
        await teller.tell()
    first, second = ear.heard
    assert first == [100, *range(AT_ONCE - 1)]
    assert second == list(range(AT_ONCE - 1, AT_ONCE + 3))


async def test_of_a_call_the_latest_state_is_told_and_a_merged_one_not_at_all() -> None:
    ear = Ear()
    teller = CallTeller(ear, retry=1)
    teller.take([call(1, CallPhase.RINGING), call(2, CallPhase.RINGING)])
    teller.take([replace(call(1, CallPhase.TALKING), merged_ids=(2,))])
    await teller.tell()
    assert ear.heard == [[1]]
    assert teller.done


async def test_a_refused_call_waits_for_its_next_try_and_holds_nobody_up() -> None:
    ear = Ear()
    teller = CallTeller(ear, retry=0.05)
    ear.refused = {1}
    teller.take([call(1, CallPhase.RINGING), call(2, CallPhase.RINGING)])
    await teller.tell()
    assert ear.heard == [[2]]
    rest = teller.rest
    assert rest is not None
    assert 0 < rest <= 0.05
    teller.take([call(3, CallPhase.RINGING)])
    await teller.tell()
    assert ear.heard == [[2], [3]]
    ear.refused.clear()
    async with asyncio.timeout(60):
        while not teller.done:
            await asyncio.sleep(teller.rest or 0)  # what the bridge does meanwhile
            await teller.tell()
    assert ear.heard == [[2], [3], [1]]
    assert teller.rest is None
