"""The words contact law is written in: limits, hours, blocks, and the profile of a jurisdiction that holds them.

Every rule carries the clause it stands in and whether that text was confirmed; the interface marks the unconfirmed
ones. All windows are counted in whole local days of the debtor, never in hours.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from callcenter.compliance.law.days import Calendar, DayType

DAY_END = 24 * 60
"""Minute of the day that stands for the following midnight."""


class Jurisdiction(StrEnum):
    """Whose contact law binds a case. ``NONE`` has no limits and no hours; the agency's own blocks still hold."""

    RU = "RU"
    UA = "UA"
    PL = "PL"
    US = "US"
    NONE = "NONE"


class Channel(StrEnum):
    """How the debtor is approached."""

    CALL = "call"
    MESSAGE = "message"
    VISIT = "visit"
    LETTER = "letter"


ALL_CHANNELS = frozenset(Channel)
DIRECT = frozenset({Channel.CALL, Channel.MESSAGE, Channel.VISIT})
"""Everything but post."""


class Severity(StrEnum):
    """What breaking a rule does: ``DENY`` stops the contact, ``WARN`` lets it through with a warning."""

    DENY = "deny"
    WARN = "warn"


class Counts(StrEnum):
    """Which contacts a limit counts. A contact still under way counts as every kind it may yet become."""

    ATTEMPT = "attempt"
    CONVERSATION = "conversation"
    UNANSWERED = "unanswered"


class Scope(StrEnum):
    """Whose contacts are added up: those of the debtor, of the debtor about one debt, or those to the phone."""

    DEBTOR = "debtor"
    DEBT = "debt"
    PHONE = "phone"


class WindowKind(StrEnum):
    """The stretch of local days over which a limit counts. Weeks run from Monday to Sunday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ROLLING = "rolling"


@dataclass(frozen=True, slots=True)
class Window:
    """``days`` has meaning for ``ROLLING`` alone: that many consecutive local days, the day in question included."""

    kind: WindowKind
    days: int = 0

    def first_day(self, day: date) -> date:
        """The first day of the window that ``day`` is counted in."""
        match self.kind:
            case WindowKind.DAY:
                return day
            case WindowKind.WEEK:
                return day - timedelta(days=day.weekday())
            case WindowKind.MONTH:
                return day.replace(day=1)
            case WindowKind.ROLLING:
                return day - timedelta(days=self.days - 1)

    def longest(self) -> int:
        """The most days the window can reach back, the present one included."""
        return {WindowKind.DAY: 1, WindowKind.WEEK: 7, WindowKind.MONTH: 31, WindowKind.ROLLING: self.days}[self.kind]


PER_DAY = Window(WindowKind.DAY)
PER_WEEK = Window(WindowKind.WEEK)
PER_MONTH = Window(WindowKind.MONTH)


def rolling(days: int) -> Window:
    """``days`` consecutive days."""
    return Window(WindowKind.ROLLING, days)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """At most ``maximum`` contacts of the counted kind within the window.

    Contacts the debtor began are left out, save where ``inbound`` says that a conversation counts whoever began it:
    with a maximum of one that is a cool-down after a conversation, the day of the conversation being its first day.
    """

    id: str
    clause: str
    confirmed: bool
    channels: frozenset[Channel]
    window: Window
    maximum: int
    counts: Counts
    scope: Scope = Scope.DEBTOR
    inbound: bool = False
    severity: Severity = Severity.DENY


@dataclass(frozen=True, slots=True)
class Opening:
    """Contact is allowed from ``opens`` up to but not including ``closes``, in minutes after local midnight."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= DAY_END:
            raise ValueError(f"an opening runs forward within one day: {self.opens}–{self.closes}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """When contact is allowed by the debtor's clock, by type of day; None closes the whole day."""

    id: str
    clause: str
    confirmed: bool
    channels: frozenset[Channel]
    working: Opening | None
    weekend: Opening | None
    holiday: Opening | None
    severity: Severity = Severity.DENY

    def on(self, day: DayType) -> Opening | None:
        """The opening of a day of that type."""
        return {DayType.WORKING: self.working, DayType.WEEKEND: self.weekend, DayType.HOLIDAY: self.holiday}[day]


class BlockKind(StrEnum):
    """Facts that forbid contact whatever the hour and the count."""

    DO_NOT_CALL = "do_not_call"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_REVOKED = "consent_revoked"
    REPRESENTED = "represented"
    REFUSED_CONTACT = "refused_contact"
    BANKRUPT = "bankrupt"
    DECEASED = "deceased"
    MINOR = "minor"
    INCAPABLE = "incapable"
    HOSPITAL = "hospital"
    DISABLED_GROUP_1 = "disabled_group_1"
    INVALID_PHONE = "invalid_phone"
    THIRD_PARTY = "third_party"
    CASE_CLOSED = "case_closed"
    CASE_SUSPENDED = "case_suspended"
    NOTHING_OWED = "nothing_owed"
    PAUSE = "pause"


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockRule:
    """What a fact forbids, and where that stands."""

    id: str
    clause: str
    confirmed: bool
    kind: BlockKind
    channels: frozenset[Channel] = DIRECT
    severity: Severity = Severity.DENY


Rule = Limit | Hours | BlockRule


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The contact law of one jurisdiction, with the agency's own rules laid over it.

    ``country`` (ISO 3166 alpha-2) gives the zones a debtor may live in when nothing else is known of him; ``listening``
    is the clause that wants a reason stated when a supervisor listens to a call, None where there is none.
    """

    jurisdiction: Jurisdiction
    country: str | None
    calendar: Calendar
    limits: tuple[Limit, ...] = ()
    hours: tuple[Hours, ...] = ()
    blocks: tuple[BlockRule, ...] = field(default=())
    listening: str | None = None

    def rules(self) -> tuple[Rule, ...]:
        """Every rule, in the order people read them."""
        return (*self.blocks, *self.hours, *self.limits)

    def lookback_days(self) -> int:
        """How many days of history any limit can need, a day's slack for time zones included."""
        return max((limit.window.longest() for limit in self.limits), default=0) + 1
