"""How menus for callers read on screen."""

from collections.abc import Mapping

from callcenter.ivr import flow
from callcenter.ivr.flow import AnyStep
from callcenter.ivr.walk import Exit
from core.kernel.i18n import Message, msg
from web.pages.listing import State, Tone

#: The kinds of steps in the order they are offered, by the word the form sends.
KINDS: Mapping[str, tuple[type[AnyStep], Message]] = {
    "say": (flow.Say, msg("Say something")),
    "menu": (flow.Menu, msg("Let a key choose")),
    "hours": (flow.Hours, msg("Look at the hours of work")),
    "language": (flow.Language, msg("Let a key choose the language")),
    "balance": (flow.Balance, msg("Tell what is owed, after the date of birth")),
    "promise": (flow.Pledge, msg("Take a promise to pay")),
    "callback": (flow.CallMe, msg("Plan a callback")),
    "voicemail": (flow.Voicemail, msg("Take a message")),
    "queue": (flow.ToQueue, msg("Put through to a queue")),
    "hangup": (flow.HangUp, msg("End the call")),
}
#: What a way on is called, by its field.
WAYS: Mapping[str, Message] = {
    "next": msg("Then"),
    "otherwise": msg("Otherwise"),
    "open": msg("When open"),
    "closed": msg("When closed"),
}
EXITS: Mapping[str, Message] = {
    Exit.OWN: msg("The caller goes to his own collector, or to the queue he belongs to."),
    Exit.QUEUE: msg("The caller goes to the queue."),
    Exit.VOICEMAIL: msg("The caller leaves a message."),
    Exit.HANG_UP: msg("The call ends."),
}
HEARD = State(word=msg("callers hear it"), icon="circle-check", tone=Tone.LIVE)
CHANGED = State(word=msg("changed since it was published"), icon="pencil", tone=Tone.ACT)
DRAFT = State(word=msg("draft"), icon="pencil")


def kind_of(step: AnyStep) -> str:
    """The word of a step's kind."""
    return next(word for word, (kind, _label) in KINDS.items() if isinstance(step, kind))
