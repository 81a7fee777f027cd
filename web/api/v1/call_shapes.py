"""What is said of a call and asked of it: the log's lines, orders, results."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import ConfigDict, Field

from callcenter.calls.demands import ResultDetails
from callcenter.calls.facts import CallPhase, Direction, LegKind, LegOutcome
from callcenter.calls.ports import Agreed, Instalments, Promised
from callcenter.calls.recorded import RecordingView
from callcenter.calls.views import CallDetail, CallQuery, LegRow
from core.cases.rules.plans import FEWEST, MOST, Due
from web.api.v1.shapes import E164, Id, MoneySent, Note, Page, Paged, Sent, Shape, Text, Utc, When, Word


class Leg(Shape):
    """One phone (an Asterisk channel) of a call. ``agent`` is the collector behind it; seconds are whole."""

    uniqueid: str
    kind: LegKind
    agent: int | None
    endpoint: str | None
    number: str | None
    started_at: Utc
    answered_at: Utc | None
    ended_at: Utc | None
    outcome: LegOutcome
    hangup_cause: int | None
    ring_seconds: int
    talk_seconds: int
    hold_seconds: int


class Asterisk(Shape):
    """What the exchange calls it. ``linkedid`` is null until a channel was seen."""

    server: str
    linkedid: str | None
    uniqueids: list[str]


class Call(Shape):
    """A call. ``agent`` is the collector whose call it is, ``hangup_cause`` Asterisk's (Q.850), ``phone`` null when
    hidden. Seconds are whole, and final once the call has ended. ``recording_id`` needs ``recordings.listen``."""

    id: Id
    direction: Direction
    state: CallPhase
    started_at: Utc
    answered_at: Utc | None
    ended_at: Utc | None
    ring_seconds: int
    talk_seconds: int
    hold_seconds: int
    wrap_seconds: int
    hangup_cause: int | None
    phone: str | None
    party_id: int | None
    case_id: int | None
    agent: int | None
    queue: str | None
    campaign: int | None
    result_code: str | None
    recording_id: int | None
    asterisk: Asterisk
    legs: list[Leg]


class CallPage(Page[Call]):
    """Calls, the newest first."""


class CallsAsked(Paged):
    """Which calls. ``from`` and ``to`` (not included) bound the start; ``agent`` is whose call it is,
    ``campaign`` the id of the one that dialled."""

    model_config = ConfigDict(populate_by_name=True)

    since: When | None = Field(None, alias="from")
    to: When | None = None
    agent: Id | None = None
    phone: E164 | None = None
    case: Id | None = None
    direction: Direction | None = None
    result: Word | None = None
    queue: Word | None = None
    campaign: Id | None = None

    def query(self) -> CallQuery:
        """The same as the call log is asked."""
        return CallQuery(
            since=self.since,
            until=self.to,
            owner_id=self.agent,
            number=self.phone,
            case_id=self.case,
            direction=self.direction,
            result=self.result,
            queue=self.queue,
            campaign_id=self.campaign,
            after=self.after,
            size=self.limit,
        )


class CallOrder(Sent):
    """Whom to call. ``agent`` rings another collector's phone than one's own; without ``case_id`` the number decides
    whose contact law applies. ``override_reason`` goes ahead against a rule, for those who have the right."""

    phone: E164
    agent: Id | None = None
    case_id: Id | None = None
    party_id: Id | None = None
    override_reason: Text | None = None


class Target(Sent):
    """Where to: an extension or a queue. ``attended`` asks there first."""

    target: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,20}$")]
    attended: bool = False


class PromiseMade(Sent):
    """What was promised for which day, in the case's currency."""

    amount: MoneySent
    due_on: date


class InstalmentMade(Sent):
    """A part of the plan, in the case's currency."""

    amount: MoneySent
    due_on: date


class PlanMade(Sent):
    """The instalments that were agreed, in their order."""

    instalments: Annotated[list[InstalmentMade], Field(min_length=FEWEST, max_length=MOST)]


class CallbackAgreed(Sent):
    """When the debtor wants to be called back; ``phone`` null: where he was called."""

    start: When
    end: When
    reason: Text = ""
    phone: E164 | None = None


class ResultGiven(Sent):
    """How the call went. A code may demand a promise, a plan, a callback, a reason or a document."""

    code: Word
    promise: PromiseMade | None = None
    plan: PlanMade | None = None
    callback: CallbackAgreed | None = None
    reason: Text = ""
    document: Text = ""
    note: Note = ""


def details_of(given: ResultGiven) -> ResultDetails:
    """What goes with a result, as the call log takes it."""
    promised, agreed = given.promise, given.callback
    return ResultDetails(
        promise=Promised(amount=promised.amount.decimal, due=promised.due_on) if promised else None,
        plan=_instalments(given.plan) if given.plan else None,
        callback=Agreed(start=agreed.start, end=agreed.end, reason=agreed.reason, phone=agreed.phone)
        if agreed
        else None,
        reason=given.reason,
        document=given.document,
        note=given.note,
    )


def _instalments(plan: PlanMade) -> Instalments:
    return Instalments(dues=tuple(Due(one.due_on, one.amount.decimal) for one in plan.instalments))


def call_of(found: CallDetail, recordings: Sequence[RecordingView]) -> Call:
    """A call as it is told; of its recordings the first that can be played."""
    row = found.call
    return Call(
        id=row.id,
        direction=Direction(row.direction),
        state=CallPhase(row.phase),
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        ring_seconds=row.ring_seconds,
        talk_seconds=row.talk_seconds,
        hold_seconds=row.hold_seconds,
        wrap_seconds=row.wrap_seconds,
        hangup_cause=row.cause,
        phone=row.phone,
        party_id=row.party_id,
        case_id=row.case_id,
        agent=row.user_id,
        queue=row.queue,
        campaign=row.campaign_id,
        result_code=row.result_code,
        recording_id=next((one.id for one in recordings if one.playable), None),
        asterisk=Asterisk(
            server=found.server,
            linkedid=next(iter(found.linkedids), None),
            uniqueids=[leg.uniqueid for leg in found.legs],
        ),
        legs=[_leg(leg) for leg in found.legs],
    )


def _leg(leg: LegRow) -> Leg:
    return Leg(
        uniqueid=leg.uniqueid,
        kind=LegKind(leg.kind),
        agent=leg.user_id,
        endpoint=leg.endpoint,
        number=leg.number,
        started_at=leg.started_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        outcome=LegOutcome(leg.outcome),
        hangup_cause=leg.cause,
        ring_seconds=leg.ring_seconds,
        talk_seconds=leg.talk_seconds,
        hold_seconds=leg.hold_seconds,
    )
