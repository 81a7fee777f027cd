"""Bonuses of the staff for a month, each explained line by line, and how they are reckoned for each role."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.clock import read_day
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.money import Money
from core.people.model import Role
from core.planning import bonuses as use_cases
from core.planning.bonus_rules import USUAL, Rule, Step
from core.planning.bonuses import StaffBonus
from core.planning.rights import BONUS, EDIT
from core.planning.rules import month_of, next_month
from web.export import export
from web.forms import Form, parse, submitted
from web.page import go_to, page
from web.pages.cases.case_words import COMPONENT_LABELS
from web.pages.listing import Align, Column, MoneyCell, Row, TextCell
from web.pages.money.commission_words import plain
from web.security import actor, right, route
from web.state import services

_SPARE_ROWS = 3
_MOST = Decimal(10) ** 6
_COLUMNS = (
    Column(key="name", label=msg("Employee")),
    Column(key="role", label=msg("Role")),
    Column(key="salary", label=msg("Salary"), align=Align.END),
    Column(key="collected", label=msg("Collected"), align=Align.END),
    Column(key="plan", label=msg("Plan"), align=Align.END),
    Column(key="achieved", label=msg("Achieved, %"), align=Align.END),
    Column(key="coefficient", label=msg("Coefficient"), align=Align.END),
    Column(key="percent", label=msg("Percent"), align=Align.END),
    Column(key="bonus", label=msg("Bonus"), align=Align.END),
    Column(key="total", label=msg("Together"), align=Align.END),
    Column(key="currency", label=msg("Currency")),
)


class RuleForm(Form):
    percent: Decimal
    without_plan: Decimal = Decimal(1)


async def show(request: Request) -> Response:
    """Everybody's bonus of a month."""
    month = _month(request)
    async with services(request).uow.read() as session:
        lines = await use_cases.bonus_table(session, actor(request), month)
        rules = await use_cases.bonus_rules(session, actor(request))
    context = {
        **_around(request, month),
        "lines": lines,
        "totals": _totals(lines),
        "ruled": any(rule for _role, rule in rules),
    }
    return await page(request, "planning/bonuses.html", context)


def _around(request: Request, month: date) -> dict[str, Any]:
    return {
        "month": month,
        "before": month_of(month - timedelta(days=1)),
        "after": next_month(month),
        "edits": actor(request).may(EDIT),
    }


def _totals(lines: Sequence[StaffBonus]) -> list[tuple[Money, Money, Money]]:
    """Salaries, bonuses and both together, by currency."""
    found = []
    for currency in sorted({line.currency for line in lines}):
        mine = [line for line in lines if line.currency == currency]
        salaries = sum((line.salary or Decimal(0) for line in mine), Decimal(0))
        together = sum((line.total for line in mine), Decimal(0))
        found.append((Money(salaries, currency), Money(together - salaries, currency), Money(together, currency)))
    return found


def _month(request: Request) -> date:
    """The month asked for, as ``2026-11``; else the current one."""
    text = request.path_params.get("month") or request.query_params.get("month", "")
    try:
        return read_day(f"{text}-01")
    except ValueError:
        if "month" in request.path_params:
            raise NotFound from None
    today = services(request).clock.now().astimezone(ZoneInfo(actor(request).timezone)).date()
    return month_of(today)


async def download(request: Request) -> Response:
    """The same as a file."""
    month = _month(request)
    async with services(request).uow.read() as session:
        lines = await use_cases.bonus_table(session, actor(request), month)
    return await export(request, f"bonuses-{month:%Y-%m}", _COLUMNS, _batches(lines))


async def _batches(lines: Sequence[StaffBonus]) -> AsyncIterator[Sequence[Row]]:
    yield [_file_row(line) for line in lines]


def _file_row(line: StaffBonus) -> Row:
    def sum_of(amount: Decimal | None) -> MoneyCell:
        return MoneyCell(None if amount is None else Money(amount, line.currency))

    got = line.bonus
    return Row(
        id=f"{line.user_id}-{line.currency}",
        cells={
            "name": TextCell(line.name),
            "role": TextCell(line.role),
            "salary": sum_of(line.salary),
            "collected": sum_of(line.collected),
            "plan": sum_of(got.plan if got else None),
            "achieved": TextCell("" if got is None or got.achieved is None else str(got.achieved)),
            "coefficient": TextCell("" if got is None else plain(got.coefficient)),
            "percent": TextCell("" if got is None else plain(got.percent)),
            "bonus": sum_of(got.amount if got else None),
            "total": sum_of(line.total),
            "currency": TextCell(line.currency),
        },
    )


async def show_one(request: Request) -> Response:
    """One employee's month: what it was reckoned from, and every repayment that counts."""
    month, user_id = _month(request), request.path_params["id"]
    async with services(request).uow.read() as session:
        who = await use_cases.bonus_of(session, actor(request), user_id, month)
        repayments = await use_cases.collected_by(session, actor(request), user_id, month)
    context = {**_around(request, month), "who": who, "repayments": repayments, "components": COMPONENT_LABELS}
    return await page(request, "planning/bonus.html", context)


async def rules(request: Request) -> Response:
    """How bonuses are reckoned, role by role."""
    async with services(request).uow.read() as session:
        found = await use_cases.bonus_rules(session, actor(request))
    return await page(request, "planning/bonus_rules.html", {"roles": found})


async def edit(request: Request) -> Response:
    """The form of one role's rule."""
    role, rule = await _role(request)
    shown = rule or Rule(percent=Decimal(0), steps=USUAL)
    values = {"percent": plain(shown.percent), "without_plan": plain(shown.without_plan)}
    return await _form(request, role, values, [(plain(one.start), plain(one.coefficient)) for one in shown.steps])


async def _role(request: Request) -> tuple[Role, Rule | None]:
    async with services(request).uow.read() as session:
        found = await use_cases.bonus_rules(session, actor(request))
    for role, rule in found:
        if role.id == request.path_params["id"]:
            return role, rule
    raise NotFound


async def save(request: Request) -> Response:
    """Save one role's rule."""
    held, sent, (role, _rule) = services(request), await submitted(request), await _role(request)
    try:
        typed = await parse(request, RuleForm)
        rule = Rule(percent=typed.percent, steps=tuple(_steps(sent)), without_plan=typed.without_plan)
        async with held.uow.write() as work:
            await use_cases.set_bonus(work, actor(request), role.id, rule, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, role, sent, _rows(sent), faults.fields)
    return go_to("/bonuses/rules")


def _rows(sent: FormData) -> list[tuple[str, str]]:
    """The table as it was typed, without its empty rows."""
    columns = [[str(value).strip() for value in sent.getlist(name)] for name in ("band_from", "band_coefficient")]
    return [(start, coefficient) for start, coefficient in zip(*columns, strict=False) if start or coefficient]


def _steps(sent: FormData) -> list[Step]:
    """The table. Raises ``Invalid``."""
    try:
        rows = [(Decimal(start.replace(",", ".")), Decimal(by.replace(",", "."))) for start, by in _rows(sent)]
    except InvalidOperation as error:
        raise Invalid({"bands": msg("Give numbers.")}) from error
    if any(not number.is_finite() or abs(number) > _MOST for row in rows for number in row):
        raise Invalid({"bands": msg("Give numbers.")})
    return [Step(start=start, coefficient=coefficient) for start, coefficient in rows]


async def _form(
    request: Request,
    role: Role,
    values: Mapping[str, Any],
    rows: Sequence[tuple[str, str]],
    faults: Mapping[str, Message] | None = None,
) -> Response:
    spare = [("", "")] * _SPARE_ROWS
    context = {"role": role, "values": values, "rows": [*rows, *spare], "faults": faults or {}}
    return await page(request, "planning/bonus_rule.html", context, status=422 if faults else 200)


_VIEW, _EDIT = right(BONUS), right(EDIT)
routes = (
    route("/bonuses", show, policy=_VIEW, name="bonuses"),
    route("/bonuses/export", download, policy=_VIEW, name="bonuses.export"),
    route("/bonuses/rules", rules, policy=_VIEW, name="bonuses.rules"),
    route("/bonuses/rules/{id:int}", edit, policy=_EDIT, name="bonuses.rule"),
    route("/bonuses/rules/{id:int}", save, policy=_EDIT, methods=["POST"], name="bonuses.rule.save"),
    route("/bonuses/{id:int}/{month}", show_one, policy=_VIEW, name="bonus"),
)
