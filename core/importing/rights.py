"""Rights over registries from creditors."""

from dataclasses import dataclass

from core.kernel.access import Right
from core.kernel.i18n import msg

IMPORT = "cases.import"


@dataclass(frozen=True, slots=True)
class Door:
    """A kind of import and the right that opens it."""

    kind: str
    right: str


REGISTRIES = Door("registry", IMPORT)

RIGHTS = (Right(IMPORT, msg("Import registries and keep their column mappings")),)
