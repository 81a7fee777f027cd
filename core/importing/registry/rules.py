"""What a row means for what is already there: pure, the same in the dry run and when it is applied."""

from decimal import Decimal

from core.cases.model import Claim
from core.importing.model import OnExisting, Outcome
from core.importing.ports import Verdict
from core.importing.reading import Fault
from core.importing.registry.fields import AMOUNT_TARGETS
from core.importing.registry.rows import RegistryRow
from core.kernel.i18n import msg
from core.parties.model import Party

_CLAIM_FIELDS = ("contract_no", "contract_on", "due_on", "limitation_on")


def judge(row: RegistryRow, claim: Claim | None, debtor: Party | None, on_existing: OnExisting) -> Verdict:
    """The verdict on a faultless row, with the claim and the main debtor it would meet (None: not there yet)."""
    if claim is None:
        if not any(row.amounts.values()):
            return Verdict(outcome=Outcome.ERROR, faults=(Fault.of("principal", msg("No sum is owed.")),))
        return Verdict(outcome=Outcome.NEW)
    if on_existing is OnExisting.SKIP:
        return Verdict(outcome=Outcome.SKIP)
    changes = difference(row, claim, debtor)
    return Verdict(outcome=Outcome.UPDATE if changes else Outcome.SKIP, diff=changes)


def difference(row: RegistryRow, claim: Claim, debtor: Party | None) -> dict[str, tuple[str, str]]:
    """What the row changes of the claim and the debtor. What it does not say stays."""
    found: dict[str, tuple[object, object]] = {
        name: (stated_of(claim, name), row.amounts[name]) for name in AMOUNT_TARGETS if name in row.amounts
    }
    found |= {name: (getattr(claim, name), getattr(row, name)) for name in _CLAIM_FIELDS if getattr(row, name)}
    if debtor is not None:
        found["name"] = (debtor.name, row.name)
        if row.birth_date:
            found["birth_date"] = (debtor.birth_date, row.birth_date)
    return {name: ("" if old is None else str(old), str(new)) for name, (old, new) in found.items() if old != new}


def stated_of(claim: Claim, component: str) -> Decimal:
    """What the creditor said last that is owed. Repeating it changes nothing, whatever has been paid since."""
    said = claim.stated.get(component)
    found: Decimal = getattr(claim, component) if said is None else Decimal(said)
    return found


def twice(first: int) -> Fault:
    """The fault of a row that repeats the case and claim of row ``first``."""
    return Fault.of("number", msg("The same case and claim stand in row {row} already.", row=first))
