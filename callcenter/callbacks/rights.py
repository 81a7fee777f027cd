"""The rights over callbacks."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "callbacks.view"
EDIT = "callbacks.edit"

RIGHTS = (
    Right(VIEW, msg("See callbacks")),
    Right(EDIT, msg("Plan, move, take and cancel callbacks")),
)
