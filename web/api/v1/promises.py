"""Promises to pay."""

from datetime import date
from zoneinfo import ZoneInfo

from starlette.requests import Request

from callcenter.callbacks.queries import debtor_zone
from callcenter.calls.queries import call_detail
from core.cases import errors, rights
from core.cases.model import Case, PromiseState
from core.cases.model import Promise as Row
from core.cases.queries.lists import PromiseQuery, list_promises
from core.cases.service.access import case_for
from core.cases.service.promises import NewPromise, take_promise
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from web.api.v1.operation import Operation, routes_of
from web.api.v1.reach import person_on
from web.api.v1.shapes import E164, Id, Money, MoneySent, Page, Paged, Sent, Shape, Utc, money
from web.security import actor, right
from web.state import services


class Promise(Shape):
    """A promise to pay ``amount`` by ``due_on`` (the debtor's calendar), ``grace_days`` later at most. ``phone`` and
    ``call_id`` are where it was made, ``agent`` took it."""

    id: Id
    case_id: Id
    party_id: Id
    amount: Money
    due_on: date
    grace_days: int
    state: PromiseState
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
    """What was promised, in the case's currency; by the main debtor unless ``party_id`` or ``phone`` says who."""

    case_id: Id
    amount: MoneySent
    due_on: date
    party_id: Id | None = None
    phone: E164 | None = None
    call_id: Id | None = None


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
        )
        taken = await take_promise(work, me, case.id, new, today=now.astimezone(zone).date(), at=now)
    return promise_of(taken)


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
        state=PromiseState(row.state),
        phone=row.phone,
        call_id=row.call_id,
        agent=row.taken_by_id,
        created_at=row.created_at,
        settled_at=row.settled_at,
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
        errors=(NotFound, errors.CaseNotOpen, errors.PromiseOpen, errors.BadPromise),
        handler=take,
    ),
)

routes = routes_of(OPERATIONS)
