"""The next case on both databases: the best that is lawful and due, and never one to two collectors."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.app.adapters.worklists import FloorLaw
from callcenter.compliance.facts import ContactFacts
from callcenter.compliance.law.terms import Jurisdiction
from callcenter.compliance.service import Gate
from core.audit.model import AuditEntry
from core.cases import rights
from core.cases.model import Case, CaseLease, CaseState, Promise, WorkSettings
from core.cases.ports import Leave
from core.cases.rules.score import Factor, score
from core.cases.service.access import case_for
from core.cases.service.cases import assign
from core.cases.service.scoring import Scorer, set_weights
from core.cases.service.serving import LEASE, NextCase
from core.kernel.access import PROGRAM, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, NotFound
from core.kernel.uow import UnitOfWork
from tests.integration.cases.conftest import Floor, debtor_case


class Law:
    """Forbids what it is told to; remembers whom it was asked about."""

    def __init__(self) -> None:
        self.forbidden: dict[int, datetime | None] = {}
        self.left: dict[int, int] = {}
        self.asked: list[int] = []

    async def leave(self, session: AsyncSession, case_ids: Sequence[int]) -> Mapping[int, Leave]:
        self.asked += case_ids
        return {
            one: Leave(
                allowed=one not in self.forbidden, left=self.left.get(one, 4), most=4, next_at=self.forbidden.get(one)
            )
            for one in case_ids
        }


@pytest.fixture
def law() -> Law:
    return Law()


@pytest.fixture
def desk(uow: UnitOfWork, clock: ManualClock, law: Law) -> NextCase:
    return NextCase(uow, clock, law)


async def test_the_best_lawful_case_that_is_due(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, desk: NextCase, law: Law
) -> None:
    amounts = ("100", "900000", "5000", "700000", "60")
    cases = [
        await debtor_case(uow, clock, floor, f"A-{n}", "Petrov", owner=floor.anna, amount=amount)
        for n, amount in enumerate(amounts)
    ]
    later, rich, middle, next_rich, poor = (case.id for case in cases)
    foreign = await debtor_case(uow, clock, floor, "B-1", "Foreign", owner=floor.boris, amount="999999")
    async with uow.write() as work:
        moved = update(Case).where(Case.id == later).values(next_action_at=clock.now() + timedelta(hours=1))
        await work.session.execute(moved)
    anna = floor.actor(floor.anna)
    assert (await desk.serve(anna)).case_id == rich
    assert law.asked == [rich]  # nobody else can be better
    assert (await desk.serve(anna, after=rich)).case_id == next_rich
    law.left[rich] = 0
    assert (await desk.serve(anna)).case_id == next_rich
    law.forbidden = {rich: clock.now() + timedelta(hours=5), next_rich: None}
    assert (await desk.serve(anna)).case_id == middle
    law.forbidden |= {middle: clock.now() + timedelta(hours=2), poor: None}
    none = await desk.serve(anna)
    assert (none.case_id, none.forbidden, none.next_at) == (None, 4, clock.now() + timedelta(hours=2))
    assert later not in law.asked
    assert foreign.id not in law.asked


async def test_a_promise_due_today_is_reminded_of(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, desk: NextCase
) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna)
    await debtor_case(uow, clock, floor, "A-2", "Ivanov", owner=floor.anna)
    async with uow.write() as work:
        found = await work.session.get_one(Case, case.id)
        found.next_action_at = clock.now() + timedelta(days=2)
        work.session.add(
            Promise(
                case_id=case.id,
                party_id=found.debtor_id or 0,
                amount=Decimal(10),
                currency="RUB",
                due_on=clock.now().date(),
                created_at=clock.now(),
            )
        )
    anna = floor.actor(floor.anna)
    assert (await desk.serve(anna)).case_id == case.id
    lines = await desk.why(anna, case.id)
    assert next(line.points for line in lines if line.factor == Factor.PROMISE_DUE) == 100
    with pytest.raises(NotFound):
        await desk.why(floor.actor(floor.boris), case.id)


async def pool(uow: UnitOfWork, clock: ManualClock, floor: Floor, count: int) -> list[int]:
    """Cases of the Red team that nobody holds."""
    ids = [(await debtor_case(uow, clock, floor, f"P-{n}", "Pool", amount=str(100 * n + 1))).id for n in range(count)]
    async with uow.write() as work:
        await work.session.execute(update(Case).where(Case.id.in_(ids)).values(unit_id=floor.anna.unit_id))
        (await work.session.get_one(type(floor.boris), floor.boris.id)).unit_id = floor.anna.unit_id
    return ids


async def test_two_who_press_at_once_get_two_cases(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, desk: NextCase
) -> None:
    clock.advance(datetime.now(UTC) - clock.now())  # doors close by the real clock
    ids = await pool(uow, clock, floor, 4)
    anna, boris = floor.actor(floor.anna), floor.actor(floor.boris)
    served = await asyncio.gather(*(desk.serve(who) for who in (anna, boris)))
    got = [one.case_id for one in served]
    assert None not in got
    assert len(set(got)) == 2
    assert set(got) == set(ids[-2:])
    async with uow.read() as session:
        for who, case_id in zip((anna, boris), got, strict=True):
            assert (await case_for(session, who, case_id or 0)).id == case_id
        with pytest.raises(NotFound):
            await case_for(session, anna, got[1] or 0)


async def test_a_lease_ends_and_what_was_given_away_is_not_served(
    uow: UnitOfWork, clock: ManualClock, floor: Floor, desk: NextCase
) -> None:
    (case_id,) = await pool(uow, clock, floor, 1)
    anna, boris = floor.actor(floor.anna), floor.actor(floor.boris)
    assert (await desk.serve(anna)).case_id == case_id
    assert (await desk.serve(anna)).case_id == case_id  # still hers
    assert (await desk.serve(boris)).case_id is None
    clock.advance(LEASE)
    assert (await desk.serve(boris)).case_id == case_id
    async with uow.write() as work:
        await assign(work, PROGRAM, [case_id], floor.anna.id, at=clock.now())
    assert (await desk.serve(boris)).case_id is None
    assert (await desk.serve(anna)).case_id == case_id
    async with uow.read() as session:
        assert (await session.scalars(select(CaseLease.user_id))).all() == [floor.boris.id]


async def test_scores_follow_the_day_and_the_weights(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna)
    closed = await debtor_case(uow, clock, floor, "A-2", "Shut", owner=floor.anna)
    async with uow.write() as work:
        await work.session.execute(update(Case).where(Case.id == closed.id).values(state=CaseState.CLOSED, score=1))
        await work.session.execute(update(Case).where(Case.id == case.id).values(score=1))
    scorer, boss = Scorer(uow, clock), floor.actor(floor.boris, Scope.OWN, rights.WORKLISTS)
    assert await scorer.run() == 1

    async def kept() -> int:
        async with uow.read() as session:
            return (await session.get_one(Case, case.id)).score

    first = await kept()
    assert first == case.score
    assert await scorer.run() == 0
    clock.advance(timedelta(days=60))
    await scorer.run()
    assert await kept() < first
    async with uow.write() as work:
        with pytest.raises(Forbidden):
            await set_weights(work, floor.actor(floor.anna), {Factor.AGE: 0}, at=clock.now())
        await set_weights(work, boss, {**dict.fromkeys(Factor, 0), Factor.BALANCE: 10}, at=clock.now())
    assert await scorer.run() == 1
    assert await kept() == 500
    async with uow.read() as session:
        assert (await session.get_one(WorkSettings, 1)).scored_on == clock.now().date()
        assert await session.scalar(select(AuditEntry.id).where(AuditEntry.action == "worklists.weights"))
        lines = await NextCase(uow, clock, Law()).why(floor.actor(floor.anna), case.id)
    assert score(lines) == 500


class Facts:
    """What the rooms below would say of the debtor: he lives in Moscow."""

    async def facts_for(self, session: AsyncSession, party_id: int, case_id: int, phone: str | None) -> ContactFacts:
        return ContactFacts(jurisdiction=Jurisdiction.RU, zone="Europe/Moscow", debts=frozenset({case_id}))


async def test_the_law_of_the_land(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    """By the real rules a Moscow evening is allowed and its night is not."""
    case = await debtor_case(uow, clock, floor, "A-1", "Petrov", owner=floor.anna, phones=["+79000000101"])
    bare = await debtor_case(uow, clock, floor, "A-2", "Ivanov", owner=floor.anna)
    desk = NextCase(uow, clock, FloorLaw(Gate(Facts(), clock)))
    anna = floor.actor(floor.anna)
    assert (await desk.serve(anna)).case_id in (case.id, bare.id)
    clock.advance(timedelta(hours=9))
    night = await desk.serve(anna)
    assert (night.case_id, night.forbidden) == (None, 2)
    assert night.next_at is not None
    clock.advance(night.next_at - clock.now())
    assert (await desk.serve(anna)).case_id is not None
