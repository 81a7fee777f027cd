"""The rights over menus."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "ivr.view"
EDIT = "ivr.edit"

RIGHTS = (
    Right(VIEW, msg("See what callers hear before they are put through")),
    Right(EDIT, msg("Change the menus callers hear, their recordings, and which queues they lead to")),
)
