"""A claim that comes later, and one that is corrected: entries of their own, never another opening."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.audit.model import AuditEntry
from core.cases import rights
from core.cases.card import case_timeline
from core.cases.errors import CaseNotOpen
from core.cases.model import Case, Claim, ClaimNature, CloseReason, Component, EventKind, LedgerEntry
from core.cases.queries.balance import case_balance
from core.cases.rules.limitation import STATED
from core.cases.service.cases import NewClaim, close
from core.cases.service.claims import ClaimFacts, add_claim, edit_claim
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.uow import UnitOfWork
from tests.integration.cases.conftest import Floor

TODAY = date(2026, 3, 11)
FACTS = ClaimFacts(number="1", due_on=date(2025, 12, 31), reason="The creditor wrote.")


@pytest.fixture
def anna(floor: Floor) -> Actor:
    return floor.actor(floor.anna, Scope.OWN, rights.VIEW, rights.LEDGER)


async def first(uow: UnitOfWork, case: Case) -> Claim:
    async with uow.read() as session:
        return (await session.scalars(select(Claim).where(Claim.case_id == case.id).order_by(Claim.id))).all()[0]


async def owed(uow: UnitOfWork, case: Case, on: date = TODAY) -> dict[Component, Decimal]:
    async with uow.read() as session:
        return {part: sum_ for part, sum_ in (await case_balance(session, case.id, on)).parts.items() if sum_}


async def in_all(uow: UnitOfWork) -> Decimal:
    async with uow.read() as session:
        return Decimal(await session.scalar(select(func.sum(LedgerEntry.amount))) or 0)


async def test_a_later_claim_is_owed_since_it_was_due(
    uow: UnitOfWork, clock: ManualClock, anna: Actor, case: Case
) -> None:
    new = NewClaim(number=" 2 ", principal=Decimal("100.50"), court_costs=Decimal(20), due_on=date(2026, 2, 1))
    async with uow.write() as work:
        claim = await add_claim(work, anna, case.id, new, "Another invoice.", at=clock.now())
    assert (claim.number, claim.stated["principal"]) == ("2", "100.5")
    assert (await owed(uow, case))[Component.PRINCIPAL] == Decimal("36600.50")
    assert (await owed(uow, case, date(2026, 1, 31)))[Component.PRINCIPAL] == Decimal(36500)
    assert await in_all(uow) == 0
    async with uow.read() as session:
        kept = await session.get_one(Case, case.id)
        told = (await case_timeline(session, anna, case.id, kinds=[EventKind.CLAIM])).events
        audited = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "claim.added"))).one()
    assert kept.open_amount == Decimal("36600.50") + Decimal(20) + Decimal(700)
    assert (told[0].text, told[0].data["claim"], told[0].data["amount"]) == ("Another invoice.", "2", "120.50")
    assert audited.changes["reason"][1] == "Another invoice."


async def test_a_corrected_due_date_moves_what_was_handed_over(
    uow: UnitOfWork, clock: ManualClock, anna: Actor, case: Case
) -> None:
    claim = await first(uow, case)
    assert (await owed(uow, case))[Component.STATUTORY_INTEREST] == Decimal(700)
    for due_on, interest in ((date(2026, 1, 10), 600), (date(2025, 12, 21), 800), (date(2025, 12, 31), 700)):
        async with uow.write() as work:
            await edit_claim(work, anna, case.id, claim.id, replace(FACTS, due_on=due_on), at=clock.now())
        assert await owed(uow, case) == {
            Component.PRINCIPAL: Decimal(36500),
            Component.STATUTORY_INTEREST: Decimal(interest),
        }
        assert Component.PRINCIPAL not in await owed(uow, case, due_on.replace(day=due_on.day - 1))
        assert await in_all(uow) == 0
    now = await first(uow, case)
    assert (now.principal, now.stated) == (claim.principal, claim.stated)


async def test_limitation_follows_the_law_until_somebody_says_otherwise(
    uow: UnitOfWork, clock: ManualClock, anna: Actor, case: Case
) -> None:
    claim = await first(uow, case)
    assert (claim.limitation_on, claim.limitation_by) == (date(2029, 1, 1), "RU_196")
    steps = (
        (replace(FACTS, limitation_restarted_on=date(2026, 2, 1)), date(2029, 2, 2), "RU_196"),
        (replace(FACTS, limitation_on=date(2027, 5, 5)), date(2027, 5, 5), STATED),
        (replace(FACTS, nature=ClaimNature.OTHER), date(2029, 1, 1), "RU_196"),
        (replace(FACTS, due_on=None), None, None),
    )
    for facts, barred_on, by in steps:
        async with uow.write() as work:
            changed = await edit_claim(work, anna, case.id, claim.id, facts, at=clock.now())
            kept = await work.session.get_one(Case, case.id)
        assert (changed.limitation_on, changed.limitation_by) == (barred_on, by)
        assert kept.limitation_on == barred_on


async def test_what_is_refused(uow: UnitOfWork, clock: ManualClock, floor: Floor, anna: Actor, case: Case) -> None:
    claim, now = await first(uow, case), clock.now()

    async def refused(new: NewClaim, reason: str = "Why") -> set[str]:
        async with uow.write() as work:
            with pytest.raises(Invalid) as fault:
                await add_claim(work, anna, case.id, new, reason, at=now)
        return set(fault.value.fields)

    assert await refused(NewClaim(number="1", principal=Decimal(1))) == {"number"}
    assert await refused(NewClaim(number=" ", principal=Decimal(1)), "") == {"number", "reason"}
    assert await refused(NewClaim(number="2")) == {"principal"}
    assert await refused(NewClaim(number="2", penalty=Decimal(-1))) == {"penalty"}
    assert await refused(NewClaim(number="2", penalty=Decimal("0.001"))) == {"penalty"}
    later = NewClaim(number="2", principal=Decimal(1), limitation_restarted_on=date(2026, 3, 12))
    assert await refused(later) == {"limitation_restarted_on"}
    async with uow.write() as work:
        with pytest.raises(Invalid):
            await edit_claim(work, anna, case.id, claim.id, replace(FACTS, reason=" "), at=now)
        with pytest.raises(NotFound):
            await edit_claim(work, anna, case.id, claim.id + 1, FACTS, at=now)
        with pytest.raises(NotFound):
            await edit_claim(work, floor.actor(floor.boris, Scope.OWN, rights.LEDGER), case.id, claim.id, FACTS, at=now)
        with pytest.raises(Forbidden):
            await add_claim(work, floor.actor(floor.anna, Scope.OWN, rights.EDIT), case.id, later, "Why", at=now)
        await close(work, PROGRAM, case.id, CloseReason.WITHDRAWN, at=now)
        with pytest.raises(CaseNotOpen):
            await edit_claim(work, anna, case.id, claim.id, FACTS, at=now)
