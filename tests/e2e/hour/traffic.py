"""Who rings in during the hour, and what debtors do who are rung."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telephony.lab.scenarios import Answer, Way
from tests.e2e.floor import Floor
from tests.plugins.asterisk import eventually

#: What a debtor does who is rung, by the last digit of his number.
WAYS = {
    "0": Way(seconds=2.0, ring_seconds=0.5),
    "1": Way(seconds=3.0, ring_seconds=1.5),
    "2": Way(seconds=4.0, ring_seconds=1.0),
    "3": Way(seconds=2.5, ring_seconds=2.5),
    "4": Way(ring_seconds=0.8),
    "5": Way(how=Answer.BUSY, ring_seconds=0.5),
    "6": Way(how=Answer.REJECT, ring_seconds=1.0),
    "7": Way(how=Answer.NO_ANSWER),
    "8": Way(how=Answer.MACHINE, ring_seconds=1.0),
    "9": Way(seconds=3.0, ring_seconds=0.5),
}
CALL_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Somebody who rings ``number`` ``at`` seconds into the hour, and hangs up after ``seconds`` of talk (None: never),
    or when nobody answers for ``patience`` seconds (None: he waits)."""

    at: float
    phone: str
    number: str
    seconds: float | None
    patience: float | None = None


def callers(numbers: Sequence[str], known: Sequence[str], *, until: float, seed: int = 7) -> list[Caller]:
    """A steady flow to all ``numbers`` of ours, every fourth caller from a ``known`` number, and two rushes."""
    drawn = random.Random(seed)
    steady = [1 + n * 1.5 for n in range(int((until - 1) / 1.5))]
    rushes = [at + n * 0.15 for at in (until * 0.35, until * 0.65) for n in range(9)]
    moments = [(at, numbers[n % len(numbers)]) for n, at in enumerate(steady)]
    moments += [(at, numbers[1 + n // 9 % 2]) for n, at in enumerate(rushes)]
    found, left = [], list(known)
    for n, (at, number) in enumerate(sorted(moments)):
        phone = left.pop() if n % 4 == 0 and left else f"+790000070{n:02}"
        seconds = None if n % 7 == 0 else drawn.uniform(1.5, 4.5)
        patience = drawn.uniform(0.8, 2.5) if n % 4 == 1 else None
        found.append(Caller(at=at, phone=phone, number=number, seconds=seconds, patience=patience))
    return found


async def ring_in(floor: Floor, everybody: Iterable[Caller]) -> None:
    """Everybody rings when he means to, and has gone afterwards."""
    async with asyncio.TaskGroup() as group:
        for caller in everybody:
            group.create_task(_rings(floor, caller))


async def _rings(floor: Floor, caller: Caller) -> None:
    await asyncio.sleep(caller.at)
    with floor.ring(caller.phone, caller.number, seconds=caller.seconds, abandon_after=caller.patience) as debtor:
        await eventually(debtor.finished, seconds=CALL_SECONDS)
