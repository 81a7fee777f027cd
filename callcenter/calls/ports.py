"""What the call log needs from outside: a telephone exchange, a gate that knows the law, the cases, the callbacks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.facts import CallState
from callcenter.calls.model import Need
from core.cases.rules.plans import Due
from core.kernel.access import Actor
from core.kernel.i18n import Message
from core.kernel.uow import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class DialOrder:
    """Ring ``endpoint`` (a collector's phone) and, once it answers, dial ``number`` showing ``show_number``.

    ``call_id`` is already reserved in the database and travels with both channels, so that an order is never carried
    out twice and its call is recognised. ``auto_answer`` asks the browser phone to take the first leg by itself.
    """

    call_id: int
    endpoint: str
    number: str
    show_number: str | None
    auto_answer: bool = True
    ring_seconds: int = 45


@dataclass(frozen=True, kw_only=True, slots=True)
class TelephonyStatus:
    """The lamp: ``up`` while every configured exchange answers; ``detail`` is a msgid, ``since`` aware UTC."""

    up: bool
    detail: str
    since: datetime


class Telephony(Protocol):
    """The exchange as the call floor sees it. Orders raise ``TelephonyUnavailable`` or ``OrderRefused``, are sent at
    most once and are never replayed."""

    def status(self) -> TelephonyStatus: ...

    async def dial(self, order: DialOrder) -> None: ...

    async def hang_up(self, call_id: int) -> None:
        """End every leg of the call."""

    async def hold(self, call_id: int) -> None:
        """Park the customer with music; the collector's leg ends and can be rung back by ``ring_back``."""

    async def ring_back(self, call_id: int, endpoint: str) -> None:
        """Ring ``endpoint`` into a held call (after a reload, a crash or ``hold``)."""

    async def blind_transfer(self, call_id: int, target: str) -> None:
        """Send the customer to ``target`` (an extension or queue number), the collector is free."""

    async def attended_transfer(self, call_id: int, target: str) -> None:
        """Hold the customer and call ``target`` from the collector's leg."""

    async def pause_recording(self, call_id: int) -> None: ...

    async def resume_recording(self, call_id: int) -> None: ...


class Doorbell(Protocol):
    """Where the bridge says that phones ring, before the log has it written: nobody who is rung waits for that."""

    async def ring(self, calls: Sequence[CallState]) -> None:
        """Calls that changed. Must be quick and must not raise; a bell that fails costs the time until the report."""

    def know(self, calls: Sequence[CallState]) -> None:
        """Calls as the log has them, before what changed since is told: whoever is in them was told of them."""

    def silence(self, calls: Sequence[CallState]) -> None:
        """Calls that could not be reported: whoever was told of them is told that they are gone."""


class CallReports(Protocol):
    """Where the bridge delivers what it saw. Implemented by ``callcenter.calls.service``; one unit of work a batch."""

    async def report(self, calls: tuple[CallState, ...]) -> None: ...

    async def live_calls(self, server: str) -> tuple[CallState, ...]:
        """Calls of that exchange that the log believes are still going on (what resync has to reconcile)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRequest:
    """A call somebody wants to make. ``at`` is the present, ``override_reason`` why it should be made all the same.
    ``machine``: the program dials, and no collector has looked at the case first."""

    actor: Actor
    call_id: int
    phone: str
    party_id: int | None
    case_id: int | None
    at: datetime
    override_reason: str | None = None
    machine: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactVerdict:
    """What the law says. ``attempt_id`` names the reserved attempt (None when forbidden), ``next_allowed_at`` when a
    call will be allowed (None: not foreseeable), ``zone`` whose clock decided that (IANA), ``may_override`` whether
    this actor could go ahead with a reason."""

    allowed: bool
    attempt_id: int | None
    rule: str
    reason: Message
    next_allowed_at: datetime | None = None
    zone: str | None = None
    may_override: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What a result stops: dialling of the case, or of one number. ``until`` None: until somebody lifts it.

    ``kind`` is a legal block (``deceased``, ``bankrupt`` …), or ``pause`` for a rest agreed in the call. ``basis``
    says on what ground: the document, the words."""

    kind: str
    basis: str
    case_id: int | None
    party_id: int | None
    phone: str | None
    until: datetime | None
    call_id: int


class Gate(Protocol):
    """Contact law. Everything happens in the caller's transaction, so a decision and its reservation are one."""

    async def reserve(self, work: Work, request: ContactRequest) -> ContactVerdict:
        """Decide, store the decision, and reserve the attempt when it is allowed."""

    async def release(self, work: Work, attempt_id: int) -> None:
        """The call was certainly never made: the attempt does not count."""

    async def settle(self, work: Work, attempt_id: int, *, connected: bool, right_party: bool | None) -> None:
        """How the attempt came out; ``right_party`` None while nobody has said. May be told again when known better."""

    async def stop(self, work: Work, actor: Actor, block: Block) -> None:
        """Stop dialling from now on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """Who a number probably is. Ids are None while several are equally likely: then a person chooses. With them come
    the party's name, the case's number and its creditor."""

    party_id: int | None
    case_id: int | None
    name: str | None = None
    case_number: str | None = None
    creditor: str | None = None


class Callers(Protocol):
    """Who is calling."""

    async def match(self, session: AsyncSession, phones: Collection[str]) -> Mapping[str, Match]:
        """The likeliest party and case of each E.164 number; unknown numbers are absent. One look-up for all."""

    async def person_meant(self, session: AsyncSession, case_id: int, party_id: int | None, phone: str) -> int:
        """Whom a call on the case is with: as said, else who has the number there, else the main debtor. Raises
        ``NotFound`` when that person does not stand on the case."""

    async def own_numbers(self, session: AsyncSession, case_id: int | None) -> Sequence[str]:
        """E.164 numbers that may be shown to the debtor of that case: those its creditor has by contract."""


class Staff(Protocol):
    """Whose phone is whose."""

    async def users(self, session: AsyncSession, endpoints: Collection[str]) -> Mapping[str, int]:
        """The user behind each endpoint (browser or desk phone); endpoints of nobody are absent."""

    async def endpoint(self, session: AsyncSession, user_id: int) -> str | None:
        """The phone a user is rung at; None when he has none."""

    async def in_reach(self, session: AsyncSession, actor: Actor, right: str, user_id: int) -> bool:
        """Whether the actor's right reaches that user."""


class Phones(Protocol):
    """Collectors' phones at the exchanges."""

    def reachable(self, endpoint: str) -> bool:
        """Whether the phone is registered, so that it can be rung."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PhoneLine:
    """How a browser phone registers. ``websocket`` is an address with ``{host}`` for the name the page was opened
    under."""

    uri: str
    password: str
    websocket: str
    display_name: str
    ice: tuple[str, ...] = ()


class PhoneLines(Protocol):
    """The registrations of browser phones."""

    async def line(self, user_id: int) -> PhoneLine | None:
        """The user's own; None when he has no extension."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Promised:
    """A promise to pay: a sum (in the case's currency) on a day. ``type_id`` None: the standard type.

    ``supersede`` puts it in the place of the promise that is open."""

    amount: Decimal
    due: date
    type_id: int | None = None
    supersede: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Instalments:
    """A plan that was agreed: what is to be paid when (in the case's currency)."""

    dues: tuple[Due, ...]
    supersede: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class CallContext:
    """Which call something was agreed in."""

    call_id: int
    case_id: int
    party_id: int | None
    phone: str | None
    at: datetime


class Cases(Protocol):
    """What a result changes in a case, in the caller's transaction."""

    async def promise(self, work: Work, actor: Actor, context: CallContext, promised: Promised) -> datetime:
        """Take a promise; the moment until which dialling rests: the end of its day of grace in the debtor's zone."""

    async def plan(self, work: Work, actor: Actor, context: CallContext, agreed: Instalments) -> datetime:
        """Take an instalment plan; dialling rests until its first day is over in the debtor's zone."""

    async def mark_phone(self, work: Work, actor: Actor, context: CallContext, quality: str) -> None: ...

    async def plan_work(self, work: Work, actor: Actor, context: CallContext, need: Need, text: str) -> None:
        """Leave something to do on the case now: check a payment, file a document. ``text`` is what was said of it."""

    async def said(self, work: Work, actor: Actor, context: CallContext, code: str, note: str) -> None:
        """Write the result into the case's time line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreed:
    """When the debtor asked to be called back; aware UTC."""

    start: datetime
    end: datetime
    reason: str
    phone: str | None


class Callbacks(Protocol):
    """Promises to call."""

    async def agree(self, work: Work, actor: Actor, context: CallContext, agreed: Agreed) -> None: ...


#: What a collector does for a call.
Activity = Literal["ringing", "talking", "hold", "wrap_up", "idle"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallNews:
    """What a report changed about a call, for those who follow calls within its transaction.

    ``activities`` says of each collector concerned what he now does for this call. ``answered`` and ``ended`` are true
    in the report that brings them, ``missed`` when an inbound call ended with nobody having answered. ``at`` is when it
    is told, ``since`` when it happened at the exchange: under load, or after a cut link, that was earlier. ``passed``
    is what collectors did before that and nobody was told of, oldest first.
    """

    at: datetime
    since: datetime
    call_id: int
    direction: str
    phone: str | None
    queue: str | None
    party_id: int | None
    case_id: int | None
    user_id: int | None
    attempt_id: int | None
    campaign_id: int | None
    result_code: str | None
    answered: bool
    ended: bool
    missed: bool
    contact: bool
    talk_seconds: int
    activities: Mapping[int, Activity] = field(default_factory=dict)
    passed: Sequence[tuple[datetime, Mapping[int, Activity]]] = ()


class CallFollower(Protocol):
    """Whoever must change its own rows together with the call: collectors' states, callbacks, the case's time line."""

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None: ...
