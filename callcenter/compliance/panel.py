"""What the case screen shows of contact law: may I call now, until when, how often still, and why."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.compliance import texts
from callcenter.compliance.decision import Decision, Tally, Verdict
from callcenter.compliance.law.terms import Severity
from core.kernel.i18n import Message
from core.parties.zones import ZoneSource


@dataclass(frozen=True, kw_only=True, slots=True)
class PanelReason:
    """A rule that stands against the contact; ``frees_at`` by the debtor's clock, None when it never frees by
    itself."""

    rule_id: str
    text: Message
    clause: str
    confirmed: bool
    severity: Severity
    frees_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PanelLimit:
    """A limit with what is left of it; ``resets_at`` by the debtor's clock when it is used up."""

    rule_id: str
    text: Message
    used: int
    maximum: int
    left: int
    resets_at: datetime | None
    clause: str
    confirmed: bool
    severity: Severity


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactPanel:
    """A decision for people. All times are aware and in the debtor's zone; ``zone_certain`` is False when he may be
    in several. ``scarcest`` is the limit with least left. ``calendar_confirmed`` is False when this year's holidays
    there were not checked."""

    verdict: Verdict
    local_now: datetime
    zone: str
    zone_source: ZoneSource
    zone_certain: bool
    until: datetime | None
    next_allowed: datetime | None
    reasons: tuple[PanelReason, ...]
    limits: tuple[PanelLimit, ...]
    scarcest: PanelLimit | None
    calendar_confirmed: bool


def explain(decision: Decision) -> ContactPanel:
    """The panel of a decision."""
    zone = ZoneInfo(decision.zone)
    limits = tuple(_limit(one, zone) for one in decision.tallies)
    return ContactPanel(
        verdict=decision.verdict,
        local_now=decision.at.astimezone(zone),
        zone=decision.zone,
        zone_source=decision.zone_source,
        zone_certain=len(decision.zones) == 1,
        until=_there(decision.until, zone),
        next_allowed=_there(decision.next_allowed_at, zone),
        reasons=tuple(
            PanelReason(
                rule_id=one.rule_id,
                text=one.reason,
                clause=one.clause,
                confirmed=one.confirmed,
                severity=one.severity,
                frees_at=_there(one.frees_at, zone),
            )
            for one in decision.findings
        ),
        limits=limits,
        scarcest=min(limits, key=lambda one: one.left, default=None),
        calendar_confirmed=decision.calendar_confirmed,
    )


def _limit(tally: Tally, zone: ZoneInfo) -> PanelLimit:
    limit = tally.limit
    return PanelLimit(
        rule_id=limit.id,
        text=texts.tally(limit, tally.used),
        used=tally.used,
        maximum=limit.maximum,
        left=tally.left,
        resets_at=_there(tally.resets_at, zone),
        clause=limit.clause,
        confirmed=limit.confirmed,
        severity=limit.severity,
    )


def _there(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if at is None else at.astimezone(zone)
