"""The answer of contact law, as a value that is stored, shown and compared."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callcenter.compliance.law.terms import Channel, Jurisdiction, Limit, Severity
from core.kernel.i18n import Message
from core.parties.zones import ZoneSource


class Verdict(StrEnum):
    """``WARN`` lets the contact through."""

    ALLOW = "allow"
    WARN = "warn"
    DENY = "deny"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A rule that the contact would break. ``frees_at`` (aware UTC) is when this rule alone would let it through,
    None when it never will by itself."""

    rule_id: str
    severity: Severity
    reason: Message
    clause: str
    confirmed: bool
    frees_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """How far a limit is used up. ``resets_at`` (aware UTC) is when the next contact is free again, None while some are
    left or when it never is."""

    limit: Limit
    used: int
    resets_at: datetime | None

    @property
    def left(self) -> int:
        """Contacts still allowed in the window."""
        return max(0, self.limit.maximum - self.used)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What the law says to one contact at one moment.

    ``next_allowed_at`` is the earliest moment at or after ``at`` when nothing would deny it, provided nobody is
    contacted until then: ``at`` itself when it is allowed now, None when no such moment is known. ``until`` is when
    hours close on a contact that is allowed now, None when they never do. ``rule_id`` and ``reason`` name the rule
    that binds longest. ``zone`` is the zone of the debtor that decided; ``zones`` are all he may be in. All times are
    aware UTC.
    """

    verdict: Verdict
    at: datetime
    jurisdiction: Jurisdiction
    channel: Channel
    zone: str
    zones: tuple[str, ...]
    zone_source: ZoneSource
    calendar_confirmed: bool
    next_allowed_at: datetime | None
    until: datetime | None = None
    rule_id: str | None = None
    reason: Message | None = None
    findings: tuple[Finding, ...] = ()
    tallies: tuple[Tally, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the contact may go ahead."""
        return self.verdict is not Verdict.DENY
