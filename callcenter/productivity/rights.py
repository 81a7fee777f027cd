"""The rights over figures."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "productivity.view"
EXPORT = "productivity.export"

RIGHTS = (
    Right(VIEW, msg("See the figures of the day")),
    Right(EXPORT, msg("Export figures")),
)
