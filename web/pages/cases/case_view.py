"""The case screen as data: everything a collector needs for one call on one page.

What is said of the debt is in :mod:`web.pages.cases.debt_view`. Queries fill these; ``templates/cases/case.html`` and
its parts draw them. Moments are aware UTC, zones IANA names; a text is a :class:`~core.kernel.i18n.Message` (shown in
the reader's language) or plain data.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from core.kernel.money import Money
from web.pages.cases.debt_view import Agreements, Balance, ClaimLine, MoneyBox
from web.pages.listing import Option, State, Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who it is and whose case. ``masked_id`` shows enough of a document number to check it, never all of it."""

    party_id: int
    name: str
    role: Text
    case_id: int
    case_number: str
    creditor: str
    stage: Text
    state: State
    zone: str
    birth_date: date | None = None
    masked_id: str | None = None
    language: str | None = None
    collector: str | None = None
    contract: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleLine:
    """One rule that was asked: what it said, its clause of the law, and whether that clause is confirmed."""

    text: Text
    clause: str
    passed: bool
    confirmed: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempts:
    """Attempts used of those allowed: ``1 of 2 this week``."""

    used: int
    limit: int
    period: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactPanel:
    """May I call, until when, how often still, and why. ``until`` is the end of the allowed hours, ``next_allowed_at``
    the next lawful moment when it is forbidden now, ``next_limit_at`` when the counted attempts fall away."""

    allowed: bool
    reason: Text
    rules: tuple[RuleLine, ...]
    zone: str
    now: datetime
    until: datetime | None = None
    next_allowed_at: datetime | None = None
    next_limit_at: datetime | None = None
    attempts: tuple[Attempts, ...] = ()
    jurisdiction: str = ""
    may_override: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptStep:
    """What is to be said next; ``title`` where it is not the stage's own."""

    text: Text
    title: Text = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactLine:
    """What was said last: one of the latest talks, its note, and its recording to play in place."""

    at: datetime
    icon: str
    direction: Text
    person: str
    collector: str
    result: Text
    note: str = ""
    talk_seconds: float | None = None
    recording_id: int | None = None
    href: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineEntry:
    """``kind`` is what the time line is filtered by (call, message, payment, letter, note, change)."""

    at: datetime
    kind: str
    icon: str
    title: Text
    text: Text | None = None
    author: str | None = None
    href: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineKind:
    value: str
    label: Text
    icon: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneLine:
    """A number that may be rung. ``best`` is the one the key ``c`` dials; ``reason`` says why not, when not."""

    phone_id: int
    number: str
    owner: str
    kind: Text
    state: State
    zone: str
    now: datetime
    allowed: bool
    reason: Text = ""
    best: bool = False
    last_at: datetime | None = None
    last_result: Text | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonLine:
    party_id: int
    name: str
    role: Text
    href: str
    may_discuss: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentLine:
    name: str
    kind: Text
    on: date
    href: str
    icon: str = "file-text"


class Needs(StrEnum):
    """What a result demands before it can be saved."""

    NOTHING = "nothing"
    PROMISE = "promise"
    PLAN = "plan"
    REASON = "reason"
    DATE = "date"
    DOCUMENT = "document"


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultChoice:
    """A result code; ``key`` is the digit that chooses it, ``blocks`` says that it stops contact by law."""

    code: str
    label: Text
    icon: str
    needs: Needs = Needs.NOTHING
    key: int | None = None
    blocks: bool = False


class Recording(StrEnum):
    ON = "on"
    PAUSED = "paused"
    OFF = "off"


@dataclass(frozen=True, kw_only=True, slots=True)
class CurrentCall:
    """The call this page is about: on now, or over and waiting for its result (``wrap_until`` is when wrap-up ends)."""

    call_id: int
    state: State
    phone: str | None
    person: str
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    wrap_until: datetime | None = None
    recording: Recording = Recording.OFF
    result_missing: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackLine:
    at: datetime
    state: State
    owner: str
    reason: str
    href: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockLine:
    """A block that holds now: why, on what ground, for which number (None: the person or the case), until when."""

    block_id: int
    text: Text
    phone: str | None
    basis: str
    since: datetime
    until: datetime | None
    may_lift: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseLife:
    """What this reader may do with the case as a whole: choices are empty where there is no right to them."""

    collectors: tuple[Option, ...] = ()
    collector: str = ""
    stages: tuple[Option, ...] = ()
    stage: str = ""
    may_suspend: bool = False
    may_close: bool = False
    may_reopen: bool = False
    close_reasons: tuple[Option, ...] = ()
    block_kinds: tuple[Option, ...] = ()
    blocks: tuple[BlockLine, ...] = ()

    @property
    def offers(self) -> bool:
        """Whether there is anything to do."""
        changes = (self.collectors, self.stages, self.may_suspend, self.may_close, self.may_reopen, self.block_kinds)
        return any(changes)


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskLine:
    """An open task; ``late`` when its time has come."""

    task_id: int
    kind: State
    title: str
    due_at: datetime
    assignee: str | None
    late: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TagChip:
    tag_id: int
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FactorLine:
    """One factor of the score: its points of 100, its weight, and how many points of the score it adds."""

    label: Text
    hint: Text
    points: int
    weight: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseWork:
    """What is planned on a case and how it is marked; choices are empty where there is no right to them."""

    tasks: tuple[TaskLine, ...] = ()
    tags: tuple[TagChip, ...] = ()
    may_plan: bool = False
    may_tag: bool = False
    kinds: tuple[Option, ...] = ()
    people: tuple[Option, ...] = ()
    more_tags: tuple[Option, ...] = ()
    why: tuple[FactorLine, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseView:
    identity: Identity
    contact: ContactPanel
    balance: Balance
    claims: tuple[ClaimLine, ...]
    agreed: Agreements
    script: tuple[ScriptStep, ...]
    contacts: tuple[ContactLine, ...]
    timeline: tuple[TimelineEntry, ...]
    timeline_kinds: tuple[TimelineKind, ...]
    phones: tuple[PhoneLine, ...]
    people: tuple[PersonLine, ...]
    documents: tuple[DocumentLine, ...]
    callbacks: tuple[CallbackLine, ...]
    results: tuple[ResultChoice, ...]
    call: CurrentCall | None = None
    may_edit: bool = True
    life: CaseLife = CaseLife()
    work: CaseWork = CaseWork()
    money: MoneyBox = field(default_factory=MoneyBox)

    def code_for(self, needs: str) -> str | None:
        """The result that demands this: what a promise or a plan of the call is saved with."""
        return next((result.code for result in self.results if result.needs == needs), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Somebody who may be on the line, likeliest first, with the reason. Choosing links the call to both ids."""

    party_id: int
    case_id: int | None
    name: str
    role: Text
    case_number: str
    reason: Text
    creditor: str
    overdue: Money | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallerView:
    """The page for a caller who is not known, or known as several: candidates, search, new contact."""

    call: CurrentCall
    phone: str | None
    candidates: tuple[Candidate, ...]
    link_href: str
    create_href: str
