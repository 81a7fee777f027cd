"""Worklists on both databases: each holds what asks for its work, for whom it is asked."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from callcenter.app.adapters.worklists import FloorCallbacks
from callcenter.callbacks.model import Callback, CallbackState, Origin
from core.cases.model import (
    Case,
    CaseState,
    Instalment,
    PaymentPlan,
    PlanState,
    Promise,
    PromiseState,
    TaskKind,
)
from core.cases.queries.lists import ListQuery, list_cases
from core.cases.queries.worklists import SORTS, Moment, Worklist, counts, within
from core.cases.service.tasks import NewTask, add_task
from core.kernel.access import PROGRAM, Scope
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork, Work
from tests.integration.cases.conftest import Floor, debtor_case

NAMES = ("plain", "idle", "tasked", "called", "broken", "renewed", "due", "plan", "paid", "barred", "near", "closed")


async def test_every_list_holds_its_own(uow: UnitOfWork, clock: ManualClock, floor: Floor) -> None:
    cases = {name: await debtor_case(uow, clock, floor, name, name, owner=floor.anna) for name in NAMES}
    moment = Moment(now=clock.now(), zone=ZoneInfo("Europe/Moscow"))
    async with uow.write() as work:
        await _furnish(work, {name: case.id for name, case in cases.items()}, moment)
    expected = {
        Worklist.UNPLANNED: {"idle"},
        Worklist.BROKEN: {"broken"},
        Worklist.DUE: {"due", "plan"},
        Worklist.CALLBACKS: {"called"},
        Worklist.PAID: {"paid"},
        Worklist.LIMITATION: {"near"},
    }
    for scope, user in ((Scope.OWN, floor.anna), (Scope.ALL, floor.boris), (Scope.OWN, floor.boris)):
        actor = floor.actor(user, scope)
        own = scope is Scope.OWN and user is floor.boris
        async with uow.read() as session:
            for one, names in expected.items():
                query = ListQuery(within=within(one, moment, FloorCallbacks()), sort=SORTS[one])
                found = await list_cases(session, actor, query)
                assert {row.number for row in found.rows} == (set() if own else names), one
            tabs = await counts(session, actor, moment, FloorCallbacks(), ())
        assert {one: count for one, (count, _) in tabs.items()} == {
            one: 0 if own else len(names) for one, names in expected.items()
        }


async def _furnish(work: Work, ids: dict[str, int], moment: Moment) -> None:
    """Give each case the reason it is named after."""
    now, today = moment.now, moment.today

    async def change(name: str, **values: object) -> None:
        case = await work.session.get_one(Case, ids[name])
        for field, value in values.items():
            setattr(case, field, value)

    for name in ("idle", "tasked", "closed"):
        await change(name, next_action_at=None)
    await change("closed", state=CaseState.CLOSED, last_payment_at=now, limitation_on=today + timedelta(days=3))
    task = NewTask(case_id=ids["tasked"], kind=TaskKind.CALL, title="x", due_at=now)
    await add_task(work, PROGRAM, task, at=now)
    await change("tasked", next_action_at=None)
    work.session.add(_callback(ids["called"], moment))
    await change("called", next_action_at=None)
    work.session.add(_promise(ids["broken"], today - timedelta(days=3), PromiseState.BROKEN))
    work.session.add(_promise(ids["renewed"], today - timedelta(days=3), PromiseState.BROKEN))
    work.session.add(_promise(ids["renewed"], today + timedelta(days=3), PromiseState.OPEN))
    work.session.add(_promise(ids["plain"], today - timedelta(days=60), PromiseState.BROKEN))
    work.session.add(_promise(ids["due"], today, PromiseState.OPEN))
    plan = PaymentPlan(
        case_id=ids["plan"], party_id=1, state=PlanState.ACTIVE, total=Decimal(10), currency="RUB", created_at=now
    )
    work.session.add(plan)
    await work.session.flush()
    work.session.add(Instalment(plan_id=plan.id, n=1, due_on=today, amount=Decimal(10)))
    await change("paid", last_payment_at=now - timedelta(days=2))
    await change("barred", limitation_on=today)
    await change("near", limitation_on=today + timedelta(days=90))


def _promise(case_id: int, due_on: date, state: PromiseState) -> Promise:
    return Promise(
        case_id=case_id,
        party_id=1,
        amount=Decimal(10),
        currency="RUB",
        due_on=due_on,
        state=state,
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


def _callback(case_id: int, moment: Moment) -> Callback:
    return Callback(
        state=CallbackState.PLANNED,
        origin=Origin.AGREED,
        case_id=case_id,
        phone="+79000000101",
        zone="UTC",
        window_start=moment.now,
        window_end=moment.now + timedelta(hours=1),
        created_by=1,
        created_at=moment.now,
    )
