"""A second opinion on contact law: minute by minute, list by list, with no cleverness to be wrong about.

It only ever asks what the debtor's clock shows at an instant, never the other way round.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callcenter.compliance.facts import Contact, Outcome, Question
from callcenter.compliance.law.terms import Profile

MINUTE = timedelta(minutes=1)


class Oracle:
    """One question, one history, one profile."""

    def __init__(self, question: Question, history: list[Contact], profile: Profile) -> None:
        self.question = question
        self.history = history
        self.profile = profile
        self.zones = [ZoneInfo(name) for name in question.zone.names]
        self.full: dict[tuple[str, object], bool] = {}

    def allowed(self, at: datetime) -> bool:
        if self.blocked(at):
            return False
        for zone in self.zones:
            clock = at.astimezone(zone)
            if not self.hours_open(clock) or self.any_limit_full(clock):
                return False
        return True

    def blocked(self, at: datetime) -> bool:
        for block in self.question.blocks:
            for rule in self.profile.blocks:
                applies = rule.kind == block.kind and self.question.channel in rule.channels
                if applies and rule.severity == "deny" and (block.ends_at is None or at < block.ends_at):
                    return True
        return False

    def hours_open(self, clock: datetime) -> bool:
        shown = clock.time().isoformat("minutes")
        for rule in self.profile.hours:
            if self.question.channel not in rule.channels or rule.severity != "deny":
                continue
            kind = self.profile.calendar.day_type(clock.date()).value
            opening = {"working": rule.working, "weekend": rule.weekend, "holiday": rule.holiday}[kind]
            if opening is None:
                return False
            opens = f"{opening.opens // 60:02d}:{opening.opens % 60:02d}"
            closes = f"{opening.closes // 60:02d}:{opening.closes % 60:02d}"
            if shown < opens or shown >= closes:
                return False
        return True

    def any_limit_full(self, clock: datetime) -> bool:
        key = (str(clock.tzinfo), clock.date())
        if key not in self.full:
            self.full[key] = any(
                self.question.channel in rule.channels
                and rule.severity == "deny"
                and self.used(rule, clock) >= rule.maximum
                for rule in self.profile.limits
            )
        return self.full[key]

    def things(self, rule) -> list:
        """What the limit counts for: one debtor, one phone, or each debt."""
        if rule.scope == "debt" and self.question.debts:
            return sorted(self.question.debts)
        return [None]

    def used(self, rule, clock: datetime) -> int:
        most = 0
        for thing in self.things(rule):
            number = 0
            for contact in self.history:
                if contact.channel not in rule.channels:
                    continue
                if contact.inbound and not rule.inbound:
                    continue
                if rule.scope == "phone" and (contact.phone is None or contact.phone != self.question.phone):
                    continue
                if rule.scope != "phone" and contact.party_id != self.question.party_id:
                    continue
                other_debt = thing is not None and contact.debts and thing not in contact.debts
                if rule.scope == "debt" and other_debt:
                    continue
                if rule.counts == "conversation" and contact.outcome == Outcome.UNANSWERED:
                    continue
                if rule.counts == "unanswered" and contact.outcome == Outcome.ANSWERED:
                    continue
                if contact.at.astimezone(clock.tzinfo).date() in self.days(rule, clock):
                    number += 1
            most = max(most, number)
        return most

    def days(self, rule, clock: datetime) -> list:
        """Every date of the window that ends today."""
        today = clock.date()
        listed = [today]
        while len(listed) < 40:
            earlier = listed[-1] - timedelta(days=1)
            same = {
                "day": False,
                "week": earlier.isocalendar()[:2] == today.isocalendar()[:2],
                "month": (earlier.year, earlier.month) == (today.year, today.month),
                "rolling": len(listed) < rule.window.days,
            }[rule.window.kind.value]
            if not same:
                break
            listed.append(earlier)
        return listed

    def first_allowed(self, at: datetime, minutes: int) -> datetime | None:
        """The first allowed minute from ``at`` on, looking no further than ``minutes``."""
        for step in range(minutes):
            if self.allowed(at + step * MINUTE):
                return at + step * MINUTE
        return None

    def first_denied(self, at: datetime, minutes: int) -> datetime | None:
        """The first minute from ``at`` on that is not allowed."""
        for step in range(minutes):
            if not self.allowed(at + step * MINUTE):
                return at + step * MINUTE
        return None
