"""The call log of a running product, read from its database and held against Asterisk's CEL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from callcenter.calls.model import Call, Leg
from core.kernel.db import Database
from telephony.tracking.ids import is_spy
from tests.cel import Cel, Channel
from tests.desk import Desk
from tests.waiting import until

_SECOND = 1.0


@dataclass
class Verdict:
    """What the log lacks: calls it never heard of, calls that no exchange knows, single facts that are wrong."""

    calls: int = 0
    missing: list[str] = field(default_factory=list)
    ghosts: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def faultless(self) -> bool:
        return not (self.missing or self.ghosts or self.wrong)


async def live_legs(database: Database) -> frozenset[str]:
    """The Uniqueids that the log believes to go on."""
    going = select(Leg.uniqueid).join(Call).where(Leg.ended_at.is_(None), Call.merged_into.is_(None))
    async with database.read() as session:
        return frozenset((await session.scalars(going)).all())


async def is_quiet(database: Database, cel: Cel) -> bool:
    """Whether nobody telephones, for Asterisk and for the log, and the log knows what became of every order: one that
    was under way when the link broke is given up only when the exchange has answered again for a while."""
    going = select(Call.id).where(Call.ended_at.is_(None), Call.merged_into.is_(None)).limit(1)
    async with database.read() as session:
        return not cel.read().live() and await session.scalar(going) is None


async def calls_of(database: Database) -> Sequence[Call]:
    """Every call of the log with legs and links."""
    wanted = select(Call).where(Call.merged_into.is_(None)).options(selectinload(Call.legs), selectinload(Call.links))
    async with database.read() as session:
        return (await session.scalars(wanted)).all()


async def agrees_now(database: Database, cel: Cel, desks: Mapping[str, Desk]) -> bool:
    """Whether the log's live telephones are Asterisk's, and every collector's state and pops (by extension) are what
    his own channels say they should be. It stood so for as long as the look took."""
    live = cel.read().live()
    if await live_legs(database) != live:
        return False
    here = [cel.channels[uniqueid] for uniqueid in live]
    for extension, desk in desks.items():
        own = [channel for channel in here if channel.extension == extension]
        seen = await desk.snapshot()
        ringing = sum(channel.answered is None for channel in own)
        if not seen["telephony"]["up"] or len(seen["offers"]) != ringing:
            return False
        if not _fits(seen["agent"]["state"], own):
            return False
    return cel.read().live() == live


def _fits(state: str, own: Sequence[Channel]) -> bool:
    if any(channel.answered is not None for channel in own):
        return state == "talking"
    return state == "ringing" if own else state not in {"talking", "ringing", "hold"}


async def compared(database: Database, cel: Cel, *, kills: Sequence[float] = ()) -> Verdict:
    """Call by call and telephone by telephone. At ``kills`` Asterisk died: what went on then ended then, and the last
    rows before it may never have been written, so that the log may know more than CEL."""
    verdict = Verdict()
    log = await calls_of(database)
    known = {link.linkedid: call for call in log for link in call.links}
    for linkedid, everybody in cel.read().calls().items():
        channels = [one for one in everybody if not is_spy(one.uniqueid)]
        if not channels:  # a supervisor who listens is no call
            continue
        verdict.calls += 1
        call = known.get(linkedid)
        if call is None:
            verdict.missing.append(linkedid)
        else:
            verdict.wrong += [f"{linkedid}: {fault}" for fault in _faults(call, channels, kills)]
    unknown = [call for call in log if any(leg.uniqueid not in cel.channels for leg in call.legs)]
    verdict.ghosts = [call.id for call in unknown if not any(_fell(call, kill) for kill in kills)]
    verdict.ghosts += [call.id for call in log if call.ended_at is None]
    return verdict


async def settled(database: Database, cel: Cel, *, kills: Sequence[float] = ()) -> Verdict:
    """The verdict once nobody telephones. What came last is written a moment after it is over; what is not written
    within a minute is missing."""

    async def agreed() -> bool:
        return await is_quiet(database, cel) and (await compared(database, cel, kills=kills)).faultless

    with suppress(TimeoutError):
        await until(agreed, every=0.1)
    return await compared(database, cel, kills=kills)


def _fell(call: Call, kill: float) -> bool:
    """Whether the call went on when Asterisk died."""
    return call.lost and call.ended_at is not None and call.started_at.timestamp() <= kill


def _faults(call: Call, channels: Sequence[Channel], kills: Sequence[float]) -> Iterator[str]:
    legs = {leg.uniqueid: leg for leg in call.legs}
    torn = any(channel.ended in kills for channel in channels)
    told = {channel.uniqueid for channel in channels}
    if not told <= legs.keys() or (legs.keys() != told and not torn):
        yield f"telephones {sorted(legs)} are not {sorted(channel.uniqueid for channel in channels)}"
        return
    if call.lost and not torn:
        yield "lost"
    for channel in channels:
        leg = legs[channel.uniqueid]
        if not _near(leg.started_at, channel.started):
            yield f"{channel.name} began {leg.started_at}, not {channel.started}"
        if (leg.answered_at is None) != (channel.answered is None) and (channel.answered or not torn):
            yield f"{channel.name} answered {leg.answered_at}, not {channel.answered}"
        if not torn and not _near(leg.ended_at, channel.ended):
            yield f"{channel.name} ended {leg.ended_at}, not {channel.ended}"
        if leg.endpoint is not None and channel.extension is not None and leg.user_id is None:
            yield f"{channel.name} is nobody's"
    talked = sum(channel.talked for channel in channels if channel.is_customer)
    # On hold a customer is in the bridge still, or out of it with music.
    if not torn and not -_SECOND <= talked - call.talk_seconds <= call.hold_seconds + _SECOND:
        yield f"talked {call.talk_seconds} s and {call.hold_seconds} on hold, not {talked:.1f}"
    if not torn and call.talk_seconds + call.hold_seconds > _answered_for(channels) + _SECOND:
        yield f"held {call.hold_seconds} s, longer than there was a call"


def _answered_for(channels: Sequence[Channel]) -> float:
    """Seconds from the first answer to the last end; 0 when nobody answered."""
    answers = [channel.answered for channel in channels if channel.answered is not None]
    ends = [channel.ended for channel in channels if channel.ended is not None]
    return max(ends) - min(answers) if answers and ends else 0.0


def _near(logged: datetime | None, told: float | None) -> bool:
    if logged is None or told is None:
        return logged is told is None
    return abs(logged.timestamp() - told) <= _SECOND
