"""The right over messages callers left."""

from dataclasses import replace

from core.kernel.access import Actor, Right, Scope
from core.kernel.i18n import msg

LISTEN = "voicemail.listen"

RIGHTS = (Right(LISTEN, msg("Listen to the messages callers left")),)
_SOUND = "recordings.listen"


def listener(actor: Actor) -> Actor:
    """Whoever may see a message may hear it: nobody's call is in nobody's reach otherwise."""
    return replace(actor, rights={**actor.rights, _SOUND: Scope.ALL})
