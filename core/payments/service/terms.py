"""Commission terms of a creditor's contracts."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from sqlalchemy import select

from core.audit.service import altered, record
from core.cases.model import COMPONENTS, Creditor, Stage
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.i18n import Message, msg
from core.kernel.uow import Work
from core.payments import rights
from core.payments.errors import BadTerms, TermsStated, TermsUsed
from core.payments.model import Allocation, CommissionTerms, TermsKind
from core.payments.rules.commission import Band, Terms, bands_to, overlap, terms_faults
from core.payments.service.commission import terms_from


@dataclass(frozen=True, kw_only=True, slots=True)
class TermsData:
    """See :class:`core.payments.model.CommissionTerms`."""

    name: str
    kind: TermsKind
    bases: tuple[str, ...]
    bands: tuple[Band, ...]
    valid_from: date
    valid_until: date | None = None
    vat_percent: Decimal = Decimal(0)
    direct_percent: Decimal = Decimal(100)

    def terms(self, terms_id: int) -> Terms:
        """As the rules read it."""
        return Terms(
            id=terms_id,
            kind=self.kind,
            bases=frozenset(self.bases),
            bands=self.bands,
            vat_percent=self.vat_percent,
            direct_percent=self.direct_percent,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )

    def stored(self) -> dict[str, object]:
        """As the row keeps it, the parts of the debt in the order they are shown."""
        return {
            "name": self.name.strip(),
            "kind": self.kind.value,
            "bases": [part for part in COMPONENTS if part in self.bases],
            "bands": bands_to(self.kind, self.bands),
            "vat_percent": self.vat_percent,
            "direct_percent": self.direct_percent,
            "valid_from": self.valid_from,
            "valid_until": self.valid_until,
        }


async def add_terms(work: Work, actor: Actor, creditor_id: int, data: TermsData, *, at: datetime) -> CommissionTerms:
    """Add terms; they hold for what is posted from now on, and for the rest when it is reckoned again
    (:func:`core.payments.service.commission.recount`). Raises ``BadTerms`` or ``NotFound``."""
    actor.require(rights.COMMISSION)
    await _hold(work, creditor_id)
    await _check(work, creditor_id, None, data)
    row = CommissionTerms(creditor_id=creditor_id, created_at=at, **data.stored())
    work.session.add(row)
    await work.session.flush()
    told = {name: (None, value) for name, value in data.stored().items()}
    record(work, actor, "commission.terms_added", ("creditor", creditor_id), told, at=at)
    return row


async def change_terms(work: Work, actor: Actor, terms_id: int, data: TermsData, *, at: datetime) -> CommissionTerms:
    """Change terms. Raises ``BadTerms``, ``NotFound``, or ``TermsStated`` when more than the name and the last day of
    terms that a statement names would change."""
    actor.require(rights.COMMISSION)
    row = await _terms(work, terms_id)
    await _hold(work, row.creditor_id)
    await _check(work, row.creditor_id, terms_id, data)
    if await _used(work, terms_id, stated=True):
        _check_stated(row, data)
    changes = altered(row, data.stored())
    record(work, actor, "commission.terms_changed", ("creditor", row.creditor_id), changes, at=at)
    return row


async def remove_terms(work: Work, actor: Actor, terms_id: int, *, at: datetime) -> int:
    """Take terms away that nothing has earned by; whose they were. Raises ``TermsUsed``."""
    actor.require(rights.COMMISSION)
    row = await _terms(work, terms_id)
    await _hold(work, row.creditor_id)
    if await _used(work, terms_id, stated=False):
        raise TermsUsed()
    record(work, actor, "commission.terms_removed", ("creditor", row.creditor_id), {"name": (row.name, None)}, at=at)
    await work.session.delete(row)
    return row.creditor_id


async def _terms(work: Work, terms_id: int) -> CommissionTerms:
    row = await work.session.get(CommissionTerms, terms_id)
    if row is None:
        raise NotFound()
    return row


async def _hold(work: Work, creditor_id: int) -> None:
    """Two who change the terms of one creditor take turns, so that none overlap."""
    held = select(Creditor.id).where(Creditor.id == creditor_id).with_for_update()
    if await work.session.scalar(held) is None:
        raise NotFound()


async def _used(work: Work, terms_id: int, *, stated: bool) -> bool:
    lines = select(Allocation.id).where(Allocation.terms_id == terms_id)
    if stated:
        lines = lines.where(Allocation.remittance_id.is_not(None))
    return await work.session.scalar(lines.limit(1)) is not None


def _check_stated(row: CommissionTerms, data: TermsData) -> None:
    before = terms_from(row)
    if data.terms(row.id) != replace(before, valid_until=data.valid_until):
        raise TermsStated()


async def _check(work: Work, creditor_id: int, terms_id: int | None, data: TermsData) -> None:
    faults: dict[str, Message] = {} if data.name.strip() else {"name": msg("This field is needed.")}
    try:
        faults |= terms_faults(data.terms(terms_id or 0))
    except InvalidOperation:
        faults["bands"] = msg("Give numbers.")
    faults |= await _foreign(work, data)
    if faults:
        raise BadTerms(faults)
    others = select(CommissionTerms).where(CommissionTerms.creditor_id == creditor_id)
    for other in await work.session.scalars(others):
        if other.id != terms_id and overlap(data.terms(0), terms_from(other)):
            told = msg("“{name}” holds for some of the same days and parts of the debt.", name=other.name)
            raise BadTerms({"valid_from": told})


async def _foreign(work: Work, data: TermsData) -> dict[str, Message]:
    """Parts of the debt and stages that do not exist."""
    faults = {}
    if set(data.bases) - set(COMPONENTS):
        faults["bases"] = msg("Choose one of the list.")
    named = {band.stage for band in data.bands if band.stage is not None}
    known = set(await work.session.scalars(select(Stage.key).where(Stage.key.in_(named))))
    if named - known:
        faults["bands"] = msg("Choose one of the list.")
    return faults
