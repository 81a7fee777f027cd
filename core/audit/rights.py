"""Rights over the trail."""

from core.kernel.access import Right
from core.kernel.i18n import msg

RIGHTS = (Right("audit.view", msg("Search the audit trail")),)
