"""The right over messages callers left."""

from core.kernel.access import Right
from core.kernel.i18n import msg

LISTEN = "voicemail.listen"

RIGHTS = (Right(LISTEN, msg("Listen to the messages callers left")),)
