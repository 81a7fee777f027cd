"""What a claim says, as it is typed on any page."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import StringConstraints

from core.cases.model import ClaimNature
from core.cases.service.cases import NewClaim
from core.cases.service.claims import ClaimFacts
from core.kernel.i18n import msg
from web.forms import Form
from web.pages.listing import Option

NATURES = {
    ClaimNature.BUSINESS: msg("from business or periodic payments"),
    ClaimNature.OTHER: msg("otherwise"),
}


class FactFields(Form):
    """A claim without its number and sums. ``limitation_on`` empty: as the law has it."""

    contract_no: Annotated[str, StringConstraints(max_length=80)] | None = None
    contract_on: date | None = None
    due_on: date | None = None
    nature: ClaimNature = ClaimNature.BUSINESS
    limitation_on: date | None = None
    limitation_restarted_on: date | None = None

    def facts(self, number: str, reason: str) -> ClaimFacts:
        """As the use case takes it."""
        return ClaimFacts(
            number=number, reason=reason, **{name: getattr(self, name) for name in FactFields.model_fields}
        )


class ClaimFields(FactFields):
    """A claim with its sums, in the case's currency."""

    principal: Decimal = Decimal(0)
    contractual_interest: Decimal = Decimal(0)
    statutory_interest: Decimal = Decimal(0)
    penalty: Decimal = Decimal(0)
    creditor_fees: Decimal = Decimal(0)
    court_costs: Decimal = Decimal(0)
    agency_fees: Decimal = Decimal(0)

    def claim(self, number: str) -> NewClaim:
        """As the use case takes it."""
        return NewClaim(number=number, **{name: getattr(self, name) for name in ClaimFields.model_fields})


def natures() -> tuple[Option, ...]:
    """The natures to choose from."""
    return tuple(Option(value=nature, label=label) for nature, label in NATURES.items())
