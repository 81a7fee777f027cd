"""Commission from the posting to the statement, on both databases."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from core.cases.model import Component, Creditor
from core.kernel.errors import Conflict, Forbidden, NotFound
from core.payments.errors import BadPeriod, BadTerms, NotADraft, NothingToState, TermsStated, TermsUsed
from core.payments.model import Allocation, CommissionTerms, Remittance, RemittanceState, TermsKind
from core.payments.rules.commission import Band
from core.payments.service import remittances as statements
from core.payments.service import terms as contracts
from core.payments.service.commission import earn, preview_recount, recount
from core.payments.service.orders import SettleOrder
from core.payments.service.terms import TermsData
from tests.integration.payments.conftest import TODAY, Till

FLAT = TermsData(
    name="Contract 7",
    kind=TermsKind.FLAT,
    bases=tuple(Component),
    bands=(Band(percent=Decimal("12.5")),),
    valid_from=date(2026, 1, 1),
    vat_percent=Decimal(20),
)


async def creditor_of(till: Till) -> int:
    async with till.uow.read() as session:
        return (await session.scalars(select(Creditor.id))).one()


async def agree(till: Till, data: TermsData = FLAT) -> int:
    async with till.uow.write() as work:
        row = await contracts.add_terms(work, till.accountant, await creditor_of(till), data, at=till.clock.now())
        return row.id


async def settled(till: Till, amount: str, *, on: date = TODAY, **more: object) -> int:
    payment_id = await till.pay(amount, on=on, case=till.first, **more)
    done = await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    assert done.settlement_id is not None
    return done.settlement_id


async def earned(till: Till) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Sum, commission and VAT of every line, in the order they were written."""
    async with till.uow.read() as session:
        rows = await session.scalars(select(Allocation).order_by(Allocation.id))
        return [(row.amount, row.commission, row.commission_vat) for row in rows]


async def draft(till: Till, until: date = TODAY, from_on: date = date(2026, 1, 1)) -> Remittance:
    wanted = statements.Wanted(creditor_id=await creditor_of(till), from_on=from_on, until_on=until, currency="RUB")
    async with till.uow.write() as work:
        return await statements.draft_remittance(work, till.accountant, wanted, at=till.clock.now())


async def issue(till: Till, remittance_id: int) -> str:
    async with till.uow.write() as work:
        return await statements.issue_remittance(work, till.accountant, remittance_id, at=till.clock.now())


async def totals(till: Till, remittance_id: int) -> statements.Totals:
    async with till.uow.read() as session:
        return await statements.totals_of(session, remittance_id)


async def test_what_is_posted_earns_and_what_is_withdrawn_gives_it_back(till: Till) -> None:
    """RU 319: 100 of 333.33 costs 50 first, 200 of interest, the rest principal: 12.5 % of each, and 20 % of that."""
    await agree(till)
    act = await settled(till, "333.33")
    lines = await earned(till)
    assert lines == [
        (Decimal("50.00"), Decimal("6.25"), Decimal("1.25")),
        (Decimal("200.00"), Decimal("25.00"), Decimal("5.00")),
        (Decimal("83.33"), Decimal("10.42"), Decimal("2.08")),
    ]
    await till.desk.withdraw(till.accountant, act, "wrong case")
    assert (await earned(till))[3:] == [tuple(-part for part in line) for line in lines]
    await till.check_books()


async def test_without_terms_of_that_day_nothing_is_earned(till: Till) -> None:
    await agree(till, replace(FLAT, valid_from=TODAY + timedelta(days=1)))
    await settled(till, "10.00")
    assert await earned(till) == [(Decimal("10.00"), 0, 0)]


async def test_a_case_earns_a_fixed_sum_once_and_again_after_it_was_taken_back(till: Till) -> None:
    await agree(till, replace(FLAT, kind=TermsKind.FIXED, bands=(Band(amount=Decimal(500)),)))
    first, _second = await settled(till, "20.00"), await settled(till, "30.00")
    assert [one[1] for one in await earned(till)] == [500, 0]
    await till.desk.withdraw(till.accountant, first, "bounced")
    await settled(till, "20.00")
    assert [one[1] for one in await earned(till)] == [500, 0, -500, 500]


async def test_reckoning_again_gives_the_sum_to_the_next_repayment_that_stands(till: Till) -> None:
    await agree(till, replace(FLAT, kind=TermsKind.FIXED, bands=(Band(amount=Decimal(500)),)))
    first = await settled(till, "20.00")
    await settled(till, "30.00")
    await till.desk.withdraw(till.accountant, first, "bounced")
    async with till.uow.write() as work:
        (changed,) = await recount(
            work, till.accountant, await creditor_of(till), date(2026, 1, 1), at=till.clock.now()
        )
    assert (changed.lines, changed.before, changed.after) == (1, 0, 600)
    assert [one[1] for one in await earned(till)] == [0, 500, 0]


async def test_many_repayments_take_no_statement_each(till: Till) -> None:
    await agree(till, replace(FLAT, kind=TermsKind.BY_AGE, bands=(Band(percent=Decimal(10)),)))
    await settled(till, "1.00")
    said: list[int] = []
    async with till.uow.write() as work:
        line = (await work.session.scalars(select(Allocation))).one()
        connection = (await work.session.connection()).sync_connection
        assert connection is not None
        event.listen(connection, "before_cursor_execute", lambda *_told: said.append(1))
        counts = []
        for many in (1, 500):
            rows = [{column.name: getattr(line, column.name) for column in Allocation.__table__.columns}] * many
            said.clear()
            await earn(work.session, rows)
            counts.append(len(said))
    assert counts[0] == counts[1] <= 5
    assert line.commission == Decimal("0.10")


async def test_terms_are_reckoned_again_back_dated_but_not_what_a_statement_has(till: Till) -> None:
    terms = await agree(till)
    await settled(till, "100.00")
    act = await settled(till, "40.00")
    await till.desk.withdraw(till.accountant, act, "wrong")
    stated = await draft(till)
    await settled(till, "10.00")
    act = await settled(till, "20.00")
    await till.desk.withdraw(till.accountant, act, "wrong")
    before = await earned(till)
    freed = replace(FLAT, vat_percent=Decimal(0))
    with pytest.raises(TermsStated):
        async with till.uow.write() as work:
            await contracts.change_terms(work, till.accountant, terms, freed, at=till.clock.now())
    async with till.uow.write() as work:
        until = replace(FLAT, valid_until=TODAY - timedelta(days=1))
        await contracts.change_terms(work, till.accountant, terms, until, at=till.clock.now())
    await agree(till, replace(FLAT, name="Contract 8", valid_from=TODAY, bands=(Band(percent=Decimal(20)),)))

    creditor = await creditor_of(till)
    async with till.uow.read() as session:
        (foreseen,) = await preview_recount(session, till.accountant, creditor, date(2026, 1, 1))
        with pytest.raises(Forbidden):
            await preview_recount(session, till.collector, creditor, date(2026, 1, 1))
    assert (foreseen.lines, foreseen.before, foreseen.after) == (1, Decimal("1.50"), Decimal("2.40"))
    assert await earned(till) == before
    async with till.uow.write() as work:
        assert await recount(work, till.accountant, creditor, date(2026, 1, 1), at=till.clock.now()) == [foreseen]
    after = await earned(till)
    assert after[:-3] == before[:-3]
    assert [one[1:] for one in after[-3:]] == [
        (Decimal("2.00"), Decimal("0.40")),
        (Decimal("4.00"), Decimal("0.80")),
        (Decimal("-4.00"), Decimal("-0.80")),
    ]
    assert (await totals(till, stated.id)).commission == Decimal("12.50")


async def test_terms_of_one_creditor_never_overlap(till: Till) -> None:
    terms = await agree(till)
    with pytest.raises(BadTerms):
        await agree(till, replace(FLAT, name="Another", bases=("principal",)))
    with pytest.raises(BadTerms):
        await agree(till, replace(FLAT, name="", bands=(Band(stage="nowhere"),), kind=TermsKind.BY_STAGE))
    async with till.uow.write() as work:
        data = replace(FLAT, bases=("principal",))
        await contracts.change_terms(work, till.accountant, terms, data, at=till.clock.now())
        with pytest.raises(NotFound):
            await contracts.change_terms(work, till.accountant, 999, data, at=till.clock.now())
        with pytest.raises(Forbidden):
            await contracts.change_terms(work, till.collector, terms, data, at=till.clock.now())

    async def add(name: str) -> bool:
        try:
            await agree(till, replace(FLAT, name=name, bases=("penalty",)))
        except BadTerms:
            return False
        return True

    assert sorted(await asyncio.gather(add("One"), add("Other"))) == [False, True]


async def test_terms_that_earned_are_kept(till: Till) -> None:
    used = await agree(till)
    await settled(till, "10.00")
    with pytest.raises(TermsUsed):
        async with till.uow.write() as work:
            await contracts.remove_terms(work, till.accountant, used, at=till.clock.now())
    unused = await agree(till, replace(FLAT, valid_from=date(2025, 1, 1), valid_until=date(2025, 12, 31)))
    async with till.uow.write() as work:
        await contracts.remove_terms(work, till.accountant, unused, at=till.clock.now())
    async with till.uow.read() as session:
        assert (await session.scalars(select(CommissionTerms.id))).all() == [used]


async def test_a_statement_adds_up_and_the_next_one_takes_back(till: Till) -> None:
    """400 to us and 200 to the creditor himself, half of which counts: 50 + 12.50 of commission, 10 + 2.50 of VAT."""
    await agree(till, replace(FLAT, direct_percent=Decimal(50)))
    act = await settled(till, "400.00")
    await settled(till, "200.00", account_id=till.direct)
    first = await draft(till)
    assert (first.collected, first.collected_direct) == (400, 200)
    assert (first.commission, first.commission_vat) == (Decimal("62.50"), Decimal("12.50"))
    assert (await totals(till, first.id)).remitted == Decimal("325.00")
    assert await issue(till, first.id) == "2026-0001"
    with pytest.raises(NotADraft):
        await issue(till, first.id)
    with pytest.raises(NothingToState):
        await draft(till)
    await till.desk.withdraw(till.accountant, act, "bounced")
    await settled(till, "50.00")
    second = await draft(till, from_on=TODAY)
    found = await totals(till, second.id)
    assert (found.collected, found.taken_back, found.commission) == (-350, -400, Decimal("-43.75"))
    assert found.remitted == Decimal("-297.50"), "the creditor owes it"
    assert await issue(till, second.id) == "2026-0002"
    assert (await totals(till, first.id)).remitted == Decimal("325.00"), "nothing of an issued one changes"


async def test_a_draft_that_is_called_off_gives_its_repayments_back(till: Till) -> None:
    await agree(till)
    await settled(till, "10.00")
    one = await draft(till)
    async with till.uow.write() as work:
        await statements.cancel_remittance(work, till.accountant, one.id, at=till.clock.now())
    with pytest.raises(NotADraft):
        await issue(till, one.id)
    with pytest.raises(NotFound):
        await issue(till, 999)
    again = await draft(till)
    assert again.id != one.id
    assert await issue(till, again.id) == "2026-0001"
    with pytest.raises(NotADraft):
        async with till.uow.write() as work:
            await statements.cancel_remittance(work, till.accountant, again.id, at=till.clock.now())
    async with till.uow.read() as session:
        states = (await session.scalars(select(Remittance.state).order_by(Remittance.id))).all()
    assert states == [RemittanceState.CANCELLED, RemittanceState.ISSUED]


async def test_days_of_a_statement(till: Till) -> None:
    await agree(till)
    await settled(till, "10.00")
    wanted = statements.Wanted(creditor_id=await creditor_of(till), from_on=TODAY, until_on=TODAY, currency="RUB")
    async with till.uow.read() as session:

        async def preview(wanted: statements.Wanted) -> statements.Totals:
            return await statements.preview_remittance(session, till.accountant, wanted, at=till.clock.now())

        assert (await preview(wanted)).remitted == Decimal("8.50")
        for bad in (TODAY - timedelta(days=1), TODAY + timedelta(days=1)):
            with pytest.raises(BadPeriod):
                await preview(replace(wanted, until_on=bad))
        with pytest.raises(NotFound):
            await preview(replace(wanted, creditor_id=999))
        with pytest.raises(NothingToState):
            await preview(replace(wanted, currency="PLN"))
        with pytest.raises(Forbidden):
            await statements.preview_remittance(session, till.collector, wanted, at=till.clock.now())


async def test_drafts_at_once_share_nothing_while_others_post(till: Till) -> None:
    await agree(till)
    for n in range(4):
        await settled(till, f"{n + 1}.00")

    async def try_draft() -> int | None:
        try:
            return (await draft(till)).id
        except (NothingToState, Conflict):
            return None

    posting = [settled(till, "3.00") for _n in range(3)]
    found = await asyncio.gather(*(try_draft() for _n in range(4)), *posting)
    drafted = [one for one in found[:4] if one is not None]
    assert drafted
    async with till.uow.read() as session:
        for one in await session.scalars(select(Remittance)):
            lines = await session.scalars(select(Allocation).where(Allocation.remittance_id == one.id))
            assert one.collected == sum(line.amount for line in lines) > 0
        loose = await session.scalars(select(Allocation.amount).where(Allocation.remittance_id.is_(None)))
        stated = await session.scalars(select(Remittance.collected))
        assert sum(loose) + sum(stated) == 19
    numbers = await asyncio.gather(*(issue(till, one) for one in drafted))
    assert sorted(numbers) == [f"2026-{n + 1:04}" for n in range(len(drafted))]
