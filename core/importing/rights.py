"""Rights over registries from creditors."""

from core.kernel.access import Right
from core.kernel.i18n import msg

IMPORT = "cases.import"

RIGHTS = (Right(IMPORT, msg("Import registries and keep their column mappings")),)
