"""Commission terms, statements to creditors and bonuses in a browser's eyes."""

import io
from datetime import date
from decimal import Decimal

import httpx
import openpyxl
import pytest
from sqlalchemy import select

from callcenter.app.wiring import House
from core.cases.model import Case, Claim, Creditor
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.payments.model import AccountKind, Allocation, CommissionTerms, MoneyAccount, Remittance, Source
from core.payments.service.orders import SettleOrder
from core.payments.service.registering import NewPayment
from core.people.model import Role, User
from core.planning.model import BonusRule
from core.planning.service import CompanyData, add_company
from tests.factories.people import Cast
from tests.integration.web.test_desk_pages import _laid as laid
from tests.plugins.web import SignIn

TERMS = {
    "name": "Contract 7",
    "kind": "by_age",
    "bases": ["principal", "penalty", "contractual_interest"],
    "vat_percent": "20",
    "direct_percent": "100",
    "valid_from": "2026-01-01",
    "band_from": ["0", "90", ""],
    "band_percent": ["10", "12,5", ""],
}


@pytest.fixture
async def creditor(uow: UnitOfWork, clock: ManualClock, cast: Cast) -> int:
    """The creditor of the two cases that are laid."""
    await laid(uow, clock, cast)
    async with uow.write() as work:
        work.session.add(
            MoneyAccount(name="Bank", kind=AccountKind.BANK, number="40702810000000000001", currency="RUB")
        )
        details = CompanyData(name="Sample Collections", legal_name="Sample Collections Ltd", currency="RUB")
        await add_company(work, PROGRAM, details, at=clock.now())
        case = await work.session.get_one(Case, 1)
        case.collector_id = cast.users["anna"]
        return case.creditor_id


async def pay(house: House, amount: str) -> int:
    """100 come on the first case and are settled; the settlement."""
    new = NewPayment(
        account_id=1,
        amount=Decimal(amount),
        value_on=date(2026, 3, 5),
        source=Source.STATEMENT,
        purpose=amount,
        case_id=1,
    )
    payment_id = await house.payments.register(PROGRAM, new)
    done = await house.payments.settle(PROGRAM, SettleOrder(payment_id=payment_id))
    assert done.settlement_id is not None
    return done.settlement_id


async def test_terms_are_entered_changed_and_reckoned_again(
    uow: UnitOfWork, house: House, creditor: int, sign_in: SignIn
) -> None:
    ada, maria = await sign_in("ada"), await sign_in("maria")
    assert "Without terms" in (await ada.get("/commission")).text
    for kind in ("flat", "by_age", "by_amount", "by_stage", "fixed"):
        assert (await ada.get(f"/commission/new?kind={kind}&creditor={creditor}")).status_code == 200
    wrong = (
        {"name": ""},
        {"bases": []},
        {"creditor_id": ""},
        {"band_percent": ["x", ""]},
        {"band_percent": ["", "5"]},
        {"band_percent": ["1e999", "5"]},
        {"band_percent": ["1.23456", "5"]},
        {"band_from": ["5", "90"]},
        {"vat_percent": "20.12345"},
        {"valid_until": "2025-12-31"},
    )
    sent = {**TERMS, "creditor_id": str(creditor)}
    for fault in wrong:
        answer = await ada.post("/commission", data={**sent, **fault})
        assert answer.status_code == 422, fault
        assert "error" in answer.text
    assert (await maria.post("/commission", data=sent)).status_code == 403
    assert (await ada.post("/commission", data=sent)).headers["location"] == "/commission"
    assert "10 % · 90+: 12.5 %" in (await maria.get("/commission")).text
    assert "disabled" in (await maria.get("/commission/1")).text
    assert (await ada.post("/commission", data=sent)).status_code == 422, "they would overlap"

    await pay(house, "100.00")
    flat = {**TERMS, "kind": "flat", "band_from": [], "band_percent": ["20"]}
    after = (await ada.post("/commission/1", data=flat)).headers["location"]
    assert after == f"/commission/recount?creditor={creditor}&from=2026-01-01"
    assert "What would change" in (await ada.get(after)).text
    assert (await ada.post("/commission/1/remove")).status_code == 409
    form = {"creditor_id": str(creditor), "from_on": "2026-01-01"}
    assert (await ada.post("/commission/recount", data=form)).status_code == 303
    assert "Nothing would change" in (await ada.get(after)).text
    async with uow.read() as session:
        earned = sum(await session.scalars(select(Allocation.commission)))
        assert (await session.scalars(select(CommissionTerms.bands))).one() == [{"percent": "20"}]
    assert earned == 20


@pytest.mark.slow
async def test_a_statement_from_the_preview_to_the_pdf(
    uow: UnitOfWork, house: House, creditor: int, sign_in: SignIn
) -> None:
    ada, maria = await sign_in("ada"), await sign_in("maria")
    assert (await ada.post("/commission", data={**TERMS, "creditor_id": str(creditor)})).status_code == 303
    period = {"creditor_id": str(creditor), "currency": "RUB", "from_on": "2026-03-01", "until_on": "2026-03-09"}
    asked = f"/remittances/new?creditor={creditor}&from_on=2026-03-01&until_on=2026-03-09"
    assert "No repayment up to this day" in (await ada.get(asked)).text
    assert (await ada.post("/remittances", data=period)).status_code == 422
    act = await pay(house, "100.00")
    assert "What it would say" in (await ada.get(asked)).text
    for bad in ("creditor=999999", f"creditor={creditor}&from_on=x", f"creditor={creditor}&until_on=2099-01-01"):
        assert (await ada.get(f"/remittances/new?{bad}")).status_code == 200
    first = (await ada.post("/remittances", data=period)).headers["location"]
    draft = await maria.get(first)
    assert "not issued" in draft.text
    assert f"{first}/issue" not in draft.text, "she may only look"
    assert (await ada.post(f"{first}/issue")).status_code == 303
    assert (await ada.post(f"{first}/cancel")).status_code == 409
    await house.payments.withdraw(PROGRAM, act, "bounced")
    await pay(house, "30.00")
    later = {**period, "from_on": "2026-03-10", "until_on": "2026-03-11"}
    second = (await ada.post("/remittances", data=later)).headers["location"]
    shown = (await ada.get(second)).text
    assert "takes back a line of statement 2026-0001" in shown
    assert "To be paid by the creditor" in shown

    sheet = await ada.get(f"{second}/export?format=xlsx")
    book = openpyxl.load_workbook(io.BytesIO(sheet.content))
    rows = list(book.active.iter_rows(values_only=True))  # type: ignore[union-attr]
    async with uow.read() as session:
        lines = (await session.scalars(select(Allocation).where(Allocation.remittance_id == int(second[13:])))).all()
    assert sum(row[6] for row in rows[1:]) == sum(line.amount for line in lines) == -70
    assert {row[11] for row in rows[1:]} == {"2026-0001", None}
    listed = (await ada.get(f"/remittances?creditor={creditor}&state=issued")).text
    assert "2026-0001" in listed
    assert f'href="{second}"' not in listed
    await _printed(ada, first)
    assert (await ada.post(f"{second}/cancel")).status_code == 303
    assert "It was called off" in (await ada.get(second)).text
    async with uow.read() as session:
        assert (await session.scalars(select(Remittance.state).order_by(Remittance.id))).all() == [
            "issued",
            "cancelled",
        ]


async def _printed(ada: httpx.AsyncClient, statement: str) -> None:
    """The PDF is the same every time, and no text of it can make the printer fetch anything."""
    once, again = [await ada.get(f"{statement}/pdf") for _n in range(2)]
    assert once.headers["content-type"] == "application/pdf"
    assert 'filename="statement-2026-0001.pdf"' in once.headers["content-disposition"]
    assert once.content.startswith(b"%PDF-")
    assert once.content == again.content


@pytest.mark.slow
async def test_bonuses_of_the_staff(uow: UnitOfWork, house: House, creditor: int, cast: Cast, sign_in: SignIn) -> None:
    maria, ada, anna = await sign_in("maria"), await sign_in("ada"), await sign_in("anna")
    async with uow.write() as work:
        person = await work.session.get_one(User, cast.users["anna"])
        role = await work.session.get_one(Role, person.role_id)
        role.salary, role.currency = Decimal(50_000), "RUB"
        role_id, claim = role.id, (await work.session.scalars(select(Claim).where(Claim.case_id == 1))).first()
        assert claim is not None
    assert (await anna.get("/bonuses")).status_code == 403
    assert "No role has a bonus yet" in (await ada.get("/bonuses?month=2026-03")).text
    rule = {"percent": "2", "without_plan": "1", "band_from": ["0", "80", ""], "band_coefficient": ["0", "1", ""]}
    href = f"/bonuses/rules/{role_id}"
    assert (await ada.post(href, data=rule)).status_code == 403
    assert (await maria.get(href)).status_code == 200
    for fault in (
        {"percent": "101"},
        {"percent": ""},
        {"band_from": ["5", "80"]},
        {"band_coefficient": ["x", "1"]},
        {"band_coefficient": ["NaN", "1"]},
        {"without_plan": "1.23456"},
    ):
        assert (await maria.post(href, data={**rule, **fault})).status_code == 422, fault
    assert (await maria.post(href, data=rule)).status_code == 303
    assert (await maria.post(href, data={**rule, "percent": "2,5".replace(",", ".")})).status_code == 303
    assert "2.5" in (await ada.get("/bonuses/rules")).text
    await pay(house, "100.00")
    plan = {"amount": "100", "currency": "RUB"}
    assert (await maria.post(f"/plan/user/{cast.users['anna']}/2026-03", data=plan)).status_code == 303
    table = (await ada.get("/bonuses?month=2026-03")).text
    assert "50,002.50" in table
    shown = await ada.get(f"/bonuses/{cast.users['anna']}/2026-03")
    assert "Repayments that count" in shown.text
    assert 'href="/cases/1"' in shown.text
    assert (await ada.get(f"/bonuses/{cast.users['anna']}/2026-13")).status_code == 404
    assert "Nothing was collected" in (await ada.get(f"/bonuses/{cast.users['anna']}/2026-02")).text
    exported = await ada.get("/bonuses/export?month=2026-03&format=csv")
    assert "2.50" in exported.text
    async with uow.read() as session:
        assert (await session.scalars(select(BonusRule.percent))).all() == [Decimal("2.5")]
        assert (await session.scalars(select(Creditor.id))).first() == creditor
