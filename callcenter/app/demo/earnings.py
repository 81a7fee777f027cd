"""What the demo's agency earns: the terms of its creditors' contracts, bonuses, and a statement that waits to be
issued."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from core.cases.model import Component, Creditor
from core.cases.queries.agency import agency_day
from core.kernel.access import PROGRAM
from core.kernel.uow import Work
from core.payments.model import Allocation, TermsKind
from core.payments.rules.commission import Band
from core.payments.service.remittances import Wanted, draft_remittance
from core.payments.service.terms import TermsData, add_terms
from core.people.model import Role
from core.planning.bonus_rules import USUAL, Rule
from core.planning.bonuses import set_bonus

_FIRST_DAY = date(2025, 1, 1)
_DEBT = tuple(part.value for part in Component if part is not Component.AGENCY_FEES)
_BY_AGE = tuple(
    Band(start=Decimal(day), percent=Decimal(percent)) for day, percent in ((0, "10"), (180, "17.5"), (360, "25"))
)


async def agree_terms(work: Work, creditor_ids: Collection[int], *, at: datetime) -> None:
    """Every creditor pays by the age of the claim; the agency's own fees are not passed on."""
    for creditor_id in creditor_ids:
        by_age = TermsData(
            name=f"Sample contract {creditor_id}",
            kind=TermsKind.BY_AGE,
            bases=_DEBT,
            bands=_BY_AGE,
            valid_from=_FIRST_DAY,
            vat_percent=Decimal(20),
            direct_percent=Decimal(50),
        )
        own_fees = TermsData(
            name="Agency's own fees",
            kind=TermsKind.FLAT,
            bases=(Component.AGENCY_FEES,),
            bands=(Band(percent=Decimal(100)),),
            valid_from=_FIRST_DAY,
        )
        for data in (by_age, own_fees):
            await add_terms(work, PROGRAM, creditor_id, data, at=at)
    for role_id in await work.session.scalars(select(Role.id).where(Role.key == "collector")):
        await set_bonus(work, PROGRAM, role_id, Rule(percent=Decimal(2), steps=USUAL), at=at)


async def draw_up(work: Work, creditors: Mapping[str, int], name: str, *, at: datetime) -> None:
    """A draft of the statement to the creditor called ``name``, if anything was collected for it."""
    creditor = await work.session.get(Creditor, creditors.get(name, 0))
    booked = select(Allocation.id).where(
        Allocation.creditor_id == creditors.get(name), Allocation.remittance_id.is_(None)
    )
    if creditor is None or await work.session.scalar(booked.limit(1)) is None:
        return
    today = await agency_day(work.session, at)
    wanted = Wanted(
        creditor_id=creditor.id, from_on=today - timedelta(days=30), until_on=today, currency=creditor.currency
    )
    await draft_remittance(work, PROGRAM, wanted, at=at)
