"""A collector's state as a word, an icon and a tone; and what he may choose."""

from collections.abc import Iterable, Mapping, Sequence

from callcenter.agents.model import AgentState, PauseReason
from callcenter.agents.rules import Alarm
from callcenter.agents.rules import State as AgentStateKind
from core.kernel.i18n import msg
from web.pages.frame import AgentBadge, AgentChoice
from web.pages.listing import State, Text, Tone

STATES: Mapping[str, State] = {
    AgentStateKind.OFFLINE: State(word=msg("Offline"), icon="plug-connected-x"),
    AgentStateKind.AVAILABLE: State(word=msg("Available"), icon="circle-check", tone=Tone.LIVE),
    AgentStateKind.RINGING: State(word=msg("Ringing"), icon="phone-incoming", tone=Tone.ACT),
    AgentStateKind.TALKING: State(word=msg("Talking"), icon="phone", tone=Tone.LIVE),
    AgentStateKind.HOLD: State(word=msg("On hold"), icon="player-pause", tone=Tone.ALERT),
    AgentStateKind.WRAP_UP: State(word=msg("Wrap-up"), icon="hourglass", tone=Tone.ACT),
    AgentStateKind.PAUSE: State(word=msg("Pause"), icon="coffee", tone=Tone.ALERT),
}
#: What an alarm says to whoever sees the collector's row.
ALARMS: Mapping[str, State] = {
    Alarm.LIMIT: State(word=msg("Pause too long"), icon="alarm", tone=Tone.ALERT),
    Alarm.ALLOWANCE: State(word=msg("Pauses of the day used up"), icon="hourglass-empty", tone=Tone.ALERT),
    Alarm.NO_PHONE: State(word=msg("No phone that could ring"), icon="phone-off", tone=Tone.ALERT),
}


def word_of(reason: PauseReason) -> Text:
    """What a reason is called: a shipped one in everybody's language, the agency's own as it is written."""
    return msg(reason.label) if reason.shipped else reason.label


def words_of(reasons: Iterable[PauseReason]) -> dict[str, Text]:
    """What each reason is called, by its code."""
    return {one.code: word_of(one) for one in reasons}


def badge(state: str, reason: str | None, words: Mapping[str, Text]) -> State:
    """The state to show; a pause is named by its reason."""
    shown = STATES[AgentStateKind(state)]
    word = words.get(reason or "", shown.word)
    return State(word=word, icon=shown.icon, tone=shown.tone)


def agent_badge(state: AgentState, reasons: Sequence[PauseReason]) -> AgentBadge:
    """The selector in the bar: the present state and the choices among all ``reasons`` there are."""
    limits, words = {reason.code: reason.limit_seconds for reason in reasons}, words_of(reasons)
    available, offline = STATES[AgentStateKind.AVAILABLE], STATES[AgentStateKind.OFFLINE]
    choices = (
        AgentChoice(value="available", label=available.word, icon=available.icon),
        *(
            AgentChoice(value="pause", label=words[one.code], icon="coffee", reason=one.code)
            for one in reasons
            if one.active
        ),
        AgentChoice(value="offline", label=offline.word, icon=offline.icon),
    )
    return AgentBadge(
        value=state.state,
        state=badge(state.state, state.reason, words),
        since=state.started_at,
        choices=choices,
        reason=state.reason or "",
        limit_seconds=limits.get(state.reason or "") if state.state == AgentStateKind.PAUSE else None,
    )
