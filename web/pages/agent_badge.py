"""A collector's state as a word, an icon and a tone; and what he may choose."""

from collections.abc import Sequence

from callcenter.agents.model import AgentState, PauseReason
from callcenter.agents.rules import State as AgentStateKind
from core.kernel.i18n import msg
from web.pages.frame import AgentBadge, AgentChoice
from web.pages.listing import State, Tone

_STATES = {
    AgentStateKind.OFFLINE: State(word=msg("Offline"), icon="plug-connected-x"),
    AgentStateKind.AVAILABLE: State(word=msg("Available"), icon="circle-check", tone=Tone.LIVE),
    AgentStateKind.RINGING: State(word=msg("Ringing"), icon="phone-incoming", tone=Tone.ACT),
    AgentStateKind.TALKING: State(word=msg("Talking"), icon="phone", tone=Tone.LIVE),
    AgentStateKind.HOLD: State(word=msg("On hold"), icon="player-pause", tone=Tone.ALERT),
    AgentStateKind.WRAP_UP: State(word=msg("Wrap-up"), icon="hourglass", tone=Tone.ACT),
    AgentStateKind.PAUSE: State(word=msg("Pause"), icon="coffee", tone=Tone.ALERT),
}
_PAUSES = {
    "break": msg("Break"),
    "lunch": msg("Lunch"),
    "meeting": msg("Meeting"),
    "training": msg("Training"),
    "paperwork": msg("Paperwork"),
    "technical": msg("Technical problem"),
}


def badge(state: str, reason: str | None) -> State:
    """The state to show; a pause is named by its reason."""
    shown = _STATES[AgentStateKind(state)]
    word = _PAUSES.get(reason or "", shown.word)
    return State(word=word, icon=shown.icon, tone=shown.tone)


def agent_badge(state: AgentState, reasons: Sequence[PauseReason]) -> AgentBadge:
    """The selector in the bar: the present state and the choices."""
    limits = {reason.code: reason.limit_seconds for reason in reasons}
    available, offline = _STATES[AgentStateKind.AVAILABLE], _STATES[AgentStateKind.OFFLINE]
    choices = (
        AgentChoice(value="available", label=available.word, icon=available.icon),
        *(AgentChoice(value="pause", label=msg(one.label), icon="coffee", reason=one.code) for one in reasons),
        AgentChoice(value="offline", label=offline.word, icon=offline.icon),
    )
    return AgentBadge(
        value=state.state,
        state=badge(state.state, state.reason),
        since=state.started_at,
        choices=choices,
        reason=state.reason or "",
        limit_seconds=limits.get(state.reason or "") if state.state == AgentStateKind.PAUSE else None,
    )
