"""The rights over figures."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "productivity.view"
EXPORT = "productivity.export"
PLAN = "productivity.plan"

RIGHTS = (
    Right(VIEW, msg("See reports")),
    Right(PLAN, msg("Plan shifts")),
    Right(EXPORT, msg("Export reports")),
)
