"""How calls and callbacks read on screen: words and icons."""

from collections.abc import Mapping, Sequence

from callcenter.callbacks.model import CallbackState, Origin
from callcenter.calls.facts import CallPhase, Direction, LegKind, LegOutcome
from callcenter.calls.model import Need, ResultCode, Stop
from callcenter.calls.views import CallRow, Fate
from core.kernel.i18n import Message, msg
from web.pages.cases.case_view import Needs, ResultChoice
from web.pages.listing import State, Text, Tone

DIRECTIONS: Mapping[str, State] = {
    Direction.INBOUND: State(word=msg("incoming"), icon="phone-incoming"),
    Direction.OUTBOUND: State(word=msg("outgoing"), icon="phone-outgoing"),
    Direction.INTERNAL: State(word=msg("internal"), icon="phone"),
}
PHASES: Mapping[str, State] = {
    CallPhase.DIALLING: State(word=msg("dialling"), icon="phone-outgoing", tone=Tone.ACT),
    CallPhase.QUEUED: State(word=msg("waiting"), icon="hourglass", tone=Tone.ACT),
    CallPhase.RINGING: State(word=msg("ringing"), icon="phone-incoming", tone=Tone.ACT),
    CallPhase.TALKING: State(word=msg("talking"), icon="phone", tone=Tone.LIVE),
    CallPhase.HELD: State(word=msg("on hold"), icon="player-pause", tone=Tone.ALERT),
}
_ANSWERED = State(word=msg("answered"), icon="circle-check", tone=Tone.LIVE)
_MISSED = State(word=msg("missed"), icon="phone-x", tone=Tone.ALERT)
_UNANSWERED = State(word=msg("not answered"), icon="phone-off")
_LOST = State(word=msg("end unknown"), icon="help-circle", tone=Tone.ALERT)
FATES: Mapping[str, Message] = {
    Fate.ANSWERED: msg("answered"),
    Fate.MISSED: msg("missed"),
    Fate.CONTACT: msg("contact"),
    Fate.RIGHT_PARTY: msg("right-party contact"),
    Fate.PROMISE: msg("promise"),
    Fate.LIVE: msg("going on now"),
    Fate.NO_RESULT: msg("without a result"),
}
LEG_KINDS: Mapping[str, Message] = {
    LegKind.CUSTOMER: msg("debtor's side"),
    LegKind.AGENT: msg("collector"),
    LegKind.OTHER: msg("other"),
}
OUTCOMES: Mapping[str, Message] = {
    LegOutcome.PENDING: msg("ringing"),
    LegOutcome.ANSWERED: msg("answered"),
    LegOutcome.NO_ANSWER: msg("no answer"),
    LegOutcome.BUSY: msg("busy"),
    LegOutcome.REJECTED: msg("rejected"),
    LegOutcome.CANCELLED: msg("given up"),
    LegOutcome.FAILED: msg("failed"),
}
CALLBACK_STATES: Mapping[str, State] = {
    CallbackState.PLANNED: State(word=msg("planned"), icon="calendar-time"),
    CallbackState.DUE: State(word=msg("due"), icon="bell-ringing", tone=Tone.ACT),
    CallbackState.DIALLING: State(word=msg("dialling"), icon="phone-outgoing", tone=Tone.LIVE),
    CallbackState.MISSED: State(word=msg("overdue"), icon="alert-triangle", tone=Tone.ALERT),
    CallbackState.DONE: State(word=msg("done"), icon="circle-check"),
    CallbackState.CANCELLED: State(word=msg("cancelled"), icon="circle-off"),
}
ORIGINS: Mapping[str, Message] = {
    Origin.AGREED: msg("agreed"),
    Origin.MISSED_CALL: msg("missed call"),
    Origin.VOICEMAIL: msg("voicemail"),
}
_NEEDS = {
    Need.PROMISE: Needs.PROMISE,
    Need.PLAN: Needs.PLAN,
    Need.CALLBACK: Needs.DATE,
    Need.REASON: Needs.REASON,
    Need.DOCUMENT: Needs.DOCUMENT,
}
_ICONS = {
    "RPC-PTP": "heart-handshake",
    "RPC-PLAN": "calendar-dollar",
    "RPC-PAID": "cash",
    "RPC-REFUSE": "hand-stop",
    "RPC-DISPUTE": "scale",
    "RPC-HARDSHIP": "mood-sad",
    "RPC-CALLBACK": "calendar-time",
    "RPC-HANGUP": "phone-x",
    "TPC": "users",
    "WRONG": "user-x",
}
_KEYS = 9


def state_of(call: CallRow) -> State:
    """What became of a call, or where it stands."""
    if call.phase != CallPhase.ENDED:
        return PHASES[call.phase]
    if call.answered_at is not None:
        return _ANSWERED
    if call.lost:
        return _LOST
    return _MISSED if call.direction == Direction.INBOUND else _UNANSWERED


def result_label(code: str | None, label: str | None, *, shipped: bool) -> Text | None:
    """A code's name: shipped ones are translated, an agency's own are read as written."""
    if code is None:
        return None
    return msg(label) if shipped and label else label or code


def result_choices(codes: Sequence[ResultCode]) -> tuple[ResultChoice, ...]:
    """The result bar; the first nine have a key."""
    return tuple(
        ResultChoice(
            code=one.code,
            label=result_label(one.code, one.label, shipped=one.shipped) or one.code,
            icon=_ICONS.get(one.code, "gavel" if one.block else "point"),
            needs=_NEEDS.get(Need(one.need), Needs.NOTHING),
            key=position if position <= _KEYS else None,
            blocks=one.block is not None or one.stop == Stop.CASE,
        )
        for position, one in enumerate(codes, start=1)
    )
