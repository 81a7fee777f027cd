"""The rights of contact law."""

from core.kernel.access import Right
from core.kernel.i18n import msg

OVERRIDE = "compliance.override"
BLOCK = "compliance.block"
LIFT = "compliance.lift"
RULES = "compliance.rules"

RIGHTS = (
    Right(OVERRIDE, msg("Contact a debtor against a rule, giving the reason")),
    Right(BLOCK, msg("Record do-not-call requests and legal blocks")),
    Right(LIFT, msg("Lift do-not-call requests and legal blocks")),
    Right(RULES, msg("Choose jurisdictions and change contact limits, hours and holidays")),
)
