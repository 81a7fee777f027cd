"""Contact law: every rule with its clause, whether it is confirmed, what the agency changed, and the calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from callcenter.compliance.law import PROFILES
from callcenter.compliance.law.days import DayType
from callcenter.compliance.law.terms import Hours, Jurisdiction, Limit, Opening, Profile, Rule, Severity
from callcenter.compliance.model import CalendarDay, RuleSetting
from callcenter.compliance.registry import Registry
from callcenter.compliance.rights import RULES
from callcenter.compliance.rulebook import profile_of, shipped_rule
from core.cases.rights import VIEW as CASES
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from web.forms import Form, like, parse, submitted
from web.page import go_to, page
from web.pages import options
from web.pages.calls import law_words as words
from web.pages.cases.case_words import JURISDICTIONS
from web.pages.listing import State
from web.security import actor, right, route
from web.state import part, services

_DAYS_AHEAD = 366
_HALF_DAY = r"|([01]\d|2[0-3]):[0-5]\d"
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Clock = Annotated[str, like(_HALF_DAY, "clock")]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleRow:
    """A rule as it is in force. ``value`` is what a limit allows; ``hours`` by kind of day, "" for closed."""

    rule_id: str
    name: Message
    scope: tuple[Message, ...]
    maximum: int | None
    hours: tuple[tuple[Message, str], ...]
    severity: Message
    clause: str
    confirmed: State
    changed: RuleSetting | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DayRow:
    """A date that is not what its weekday says; ``note`` is the agency's."""

    day: date
    day_type: Message
    note: str


async def show(request: Request) -> Response:
    """The rules of one jurisdiction."""
    return await _page(request, _jurisdiction(request.query_params.get("law", "")))


def _jurisdiction(name: str) -> Jurisdiction:
    return Jurisdiction(name) if name in set(Jurisdiction) else Jurisdiction.RU


async def _page(request: Request, law: Jurisdiction, faults: Invalid | None = None) -> Response:
    held = services(request)
    today = held.clock.now().astimezone(ZoneInfo(actor(request).timezone)).date()
    async with held.uow.read() as session:
        profile = await profile_of(session, law)
        changed = await _changes(session, profile)
        notes = await _notes(session, law)
    context = {
        "law": law.value,
        "laws": [(one.value, JURISDICTIONS[one.value]) for one in Jurisdiction],
        "rules": [_row(rule, changed.get(rule.id)) for rule in _read_order(profile)],
        "days": list(_days(profile, notes, today)),
        "calendar_clause": profile.calendar.clause,
        "unconfirmed_years": sorted({today.year, today.year + 1} - profile.calendar.confirmed),
        "day_types": options.of_words(words.DAY_TYPES),
        "values": await submitted(request) if faults else {},
        "faults": faults.fields if faults else {},
        "edits": actor(request).may(RULES),
        "marks": {"changed": words.CHANGED},
    }
    return await page(request, "compliance/law.html", context, status=422 if faults else 200)


def _read_order(profile: Profile) -> tuple[Rule, ...]:
    """Hours and limits before the many blocks."""
    return (*profile.hours, *profile.limits, *profile.blocks)


async def _changes(session: AsyncSession, profile: Profile) -> dict[str, RuleSetting]:
    ids = [rule.id for rule in profile.rules()]
    rows = await session.scalars(select(RuleSetting).where(RuleSetting.rule_id.in_(ids)))
    return {row.rule_id: row for row in rows}


async def _notes(session: AsyncSession, law: Jurisdiction) -> dict[date, str]:
    rows = await session.scalars(select(CalendarDay).where(CalendarDay.jurisdiction == law))
    return {row.day: row.note for row in rows}


def _row(rule: Rule, changed: RuleSetting | None) -> RuleRow:
    return RuleRow(
        rule_id=rule.id,
        name=words.name_of(rule),
        scope=words.scope_of(rule),
        maximum=rule.maximum if isinstance(rule, Limit) else None,
        hours=_hours(rule) if isinstance(rule, Hours) else (),
        severity=words.SEVERITIES[rule.severity],
        clause=rule.clause,
        confirmed=words.CONFIRMED if rule.confirmed else words.UNCONFIRMED,
        changed=changed,
    )


def _hours(rule: Hours) -> tuple[tuple[Message, str], ...]:
    return tuple((words.DAY_TYPES[day], words.opening_text(rule.on(day))) for day in DayType)


def _days(profile: Profile, notes: dict[date, str], today: date) -> Iterator[DayRow]:
    """The coming year's days that are not plain ones of their weekday, and those that somebody set."""
    for number in range(_DAYS_AHEAD):
        day = today + timedelta(days=number)
        kind = profile.calendar.day_type(day)
        if kind is not (DayType.WEEKEND if day.weekday() >= 5 else DayType.WORKING) or day in notes:
            yield DayRow(day=day, day_type=words.DAY_TYPES[kind], note=notes.get(day, ""))


async def rule_form(request: Request) -> Response:
    """One rule, to change it."""
    return await _rule_page(request)


async def _rule_page(request: Request, faults: Invalid | None = None) -> Response:
    law, rule = await _rule_in_force(request)
    hours = {day.value: rule.on(day) for day in DayType} if isinstance(rule, Hours) else {}
    async with services(request).uow.read() as session:
        changed = await session.get(RuleSetting, rule.id)
    context = {
        "law": law.value,
        "rule": _row(rule, changed),
        "severity": rule.severity.value,
        "severities": options.of_words(words.SEVERITIES),
        "hours": [(day, words.DAY_TYPES[day], words.bounds(opening)) for day, opening in hours.items()],
        "values": await submitted(request) if faults else {},
        "faults": faults.fields if faults else {},
    }
    return await page(request, "compliance/rule.html", context, status=422 if faults else 200)


async def _rule_in_force(request: Request) -> tuple[Jurisdiction, Rule]:
    wanted = request.path_params["rule"]
    law = next((one for one, profile in PROFILES.items() if any(r.id == wanted for r in profile.rules())), None)
    if law is None:
        raise NotFound
    async with services(request).uow.read() as session:
        profile = await profile_of(session, law)
    return law, next(rule for rule in profile.rules() if rule.id == wanted)


class RuleForm(Form):
    """What a rule is changed to. The clocks are of the debtor's day; a day with both empty is closed."""

    severity: Severity
    reason: Reason
    maximum: Annotated[int, Field(ge=0, le=1000)] | None = None
    working_from: Clock = ""
    working_to: Clock = ""
    weekend_from: Clock = ""
    weekend_to: Clock = ""
    holiday_from: Clock = ""
    holiday_to: Clock = ""


async def change_rule(request: Request) -> Response:
    """Apply a rule differently from now on."""
    law, _ = await _rule_in_force(request)
    rule_id = request.path_params["rule"]
    shipped = shipped_rule(rule_id)
    try:
        sent = await parse(request, RuleForm)
        openings = _openings(sent) if isinstance(shipped, Hours) else None
    except Invalid as faults:
        return await _rule_page(request, faults)
    async with services(request).uow.write() as work:
        await part(request, Registry).change_rule(
            work,
            actor(request),
            rule_id,
            reason=sent.reason,
            maximum=sent.maximum if isinstance(shipped, Limit) else None,
            severity=sent.severity,
            openings=openings,
        )
    return go_to(f"/law?law={law.value}")


def _openings(sent: RuleForm) -> dict[DayType, Opening | None]:
    return {day: _opening(day, getattr(sent, f"{day}_from"), getattr(sent, f"{day}_to")) for day in DayType}


def _opening(day: DayType, opens: str, closes: str) -> Opening | None:
    if not opens and not closes:
        return None
    try:
        return Opening(_minute(opens), _minute(closes))
    except ValueError as error:
        raise Invalid(
            {f"{day}_to": msg("The end must come after the beginning; leave both empty to close.")}
        ) from error


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


async def restore_rule(request: Request) -> Response:
    """Go back to what the law says."""
    law, rule = await _rule_in_force(request)
    async with services(request).uow.write() as work:
        await part(request, Registry).restore_rule(work, actor(request), rule.id)
    return go_to(f"/law?law={law.value}")


class DayForm(Form):
    law: Jurisdiction
    day: date
    day_type: DayType
    note: Reason


async def set_day(request: Request) -> Response:
    """Say what kind of day a date is."""
    try:
        sent = await parse(request, DayForm)
    except Invalid as faults:
        return await _page(request, _jurisdiction(str((await submitted(request)).get("law", ""))), faults)
    async with services(request).uow.write() as work:
        registry = part(request, Registry)
        await registry.set_day(work, actor(request), sent.law, sent.day, day_type=sent.day_type, note=sent.note)
    return go_to(f"/law?law={sent.law.value}")


_RULES = right(RULES)
routes = (
    route("/law", show, policy=right(CASES, RULES), name="law"),
    route("/law/days", set_day, policy=_RULES, methods=["POST"], name="law.day"),
    route("/law/rules/{rule}", rule_form, policy=_RULES, name="law.rule"),
    route("/law/rules/{rule}", change_rule, policy=_RULES, methods=["POST"], name="law.rule.change"),
    route("/law/rules/{rule}/restore", restore_rule, policy=_RULES, methods=["POST"], name="law.rule.restore"),
)
