"""The sheet that explains a debt, its dialogs, and the directories of interest, asked as browsers ask."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from callcenter.app.demo.cases import demo_cases
from core.cases.model import Claim, InterestTerm, Rate
from core.cases.shipped_rates import ship_rates
from core.kernel.clock import ManualClock
from core.kernel.idempotency import Idempotency
from core.kernel.uow import UnitOfWork
from tests.factories.people import Cast
from tests.plugins.web import SignIn
from web.state import Services

pytestmark = pytest.mark.usefixtures("one_city")


@pytest.fixture
async def web_services(web_services: Services, uow: UnitOfWork, clock: ManualClock) -> AsyncIterator[Services]:
    """With keys that are kept, and somebody who writes down the looks."""
    looks = asyncio.create_task(web_services.looks.run(), name="looks")
    yield replace(web_services, parts={Idempotency: Idempotency(uow, clock)})
    looks.cancel()
    with suppress(asyncio.CancelledError):
        await looks


@pytest.fixture
async def claim(uow: UnitOfWork, clock: ManualClock, cast: Cast) -> Claim:
    """A Russian debtor's claim of the demo, on case 1, which bears interest by law."""
    async with uow.write() as work:
        await ship_rates(work, at=clock.now())
    await demo_cases(uow, clock, [cast.users["anna"]])
    async with uow.read() as session:
        return (await session.scalars(select(Claim).where(Claim.case_id == 1).order_by(Claim.id))).all()[0]


async def _claim(uow: UnitOfWork, claim: Claim) -> Claim:
    async with uow.read() as session:
        return await session.get_one(Claim, claim.id)


@pytest.mark.slow
async def test_the_sheet_explains_every_day_in_every_language(claim: Claim, sign_in: SignIn) -> None:
    ada = await sign_in("ada")
    for language in ("en", "ru", "uk", "pl"):
        await ada.post("/me/language", data={"language": language})
        for query in ("", "?on=2026-01-31", "?on=2020-01-01", "?on=nonsense", "?on=9999-12-31"):
            answer = await ada.get(f"/cases/1/balance{query}")
            assert answer.status_code == 200, answer.text[:3000]
    await ada.post("/me/language", data={"language": "en"})
    page = (await ada.get("/cases/1/balance")).text
    for told in ("Why this sum", "Handed over", "16.5", "No lawyer has confirmed these rates", "/ 365", "Together"):
        assert told in page, told
    assert "adjust-dialog" in page
    bella = await sign_in("anna")
    own = (await bella.get("/cases/1/balance")).text
    assert "adjust-dialog" not in own


async def test_a_dialog_acts_once_and_tells_what_is_wrong(uow: UnitOfWork, claim: Claim, sign_in: SignIn) -> None:
    ada = await sign_in("ada")
    page = (await ada.get("/cases/1/balance")).text
    found = re.search(r'name="once" value="([^"]+)"', page)
    assert found is not None
    fee = {"claim_id": claim.id, "component": "agency_fees", "amount": "15.50", "reason": "a letter", "once": found[1]}
    for _ in range(3):
        answer = await ada.post("/cases/1/fee", data=fee)
        assert (answer.status_code, answer.headers["location"]) == (303, "/cases/1/balance")
    assert (await _claim(uow, claim)).agency_fees == Decimal("15.5")
    wrong = await ada.post("/cases/1/write-off", data={**fee, "amount": "99999999", "once": "another"})
    assert wrong.status_code == 422
    assert 'id="write-off-dialog" aria-labelledby="write-off-title" data-show' in wrong.text
    assert "is open there on that day" in wrong.text
    blocked = await ada.post("/cases/1/accrual-blocks", data={"from_on": "2026-03-11", "reason": "a moratorium"})
    assert blocked.status_code == 303
    assert "a moratorium" in (await ada.get("/cases/1/balance")).text
    assert (await ada.post("/cases/1/accrual-blocks/1/lift")).status_code == 303
    terms = await ada.post("/cases/1/interest", data={"claim_id": claim.id})
    assert terms.status_code == 303
    assert (await _claim(uow, claim)).interest_group_id is None


async def test_rates_and_groups_are_kept_by_hand(uow: UnitOfWork, claim: Claim, sign_in: SignIn) -> None:
    ada = await sign_in("ada")
    for path in ("/rates", "/rates/new", "/rates/1", "/rates/3", "/interest-groups", "/interest-groups/new",
                 "/interest-groups/1", "/interest-groups/1/terms/new", "/interest-groups/1/terms/1"):  # fmt: skip
        answer = await ada.get(path)
        assert answer.status_code == 200, (path, answer.text[:3000])
    assert "No index is entered" in (await ada.get("/rates/3")).text
    for path, form, status in (
        ("/rates/1/rates", {"valid_from": "2026-02-16", "percent": "15.5"}, 303),
        ("/rates/1/rates", {"valid_from": "2026-02-16", "percent": "-1"}, 422),
        ("/rates/3/rates", {"valid_from": "2026-02-16", "percent": "100.8"}, 422),
        ("/rates/3", {"name": "Index", "kind": "monthly_index", "clause": "art. 625", "confirmed": "1"}, 303),
        ("/rates", {"key": "own", "name": "Own", "kind": "annual"}, 303),
        ("/rates", {"key": "own", "name": "Own", "kind": "annual"}, 422),
        ("/rates/1/delete", {}, 409),
        ("/interest-groups", {"name": "Own"}, 303),
        ("/interest-groups", {"name": "Own"}, 422),
        ("/interest-groups/4", {"name": "Our own"}, 303),
        ("/interest-groups/4/terms", {"bases": "principal", "accrues_to": "penalty", "day_rule": "365"}, 422),
        (
            "/interest-groups/4/terms",
            {"bases": "principal", "accrues_to": "penalty", "day_rule": "365", "percent": "7", "cap_percent": "20"},
            303,
        ),
    ):
        answer = await ada.post(path, data=form)
        assert answer.status_code == status, (path, form, answer.text[:3000])
    async with uow.read() as session:
        rate = (await session.scalars(select(Rate).where(Rate.table_id == 1).order_by(Rate.valid_from.desc()))).first()
        term = (await session.scalars(select(InterestTerm).where(InterestTerm.group_id == 4))).one()
    assert rate is not None
    assert (rate.percent, term.percent, term.cap_percent) == (Decimal("15.5"), Decimal(7), Decimal(20))
    maria = await sign_in("maria")
    saved = {"name": "Z", "jurisdiction": "RU", "region": "RU", "currency": "RUB", "interest_group_id": "4"}
    assert (await maria.post("/creditors", data=saved)).status_code == 303
    assert (await maria.post("/creditors", data={**saved, "name": "Y", "interest_group_id": "77"})).status_code == 422


async def test_a_claim_is_added_and_corrected_on_a_page_of_its_own(
    claim: Claim, sign_in: SignIn, uow: UnitOfWork
) -> None:
    ada = await sign_in("ada")
    assert "/cases/1/claims/new" in (await ada.get("/cases/1/balance")).text
    empty = await ada.post("/cases/1/claims", data={"number": "", "reason": ""})
    assert empty.status_code == 422
    for told in ("This is needed.", "Nothing is owed: enter at least one sum.", "Say why."):
        assert told in empty.text
    form = {"number": "INV-2", "principal": "120.50", "due_on": "2026-01-15", "reason": "Another invoice."}
    added = await ada.post("/cases/1/claims", data=form)
    assert (added.status_code, added.headers["location"]) == (303, "/cases/1/balance")
    sheet = (await ada.get("/cases/1/balance")).text
    assert "Claim INV-2" in sheet
    assert "not confirmed by a lawyer" in sheet
    async with uow.read() as session:
        new = (await session.scalars(select(Claim).where(Claim.number == "INV-2"))).one()
    page = await ada.get(f"/cases/1/claims/{new.id}")
    assert 'value="2026-01-15"' in page.text
    change = {"number": "INV-2", "due_on": "2026-01-20", "limitation_on": "2028-01-01", "reason": "Misread."}
    assert (await ada.post(f"/cases/1/claims/{new.id}", data=change)).status_code == 303
    changed = await _claim(uow, new)
    assert (str(changed.due_on), str(changed.limitation_on)) == ("2026-01-20", "2028-01-01")
    assert "as stated" in (await ada.get("/cases/1/balance")).text
    assert (await ada.get(f"/cases/2/claims/{new.id}")).status_code == 404
