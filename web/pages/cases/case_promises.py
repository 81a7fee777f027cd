"""Promises and plans taken, approved and called off on a case."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.errors import BadPlan
from core.cases.model import PaymentPlan, Promise
from core.cases.queries.zones import debtor_zone
from core.cases.rules.plans import FEWEST, MOST, Due, Rhythm, equal_sums, schedule, sums_of
from core.cases.service import plans as use_plans
from core.cases.service import promises as use_promises
from core.cases.service.access import case_for
from core.cases.service.cases import add_note
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.money import Money
from core.kernel.uow import Work
from web.errors import is_api
from web.forms import Form, parse, typed
from web.page import go_to, page
from web.security import actor, right, route
from web.state import planned_work, services

_Sum = Annotated[Decimal, Field(max_digits=16, decimal_places=2)]
_Note = Annotated[str, StringConstraints(max_length=2000)]
_Reason = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PromiseFields(Form):
    """A promise as it is typed, on its own or with the result of a call."""

    promise_amount: _Sum | None = None
    promise_due: date | None = None
    promise_type: int | None = None
    supersede: bool = False


class PlanFields(Form):
    """A plan as it is typed: a sum in ``plan_count`` equal parts, or in parts of ``plan_each``."""

    plan_total: _Sum | None = None
    plan_count: Annotated[int, Field(ge=FEWEST, le=MOST)] | None = None
    plan_each: _Sum | None = None
    plan_first: date | None = None
    plan_rhythm: Rhythm = Rhythm.MONTHLY

    def dues(self) -> tuple[Due, ...]:
        """The instalments; raises ``BadPlan`` for what makes none."""
        total, first = self.plan_total, self.plan_first
        if total is None or total <= 0:
            raise BadPlan({"total": msg("Enter a sum above zero.")})
        if first is None:
            raise BadPlan({"first_on": msg("Give a date.")})
        return schedule(self._sums(total), first, self.plan_rhythm)

    def _sums(self, total: Decimal) -> Sequence[Decimal]:
        if self.plan_each is not None:
            if not 0 < self.plan_each <= total or total > self.plan_each * MOST:
                fault = msg("A plan has {fewest} to {most} instalments.", fewest=FEWEST, most=MOST)
                raise BadPlan({"instalments": fault})
            return sums_of(total, self.plan_each)
        if self.plan_count is None:
            raise BadPlan({"instalments": msg("Say how many instalments, or how much each.")})
        return equal_sums(total, self.plan_count)


class PromiseForm(PromiseFields):
    party_id: int | None = None
    note: _Note = ""


class PlanForm(PlanFields):
    party_id: int | None = None
    supersede: bool = False
    note: _Note = ""


class EndForm(Form):
    reason: _Reason


async def promise(request: Request) -> Response:
    """Take a promise to pay."""
    sent, case_id = await parse(request, PromiseForm), _id(request)
    held, me = services(request), actor(request)
    now = held.clock.now()
    if sent.promise_amount is None or sent.promise_due is None:
        raise Invalid({name: msg("This is needed.") for name in ("amount", "due_on")})
    async with held.uow.write() as work:
        party_id, today = await _party(request, work, sent.party_id)
        new = use_promises.NewPromise(
            party_id=party_id,
            amount=sent.promise_amount,
            due_on=sent.promise_due,
            type_id=sent.promise_type,
            supersede=sent.supersede,
        )
        await use_promises.take_promise(work, me, case_id, new, today=today, at=now, sources=planned_work(request))
        if sent.note:
            await add_note(work, me, case_id, sent.note, at=now)
    return _done(request)


async def plan(request: Request) -> Response:
    """Agree on an instalment plan."""
    sent, case_id = await parse(request, PlanForm), _id(request)
    held, me = services(request), actor(request)
    now, dues = held.clock.now(), sent.dues()
    async with held.uow.write() as work:
        party_id, today = await _party(request, work, sent.party_id)
        new = use_plans.NewPlan(
            party_id=party_id,
            total=sum((due.amount for due in dues), Decimal(0)),
            dues=dues,
            note=sent.note,
            supersede=sent.supersede,
        )
        await use_plans.take_plan(work, me, case_id, new, today=today, at=now, sources=planned_work(request))
    return _done(request)


async def preview(request: Request) -> Response:
    """The instalments of a plan as it is being typed."""
    async with services(request).uow.read() as session:
        case = await case_for(session, actor(request), _id(request), rights.PLAN)
    try:
        dues = typed(FormData(dict(request.query_params)), PlanFields).dues()
    except Invalid as fault:
        return await page(request, "cases/_schedule.html", {"faults": fault.fields, "lines": ()})
    lines = [(n, due.on, Money(due.amount, case.currency)) for n, due in enumerate(dues, start=1)]
    return await page(request, "cases/_schedule.html", {"faults": {}, "lines": lines})


async def cancel_promise(request: Request) -> Response:
    """Call a promise off."""
    sent, promise_id = await parse(request, EndForm), request.path_params["promise"]
    async with services(request).uow.write() as work:
        await _on_case(request, work, Promise, promise_id)
        now = services(request).clock.now()
        await use_promises.cancel_promise(
            work, actor(request), promise_id, sent.reason, at=now, sources=planned_work(request)
        )
    return _done(request)


async def cancel_plan(request: Request) -> Response:
    """Call a plan off."""
    sent = await parse(request, EndForm)
    return await _decided(request, partial(use_plans.cancel_plan, reason=sent.reason))


async def approve_plan(request: Request) -> Response:
    """Let a plan come into force."""
    return await _decided(request, use_plans.approve_plan)


async def refuse_plan(request: Request) -> Response:
    """Turn a plan down."""
    sent = await parse(request, EndForm)
    return await _decided(request, partial(use_plans.refuse_plan, reason=sent.reason))


async def _decided(request: Request, decide: Callable[..., Awaitable[None]]) -> Response:
    plan_id = request.path_params["plan"]
    async with services(request).uow.write() as work:
        await _on_case(request, work, PaymentPlan, plan_id)
        now = services(request).clock.now()
        await decide(work, actor(request), plan_id, at=now, sources=planned_work(request))
    return _done(request)


async def _on_case(request: Request, work: Work, kind: type[Promise] | type[PaymentPlan], number: int) -> None:
    """Raises ``NotFound`` for what stands on another case."""
    found = await work.session.scalar(select(kind.case_id).where(kind.id == number))
    if found != _id(request):
        raise NotFound


async def _party(request: Request, work: Work, stated: int | None) -> tuple[int, date]:
    """Who agrees, the main debtor unless somebody is named, and what day it is for him."""
    case = await case_for(work.session, actor(request), _id(request))
    party_id = stated or case.debtor_id
    if party_id is None:
        raise NotFound
    now = services(request).clock.now()
    return party_id, now.astimezone(await debtor_zone(work.session, party_id)).date()


def _done(request: Request) -> Response:
    """Scripts look again themselves."""
    return Response(status_code=204) if is_api(request) else go_to(f"/cases/{_id(request)}")


def _id(request: Request) -> int:
    return int(request.path_params["id"])


_PROMISE, _PLAN, _APPROVE = right(rights.PROMISE), right(rights.PLAN), right(rights.APPROVE)
_PLANS = "/cases/{id:int}/plans"
routes = (
    route("/cases/{id:int}/promises", promise, policy=_PROMISE, methods=["POST"], name="case.promise"),
    route(
        "/cases/{id:int}/promises/{promise:int}/cancel",
        cancel_promise,
        policy=_PROMISE,
        methods=["POST"],
        name="case.promise_cancel",
    ),
    route(_PLANS, plan, policy=_PLAN, methods=["POST"], name="case.plan"),
    route(f"{_PLANS}/preview", preview, policy=_PLAN, name="case.plan_preview"),
    route(f"{_PLANS}/{{plan:int}}/cancel", cancel_plan, policy=_PLAN, methods=["POST"], name="case.plan_cancel"),
    route(f"{_PLANS}/{{plan:int}}/approve", approve_plan, policy=_APPROVE, methods=["POST"], name="case.plan_approve"),
    route(f"{_PLANS}/{{plan:int}}/refuse", refuse_plan, policy=_APPROVE, methods=["POST"], name="case.plan_refuse"),
)
