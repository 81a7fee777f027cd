"""May this debtor be contacted now, and if not, when? Pure: facts and the time in, a decision out.

Every rule is bound to the contact and to one of the zones the debtor may be in. A bound rule knows the earliest
moment at or after a given one at which it lets the contact through. The earliest moment of all of them together is
found by asking each in turn from the latest answer so far until none moves it any more: no rule can be satisfied
before its own answer, so nothing is skipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from callcenter.compliance import texts
from callcenter.compliance.decision import Decision, Finding, Tally, Verdict
from callcenter.compliance.facts import Block, Contact, Outcome, Question
from callcenter.compliance.law.days import Calendar
from callcenter.compliance.law.terms import BlockRule, Counts, Hours, Limit, Profile, Scope, Severity
from core.kernel.i18n import Message
from core.kernel.localtime import edges, first_instant, local_day, minute_of_day

_HORIZON_DAYS = 400
"""How far ahead a lawful moment is looked for: past every window and every run of holidays."""

_ONE_DAY = timedelta(days=1)


class _Bound(Protocol):
    """A rule bound to one contact and one zone."""

    @property
    def rule(self) -> Limit | Hours | BlockRule: ...

    @property
    def zone(self) -> ZoneInfo: ...

    def earliest(self, at: datetime) -> datetime | None:
        """The first moment from ``at`` on at which the rule lets the contact through; None for never."""

    def reason(self, at: datetime) -> Message:
        """Why it does not at ``at``."""


@dataclass(frozen=True, slots=True)
class _Opened:
    rule: Hours
    zone: ZoneInfo
    calendar: Calendar

    def earliest(self, at: datetime) -> datetime | None:
        return at if self._is_open(at) else self._change(at, to=True)

    def closes(self, at: datetime) -> datetime | None:
        """When contact open at ``at`` is next forbidden; None when it never is."""
        return self._change(at, to=False)

    def reason(self, at: datetime) -> Message:
        day = self.calendar.day_type(local_day(at, self.zone))
        return texts.outside_hours(day, self.rule.on(day), minute_of_day(at, self.zone))

    def _change(self, at: datetime, *, to: bool) -> datetime | None:
        bounds = self._bounds()
        today = local_day(at, self.zone)
        for ahead in range(_HORIZON_DAYS):
            for edge in edges(today + ahead * _ONE_DAY, bounds, self.zone):
                if edge > at and self._is_open(edge) is to:
                    return edge
        return None

    def _bounds(self) -> frozenset[int]:
        openings = (self.rule.working, self.rule.weekend, self.rule.holiday)
        return frozenset(bound for one in openings if one for bound in (one.opens, one.closes))

    def _is_open(self, at: datetime) -> bool:
        opening = self.rule.on(self.calendar.day_type(local_day(at, self.zone)))
        return opening is not None and opening.opens <= minute_of_day(at, self.zone) < opening.closes


@dataclass(frozen=True, slots=True)
class _Counted:
    rule: Limit
    zone: ZoneInfo
    groups: tuple[tuple[date, ...], ...]
    """Local days of the contacts that count, a group for each thing that is counted by itself."""

    def earliest(self, at: datetime) -> datetime | None:
        day = local_day(at, self.zone)
        if self.used(day) < self.rule.maximum:
            return at
        for ahead in range(1, _HORIZON_DAYS):
            if self.used(day + ahead * _ONE_DAY) < self.rule.maximum:
                return first_instant(day + ahead * _ONE_DAY, self.zone)
        return None

    def used(self, day: date) -> int:
        """Contacts in the window of ``day``, of the group that has most."""
        first = self.rule.window.first_day(day)
        return max((sum(first <= one <= day for one in group) for group in self.groups), default=0)

    def reason(self, at: datetime) -> Message:
        return texts.spent(self.rule, self.used(local_day(at, self.zone)))


@dataclass(frozen=True, slots=True)
class _Blocked:
    rule: BlockRule
    zone: ZoneInfo
    block: Block

    def earliest(self, at: datetime) -> datetime | None:
        return None if self.block.ends_at is None else max(at, self.block.ends_at)

    def reason(self, _at: datetime) -> Message:
        return texts.blocked(self.rule.kind)


def decide(question: Question, history: Sequence[Contact], profile: Profile, now: datetime) -> Decision:
    """The decision on ``question`` at the aware time ``now`` under ``profile``.

    ``history`` needs the contacts of the debtor and of the phone for the last ``profile.lookback_days()`` days. A block
    of which a collector is only reminded stops a machine, which cannot weigh it.
    """
    zones = question.zone.zones()
    bound = _bind(question, history, profile, zones)
    findings = _findings(bound, now)
    denied = [one for one in findings if one[0].severity is Severity.DENY]
    first = (denied or findings)[0] if findings else None
    zone = first[1] if first else zones[0]
    return Decision(
        verdict=Verdict.DENY if denied else Verdict.WARN if findings else Verdict.ALLOW,
        at=now,
        jurisdiction=profile.jurisdiction,
        channel=question.channel,
        zone=zone.key,
        zones=question.zone.names,
        zone_source=question.zone.source,
        calendar_confirmed=local_day(now, zone).year in profile.calendar.confirmed,
        next_allowed_at=_earliest([one for one in bound if one.rule.severity is Severity.DENY], now),
        until=None if denied else _until(bound, now),
        rule_id=first[0].rule_id if first else None,
        reason=first[0].reason if first else None,
        findings=tuple(finding for finding, _zone in findings),
        tallies=_tallies(bound, now),
    )


def _bind(
    question: Question, history: Sequence[Contact], profile: Profile, zones: tuple[ZoneInfo, ...]
) -> list[_Bound]:
    bound: list[_Bound] = [
        _Blocked(replace(rule, severity=Severity.DENY) if question.machine else rule, zones[0], block)
        for block in question.blocks
        for rule in profile.blocks
        if rule.kind is block.kind and question.channel in rule.channels
    ]
    for zone in zones:
        bound += [_Opened(rule, zone, profile.calendar) for rule in profile.hours if question.channel in rule.channels]
        bound += [
            _Counted(rule, zone, _groups(rule, question, history, zone))
            for rule in profile.limits
            if question.channel in rule.channels
        ]
    return bound


def _groups(
    rule: Limit, question: Question, history: Sequence[Contact], zone: ZoneInfo
) -> tuple[tuple[date, ...], ...]:
    counted = [one for one in history if _counts(rule, one)]
    match rule.scope:
        case Scope.PHONE:
            groups = [[one for one in counted if one.phone is not None and one.phone == question.phone]]
        case Scope.DEBTOR:
            groups = [[one for one in counted if one.party_id == question.party_id]]
        case Scope.DEBT:
            own = [one for one in counted if one.party_id == question.party_id]
            about = [[one for one in own if debt in one.debts or not one.debts] for debt in sorted(question.debts)]
            groups = about or [own]  # where the debt is not known, every contact may have been about it
    return tuple(tuple(local_day(one.at, zone) for one in group) for group in groups)


def _counts(rule: Limit, contact: Contact) -> bool:
    if contact.channel not in rule.channels or (contact.inbound and not rule.inbound):
        return False
    match rule.counts:
        case Counts.ATTEMPT:
            return True
        case Counts.CONVERSATION:
            return contact.outcome is not Outcome.UNANSWERED
        case Counts.UNANSWERED:
            return contact.outcome is not Outcome.ANSWERED


def _earliest(bound: Sequence[_Bound], now: datetime) -> datetime | None:
    """The first moment at which all of them let the contact through; None when there is none within the horizon, as
    where the debtor may be in zones whose hours never meet."""
    at, horizon = now, now + _HORIZON_DAYS * _ONE_DAY
    while at < horizon:
        latest = at
        for one in bound:
            free = one.earliest(latest)
            if free is None:
                return None
            latest = free
        if latest == at:
            return at
        at = latest
    return None


def _until(bound: Sequence[_Bound], now: datetime) -> datetime | None:
    closings = (one.closes(now) for one in bound if isinstance(one, _Opened) and one.rule.severity is Severity.DENY)
    return min((at for at in closings if at is not None), default=None)


def _findings(bound: Sequence[_Bound], now: datetime) -> list[tuple[Finding, ZoneInfo]]:
    """What stands against the contact, with the zone that says so: the rule that binds longest first, each rule
    once."""
    found: dict[str, tuple[Finding, ZoneInfo]] = {}
    for one in bound:
        frees_at = one.earliest(now)
        if frees_at == now:
            continue
        finding = Finding(
            rule_id=one.rule.id,
            severity=one.rule.severity,
            reason=one.reason(now),
            clause=one.rule.clause,
            confirmed=one.rule.confirmed,
            frees_at=frees_at,
        )
        known = found.get(finding.rule_id)
        if known is None or _binds_longer(finding, known[0]):
            found[finding.rule_id] = (finding, one.zone)
    ordered = sorted(found.values(), key=lambda pair: pair[0].frees_at or now, reverse=True)
    return sorted(ordered, key=lambda pair: pair[0].frees_at is not None)


def _binds_longer(finding: Finding, other: Finding) -> bool:
    if finding.frees_at is None or other.frees_at is None:
        return other.frees_at is not None
    return finding.frees_at > other.frees_at


def _tallies(bound: Sequence[_Bound], now: datetime) -> tuple[Tally, ...]:
    """How far each limit is used up, in the zone where it is used up most."""
    worst: dict[str, Tally] = {}
    for one in bound:
        if not isinstance(one, _Counted):
            continue
        free = one.earliest(now)
        used = one.used(local_day(now, one.zone))
        known = worst.get(one.rule.id)
        if known is None or used > known.used:
            worst[one.rule.id] = Tally(limit=one.rule, used=used, resets_at=None if free == now else free)
    return tuple(worst.values())
