"""Money asked as browsers ask: registering, settling what was shown, taking back, cash in the field, schemes."""

import asyncio
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import select

from callcenter.app.wiring import House
from core.cases.model import Case, Promise
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.promise_types import ship_promise_types
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.i18n import translator
from core.kernel.uow import UnitOfWork
from core.parties.service import NewParty
from core.payments.model import AccountKind, Payment, Scheme, Settlement
from core.payments.service.accounts import AccountData, add_account
from core.payments.service.schemes import ship_schemes
from tests.factories.people import Cast
from tests.factories.work import creditor_and_order
from tests.plugins.web import SignIn


@dataclass
class Counter:
    """A case of anna's with two claims, a bank account and a cash desk."""

    uow: UnitOfWork
    case: int
    bank: int
    cash: int

    async def payment(self, payment_id: int) -> Payment:
        async with self.uow.read() as session:
            return await session.get_one(Payment, payment_id)

    async def owed(self) -> Decimal:
        async with self.uow.read() as session:
            return (await session.get_one(Case, self.case)).open_amount


@pytest.fixture
async def counter(uow: UnitOfWork, clock: ManualClock, cast: Cast, house: House) -> Counter:
    async with uow.write() as work:
        await ship_promise_types(work)
        await ship_schemes(work, translator("en"), at=clock.now())
        _, order = await creditor_and_order(work, clock)
        new = NewCase(
            order_id=order.id,
            number="M-1",
            people=(NewPerson(party=NewParty(name="Sample Debtor", timezone="Europe/Moscow")),),
            claims=(
                NewClaim(
                    number="1", principal=Decimal(1000), contractual_interest=Decimal(200), due_on=date(2025, 11, 1)
                ),
                NewClaim(number="2", principal=Decimal(500), due_on=date(2026, 1, 20)),
            ),
            collector_id=cast.users["anna"],
        )
        case = await open_case(work, PROGRAM, new, at=clock.now())
        accounts = [
            await add_account(
                work, PROGRAM, AccountData(name=kind, kind=kind, number=f"N-{kind}", currency="RUB"), at=clock.now()
            )
            for kind in (AccountKind.BANK, AccountKind.CASH)
        ]
        return Counter(uow, case.id, accounts[0].id, accounts[1].id)


def _form(counter: Counter, **more: str) -> dict[str, str]:
    return {
        "account_id": str(counter.bank),
        "amount": "700",
        "value_on": "2026-03-10",
        "payer_name": "Sample Payer",
        "case_id": str(counter.case),
        **more,
    }


async def registered(ada: httpx.AsyncClient, counter: Counter, **more: str) -> int:
    answer = await ada.post("/payments", data=_form(counter, **more))
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].split("/")[2])


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found, page
    return found[1]


async def settled(ada: httpx.AsyncClient, counter: Counter, payment_id: int) -> int:
    shown = await ada.get(f"/payments/{payment_id}/settle")
    form = {"case": str(counter.case), "seen": seen(shown.text)}
    answer = await ada.post(f"/payments/{payment_id}/settle", data=form)
    assert answer.status_code == 303, answer.text
    async with counter.uow.read() as session:
        newest = select(Settlement.id).where(Settlement.payment_id == payment_id).order_by(Settlement.id.desc())
        return (await session.scalars(newest.limit(1))).one()


async def test_registered_settled_as_shown_and_taken_back(counter: Counter, sign_in: SignIn) -> None:
    ada, anna = await sign_in("ada"), await sign_in("anna")
    payment_id = await registered(ada, counter)
    preview = (await ada.get(f"/payments/{payment_id}/settle")).text
    assert "200.00" in preview
    assert "Russia, civil code art. 319, rank 2" in preview
    assert await counter.owed() == 1700
    settlement = await settled(ada, counter, payment_id)
    assert await counter.owed() == 1000
    assert "700.00" in (await anna.get(f"/cases/{counter.case}")).text
    assert "art. 319" in (await anna.get(f"/cases/{counter.case}")).text
    assert (await anna.get(f"/payments/{payment_id}")).status_code == 403
    listed = (await ada.get("/repayments", params={"case": str(counter.case)})).text
    assert f'href="/payments/{payment_id}"' in listed
    address = f"/payments/{payment_id}/settlements/{settlement}/withdraw"
    assert "owed again" in (await ada.get(address)).text
    assert (await ada.post(address, data={"reason": " "})).status_code == 422
    assert (await ada.post(address, data={"reason": "The wrong case."})).status_code == 303
    assert await counter.owed() == 1700
    assert "The wrong case." in (await ada.get(f"/payments/{payment_id}")).text
    assert (await ada.post(f"/payments/{payment_id}/reverse", data={"reason": "Bounced."})).status_code == 303
    assert (await counter.payment(payment_id)).state == "reversed"


async def test_nothing_is_posted_that_was_not_shown(counter: Counter, sign_in: SignIn) -> None:
    ada = await sign_in("ada")
    first, second = await registered(ada, counter, amount="1500"), await registered(ada, counter, doc_no="7")
    shown = seen((await ada.get(f"/payments/{second}/settle")).text)
    await settled(ada, counter, first)
    form = {"case": str(counter.case), "seen": shown}
    stale = await ada.post(f"/payments/{second}/settle", data=form)
    assert stale.status_code == 409
    assert seen(stale.text) != shown
    assert (await counter.payment(second)).settled == 0


async def test_lines_by_hand_and_a_rest_that_is_given_back(counter: Counter, sign_in: SignIn) -> None:
    ada = await sign_in("ada")
    payment_id = await registered(ada, counter)
    address = f"/payments/{payment_id}/settle"
    async with counter.uow.read() as session:
        claims = list((await session.execute(select(Case.id))).scalars())
    assert claims == [counter.case]
    page = (await ada.get(address, params={"scheme": "MANUAL"})).text
    (field,) = re.findall(r'name="(line-\d+-contractual_interest)"', page)
    asked = {"scheme": "MANUAL", field: "150"}
    too_much = await ada.get(address, params={**asked, field: "201"})
    assert "Only 200" in too_much.text
    shown = seen((await ada.get(address, params=asked)).text)
    assert (await ada.post(address, data={**asked, "case": str(counter.case), "seen": shown})).status_code == 303
    given = await ada.post(f"/payments/{payment_id}/refund", data={"amount": "551", "reason": "Too much."})
    assert given.status_code == 422
    await ada.post(f"/payments/{payment_id}/refund", data={"amount": "550", "reason": "Too much."})
    payment = await counter.payment(payment_id)
    assert (payment.settled, payment.refunded, payment.state) == (150, 550, "settled")


async def test_the_same_payment_is_another_one_only_when_said_so(counter: Counter, sign_in: SignIn) -> None:
    ada = await sign_in("ada")
    first = await registered(ada, counter)
    again = await ada.post("/payments", data=_form(counter))
    assert again.status_code == 422
    assert f'href="/payments/{first}"' in again.text
    assert await registered(ada, counter, occurrence="1") != first


async def test_cash_is_taken_once_however_often_the_button_is_tapped(counter: Counter, sign_in: SignIn) -> None:
    anna, diego = await sign_in("anna"), await sign_in("diego")
    address = f"/cases/{counter.case}/cash"
    page = (await anna.get(address)).text
    form = {name: re.findall(rf'name="{name}" [^>]*?value="([^"]+)"', page)[0] for name in ("key", "receipt_no")}
    assert form["receipt_no"].startswith("ANNA-260311-")
    form |= {"account_id": str(counter.cash), "amount": "300", "payer_name": "His Wife"}
    taps = await asyncio.gather(*(anna.post(address, data=form) for _ in range(3)))
    places = {tap.headers.get("location") for tap in taps}
    assert len(places) == 1, [tap.text for tap in taps]
    receipt = (await anna.get(places.pop() or "")).text
    assert "His Wife" in receipt
    assert form["receipt_no"] in receipt
    assert await counter.owed() == 1400
    other = await anna.post(address, data={**form, "key": "another key of a form"})
    assert other.status_code == 422
    assert "ANNA-260311-002" in other.text
    assert (await diego.get(address)).status_code == 404
    assert (await diego.post(address, data=form)).status_code == 404


async def test_a_copied_scheme_is_moved_about_and_tried(counter: Counter, sign_in: SignIn) -> None:
    ada, maria = await sign_in("ada"), await sign_in("maria")
    async with counter.uow.read() as session:
        shipped = (await session.scalars(select(Scheme.id).where(Scheme.key == "RU_319"))).one()
    assert "№ 54" in (await maria.get(f"/schemes/{shipped}")).text
    made = await ada.post(f"/schemes/{shipped}/copy", data={"key": "OURS", "name": "Ours"})
    address = made.headers["location"]
    tried = (await ada.get(address, params={"case": str(counter.case), "amount": "100"})).text
    assert "100.00" in tried
    page = (await ada.get(address)).text
    form: dict[str, str | list[str]] = {"count": "4", "name": "Ours", "active": "1", "designation": "1"}
    form |= {"scope": "claim", "ties": "pro_rata"}
    for n in range(4):
        form |= {f"when-{n}": "any", f"split-{n}": "sequential"}
        form[f"components-{n}"] = re.findall(rf'name="components-{n}" value="(\w+)"', page)
    moved = (await ada.post(address, data={**form, "do": "up-2"})).text
    assert re.findall(r'name="components-1" value="(\w+)"', moved) == ["principal"]
    assert (await ada.post(address, data={**form, "components-2": []})).status_code == 422
    form["components-1"], form["components-2"] = form["components-2"], form["components-1"]
    assert (await ada.post(address, data=form)).status_code == 303
    async with counter.uow.read() as session:
        own = (await session.scalars(select(Scheme).where(Scheme.key == "OURS"))).one()
    assert own.data["ranks"][1]["components"] == ["principal"]
    assert (await ada.post(f"/schemes/{shipped}", data=form)).status_code == 409
    creditor = (await maria.get("/creditors/1")).text
    assert 'value="OURS"' in creditor


async def test_months_are_closed_in_order_and_the_last_opened_again(
    counter: Counter, sign_in: SignIn, clock: ManualClock
) -> None:
    ada = await sign_in("ada")
    await registered(ada, counter, value_on="2026-02-10")
    assert (await ada.post("/months/2026-03/close")).status_code == 409
    page = (await ada.get("/months")).text
    first = re.findall(r'action="/months/(\d{4}-\d\d)/close"', page)
    assert len(first) == 1
    assert (await ada.post(f"/months/{first[0]}/close")).status_code == 303
    assert (await ada.post(f"/months/{first[0]}/reopen", data={"reason": ""})).status_code == 422
    assert (await ada.post(f"/months/{first[0]}/reopen", data={"reason": "A late statement."})).status_code == 303


async def test_lists_are_filtered_summed_and_exported(counter: Counter, sign_in: SignIn) -> None:
    ada, anna = await sign_in("ada"), await sign_in("anna")
    first = await registered(ada, counter)
    second = await registered(ada, counter, amount="50", payer_name="Somebody Else", case_id="")
    await settled(ada, counter, first)
    waiting = (await ada.get("/suspense")).text
    assert f'data-row="{second}"' in waiting
    assert f'data-row="{first}"' not in waiting
    found = (await ada.get("/payments", params={"q": "somebody else"})).text
    assert f'data-row="{first}"' not in found
    by_debtor = (await ada.get("/payments", params={"q": "debtor sample"})).text
    assert f'data-row="{first}"' in by_debtor
    assert f'data-row="{second}"' not in by_debtor
    assert "750.00" in (await ada.get("/payments")).text
    rows = (await ada.get("/payments/export", params={"format": "csv", "rest-from": "1"})).text
    assert "Somebody Else" in rows
    assert "Sample Payer" not in rows
    lines = (await ada.get("/repayments/export", params={"format": "csv", "component": "contractual_interest"})).text
    assert lines.count("M-1") == 1
    assert (await anna.get("/payments")).status_code == 403
    hits = (await ada.get("/payments/cases/search", params={"q": "M-1", "to": f"/payments/{second}/settle"})).text
    assert f"/payments/{second}/settle?case={counter.case}" in hits
    assert "evil" not in (await ada.get("/payments/cases/search", params={"q": "M-1", "to": "//evil.example"})).text


async def test_promises_are_seen_kept_on_the_case(counter: Counter, sign_in: SignIn) -> None:
    ada, anna = await sign_in("ada"), await sign_in("anna")
    taken = await anna.post(
        f"/cases/{counter.case}/promises", data={"promise_amount": "700", "promise_due": "2026-03-13"}
    )
    assert taken.status_code == 303, taken.text
    payment_id = await registered(ada, counter, value_on="2026-03-11")
    settlement = await settled(ada, counter, payment_id)

    async def state() -> str:
        async with counter.uow.read() as session:
            return (await session.scalars(select(Promise.state))).one()

    assert await state() == "kept"
    await ada.post(f"/payments/{payment_id}/settlements/{settlement}/withdraw", data={"reason": "Wrong."})
    assert await state() == "open"
