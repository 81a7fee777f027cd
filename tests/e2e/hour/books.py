"""The books of the hour held against each other: whatever two of them say differently, in words."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from callcenter.agents.model import AgentState
from callcenter.agents.rules import State
from callcenter.app.adapters.figures import FloorFigures
from callcenter.calls.facts import AnsweredBy, Direction, Interval, LegKind
from callcenter.calls.model import Call, Leg
from callcenter.campaigns.model import CampaignAttempt
from callcenter.campaigns.rules import TALKED, VOICEMAIL
from callcenter.productivity.asking import Ask, By
from callcenter.productivity.counters import CALL_COUNTERS, TIME_COUNTERS
from callcenter.productivity.report import Counters, read
from callcenter.productivity.rights import VIEW
from callcenter.queues.model import Queue
from core.kernel.access import Actor, Scope
from core.kernel.db import Database
from telephony.ami.decode import ANSWERER
from tests.e2e.agreement import Account, Rows, faults
from tests.e2e.hour.queue_log import Figures, Visit
from tests.e2e.hour.staff import MACHINES, Collector, Hold

Log = Mapping[str, Sequence[Visit]]
NEAR = 1.0
"""Seconds by which two accounts of the same may differ."""
STAMPED_BESIDE = 0.5
"""Seconds between the stamps that two threads of Asterisk put on the same (some milliseconds while nothing is busy)."""
WHOLE = 1 + STAMPED_BESIDE
"""Seconds by which the length of a stretch differs when both its ends were cut to whole seconds."""
HANGS_UP_WITHIN = 0.1
"""Seconds, on average, by which a talk ends later by the collector's state than by his leg: the one lasts until his
phone is free, the other while both are in the bridge."""
ROUNDED = 0.6
"""Half a second, and what a call's two legs are apart."""
_STRETCHES = {State.TALKING: attrgetter("talks"), State.HOLD: attrgetter("holds")}
READER = Actor(user_id=0, login="reader", language="en", timezone="UTC", rights={VIEW: Scope.ALL})


@dataclass(frozen=True, kw_only=True)
class Books:
    """What the product keeps: calls that are over, collectors' states by user, attempts, and how soon queues are to
    take callers."""

    calls: Sequence[Call]
    states: Mapping[int, Sequence[AgentState]]
    attempts: Sequence[CampaignAttempt]
    thresholds: Mapping[str, int]

    def by_link(self) -> Mapping[str, Call]:
        return {link.linkedid: call for call in self.calls for link in call.links}

    def queued(self) -> list[Call]:
        return [call for call in self.calls if call.queue is not None and call.queued_at is not None]


async def kept(database: Database) -> Books:
    async with database.read() as session:
        wanted = select(Call).where(Call.merged_into.is_(None), Call.direction != Direction.INTERNAL)
        loaded = wanted.options(selectinload(Call.legs), selectinload(Call.links)).order_by(Call.started_at)
        calls = (await session.scalars(loaded)).all()
        states = defaultdict(list)
        for one in await session.scalars(select(AgentState).order_by(AgentState.started_at, AgentState.id)):
            states[one.user_id].append(one)
        return Books(
            calls=calls,
            states=states,
            attempts=(await session.scalars(select(CampaignAttempt).order_by(CampaignAttempt.id))).all(),
            thresholds={row.code: row.service_seconds for row in await session.scalars(select(Queue))},
        )


def takes(call: Call) -> Leg | None:
    """The leg by which a collector took the call out of its queue: the first that was picked up after the caller came
    and in which they talked."""
    queued = call.queued_at
    legs = [one for one in call.legs if one.kind == LegKind.AGENT and one.answered_at and one.talks]
    later = [one for one in legs if queued and one.answered_at and one.answered_at >= queued]
    return min(later, key=lambda one: one.answered_at or one.started_at, default=None)


def waited(call: Call) -> int:
    """Whole seconds in queues, until they talked or the call was over."""
    leg, queued = takes(call), call.queued_at
    until = call.ended_at if leg is None else leg.talks[0].start
    return (until - queued) // timedelta(seconds=1) if until and queued else 0


def seconds(stretches: Sequence[Interval]) -> float:
    return sum((one.end - one.start).total_seconds() for one in stretches if one.end is not None)


# ---- calls against CEL and CDR


def calls_against_asterisk(
    logged: Sequence[Account], true: Sequence[Account], cdr: Rows, holds: Sequence[Hold]
) -> Iterator[str]:
    """CEL knows of no hold: it is held against the keys that were pressed, and taken from CEL's talk."""
    left = list(holds)
    for call in logged:
        twin = next((other for other in true if other.names & call.names), None)
        for party in [one for one in call.parties.values() if one.hold]:
            if twin is not None and party.channel in twin.parties:
                twin.parties[party.channel].talk -= party.hold
        for party in [one for one in call.collectors() if one.hold]:
            mine = [one for one in left if one.endpoint == party.endpoint and _within(one, call)]
            left = [one for one in left if one not in mine]
            pressed = sum(one.ended - one.began for one in mine)
            if abs(pressed - party.hold) > NEAR:
                yield f"call {call.call_id}: {party.channel} on hold {party.hold:.2f} s, by the keys {pressed:.2f}"
    for one in left:
        if one.ended - one.began > NEAR:  # a key pressed as the debtor hangs up holds nobody
            yield f"{one.endpoint} held a debtor at {one.began:.1f}, of which no call knows"
    yield from faults(logged, true, cdr, held={})


def _within(hold: Hold, call: Account) -> bool:
    return call.started <= hold.began <= (call.ended or 0.0)


# ---- calls and queue figures against the queue log


def calls_against_queue_log(books: Books, log: Log, staff: Mapping[int, Collector]) -> Iterator[str]:
    """Every caller: which queue, since when, who took him when, how long they talked."""
    known = books.by_link()
    for caller, visits in log.items():
        call = known.get(caller)
        if call is None:
            yield f"the queue log knows {caller}, the call log does not"
            continue
        yield from (f"call {call.id} ({call.phone}): {fault}" for fault in _one_caller(call, visits, staff))
    others = {call.id for call in books.queued()} - {known[caller].id for caller in log if caller in known}
    yield from (f"call {one} waited in a queue, of which the queue log does not know" for one in sorted(others))


def _one_caller(call: Call, visits: Sequence[Visit], staff: Mapping[int, Collector]) -> Iterator[str]:
    first, last = visits[0], visits[-1]
    if call.queue != last.queue:
        yield f"in the queue {call.queue}, by the queue log {last.queue}"
    if call.queued_at is None or not _within_second(call.queued_at.timestamp(), first.joined):
        yield f"waits since {call.queued_at}, by the queue log {first.joined}"
    leg = takes(call)
    taker = staff[leg.user_id].extension if leg is not None and leg.user_id is not None else None
    if taker != last.collector:
        yield f"taken by {taker}, by the queue log {last.collector} ({last.ended})"
    theirs = sum(one.waited for one in visits)
    if abs(waited(call) - theirs) > NEAR + len(visits) - 1:
        yield f"waited {waited(call)} s, by the queue log {theirs}"
    if leg is not None and last.talked is not None:
        mine = seconds(leg.talks) + seconds(leg.holds)
        if abs(mine - last.talked) > WHOLE:
            yield f"{taker} talked {mine:.2f} s, by the queue log {last.talked}"


def _within_second(at: float, logged: float) -> bool:
    """Whether ``at`` is the moment of a log that cuts moments to the second they are in: what it writes as 17 was
    between 17 and 18. The manager's events, by whose time the product goes, are stamped a moment after it."""
    return logged - STAMPED_BESIDE <= at < logged + 1 + STAMPED_BESIDE


def queues_against_queue_log(reported: Mapping[str, Counters], log: Mapping[str, Figures]) -> Iterator[str]:
    """What reports say of queues: offered, taken, not served, seconds waited."""
    for queue in sorted({*reported, *log} - {""}):
        mine, theirs = reported.get(queue, {}), log.get(queue, Figures())
        pairs = {
            "offered": (mine.get("queued", 0), theirs.offered),
            "taken": (mine.get("taken", 0), theirs.taken),
            "not served": (mine.get("abandoned", 0), theirs.unserved),
        }
        yield from (
            f"queue {queue}: {what} {one}, by the queue log {other}"
            for what, (one, other) in pairs.items()
            if one != other
        )
        wait = mine.get("wait_seconds", 0)
        if abs(int(wait) - theirs.waited) > max(1, theirs.taken):
            yield f"queue {queue}: waited {wait} s until taken, by the queue log {theirs.waited}"


# ---- collectors' time


def states_without_seam(books: Books, staff: Mapping[int, Collector]) -> Iterator[str]:
    """Every second from the sign-in to now is in one stretch and no other."""
    for user_id, one in staff.items():
        mine = books.states.get(user_id, ())
        if not mine or mine[0].started_at.timestamp() > one.since + NEAR:
            yield f"{one.login}: signed in at {one.since:.1f}, but his first state began {mine[:1]}"
        for before, after in pairwise(mine):
            if before.ended_at != after.started_at:
                yield f"{one.login}: {before.state} until {before.ended_at}, {after.state} from {after.started_at}"
            if (before.state, before.reason, before.call_id) == (after.state, after.reason, after.call_id):
                yield f"{one.login}: {before.state} was cut in two at {after.started_at}"
        if [state.ended_at is None for state in mine].count(True) != 1 or mine[-1].ended_at is not None:
            yield f"{one.login}: not exactly one state lasts"


def talk_of_collectors_is_talk_of_calls(books: Books, staff: Mapping[int, Collector]) -> Iterator[str]:
    """Collector by collector and call by call, talk and hold each, and all talk together."""
    for state in _STRETCHES:
        stated, told = by_states(books, staff, state), by_legs(books, staff, state)
        for user_id, call_id in sorted({*stated, *told}):
            mine, theirs = stated[user_id, call_id], told[user_id, call_id]
            if abs(mine - theirs) > NEAR:
                yield f"{staff[user_id].login}, call {call_id}: {state} {mine:.2f} s, by the legs {theirs:.2f} s"
    yield from _talk_together(books, staff)


def _talk_together(books: Books, staff: Mapping[int, Collector]) -> Iterator[str]:
    stated, told = by_states(books, staff, State.TALKING), by_legs(books, staff, State.TALKING)
    of_staff, of_legs = sum(stated.values()), sum(told.values())
    if abs(of_staff - of_legs) > HANGS_UP_WITHIN * len(told):
        yield f"collectors talked {of_staff:.1f} s in all, by the legs {of_legs:.1f} s"
    for call in books.calls:
        mine = sum(talk for (_, call_id), talk in told.items() if call_id == call.id)
        if abs(call.talk_seconds - mine) > ROUNDED:
            yield f"call {call.id}: {call.talk_seconds} s of talk, its collectors talked {mine:.2f} s"


def by_states(books: Books, staff: Mapping[int, Collector], state: State) -> defaultdict[tuple[int, int], float]:
    found: defaultdict[tuple[int, int], float] = defaultdict(float)
    for user_id in staff:
        for one in books.states.get(user_id, ()):
            if one.state == state and one.call_id is not None and one.ended_at is not None:
                found[user_id, one.call_id] += (one.ended_at - one.started_at).total_seconds()
    return found


def by_legs(books: Books, staff: Mapping[int, Collector], state: State) -> defaultdict[tuple[int, int], float]:
    found: defaultdict[tuple[int, int], float] = defaultdict(float)
    for call in books.calls:
        for leg in call.legs:
            stretches = _STRETCHES[state](leg)
            if leg.user_id is not None and leg.user_id in staff and leg.kind == LegKind.AGENT and stretches:
                found[leg.user_id, call.id] += seconds(stretches)
    return found


# ---- reports


async def reported(
    database: Database, by: By | None, names: Sequence[str], *, now: datetime | None = None
) -> Mapping[str, Counters]:
    """What a report says of all there is, by the parts of a breakdown, or under "" as a whole."""
    now = now or datetime.now(UTC)
    today, day = now.date(), timedelta(days=1)
    ask = Ask(first=today - day, last=today + day, zone=ZoneInfo("UTC"), by=(by,) if by else (), currency="RUB")
    async with database.read() as session:
        found = await read(session, READER, FloorFigures(), ask, names, now=now)
    return {str(line.parts[0]) if by else "": line.counters for line in found.lines}


def counted(books: Books, calls: Sequence[Call]) -> dict[str, int]:
    """The counters of calls, reckoned anew from the rows: what domain 2.8 says, without the sums."""
    queued = [call for call in calls if call.queue is not None and call.queued_at is not None]
    taken = [call for call in queued if takes(call) is not None]
    handled = [call for call in calls if call.answered_at is not None and call.user_id is not None]
    return {
        "calls": len(calls),
        "inbound": sum(call.direction == Direction.INBOUND for call in calls),
        "attempts": sum(call.direction == Direction.OUTBOUND for call in calls),
        "answered": sum(call.answered_at is not None for call in calls),
        "handled": len(handled),
        "talk_seconds": sum(call.talk_seconds for call in calls),
        "hold_seconds": sum(call.hold_seconds for call in calls),
        "wrap_seconds": sum(call.wrap_seconds for call in calls),
        "handle_seconds": sum(call.talk_seconds + call.hold_seconds + call.wrap_seconds for call in handled),
        "queued": len(queued),
        "timed": sum(call.queue in books.thresholds for call in queued),
        "taken": len(taken),
        "in_time": sum(waited(call) <= books.thresholds.get(call.queue or "", -1) for call in taken),
        "abandoned": len(queued) - len(taken),
        "wait_seconds": sum(map(waited, taken)),
    }


CALL_FIGURES = tuple(
    name for name in CALL_COUNTERS if name in counted(Books(calls=(), states={}, attempts=(), thresholds={}), ())
)
_KEYS = {By.USER: "user_id", By.QUEUE: "queue", By.CAMPAIGN: "campaign_id", By.DIRECTION: "direction"}


async def reports_against_rows(database: Database, books: Books) -> Iterator[str]:
    """Reports, as a whole and by everything a call has, against the calls themselves."""
    found: list[str] = []
    for by in (None, *_KEYS):
        groups: defaultdict[str, list[Call]] = defaultdict(list)
        for call in books.calls:
            part = getattr(call, _KEYS[by]) if by else ""
            groups[str(part if part is not None else "" if by is By.QUEUE else 0)].append(call)
        sums = await reported(database, by, CALL_FIGURES)
        for part in sorted({*groups, *sums}):
            mine, true = sums.get(part, {}), counted(books, groups.get(part, ()))
            found += [
                f"report by {by} {part}: {name} {mine.get(name, 0)}, by the calls {value}"
                for name, value in true.items()
                if mine.get(name, 0) != value
            ]
    return iter(found)


async def time_against_states(database: Database, books: Books, staff: Mapping[int, Collector]) -> Iterator[str]:
    """Collectors' time in reports against their states, those that go on included."""
    now = datetime.now(UTC)
    sums = await reported(database, By.USER, TIME_COUNTERS, now=now)
    found: list[str] = []
    for user_id, one in staff.items():
        true: Counter[str] = Counter()
        cuts: Counter[str] = Counter()
        for state in books.states.get(user_id, ()):
            if state.state != State.OFFLINE:
                true[f"{state.state}_ms"] += ((state.ended_at or now) - state.started_at) // timedelta(milliseconds=1)
                cuts[f"{state.state}_ms"] += 1
        mine = sums.get(str(user_id), {})
        found += [
            f"{one.login}: {name} {mine.get(name, 0)} by the report, {value} by states"
            for name, value in true.items()
            if abs(int(mine.get(name, 0)) - value) > cuts[name]  # a half-hour may begin within one
        ]
    return iter(found)


# ---- campaigns


def attempts_against_calls(books: Books) -> Iterator[str]:
    """Every attempt is one call, and came to what the call did."""
    calls = {call.id: call for call in books.calls}
    for one in books.attempts:
        call = calls.pop(one.call_id, None)
        if call is None or call.campaign_id != one.campaign_id or call.phone != one.phone:
            yield f"attempt {one.id} at {one.phone} is no call of its campaign"
            continue
        debtor = next((leg for leg in call.legs if leg.kind == LegKind.CUSTOMER), None)
        pairs = {
            "ended": (one.ended_at, call.ended_at),
            "picked up": (one.picked_up_at, debtor.answered_at if debtor else None),
            "put through": (one.connected_at, call.answered_at),
            "outcome": (one.outcome, call.result_code or (TALKED if call.answered_at else VOICEMAIL)),
        }
        if call.answered_at is not None and one.user_id != call.user_id:
            yield f"attempt {one.id} (call {call.id}): collector {one.user_id}, by the call {call.user_id}"
        yield from (
            f"attempt {one.id} (call {call.id}): {what} {mine}, by the call {theirs}"
            for what, (mine, theirs) in pairs.items()
            if mine != theirs
        )
    yield from (
        f"call {one.id} is of campaign {one.campaign_id}, which made no such attempt"
        for one in calls.values()
        if one.campaign_id
    )


def judgements_against_cel(books: Books, cel: Rows) -> Iterator[str]:
    """Whom the exchange took for a machine: what CEL says of it, and nobody who greeted."""
    told = {row["linkedid"]: str(json.loads(row["extra"])["extra"]).split() for row in cel if row["event"] == ANSWERER}
    calls = {call.id: call for call in books.calls}
    for one in books.attempts:
        theirs = next((told.pop(link.linkedid) for link in calls[one.call_id].links if link.linkedid in told), None)
        mine = None if one.answered_by is None else [one.answered_by, one.judged_because, str(one.judged_ms)]
        if mine != (theirs and theirs[:3]):
            yield f"attempt {one.id} (call {one.call_id}) was judged {mine}, by CEL {theirs}"
        if one.answered_by == AnsweredBy.MACHINE and not one.phone.endswith(MACHINES):
            yield f"attempt {one.id} (call {one.call_id}): who answers at {one.phone} is no machine"
    yield from (f"CEL knows of a judgement of {linkedid}, no attempt does" for linkedid in told)


# ---- the live board


def board_against_reports(
    board: Mapping[str, Sequence[Mapping[str, object]]], by_queue: Mapping[str, Counters], books: Books
) -> Iterator[str]:
    """What supervisors see now: of queues what reports say, of collectors their last state."""
    for line in board.get("queues", ()):
        code = str(line["id"])
        true = by_queue.get(code, {})
        pairs = {
            "answered": (line["answered"], true.get("taken", 0)),
            "in time": (line["in_time"], true.get("in_time", 0)),
            "abandoned": (line["abandoned"], true.get("abandoned", 0)),
            "waiting": (line["waiting"], 0),
        }
        yield from (
            f"board, queue {code}: {what} {mine}, by reports {theirs}"
            for what, (mine, theirs) in pairs.items()
            if mine != theirs
        )
    for line in board.get("agents", ()):
        mine = books.states.get(int(str(line["id"])), ())
        last = mine[-1].state if mine else State.OFFLINE
        if line["state"] != last:
            yield f"board: {line['name']} {line['state']}, by states {last}"
    yield from (f"board: a call that is over: {line}" for line in board.get("calls", ()))
