"""What the fold keeps of calls and channels while they live, and how it becomes the whole state that is reported."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callcenter.calls.facts import Answerer, CallPhase, CallState, Direction, Interval, LegKind, LegOutcome, LegState
from telephony.tracking.outcome import of_unanswered

IMPLICIT_HOLD = timedelta(seconds=1)
"""A customer left alone for less was on his way out or to the next party, not on hold."""


NORMAL_CLEARING = 16
"""The Q.850 cause of somebody hanging up on purpose."""


@dataclass(slots=True)
class Channel:
    """One channel of Asterisk. ``kind`` is None for Asterisk's own (Local halves and the like), which is never a leg.

    ``dialled`` once somebody rang it, ``ringing`` while it is rung, ``caller`` by which channel, ``alerting`` while the
    phone says so itself; ``held`` while its phone holds the far party.
    """

    uniqueid: str
    name: str
    linkedid: str
    call: "Call"
    kind: LegKind | None
    endpoint: str | None
    started_at: datetime
    number: str | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    dialled: bool = False
    ringing: bool = False
    alerting: bool = False
    caller: str | None = None
    status: str | None = None
    outcome: LegOutcome = LegOutcome.PENDING
    cause: int | None = None
    bridge: str | None = None
    queue: str | None = None
    held: bool = False
    talks: list[Interval] = field(default_factory=list)
    holds: list[Interval] = field(default_factory=list)
    talking_since: datetime | None = None
    holding_since: datetime | None = None
    hold_asked: bool = False

    @property
    def rung(self) -> bool:
        """Rings, or has just been picked up and is not yet put through."""
        picked_up = self.dialled and self.answered_at is not None and not self.talks
        return self.kind in (LegKind.AGENT, LegKind.OTHER) and (self.ringing or picked_up)

    def answer(self, at: datetime) -> None:
        """Somebody picked up."""
        self.answered_at = max(at, self.started_at)
        self.ringing = self.alerting = False
        self.outcome = LegOutcome.ANSWERED

    def end(self, at: datetime, cause: int | None) -> None:
        """It was hung up for that Q.850 cause (None where nobody saw it), and with it all that went on."""
        self.talk(False, at)
        self.hold(False, False, at)
        self.ended_at, self.cause = at, cause
        self.ringing = self.alerting = False
        if self.answered_at is None:
            self.outcome = of_unanswered(self.status, cause)

    def revive(self) -> None:
        """It never ended."""
        self.ended_at = self.cause = None
        self.outcome = LegOutcome.PENDING if self.answered_at is None else LegOutcome.ANSWERED

    def talk(self, on: bool, at: datetime) -> None:
        """Open or close a stretch of talk."""
        if on and self.talking_since is None:
            self.talking_since = at
        elif not on and self.talking_since is not None:
            if at > self.talking_since:
                self.talks.append(Interval(start=self.talking_since, end=at))
            self.talking_since = None

    def hold(self, on: bool, asked: bool, at: datetime) -> None:
        """Open or close a stretch on hold; ``asked``: somebody pressed hold, it does not merely look like it."""
        if on:
            self.hold_asked = asked
            self.holding_since = self.holding_since or at
        elif self.holding_since is not None:
            if at - self.holding_since > (timedelta(0) if self.hold_asked else IMPLICIT_HOLD):
                self.holds.append(Interval(start=self.holding_since, end=at))
            self.holding_since, self.hold_asked = None, False

    @classmethod
    def restore(cls, leg: LegState, call: "Call") -> "Channel":
        """A channel from what was reported of it; which bridge it is in must be asked."""
        holding = _open_since(leg.holds)
        return cls(
            uniqueid=leg.uniqueid,
            name=leg.channel,
            linkedid=call.linkedids[-1],
            call=call,
            kind=leg.kind,
            endpoint=leg.endpoint,
            started_at=leg.started_at,
            number=leg.number,
            answered_at=leg.answered_at,
            ended_at=leg.ended_at,
            outcome=leg.outcome,
            cause=leg.cause,
            held=holding is not None and leg.kind is LegKind.AGENT,
            talks=[each for each in leg.talks if each.end is not None],
            holds=[each for each in leg.holds if each.end is not None],
            talking_since=_open_since(leg.talks),
            holding_since=holding,
            hold_asked=holding is not None,
        )

    def snapshot(self) -> LegState:
        assert self.kind is not None
        return LegState(
            uniqueid=self.uniqueid,
            channel=self.name,
            kind=self.kind,
            endpoint=self.endpoint if self.kind is not LegKind.CUSTOMER else None,
            number=self.number if self.kind is not LegKind.AGENT else None,
            started_at=self.started_at,
            answered_at=self.answered_at,
            ended_at=self.ended_at,
            outcome=self.outcome,
            cause=self.cause,
            talks=_with_open(self.talks, self.talking_since),
            holds=_with_open(self.holds, self.holding_since),
        )


def _with_open(closed: list[Interval], since: datetime | None) -> tuple[Interval, ...]:
    return tuple(closed) if since is None else (*closed, Interval(start=since))


def _open_since(stretches: tuple[Interval, ...]) -> datetime | None:
    return stretches[-1].start if stretches and stretches[-1].end is None else None


@dataclass(slots=True)
class Call:
    """A call with all its channels, the ended ones too. ``ordered`` marks one that we placed."""

    call_id: int
    server: str
    started_at: datetime
    ordered: bool = False
    linkedids: list[str] = field(default_factory=list)
    channels: dict[str, Channel] = field(default_factory=dict)
    direction: Direction = Direction.INTERNAL
    phone: str | None = None
    dialled: str | None = None
    queue: str | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    lost: bool = False
    answerer: Answerer | None = None
    merged_ids: list[int] = field(default_factory=list)

    @classmethod
    def restore(cls, state: CallState) -> "Call":
        """A call from what was reported of it."""
        call = cls(
            call_id=state.call_id,
            server=state.server,
            started_at=state.started_at,
            linkedids=list(state.linkedids),
            direction=state.direction,
            phone=state.phone,
            dialled=state.dialled,
            queue=state.queue,
            queued_at=state.queued_at,
            answered_at=state.answered_at,
            ended_at=state.ended_at,
            cause=state.cause,
            lost=state.lost,
            answerer=state.answerer,
            merged_ids=list(state.merged_ids),
        )
        call.channels = {leg.uniqueid: Channel.restore(leg, call) for leg in state.legs}
        return call

    def legs(self) -> list[Channel]:
        """The channels that have somebody at the other end, oldest first."""
        return [channel for channel in self.channels.values() if channel.kind is not None]

    def customers(self) -> list[str]:
        """The Uniqueids of the customers' legs."""
        return [leg.uniqueid for leg in self.legs() if leg.kind is LegKind.CUSTOMER]

    def live_channels(self) -> list[Channel]:
        return [channel for channel in self.channels.values() if channel.ended_at is None]

    def phase(self) -> CallPhase:
        live = self.live_channels()
        if self.ended_at is not None:
            return CallPhase.ENDED
        customers = [channel for channel in live if channel.kind is LegKind.CUSTOMER]
        if any(channel.talking_since for channel in customers or live):
            return CallPhase.TALKING
        if any(channel.holding_since and self._kept(channel, live) for channel in customers or live):
            return CallPhase.HELD
        return self._waiting(live, customers)

    def _kept(self, waiting: Channel, live: list[Channel]) -> bool:
        """Whether a party that hears nobody is kept waiting, and not just the last to leave: hold was asked, somebody
        is still there, or the collector's phone vanished without a goodbye (any cause but normal clearing)."""
        if waiting.hold_asked or any(other.kind is not None and other is not waiting for other in live):
            return True
        gone = [leg for leg in self.legs() if leg.kind is LegKind.AGENT and leg.ended_at is not None and leg.talks]
        return bool(gone) and gone[-1].cause != NORMAL_CLEARING

    def _waiting(self, live: list[Channel], customers: list[Channel]) -> CallPhase:
        if self.direction is Direction.OUTBOUND and self.answered_at is None:
            rung = any(channel.alerting or channel.answered_at for channel in customers)
            return CallPhase.RINGING if rung else CallPhase.DIALLING
        if any(channel.rung for channel in live):
            return CallPhase.RINGING
        if any(channel.queue for channel in customers):
            return CallPhase.QUEUED
        return CallPhase.DIALLING if self.answered_at is None else CallPhase.TALKING

    def settle_parties(self) -> None:
        """Who called whom, as far as the legs tell."""
        legs = self.legs()
        customer = next((leg for leg in legs if leg.kind is LegKind.CUSTOMER), None)
        if self.ordered or (legs and customer is not None and legs[0] is not customer):
            self.direction = Direction.OUTBOUND
        elif customer is not None:
            self.direction = Direction.INBOUND
        else:
            self.direction = Direction.INTERNAL
        if customer is not None and self.phone is None:
            self.phone = customer.number

    def absorb(self, younger: "Call") -> None:
        """Take in everything of a call that turned out to be this one."""
        self.channels.update(younger.channels)
        self.channels = dict(sorted(self.channels.items(), key=lambda item: item[1].started_at))
        self.linkedids += [each for each in younger.linkedids if each not in self.linkedids]
        self.merged_ids += [younger.call_id, *younger.merged_ids]
        answers = [at for at in (self.answered_at, younger.answered_at) if at is not None]
        self.answered_at = min(answers, default=None)
        self.phone = self.phone or younger.phone
        self.queue = self.queue or younger.queue
        self.answerer = self.answerer or younger.answerer
        joins = [at for at in (self.queued_at, younger.queued_at) if at is not None]
        self.queued_at = min(joins, default=None)

    def snapshot(self) -> CallState:
        return CallState(
            call_id=self.call_id,
            server=self.server,
            linkedids=tuple(self.linkedids),
            direction=self.direction,
            phase=self.phase(),
            phone=self.phone,
            dialled=self.dialled,
            queue=self.queue,
            queued_at=self.queued_at,
            started_at=self.started_at,
            answered_at=self.answered_at,
            ended_at=self.ended_at,
            cause=self.cause,
            lost=self.lost,
            answerer=self.answerer,
            legs=tuple(leg.snapshot() for leg in self.legs()),
            merged_ids=tuple(self.merged_ids),
        )
