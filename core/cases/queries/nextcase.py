"""The cases that may be served next, and what their score is made of now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, exists, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import Case, CaseEvent, CaseLease, EventKind, Promise, PromiseState
from core.cases.ports import Leave
from core.cases.queries.worklists import IS_OPEN
from core.cases.queries.zones import debtor_zones
from core.cases.rules.score import Factor, Facts, Line, explain, worth
from core.cases.service.scoring import static_facts
from core.kernel.access import Actor
from core.kernel.among import Among
from core.people.access import visible
from core.people.model import User

#: So many of the best by their static part are looked at with the clock in hand.
MOST_CANDIDATES = 200
_LATELY = timedelta(days=7)
_UTC = ZoneInfo("UTC")
#: Written out, not bound: only so does SQLite find the few by the index of open promises by case.
_IS_OPEN: ColumnElement[bool] = Promise.state == literal_column("'open'")
#: What is asked of a case; a few hundred whole ones would be read for nothing.
_COLUMNS = (
    Case.id,
    Case.number,
    Case.debtor_id,
    Case.debtor_name,
    Case.collector_id,
    Case.open_amount,
    Case.due_since,
    Case.priority,
    Case.broken_promises,
    Case.next_action_at,
    Case.best_hour,
)


async def candidates(
    session: AsyncSession, user_id: int, now: datetime, *, but: int | None = None, most: int = MOST_CANDIDATES
) -> Sequence[Any]:
    """The user's own open cases that are due, and those of his unit that belong to nobody and are not being served to
    somebody else: the best by what is kept of their score."""
    mine = select(*_COLUMNS).where(Case.collector_id == user_id, _due(now), *_not(but))
    unit = await session.scalar(select(User.unit_id).where(User.id == user_id))
    found = list(await session.execute(_best(mine, most)))
    if unit is not None:
        taken = exists().where(CaseLease.case_id == Case.id, CaseLease.until > now, CaseLease.user_id != user_id)
        pool = select(*_COLUMNS).where(Case.collector_id.is_(None), Case.unit_id == unit, _due(now), *_not(but))
        found += await session.execute(_best(pool.where(~taken.correlate(Case)), most))
    return found


async def any_open(session: AsyncSession, actor: Actor, most: int) -> Sequence[Any]:
    """Open cases in the actor's reach with the best score: examples, whoever holds them."""
    seen = visible(select(*_COLUMNS), actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    return (await session.execute(_best(seen, most))).all()


def _best(statement: Select[*tuple[Any, ...]], most: int) -> Select[*tuple[Any, ...]]:
    return statement.where(IS_OPEN).order_by(Case.score.desc(), Case.id.desc()).limit(most)


def _not(case_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return () if case_id is None else (Case.id != case_id,)


def _due(now: datetime) -> ColumnElement[bool]:
    """Nothing is planned for later, or a promise falls due about now and may be reminded of."""
    around = (now.date() - timedelta(days=1), now.date() + timedelta(days=1))
    reminded = exists().where(Promise.case_id == Case.id, _IS_OPEN, Promise.due_on.between(*around))
    return or_(Case.next_action_at.is_(None), Case.next_action_at <= now, reminded.correlate(Case))


async def facts_of(session: AsyncSession, cases: Sequence[Any], now: datetime) -> dict[int, tuple[Facts, ZoneInfo]]:
    """What is known of each case (or of a row of it) now, without contact law, and its debtor's zone."""
    ids = [case.id for case in cases]
    promised = await session.execute(
        select(Promise.case_id, Promise.due_on, Promise.state).where(Among(Promise.case_id, ids))
    )  # the state is looked at here: asked of the database, it would walk all open promises there are
    due = {row.case_id: row.due_on for row in promised if row.state == PromiseState.OPEN}
    given = await _given(session, ids, now)
    zones = await debtor_zones(session, {case.debtor_id for case in cases if case.debtor_id is not None})
    return {case.id: _facts(case, due, given, zones, now) for case in cases}


async def _given(session: AsyncSession, case_ids: Sequence[int], now: datetime) -> dict[int, datetime]:
    """When the cases were given to somebody, as far as it was lately."""
    lately = select(CaseEvent.case_id, func.max(CaseEvent.at)).where(
        Among(CaseEvent.case_id, case_ids), CaseEvent.at >= now - _LATELY, CaseEvent.kind == EventKind.ASSIGNED
    )
    return {row[0]: row[1] for row in await session.execute(lately.group_by(CaseEvent.case_id))}


def _facts(
    case: Any, due: Mapping[int, Any], given: Mapping[int, datetime], zones: Mapping[int, ZoneInfo], now: datetime
) -> tuple[Facts, ZoneInfo]:
    zone = zones.get(case.debtor_id or 0, _UTC)
    facts = Facts(
        static=static_facts(case),
        promise_due=due.get(case.id),
        planned_at=case.next_action_at,
        given_at=given.get(case.id),
        hour=now.astimezone(zone).hour,
        best_hour=case.best_hour,
    )
    return facts, zone


def lines_of(
    facts: Facts, zone: ZoneInfo, weights: Mapping[Factor, int], now: datetime, leave: Leave | None = None
) -> tuple[Line, ...]:
    """The factors of a score; without ``leave`` as if every attempt were left, which is the most it can be."""
    return explain(_with(facts, leave), weights, now, now.astimezone(zone).date())


def worth_of(
    facts: Facts, zone: ZoneInfo, weights: Mapping[Factor, int], now: datetime, leave: Leave | None = None
) -> int:
    """The score alone: what many are compared by."""
    return worth(_with(facts, leave), weights, now, now.astimezone(zone).date())


def _with(facts: Facts, leave: Leave | None) -> Facts:
    return facts if leave is None else replace(facts, left=leave.left, most=leave.most)
