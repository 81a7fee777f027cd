"""Plan and fact of a month, the setting of plans, and who is to have one."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.clock import read_day
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.money import Money
from core.planning import queries, service
from core.planning.model import PlanScope
from core.planning.ports import WorkCalendar
from core.planning.queries import PlanLine, PlanSheet
from core.planning.rights import EDIT, VIEW
from core.planning.rules import month_of, next_month
from core.planning.service import PlanData
from web.export import export
from web.forms import CurrencyField, Form, parse, submitted
from web.page import go_to, page
from web.pages.listing import Align, Column, MoneyCell, Row, TextCell
from web.security import actor, right, route
from web.state import part, services

SCOPES: Mapping[PlanScope, Message] = {
    PlanScope.STAGE: msg("Stages"),
    PlanScope.UNIT: msg("Departments"),
    PlanScope.USER: msg("Employees"),
}


class PlanForm(Form):
    """A plan's sum, and why it is corrected."""

    amount: Decimal
    currency: CurrencyField
    reason: Annotated[str, StringConstraints(max_length=300)] = ""


async def show(request: Request) -> Response:
    """Plan and fact of a month by stage, department or employee, with what is still to be set."""
    sheet, today = await _sheet(request), _today(request)
    async with services(request).uow.read() as session:
        missing = await queries.missing_plans(session, actor(request), sheet.month)
    context = {
        "sheet": sheet,
        "scopes": SCOPES,
        "before": month_of(sheet.month - timedelta(days=1)),
        "after": next_month(sheet.month),
        "missing": missing,
        "current": month_of(today),
        "edits": actor(request).may(EDIT),
        "totals": _totals(sheet),
    }
    return await page(request, "planning/plan.html", context)


def _totals(sheet: PlanSheet) -> list[tuple[Money, Money, Decimal | None]]:
    """Plan, fact and achievement over all lines, by currency."""
    found = []
    for currency in sorted({line.currency for line in sheet.lines}):
        lines = [line.reached for line in sheet.lines if line.currency == currency]
        plan = sum((one.plan or Decimal(0) for one in lines), Decimal(0))
        fact = sum((one.fact for one in lines), Decimal(0))
        share = (fact / plan * 100).quantize(Decimal("0.1")) if plan else None
        found.append((Money(plan, currency), Money(fact, currency), share))
    return found


async def download(request: Request) -> Response:
    """The same as a file."""
    sheet = await _sheet(request)
    columns = [
        Column(key="name", label=SCOPES[sheet.scope]),
        Column(key="plan", label=msg("Plan"), align=Align.END),
        Column(key="fact", label=msg("Fact"), align=Align.END),
        Column(key="percent", label=msg("Achieved, %"), align=Align.END),
        Column(key="forecast", label=msg("Forecast"), align=Align.END),
    ]
    return await export(request, f"plan-{sheet.month:%Y-%m}", columns, _batches(sheet))


async def _batches(sheet: PlanSheet) -> AsyncIterator[Sequence[Row]]:
    yield [_file_row(line) for line in sheet.lines]


def _file_row(line: PlanLine) -> Row:
    reached = line.reached
    return Row(
        id=f"{line.subject_id}-{line.currency}",
        cells={
            "name": TextCell(line.name),
            "plan": MoneyCell(None if reached.plan is None else Money(reached.plan, line.currency)),
            "fact": MoneyCell(Money(reached.fact, line.currency)),
            "percent": TextCell("" if reached.percent is None else str(reached.percent)),
            "forecast": MoneyCell(None if reached.forecast is None else Money(reached.forecast, line.currency)),
        },
    )


async def _sheet(request: Request) -> PlanSheet:
    asked = request.query_params
    scope = PlanScope(asked["scope"]) if asked.get("scope") in set(PlanScope) else PlanScope.UNIT
    async with services(request).uow.read() as session:
        return await queries.plan_sheet(
            session,
            actor(request),
            scope,
            _month(asked.get("month", ""), _today(request)),
            today=_today(request),
            calendar=part(request, WorkCalendar),
        )


def _today(request: Request) -> date:
    return services(request).clock.now().astimezone(ZoneInfo(actor(request).timezone)).date()


def _month(text: str, today: date) -> date:
    """The month written as ``2026-11``, else the current one."""
    try:
        return read_day(f"{text}-01")
    except ValueError:
        return month_of(today)


async def edit(request: Request) -> Response:
    """The form of one plan with its corrections."""
    return await _form(request)


async def save(request: Request) -> Response:
    """Set a plan, or correct it."""
    held, (scope, subject_id, month) = services(request), _key(request)
    try:
        sent = await parse(request, PlanForm)
        data = PlanData(
            month=month,
            scope=scope,
            subject_id=subject_id,
            amount=sent.amount,
            currency=sent.currency,
            reason=sent.reason,
        )
        async with held.uow.write() as work:
            await service.set_plan(work, actor(request), data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields)
    return go_to(f"/plan?scope={scope}&month={month:%Y-%m}")


async def _form(
    request: Request, values: Mapping[str, Any] | None = None, faults: Mapping[str, Message] | None = None
) -> Response:
    scope, subject_id, month = _key(request)
    async with services(request).uow.read() as session:
        name = await queries.subject_name(session, actor(request), scope, subject_id)
        company = await queries.company(session)
        currency = request.query_params.get("currency") or (company.currency if company else "")
        plan = await queries.plan_of(session, scope, subject_id, month, currency)
        corrections = await queries.corrections_of(session, plan.id) if plan else []
    if name is None:
        raise NotFound
    context = {
        "name": name,
        "scope": scope,
        "subject_id": subject_id,
        "month": month,
        "plan": plan,
        "corrections": corrections,
        "values": values or {"amount": plan.amount.normalize() if plan else "", "currency": currency},
        "faults": faults or {},
    }
    return await page(request, "planning/plan_form.html", context, status=422 if faults else 200)


def _key(request: Request) -> tuple[PlanScope, int, date]:
    given = request.path_params
    if given["scope"] not in set(PlanScope):
        raise NotFound
    try:
        return PlanScope(given["scope"]), given["id"], read_day(f"{given['month']}-01")
    except ValueError as error:
        raise NotFound from error


async def wanted(request: Request) -> Response:
    """Who is to have a plan every month."""
    async with services(request).uow.read() as session:
        groups = [
            (scope, label, await queries.switches(session, actor(request), scope)) for scope, label in SCOPES.items()
        ]
    return await page(request, "planning/wanted.html", {"groups": groups})


async def want(request: Request) -> Response:
    """Save the switches: what is ticked is to have a plan, what is not is not."""
    held, me, sent = services(request), actor(request), await submitted(request)
    ticked = set(sent.getlist("wanted"))
    async with held.uow.write() as work:
        for scope in PlanScope:
            for subject, _name, is_wanted in await queries.switches(work.session, me, scope):
                if (f"{scope}:{subject}" in ticked) != is_wanted:
                    await service.want_plan(work, me, scope, subject, wanted=not is_wanted, at=held.clock.now())
    return go_to("/plan")


_VIEW, _EDIT = right(VIEW), right(EDIT)
routes = (
    route("/plan", show, policy=_VIEW, name="plan"),
    route("/plan/export", download, policy=_VIEW, name="plan.export"),
    route("/plan/wanted", wanted, policy=_EDIT, name="plan.wanted"),
    route("/plan/wanted", want, policy=_EDIT, methods=["POST"], name="plan.want"),
    route("/plan/{scope}/{id:int}/{month}", edit, policy=_EDIT, name="plan.edit"),
    route("/plan/{scope}/{id:int}/{month}", save, policy=_EDIT, methods=["POST"], name="plan.save"),
)
