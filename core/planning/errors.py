"""What can be wrong with the company and its plans."""

from core.kernel.errors import Conflict, Invalid
from core.kernel.i18n import mark


class CompanyThere(Conflict):
    """There is one company already, and there can be only one."""

    code = "company_there"
    text = mark("There is a company already, and there can be only one. Change that one instead.")


class ReasonMissing(Invalid):
    """A correction of a plan without a reason."""

    code = "plan_reason_missing"


class BadBonus(Invalid):
    """A field of a bonus rule cannot be."""

    code = "bad_bonus"
    text = mark("Bonuses cannot be reckoned like this.")
