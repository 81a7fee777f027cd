"""What campaigns are called on screen."""

from collections.abc import Mapping

from callcenter.calls.directory import SHIPPED
from callcenter.campaigns.after_machine import RULE
from callcenter.campaigns.machines import MACHINE, NO_CALLS, PERSON, TALK, UNSURE, Machines
from callcenter.campaigns.model import CampaignState, EntryState, Mode, Passed
from callcenter.campaigns.preview import FORBIDDEN
from core.kernel.i18n import Message, msg
from web.pages.calls.law_words import KINDS
from web.pages.listing import State, Tone

MODES: Mapping[str, Message] = {
    Mode.PREVIEW: msg("Preview: the collector sees the case first"),
    Mode.PROGRESSIVE: msg("Progressive: one line for each free collector"),
    Mode.PREDICTIVE: msg("Predictive: as many lines as the ceiling allows"),
    Mode.AGENTLESS: msg("A recorded message, without collectors"),
}
SHORT_MODES: Mapping[str, Message] = {
    Mode.PREVIEW: msg("Case first, then the call"),
    Mode.PROGRESSIVE: msg("Progressive"),
    Mode.PREDICTIVE: msg("Predictive"),
    Mode.AGENTLESS: msg("Recorded message"),
}
MACHINES: Mapping[str, Message] = {
    Machines.OFF: msg("Put everybody through who answers"),
    Machines.HANG_UP: msg("Hang up on machines"),
    Machines.MESSAGE: msg("Leave a recorded message on machines"),
}
ANSWERERS: Mapping[str, State] = {
    PERSON: State(word=msg("Person"), icon="user", tone=Tone.LIVE),
    MACHINE: State(word=msg("Answering machine"), icon="record-mail"),
    UNSURE: State(word=msg("Unsure, taken for a person"), icon="user-question", tone=Tone.ACT),
}
STATES: Mapping[str, State] = {
    CampaignState.DRAFT: State(word=msg("Draft"), icon="pencil"),
    CampaignState.RUNNING: State(word=msg("Dialling"), icon="player-play", tone=Tone.LIVE),
    CampaignState.PAUSED: State(word=msg("Paused"), icon="player-pause", tone=Tone.ACT),
    CampaignState.ENDED: State(word=msg("Ended"), icon="player-stop"),
}
ENTRY_STATES: Mapping[str, State] = {
    EntryState.WAITING: State(word=msg("Waits"), icon="clock"),
    EntryState.SHOWN: State(word=msg("On a screen"), icon="eye", tone=Tone.ACT),
    EntryState.DIALLING: State(word=msg("Being rung"), icon="phone-outgoing", tone=Tone.LIVE),
    EntryState.TALKED: State(word=msg("Reached"), icon="circle-check", tone=Tone.LIVE),
    EntryState.DONE: State(word=msg("Done"), icon="check"),
    EntryState.STOPPED: State(word=msg("Off the list"), icon="ban"),
}
#: Why an entry stands where it stands, where it is neither a result nor a rule of law.
REASONS: Mapping[str, Message] = {
    "paid": msg("paid"),
    "gone": msg("no longer matches"),
    "closed": msg("case closed"),
    "callback": msg("a callback is planned"),
    "hours": msg("outside the hours"),
    "day": msg("enough for today"),
    FORBIDDEN: msg("contact law forbids it"),
    "busy": msg("on the phone with us"),
    "number": msg("no number to ring"),
    "REFUSED": msg("not taken by the exchange"),
    Passed.LATER: msg("passed on: rather later"),
    Passed.SPOKEN: msg("passed on: spoken with him already"),
    Passed.CHECK: msg("passed on: to be checked first"),
    "TALK": msg("talked, result to come"),
    "ABANDONED": msg("Answered, nobody was free"),
    "MESSAGE": msg("Heard a recorded message"),
    NO_CALLS: msg("asked not to be called"),
    RULE: msg("an answering machine took the last call"),
    "NA": msg("No answer"),
    "BUSY": msg("Busy"),
    "VM": msg("Voicemail"),
    "FAIL": msg("Call failed"),
    "CONGEST": msg("Network congested"),
    "NIS": msg("Not in service"),
}
#: What who heard a message asked for by a key.
WISHES: Mapping[str, Message] = {
    NO_CALLS: msg("no more calls"),
    TALK: msg("to talk to somebody"),
}
#: Why a collector does not ring the case before him, as he chooses it.
PASSED: Mapping[str, Message] = {
    Passed.LATER: msg("Rather later"),
    Passed.SPOKEN: msg("I have spoken with him already"),
    Passed.CHECK: msg("Something has to be checked first"),
}
WEEKDAYS: tuple[tuple[int, Message], ...] = (
    (1, msg("Monday")),
    (2, msg("Tuesday")),
    (3, msg("Wednesday")),
    (4, msg("Thursday")),
    (5, msg("Friday")),
    (6, msg("Saturday")),
    (7, msg("Sunday")),
)
#: What the sounds say that every exchange brings along and a campaign may play, by their names there.
READY_SOUNDS: Mapping[str, Message] = {
    "vm-goodbye": msg("Goodbye"),
    "vm-nobodyavail": msg("Nobody is available to take your call at the moment"),
    "auth-thankyou": msg("Thank you"),
    "activated": msg("Activated"),
}
#: Results that may lead to another attempt, in the order of the form.
RETRIED = ("BUSY", "NA", "VM", "CONGEST", "FAIL", "ABANDONED")


#: The results that are shipped, by code; every language has them.
_RESULTS: Mapping[str, Message] = {row["code"]: Message(row["label"]) for row in SHIPPED}


def reason(code: str) -> Message | str:
    """Why an entry stands where it stands: a word of ours, a result, the block (``ru.block.pause``) or whatever rule of
    law (``ru.hours``) forbade it. An agency's own result is read as written."""
    known = REASONS.get(code) or _RESULTS.get(code) or KINDS.get(code.partition(".block.")[2])
    return known or (REASONS[FORBIDDEN] if "." in code else code)
