"""The law as the agency applies it: the shipped profile with its own limits, hours and holidays laid over."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.compliance.law import PROFILES
from callcenter.compliance.law.days import DayType
from callcenter.compliance.law.terms import BlockRule, Hours, Jurisdiction, Limit, Opening, Profile, Rule, Severity
from callcenter.compliance.model import CalendarDay, RuleSetting


async def profile_of(session: AsyncSession, jurisdiction: Jurisdiction) -> Profile:
    """The profile in force for a jurisdiction."""
    shipped = PROFILES[jurisdiction]
    names = [rule.id for rule in shipped.rules()]
    settings = (await session.scalars(select(RuleSetting).where(RuleSetting.rule_id.in_(names)))).all()
    days = (await session.scalars(select(CalendarDay).where(CalendarDay.jurisdiction == jurisdiction))).all()
    return amended(shipped, settings, days)


def amended(profile: Profile, settings: Sequence[RuleSetting], days: Sequence[CalendarDay]) -> Profile:
    """``profile`` with the agency's changes."""
    by_rule = {setting.rule_id: setting for setting in settings}
    return replace(
        profile,
        calendar=profile.calendar.with_days({one.day: DayType(one.day_type) for one in days}),
        limits=tuple(_limit(rule, by_rule) for rule in profile.limits),
        hours=tuple(_hours(rule, by_rule) for rule in profile.hours),
        blocks=tuple(_block(rule, by_rule) for rule in profile.blocks),
    )


def shipped_rule(rule_id: str) -> Rule | None:
    """The rule of that id as the law has it."""
    rules = (rule for profile in PROFILES.values() for rule in profile.rules())
    return next((rule for rule in rules if rule.id == rule_id), None)


def _limit(rule: Limit, by_rule: Mapping[str, RuleSetting]) -> Limit:
    setting = by_rule.get(rule.id)
    if setting is None:
        return rule
    maximum = rule.maximum if setting.maximum is None else setting.maximum
    return replace(rule, maximum=maximum, severity=_severity(rule.severity, setting))


def _hours(rule: Hours, by_rule: Mapping[str, RuleSetting]) -> Hours:
    setting = by_rule.get(rule.id)
    if setting is None:
        return rule
    changed = replace(rule, severity=_severity(rule.severity, setting))
    if setting.openings is None:
        return changed
    openings = {day: Opening(*bounds) if bounds else None for day, bounds in setting.openings.items()}
    return replace(
        changed,
        working=openings.get(DayType.WORKING, rule.working),
        weekend=openings.get(DayType.WEEKEND, rule.weekend),
        holiday=openings.get(DayType.HOLIDAY, rule.holiday),
    )


def _block(rule: BlockRule, by_rule: Mapping[str, RuleSetting]) -> BlockRule:
    setting = by_rule.get(rule.id)
    return rule if setting is None else replace(rule, severity=_severity(rule.severity, setting))


def _severity(shipped: Severity, setting: RuleSetting) -> Severity:
    return shipped if setting.severity is None else Severity(setting.severity)
