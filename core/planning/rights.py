"""Rights over the company and its plans."""

from core.kernel.access import Right
from core.kernel.i18n import msg

COMPANY = "company.edit"
VIEW = "planning.view"
EDIT = "planning.edit"
BONUS = "planning.bonus"

RIGHTS = (
    Right(COMPANY, msg("Change the company's details")),
    Right(VIEW, msg("See plan and fact")),
    Right(EDIT, msg("Set and correct financial plans")),
    Right(BONUS, msg("See bonuses of the staff")),
)
