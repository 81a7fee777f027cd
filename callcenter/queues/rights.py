"""The rights over queues."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "queues.view"
EDIT = "queues.edit"

RIGHTS = (
    Right(VIEW, msg("See the queues and who serves them")),
    Right(EDIT, msg("Change queues, who serves them, and where callers go")),
)
