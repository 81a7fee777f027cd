"""Figures over the call log and collectors' states: what a call counts for, said once, for the sums and for the list of
calls behind them."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.model import AgentState
from callcenter.agents.rules import State
from callcenter.app.adapters.waits import QUEUED, TAKEN, TAKEN_AT
from callcenter.calls.facts import Direction
from callcenter.calls.model import Call, ResultCode
from callcenter.calls.queries import fate
from callcenter.calls.views import Fate
from callcenter.productivity.counters import CALL_DIMENSIONS
from callcenter.productivity.model import FigurePlace, RollupMark
from callcenter.productivity.ports import Behind, Dimensions
from callcenter.productivity.rights import VIEW
from callcenter.productivity.slots import Span, start_of
from callcenter.productivity.timekeeping import Stretch
from callcenter.queues.model import Queue
from core.cases.model import Case
from core.kernel.access import Actor
from core.people.access import reaches
from core.people.model import User

#: Seconds within which the calls of a queue are to be taken, by the queue's code.
Thresholds = Callable[[AsyncSession], Awaitable[Mapping[str, int]]]
_SECOND = timedelta(seconds=1)
_BEHIND = timedelta(hours=1)
_SIDE_BY_SIDE = 100


def _sure(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Unknown counts as no."""
    return func.coalesce(cast(condition, Boolean), literal(False))


_outbound = Call.direction == Direction.OUTBOUND
_answered = Call.answered_at.is_not(None)
_handled = and_(_answered, Call.user_id.is_not(None))
_timed = and_(QUEUED, FigurePlace.service_seconds.is_not(None))

#: What a call has to be to count, by counter.
COUNTS: Mapping[str, ColumnElement[bool]] = {
    "calls": literal(True),
    "inbound": Call.direction == Direction.INBOUND,
    "attempts": _outbound,
    "answered": _answered,
    "contacts": _sure(fate(Fate.CONTACT)),
    "attempt_contacts": _sure(and_(_outbound, fate(Fate.CONTACT))),
    "right_party": _sure(fate(Fate.RIGHT_PARTY)),
    "attempt_right_party": _sure(and_(_outbound, fate(Fate.RIGHT_PARTY))),
    "promises": _sure(fate(Fate.PROMISE)),
    "handled": _handled,
    "queued": QUEUED,
    "timed": _timed,
    "taken": and_(QUEUED, TAKEN),
    "in_time": _sure(and_(_timed, TAKEN, FigurePlace.wait_seconds <= FigurePlace.service_seconds)),
    "abandoned": and_(QUEUED, ~TAKEN),
}
#: What a counter of seconds sums, and over which calls.
_SECONDS: Mapping[str, tuple[ColumnElement[Any], ColumnElement[bool]]] = {
    "talk_seconds": (Call.talk_seconds.expression, literal(True)),
    "hold_seconds": (Call.hold_seconds.expression, literal(True)),
    "wrap_seconds": (Call.wrap_seconds.expression, literal(True)),
    "handle_seconds": (Call.talk_seconds + Call.hold_seconds + Call.wrap_seconds, _handled),
    "wait_seconds": (FigurePlace.wait_seconds.expression, and_(QUEUED, TAKEN)),
}
_SUMS = tuple(
    [func.coalesce(func.sum(case((condition, 1), else_=0)), 0).label(name) for name, condition in COUNTS.items()]
    + [
        func.coalesce(func.sum(case((condition, value), else_=0)), 0).label(name)
        for name, (value, condition) in _SECONDS.items()
    ]
)
_DIMENSIONS: Mapping[str, ColumnElement[Any]] = {
    "user_id": func.coalesce(Call.user_id, 0),
    "unit_id": func.coalesce(FigurePlace.unit_id, 0),
    "creditor_id": func.coalesce(FigurePlace.creditor_id, 0),
    "stage_id": func.coalesce(FigurePlace.stage_id, 0),
    "campaign_id": func.coalesce(Call.campaign_id, 0),
    "queue": func.coalesce(Call.queue, ""),
    "direction": Call.direction.expression,
}
#: Calls that count: over, not part of another, and with somebody outside.
_REAL = and_(Call.ended_at.is_not(None), Call.merged_into.is_(None), Call.direction != Direction.INTERNAL)
_TABLE = FigurePlace.__table__
assert isinstance(_TABLE, Table)
_PLACES: Table = _TABLE
_OWN: tuple[Any, ...] = (Call.id, Call.user_id, Call.case_id, Call.queue, Call.queued_at, Call.ended_at)


async def queue_thresholds(session: AsyncSession) -> Mapping[str, int]:
    """How soon each queue's calls are to be taken, as it is set up now."""
    return {row.code: row.service_seconds for row in await session.execute(select(Queue.code, Queue.service_seconds))}


class FloorFigures:
    """Implements ``callcenter.productivity.ports.RawFigures``."""

    def __init__(self, thresholds: Thresholds = queue_thresholds) -> None:
        self._thresholds = thresholds

    async def place_calls(self, session: AsyncSession, call_ids: Collection[int], within: Sequence[Span]) -> None:
        """Note where these calls, and all that began in ``within``, belong."""
        wanted = [_began(span) for span in within] + ([Call.id.in_(call_ids)] if call_ids else [])
        if not wanted:
            return
        statement = (
            _joined(
                select(*_OWN, FigurePlace, User.unit_id, Case.creditor_id, Case.stage_id, TAKEN_AT.label("taken_at"))
            )
            .outerjoin(User, User.id == Call.user_id)
            .outerjoin(Case, Case.id == Call.case_id)
            .where(_REAL, or_(*wanted))
        )
        thresholds = await self._thresholds(session)
        rows = [_place(row, thresholds) for row in await session.execute(statement)]
        if rows:
            insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
            adding = insert(_PLACES)
            fresh = {name: adding.excluded[name] for name in rows[0] if name not in ("kind", "subject_id")}
            keys = list(_PLACES.primary_key)
            await session.execute(adding.on_conflict_do_update(index_elements=keys, set_=fresh), rows)

    async def call_sums(self, session: AsyncSession, slot: int) -> dict[Dimensions, dict[str, int]]:
        """The counters of the calls that began in the slot, by their dimensions."""
        dimensions = [_DIMENSIONS[name].label(f"by_{name}") for name in CALL_DIMENSIONS]
        statement = (
            _joined(select(*dimensions, *_SUMS))
            .outerjoin(ResultCode, ResultCode.code == Call.result_code)
            .where(_REAL, _began(Span(slot, slot + 1)))
            .group_by(*dimensions)
        )
        width = len(dimensions)
        names = [column.name for column in _SUMS]
        return {
            (row[0], row[1], row[2], row[3], row[4], row[5], row[6]): dict(
                zip(names, map(int, row[width:]), strict=True)
            )
            for row in await session.execute(statement)
        }

    async def time_spent(self, session: AsyncSession, user_ids: Collection[int], span: Span) -> Sequence[Stretch]:
        """What the collectors did within ``span``. There is no gap between stretches, so of those that began before it
        only the last may reach into it."""
        since, until = start_of(span.start), start_of(span.end)
        others = AgentState.__table__.alias()
        before = (
            select(func.max(others.c.started_at))
            .where(others.c.user_id == AgentState.user_id, others.c.started_at <= since)
            .correlate(AgentState)
            .scalar_subquery()
        )
        statement = select(AgentState).where(
            AgentState.user_id.in_(user_ids),
            AgentState.started_at >= func.coalesce(before, since),
            AgentState.started_at < until,
            AgentState.ended_at > since,
        )
        found = await session.scalars(statement)
        return [_stretch(one, one.ended_at) for one in found if one.ended_at is not None]

    async def unsummed(self, session: AsyncSession, actor: Actor, now: datetime) -> Sequence[Stretch]:
        """The states in which the actor's collectors are, as far as up to ``now``, and those that have just ended. Sums
        that are behind by more than ``_BEHIND`` are being made of very much: nobody waits for that here."""
        mine = AgentState.state != State.OFFLINE, *_reach(actor, AgentState.user_id)
        lasting = select(AgentState).where(AgentState.ended_at.is_(None), AgentState.started_at < now, *mine)
        just_over = (
            select(AgentState, RollupMark.since)
            .join(RollupMark, RollupMark.subject_id == AgentState.id)
            .where(RollupMark.kind == "time", RollupMark.subject_id.is_not(None))
            .where(AgentState.ended_at > now - _BEHIND, AgentState.ended_at <= now, *mine)
        )
        rest = {one.id: _stretch(one, one.ended_at or now, since) for one, since in await session.execute(just_over)}
        return [*rest.values(), *(_stretch(one, now) for one in await session.scalars(lasting))]

    def was_called(self, case_id: Any, span: Span) -> ColumnElement[bool]:
        """Whether the case was called in ``span``: looked up for each, by an index of its calls, up to the first."""
        return exists().where(Call.case_id == case_id, _REAL, _outbound, _began(span)).correlate(Case)

    def behind(self, actor: Actor, wanted: Behind) -> Select[int]:
        """Ids of the calls behind a figure of the actor's: what the sums count, one by one."""
        condition = COUNTS[wanted.counter] if wanted.counter in COUNTS else _SECONDS[wanted.counter][1]
        own = [_DIMENSIONS[name] == value for name, value in wanted.dimensions.items()]
        return (
            _joined(_ids())
            .outerjoin(ResultCode, ResultCode.code == Call.result_code)
            .where(_REAL, _began_in(wanted.spans), condition, *own, *_reach(actor, Call.user_id))
        )


def _ids() -> Select[Any]:
    return select(Call.id)


def _joined(statement: Select[Any]) -> Select[Any]:
    of_call = and_(FigurePlace.kind == "call", FigurePlace.subject_id == Call.id)
    return statement.select_from(Call).outerjoin(FigurePlace, of_call)


def _reach(actor: Actor, owner: Any) -> list[ColumnElement[bool]]:
    reach = reaches(actor, VIEW, owner=owner)
    return [] if reach is None else [reach]


def _stretch(one: AgentState, end: datetime, since: datetime | None = None) -> Stretch:
    """A state up to ``end``, or what of it is left from ``since`` on."""
    start = one.started_at if since is None else max(one.started_at, since)
    return Stretch(user_id=one.user_id, unit_id=one.unit_id, state=one.state, start=start, end=end)


def _began(span: Span) -> ColumnElement[bool]:
    return and_(Call.started_at >= start_of(span.start), Call.started_at < start_of(span.end))


def _began_in(spans: Sequence[Span]) -> ColumnElement[bool]:
    """Calls begun in one of these spans, which follow each other. An hour of every day of three years are more of them
    than SQLite takes side by side."""
    some = [spans[at : at + _SIDE_BY_SIDE] for at in range(0, len(spans), _SIDE_BY_SIDE)]
    return or_(false(), *(and_(_began(Span(part[0].start, part[-1].end)), or_(*map(_began, part))) for part in some))


def _place(row: Any, thresholds: Mapping[str, int]) -> dict[str, Any]:
    """Where a call belongs: as noted, but for what the call itself got anew."""
    known: FigurePlace | None = row.FigurePlace
    same_user = known is not None and known.user_id == row.user_id
    same_case = known is not None and known.case_id == row.case_id
    service = known.service_seconds if known is not None else None
    return {
        "kind": "call",
        "subject_id": row.id,
        "user_id": row.user_id,
        "case_id": row.case_id,
        "unit_id": known.unit_id if known is not None and same_user else row.unit_id,
        "creditor_id": known.creditor_id if known is not None and same_case else row.creditor_id,
        "stage_id": known.stage_id if known is not None and same_case else row.stage_id,
        "service_seconds": service if service is not None else thresholds.get(row.queue or ""),
        "wait_seconds": _wait(row.queued_at, row.taken_at or row.ended_at),
    }


def _wait(queued_at: datetime | None, until: datetime) -> int | None:
    return None if queued_at is None else max(0, (until - queued_at) // _SECOND)
