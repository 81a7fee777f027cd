"""How work reads on screen: tasks, worklists, factors of the next case, actions on many cases."""

from collections.abc import Mapping

from core.cases.model import MassOutcome, MassState, TaskKind
from core.cases.queries.agenda import CALLBACK
from core.cases.queries.worklists import Worklist
from core.cases.rules.mass import MassAction
from core.cases.rules.score import Factor
from core.kernel.i18n import Message, msg
from web.pages.listing import State, Tone

TASK_KINDS: Mapping[str, State] = {
    TaskKind.CALL: State(word=msg("call"), icon="phone"),
    TaskKind.CHECK_PAYMENT: State(word=msg("check a payment"), icon="cash"),
    TaskKind.DOCUMENT: State(word=msg("document"), icon="file-text"),
    TaskKind.VISIT: State(word=msg("visit"), icon="map-pin"),
    TaskKind.REVIEW: State(word=msg("review"), icon="eye-check"),
    TaskKind.OTHER: State(word=msg("other task"), icon="checkbox"),
}
AGENDA_KINDS: Mapping[str, State] = {
    **TASK_KINDS,
    CALLBACK: State(word=msg("callback"), icon="phone-calling", tone=Tone.ACT),
}
#: What a time line says that happened to a task.
TASK_CHANGES: Mapping[str, Message] = {
    "planned": msg("planned"),
    "open": msg("planned"),
    "moved": msg("moved"),
    "given": msg("given to somebody else"),
    "done": msg("done"),
    "cancelled": msg("cancelled"),
    "next": msg("next action"),
}
WORKLISTS: Mapping[Worklist, Message] = {
    Worklist.UNPLANNED: msg("Without plan"),
    Worklist.BROKEN: msg("Broken promises"),
    Worklist.DUE: msg("Due today"),
    Worklist.CALLBACKS: msg("Callbacks"),
    Worklist.PAID: msg("Newly paid"),
    Worklist.LIMITATION: msg("Near limitation"),
}
MASS_ACTIONS: Mapping[MassAction, State] = {
    MassAction.ASSIGN: State(word=msg("Give to a collector"), icon="user-share"),
    MassAction.RULE: State(word=msg("Hand out by the rules"), icon="arrows-split"),
    MassAction.STAGE: State(word=msg("Move to another stage"), icon="stairs"),
    MassAction.TASK: State(word=msg("Plan a task"), icon="checkbox"),
    MassAction.NEXT: State(word=msg("Set the next action"), icon="calendar-event"),
    MassAction.TAG: State(word=msg("Add a tag"), icon="tag"),
    MassAction.UNTAG: State(word=msg("Take a tag off"), icon="tag-off"),
    MassAction.SUSPEND: State(word=msg("Suspend"), icon="player-pause"),
    MassAction.RESUME: State(word=msg("Take up again"), icon="player-play"),
    MassAction.CLOSE: State(word=msg("Close"), icon="folder-off"),
}
MASS_STATES: Mapping[str, State] = {
    MassState.DRAFT: State(word=msg("not begun"), icon="pencil", tone=Tone.ACT),
    MassState.QUEUED: State(word=msg("waiting"), icon="clock", tone=Tone.LIVE),
    MassState.RUNNING: State(word=msg("under way"), icon="loader", tone=Tone.LIVE),
    MassState.DONE: State(word=msg("done"), icon="circle-check"),
    MassState.STOPPED: State(word=msg("stopped half-way"), icon="player-pause", tone=Tone.ALERT),
    MassState.UNDOING: State(word=msg("being taken back"), icon="loader", tone=Tone.LIVE),
    MassState.UNDONE: State(word=msg("taken back"), icon="arrow-back-up"),
}
MASS_OUTCOMES: Mapping[str, State] = {
    MassOutcome.WAITING: State(word=msg("waiting"), icon="clock"),
    MassOutcome.DONE: State(word=msg("done"), icon="circle-check", tone=Tone.LIVE),
    MassOutcome.SKIPPED: State(word=msg("passed over"), icon="player-skip-forward", tone=Tone.ACT),
    MassOutcome.ERROR: State(word=msg("error"), icon="alert-triangle", tone=Tone.ALERT),
    MassOutcome.UNDONE: State(word=msg("taken back"), icon="arrow-back-up"),
    MassOutcome.KEPT: State(word=msg("kept: changed since"), icon="lock", tone=Tone.ALERT),
}
#: What each factor is called, and what gives it all its points.
FACTORS: Mapping[Factor, tuple[Message, Message]] = {
    Factor.PROMISE_DUE: (
        msg("Promise due"),
        msg("A promise falls due today; less when it is in its grace or tomorrow."),
    ),
    Factor.BROKEN: (msg("Broken promise"), msg("The first promise was broken; less for every further one.")),
    Factor.PLANNED: (msg("Planned for now"), msg("The planned time has come; more for every day it is late.")),
    Factor.BEST_HOUR: (msg("Hour to reach him"), msg("It is the hour most talks with him began in.")),
    Factor.ATTEMPTS: (msg("Attempts left"), msg("Contact law leaves all attempts; less with each that is used.")),
    Factor.BALANCE: (msg("Balance"), msg("A million of the currency or more; a sixth less for every power of ten.")),
    Factor.AGE: (msg("Age of the debt"), msg("Overdue since today; nothing after three years.")),
    Factor.PRIORITY: (msg("Priority of the case"), msg("A priority of ten or more.")),
    Factor.NEW: (msg("Newly given"), msg("Given to the collector today; nothing after a week.")),
}
