"""Promises to pay."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field
from starlette.requests import Request

from callcenter.callbacks.queries import debtor_zone
from callcenter.calls.queries import call_detail
from core.cases import errors, rights
from core.cases.card import Plan as PlanOnCase
from core.cases.model import Case, InstalmentState, PlanState, PromiseState
from core.cases.model import Promise as Row
from core.cases.queries.lists import PromiseQuery, list_promises
from core.cases.service.access import case_for
from core.cases.service.promises import NewPromise, cancel_promise, take_promise
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from web.api.v1.operation import Operation, routes_of, step
from web.api.v1.reach import person_on
from web.api.v1.shapes import E164, Id, Money, MoneySent, Page, Paged, Sent, Shape, Utc, money
from web.security import actor, right
from web.state import planned_work, services


class Promise(Shape):
    """A promise to pay ``amount`` by ``due_on`` (the debtor's calendar), ``grace_days`` later at most: kept from
    ``threshold_percent`` of it on, ``paid`` so far. ``phone`` and ``call_id`` are where it was made, ``agent`` took
    it; ``reason`` is why it was called off."""

    id: Id
    case_id: Id
    party_id: Id
    amount: Money
    due_on: date
    grace_days: int
    type_id: int | None
    threshold_percent: float
    paid: Money
    state: PromiseState
    reason: str
    phone: str | None
    call_id: int | None
    agent: int | None
    created_at: Utc
    settled_at: Utc | None


class PromisePage(Page[Promise]):
    """Promises, the latest due first."""


class PromisesAsked(Paged):
    """Which promises. ``due_from`` and ``due_to`` are both included."""

    case: Id | None = None
    state: PromiseState | None = None
    due_from: date | None = None
    due_to: date | None = None


class PromiseGiven(Sent):
    """What was promised, in the case's currency; by the main debtor unless ``party_id`` or ``phone`` says who. Without
    ``type_id`` it is of the standard type; ``supersede`` puts it in the place of an open one."""

    case_id: Id
    amount: MoneySent
    due_on: date
    party_id: Id | None = None
    phone: E164 | None = None
    call_id: Id | None = None
    type_id: Id | None = None
    supersede: bool = False


class PromiseEnded(Sent):
    """Why it is called off."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


class InstalmentOfPlan(Shape):
    """The ``n``-th payment of a plan, ``paid`` so far."""

    n: int
    due_on: date
    amount: Money
    paid: Money
    state: InstalmentState


class PaymentPlan(Shape):
    """A plan to pay ``total`` in instalments. ``agent`` took it; ``reason`` is why it ended."""

    id: Id
    state: PlanState
    total: Money
    paid: Money
    party_id: Id
    agent: int | None
    created_at: Utc
    ended_at: Utc | None
    reason: str
    instalments: list[InstalmentOfPlan]


async def index(request: Request, asked: PromisesAsked) -> PromisePage:
    query = PromiseQuery(
        case_id=asked.case,
        state=asked.state,
        due_from=asked.due_from,
        due_to=asked.due_to,
        after=asked.after,
        size=asked.limit,
    )
    async with services(request).uow.read() as session:
        rows, following = await list_promises(session, actor(request), query)
    return PromisePage(items=[promise_of(row) for row in rows], next=following)


async def take(request: Request, given: PromiseGiven) -> Promise:
    me, now = actor(request), services(request).clock.now()
    async with services(request).uow.write() as work:
        case = await case_for(work.session, me, given.case_id, rights.PROMISE)
        _check_currency(case, given.amount.currency)
        party_id = await person_on(work.session, me, case.id, given.party_id, given.phone)
        if given.call_id is not None:
            await call_detail(work.session, me, given.call_id)
        zone = ZoneInfo(await debtor_zone(work.session, party_id, given.phone or ""))
        new = NewPromise(
            party_id=party_id,
            amount=given.amount.decimal,
            due_on=given.due_on,
            phone=given.phone,
            call_id=given.call_id,
            type_id=given.type_id,
            supersede=given.supersede,
        )
        today, sources = now.astimezone(zone).date(), planned_work(request)
        taken = await take_promise(work, me, case.id, new, today=today, at=now, sources=sources)
    return promise_of(taken)


async def cancel(request: Request, given: PromiseEnded) -> Promise:
    me, promise_id = actor(request), request.path_params["id"]
    sources, now = planned_work(request), services(request).clock.now()
    async with services(request).uow.write() as work:
        await cancel_promise(work, me, promise_id, given.reason, at=now, sources=sources)
        row = await work.session.get_one(Row, promise_id, populate_existing=True)
    return promise_of(row)


def _check_currency(case: Case, currency: str) -> None:
    if currency != case.currency:
        raise Invalid({"amount": msg("The debt is in {currency}.", currency=case.currency)})


def promise_of(row: Row) -> Promise:
    """A promise as it is answered."""
    return Promise(
        id=row.id,
        case_id=row.case_id,
        party_id=row.party_id,
        amount=money(row.amount, row.currency),
        due_on=row.due_on,
        grace_days=row.grace_days,
        type_id=row.type_id,
        threshold_percent=float(row.threshold_percent),
        paid=money(row.paid_amount, row.currency),
        state=PromiseState(row.state),
        reason=row.settled_reason,
        phone=row.phone,
        call_id=row.call_id,
        agent=row.taken_by_id,
        created_at=row.created_at,
        settled_at=row.settled_at,
    )


def plan_of(plan: PlanOnCase) -> PaymentPlan:
    """A plan as it is answered."""
    row = plan.row
    return PaymentPlan(
        id=row.id,
        state=PlanState(row.state),
        total=money(row.total, row.currency),
        paid=money(sum((line.paid_amount for line in plan.instalments), Decimal(0)), row.currency),
        party_id=row.party_id,
        agent=row.taken_by_id,
        created_at=row.created_at,
        ended_at=row.ended_at,
        reason=row.ended_reason,
        instalments=[
            InstalmentOfPlan(
                n=line.n,
                due_on=line.due_on,
                amount=money(line.amount, row.currency),
                paid=money(line.paid_amount, row.currency),
                state=InstalmentState(line.state),
            )
            for line in plan.instalments
        ],
    )


OPERATIONS = (
    Operation(
        name="promises.list",
        method="GET",
        path="/promises",
        summary="Promises on cases in reach, the latest due first",
        policy=right(rights.VIEW),
        takes=PromisesAsked,
        gives=PromisePage,
        handler=index,
    ),
    Operation(
        name="promises.take",
        method="POST",
        path="/promises",
        summary="Take a promise to pay",
        policy=right(rights.PROMISE),
        takes=PromiseGiven,
        gives=Promise,
        status=201,
        acts=True,
        errors=(NotFound, errors.CaseNotOpen, errors.PromiseOpen, errors.PlanLive, errors.BadPromise),
        handler=take,
    ),
    step(
        "/promises",
        "cancel",
        "Call an open promise off",
        cancel,
        takes=PromiseEnded,
        gives=Promise,
        policy=right(rights.PROMISE),
        errors=(NotFound, errors.PromiseSettled),
    ),
)

routes = routes_of(OPERATIONS)
