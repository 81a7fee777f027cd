"""Payments are found by any field, seen only in reach, and tell why their money went where it went."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from core.cases.fields import Asked, FieldKind
from core.cases.queries.lists import ListQuery
from core.kernel.access import Actor, Scope
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.i18n import translator
from core.payments import rights
from core.payments.errors import AccountTaken, BadAccount, BadScheme, SchemeBuiltin, SchemeKeyTaken
from core.payments.fields import PAYMENT_FIELDS, PAYMENT_SORTS
from core.payments.model import AccountKind, Payment, Scheme
from core.payments.queries.payments import list_payments, payment_card, payment_sums
from core.payments.queries.repayments import (
    RepaymentQuery,
    list_repayments,
    repayments_of_case,
    suspense,
    unsettled,
)
from core.payments.queries.searching import found_by_case
from core.payments.rules.schemes import OLDEST_FIRST, SHIPPED, Rank, SchemeRules, from_data
from core.payments.rules.schemes import Scope as Span
from core.payments.service.accounts import AccountData, add_account, edit_account, list_accounts
from core.payments.service.orders import SettleOrder
from core.payments.service.schemes import copy_scheme, edit_scheme, list_schemes, ship_schemes
from tests.integration.payments.conftest import TODAY, Till


async def found(till: Till, viewer: Actor | None = None, *, search: str = "", **filters: Asked) -> list[int]:
    async with till.uow.read() as session:
        query = ListQuery(search=search, filters=filters, sort="value")
        return [row.id for row in (await list_payments(session, viewer or till.accountant, query)).rows]


async def test_payments_are_found(till: Till) -> None:
    one = await till.pay("10.00", on=date(2026, 3, 1), payer_name="Ivan Petrov", purpose="loan 100%_5", doc_no="D-1")
    two = await till.pay("20.00", on=date(2026, 3, 2), case=till.first, payer_account="40817810000000000001")
    await till.desk.settle(till.accountant, SettleOrder(payment_id=two, amount=Decimal(5)))
    assert await found(till) == [one, two]
    for words, expected in {
        "petrov": [one],
        "petrov D-1": [one],
        "petrov D-2": [],
        "100%_5": [one],
        "40817810000000000001": [two],
        "A-1": [two],
        "D1": [],
        "1%": [],
        "nobody": [],
    }.items():
        assert await found(till, search=words) == expected, words
    assert await found(till, value=Asked(low="2026-03-02")) == [two]
    assert await found(till, rest=Asked(low="12", high="16")) == [two]
    assert await found(till, case=Asked(values=("A-1",))) == [two]
    assert await found(till, creditor=Asked(values=(str(till.first.creditor_id),))) == [two]
    assert await found(till, case_id=Asked(values=("none",))) == [one]
    with pytest.raises(Invalid):
        await found(till, value=Asked(low="yesterday"))


async def test_a_short_number_is_asked_for_exactly(till: Till) -> None:
    one = await till.pay("10.00", doc_no="7")
    await till.pay("20.00", doc_no="77", purpose="7")
    assert await found(till, search="7") == [one]


async def test_payments_are_found_by_an_index(till: Till) -> None:
    asked = select(Payment.id).where(found_by_case("petrov loan"))
    async with till.uow.read() as session:
        postgres = session.get_bind().dialect.name == "postgresql"
        if postgres:
            await session.execute(text("SET LOCAL enable_seqscan = off"))  # the tables of a test are small
        compiled = asked.compile(dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True})
        rows = await session.execute(text(f"EXPLAIN {'' if postgres else 'QUERY PLAN'} {compiled}".replace(":", "\\:")))
        plan = "\n".join(str(row) for row in rows)
    assert "ix_payments_search_text" in plan if postgres else "SCAN payments " not in plan, plan


async def test_every_field_and_order_can_be_asked_for(till: Till) -> None:
    await till.pay("10.00", case=till.first)
    for key, field in PAYMENT_FIELDS.items():
        ranged = field.kind in (FieldKind.DAY, FieldKind.MOMENT, FieldKind.AMOUNT, FieldKind.NUMBER)
        low = "2020-01-01" if field.kind in (FieldKind.DAY, FieldKind.MOMENT) else "1"
        asked = Asked(low=low, high=low) if ranged else Asked(values=("1",))
        async with till.uow.read() as session:
            await list_payments(session, till.accountant, ListQuery(filters={key: asked}))
    for key in PAYMENT_SORTS:
        for sort in (key, f"-{key}"):
            async with till.uow.read() as session:
                page = await list_payments(session, till.accountant, ListQuery(sort=sort, size=1))
            assert len(page.rows) == 1


async def test_pages_and_sums(till: Till) -> None:
    ids = [await till.pay(f"{n}.00", case=till.first) for n in range(1, 6)]
    await till.desk.settle(till.accountant, SettleOrder(payment_id=ids[4]))
    await till.desk.refund(till.accountant, ids[3], Decimal(1), "asked for it")
    await till.desk.reverse(till.accountant, ids[0], "no funds")
    async with till.uow.read() as session:
        first = await list_payments(session, till.accountant, ListQuery(sort="-value", size=2))
        rest = await list_payments(session, till.accountant, ListQuery(sort="-value", size=9, after=first.next))
        (sums,) = await payment_sums(session, till.accountant, ListQuery())
        assert await suspense(session, till.accountant) == {"RUB": Decimal(8)}
        assert await unsettled(session, till.accountant) == (3, 0)
    assert [row.id for row in (*first.rows, *rest.rows)] == ids[::-1]
    assert (first.total, first.at_least) == (5, False)
    assert [sums.payments, sums.amount, sums.settled, sums.refunded, sums.rest] == [4, 14, 5, 1, 8]


async def test_a_payment_tells_what_became_of_it(till: Till) -> None:
    payment_id = await till.pay("300.00", case=till.first)
    done = await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, amount=Decimal(60)))
    await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, amount=Decimal(30)))
    assert done.settlement_id
    await till.desk.withdraw(till.accountant, done.settlement_id, "wrong sum")
    async with till.uow.read() as session:
        card = await payment_card(session, till.accountant, payment_id)
    assert [(one.row.withdrawn_reason, len(one.lines)) for one in card.settlements] == [("wrong sum", 2), ("", 1)]
    assert [str(line.why) for line in card.settlements[0].lines] == [
        "Russia, civil code art. 319, rank 1: court costs, creditor's fees, agency's fees; "
        "the oldest due claim comes first.",
        "Russia, civil code art. 319, rank 2: contractual interest; the oldest due claim comes first.",
    ]
    assert card.row.rest == 270
    assert card.users


async def test_collectors_see_what_came_on_their_cases(till: Till) -> None:
    mine = await till.pay("100.00", case=till.first)
    other = await till.pay("100.00", case=till.second)
    for payment_id in (mine, other):
        await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    async with till.uow.read() as session:
        (seen,) = await repayments_of_case(session, till.collector, till.first.id)
        assert (seen.payment_id, seen.amount, seen.withdrawn, len(seen.lines)) == (mine, Decimal(100), False, 2)
        with pytest.raises(NotFound):
            await repayments_of_case(session, till.collector, till.second.id)
        with pytest.raises(Forbidden):
            await list_payments(session, till.collector, ListQuery())
        with pytest.raises(Forbidden):
            await list_repayments(session, till.collector, RepaymentQuery())
    viewer = Actor(user_id=till.collector.user_id, login="anna", rights={rights.VIEW: Scope.OWN})
    assert await found(till, viewer) == [mine]
    async with till.uow.read() as session:
        seen_lines = await list_repayments(session, viewer, RepaymentQuery())
        assert {line.row.payment_id for line in seen_lines.rows} == {mine}
        assert seen_lines.next is None
        with pytest.raises(NotFound):
            await payment_card(session, viewer, other)


async def test_repayments_are_asked_for_by_what_they_belong_to(till: Till) -> None:
    payment_id = await till.pay("300.00", case=till.first)
    await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id))
    for query, count in (
        (RepaymentQuery(case_id=till.first.id, payment_id=payment_id, component="principal"), 1),
        (RepaymentQuery(creditor_id=till.first.creditor_id, collector_id=till.collector.user_id), 3),
        (RepaymentQuery(value_from=TODAY, value_to=TODAY), 3),
        (RepaymentQuery(value_to=date(2026, 3, 1)), 0),
    ):
        async with till.uow.read() as session:
            assert len((await list_repayments(session, till.accountant, query)).rows) == count
    async with till.uow.read() as session:
        first = await list_repayments(session, till.accountant, RepaymentQuery(size=2))
        second = await list_repayments(session, till.accountant, RepaymentQuery(size=2, after=first.next))
        back = await list_repayments(session, till.accountant, RepaymentQuery(size=2, before=second.previous))
    assert (first.previous, second.next) == (None, None)
    assert back.rows == first.rows


async def test_schemes_are_copied_and_changed(till: Till) -> None:
    now = till.clock.now()
    async with till.uow.write() as work:
        for _ in range(2):
            await ship_schemes(work, translator("en"), at=now)
        shipped = {scheme.key: scheme for scheme in await list_schemes(work.session, till.accountant)}
        assert set(shipped) == set(SHIPPED)
        assert all(from_data(scheme.data) == SHIPPED[key] for key, scheme in shipped.items())
        base = shipped["OLDEST_FIRST"].id
        with pytest.raises(SchemeBuiltin):
            await edit_scheme(work, till.accountant, base, "Mine", OLDEST_FIRST, active=True, at=now)
        copied = await copy_scheme(work, till.accountant, base, "OWN", "Our own", at=now)
        with pytest.raises(SchemeKeyTaken):
            await copy_scheme(work, till.accountant, base, "OWN", "Our own", at=now)
        with pytest.raises(BadScheme):
            await copy_scheme(work, till.accountant, base, "two words", "Our own", at=now)
        whole = SchemeRules(key="ignored", scope=Span.POOL, ranks=tuple(reversed(PRINCIPAL_LAST)))
        half = SchemeRules(key="OWN", scope=Span.POOL, ranks=PRINCIPAL_LAST[:1])
        with pytest.raises(BadScheme):
            await edit_scheme(work, till.accountant, copied.id, "Our own", half, active=True, at=now)
        await edit_scheme(work, till.accountant, copied.id, "Penalties last", whole, active=True, at=now)
        own = await work.session.get_one(Scheme, copied.id)
        assert from_data(own.data).key == "OWN"
    payment_id = await till.pay("100.00", case=till.second)
    done = await till.desk.settle(till.accountant, SettleOrder(payment_id=payment_id, scheme_key="OWN"))
    assert done.scheme.scope is Span.POOL


_OTHERS = tuple(component for component in OLDEST_FIRST.ranks[0].components if component != "principal")
PRINCIPAL_LAST = (Rank(components=_OTHERS), Rank(components=(OLDEST_FIRST.ranks[0].components[4],)))


async def test_accounts_are_kept(till: Till) -> None:
    now = till.clock.now()
    data = AccountData(name="Second", kind=AccountKind.BANK, number="40702810000000000009", currency="RUB")
    async with till.uow.write() as work:
        account = await add_account(work, till.accountant, data, at=now)
        with pytest.raises(AccountTaken):
            await add_account(work, till.accountant, data, at=now)
        with pytest.raises(BadAccount):
            await edit_account(
                work,
                till.accountant,
                account.id,
                AccountData(name="", kind=data.kind, number="1", currency="RU"),
                at=now,
            )
        renamed = AccountData(name="Third", kind=AccountKind.BANK, number=data.number, currency="EUR", active=False)
        await edit_account(work, till.accountant, account.id, renamed, at=now)
    await till.pay("1.00")
    async with till.uow.write() as work:
        with pytest.raises(BadAccount):
            await edit_account(work, till.accountant, till.bank, replace(data, number="5", currency="EUR"), at=now)
        assert len(await list_accounts(work.session)) == 4
        assert len(await list_accounts(work.session, active_only=True)) == 3
