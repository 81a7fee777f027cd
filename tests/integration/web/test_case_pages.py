"""The pages of cases, creditors and imports, asked as browsers ask."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from callcenter.app.demo.cases import demo_cases
from core.cases.card import CaseCard
from core.cases.model import WorkSettings
from core.importing.registry.kind import RegistryKind
from core.importing.service import Imports
from core.kernel.access import Actor
from core.kernel.clock import ManualClock
from core.kernel.i18n import msg
from core.kernel.jobs import JobRunner
from core.kernel.uow import UnitOfWork
from tests.factories.people import Cast
from tests.integration.importing.conftest import debtor, write_book
from tests.plugins.web import SignIn
from web.pages.cases.case_screen import CallFacts, CaseScreenParts
from web.pages.cases.case_view import ContactPanel
from web.state import Services


class QuietFloor:
    """A call floor on which nothing has happened and everything is allowed."""

    async def facts(self, actor: Actor, card: CaseCard) -> CallFacts:
        now = datetime(2026, 3, 11, 12, tzinfo=UTC)
        return CallFacts(contact=ContactPanel(allowed=True, reason=msg("open"), rules=(), zone="UTC", now=now))


@pytest.fixture
def imports(uow: UnitOfWork, clock: ManualClock, tmp_path: Path) -> Imports:
    return Imports(uow, clock, tmp_path / "imports", (RegistryKind(),))


@pytest.fixture
async def web_services(web_services: Services, imports: Imports) -> AsyncIterator[Services]:
    """With the parts of cases, and somebody who writes down the looks."""
    looks = asyncio.create_task(web_services.looks.run(), name="looks")
    yield replace(web_services, parts={**web_services.parts, Imports: imports, CaseScreenParts: QuietFloor()})
    looks.cancel()
    with suppress(asyncio.CancelledError):
        await looks


async def test_every_page_opens_and_foreign_cases_do_not(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    await demo_cases(uow, clock, [cast.users["anna"], cast.users["diego"]])
    admin, anna = await sign_in("maria"), await sign_in("anna")
    for path in ("/cases", "/cases?q=травников", "/cases?amount-from=1&sort=-debtor&state=open", "/debtors", "/orders",
                 "/creditors", "/creditors/1", "/creditors/new", "/imports", "/imports/new"):  # fmt: skip
        answer = await admin.get(path)
        assert answer.status_code == 200, (path, answer.text[:2000])
    mine = re.findall(r"/debtors/\d+", (await anna.get("/debtors")).text)[0]
    assert (await anna.get(mine)).status_code == 200
    own, foreign = await anna.get("/cases/1"), await anna.get("/cases/2")
    assert (own.status_code, foreign.status_code) == (200, 404), own.text[:3000]
    assert "Травников" in own.text
    page = await anna.get("/cases")
    assert "D0000" in page.text
    assert "D0001" not in page.text
    book = await admin.get("/cases/export?format=csv")
    assert book.status_code == 200
    assert book.text.count("\n") == 31  # hers and not those of the other department


@pytest.mark.usefixtures("one_city")
async def test_a_person_and_a_phone_are_added_and_a_promise_is_taken(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    await demo_cases(uow, clock, [cast.users["anna"]])
    anna = await sign_in("anna")
    for path, form, status in (
        ("/cases/1/people", {"name": "Новая Нина", "role": "relative", "phone": "+79000000555"}, 303),
        ("/cases/1/people", {"name": "Новая Нина", "role": "relative", "phone": "nonsense"}, 422),
        ("/cases/1/notes", {"text": "<script>alert(1)</script>"}, 303),
        ("/cases/1/promises", {"promise_amount": "100.00", "promise_due": "2026-03-15"}, 303),
        ("/cases/1/promises", {"promise_amount": "100.00", "promise_due": "2026-03-16"}, 409),
    ):
        answer = await anna.post(path, data=form)
        assert answer.status_code == status, (path, form, answer.text[:2000])
    page = (await anna.get("/cases/1")).text
    assert "Новая Нина" in page
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    person = await anna.get("/cases/1/people/5")
    assert person.status_code == 200


@pytest.mark.usefixtures("one_city")
async def test_a_plan_is_previewed_agreed_approved_and_called_off(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    await demo_cases(uow, clock, [cast.users["anna"]])
    async with uow.write() as work:
        work.session.add(WorkSettings(id=1, plan_approval_above=Decimal(1), updated_at=clock.now()))
    anna, admin = await sign_in("anna"), await sign_in("admin")
    promised = {"promise_amount": "100", "promise_due": "2026-03-15"}
    assert (await anna.post("/cases/1/promises", data=promised)).status_code == 303
    typed = {"plan_total": "1000", "plan_count": "3", "plan_first": "2026-03-31", "plan_rhythm": "monthly"}
    shown = (await anna.get("/cases/1/plans/preview", params=typed)).text
    assert [day in shown for day in ("31 Mar", "30 Apr", "31 May")] == [True] * 3
    assert "333.34" in shown
    for wrong in ({"plan_each": "0.01"}, {"plan_first": ""}, {"plan_total": "x"}, {"plan_count": "61"}):
        answer = await anna.get("/cases/1/plans/preview", params={**typed, **wrong})
        assert answer.status_code == 200
        assert "<ol" not in answer.text
    script = {"Accept": "application/json"}
    past = await anna.post("/cases/1/plans", data={**typed, "plan_first": "2026-03-01"}, headers=script)
    assert past.json()["errors"] == {"first_on": "The day has passed."}
    assert (await anna.post("/cases/1/plans", data=typed)).status_code == 409  # the promise stands in the way
    assert (await anna.post("/cases/1/plans", data={**typed, "supersede": "1"}, headers=script)).status_code == 204
    page = (await anna.get("/cases/1")).text
    assert "waits for approval" in page
    assert "replaced by a later agreement" in page
    assert (await anna.post("/cases/1/plans/1/approve")).status_code == 403
    assert (await admin.post("/cases/2/plans/1/approve")).status_code == 404
    assert (await admin.post("/cases/1/plans/1/approve")).status_code == 303
    assert "being paid" in (await anna.get("/cases/1")).text
    assert (await anna.post("/cases/1/plans/1/cancel", data={"reason": "cannot pay"})).status_code == 303
    assert (await anna.post("/cases/1/plans/1/cancel", data={"reason": "again"})).status_code == 409
    assert (await anna.post("/cases/1/promises", data=promised)).status_code == 303
    assert (await anna.post("/cases/1/promises/2/cancel", data={})).status_code == 422
    assert (await anna.post("/cases/1/promises/2/cancel", data={"reason": "he rang"})).status_code == 303


@pytest.mark.slow
async def test_a_registry_goes_through_the_wizard(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn, imports: Imports, tmp_path: Path
) -> None:
    maria = await sign_in("maria")
    form = {"name": "Northern", "jurisdiction": "RU", "region": "ru", "currency": "rub", "active": "1"}
    assert (await maria.post("/creditors", data=form)).status_code == 303
    assert (await maria.post("/creditors", data=form)).status_code == 422
    book = write_book(tmp_path / "r.xlsx", [debtor(1), debtor(2, sum="abc"), debtor(3)])
    sent = await maria.post("/imports", data={"creditor_id": "1"}, files={"file": ("registry.xlsx", book.read_bytes())})
    assert sent.status_code == 303, sent.text[:2000]
    where = sent.headers["location"]
    assert "Номер дела" in (await maria.get(where)).text
    columns = {
        f"column-{n}": key for n, key in enumerate(("number", "name", "birth_date", "inn", "phone", "principal"))
    }
    assert (await maria.post(f"{where}/check", data={"on_existing": "update"})).status_code == 422
    assert (await maria.post(f"{where}/check", data={**columns, "on_existing": "update"})).status_code == 303
    assert "/progress" in (await maria.get(where)).text
    assert (await maria.get(f"{where}/progress")).status_code == 200
    runner = JobRunner(uow, clock, imports.handlers)
    await runner.run_due()
    page = (await maria.get(where)).text
    assert "abc is not a sum of money." in page
    assert (await maria.post(f"{where}/apply", data={"valid_only": "1"})).status_code == 303
    await runner.run_due()
    assert "N-00003" in (await maria.get("/cases")).text
    report = await maria.get(f"{where}/report?only=errors")
    assert report.content[:2] == b"PK"
    again = await maria.post("/imports", data={"creditor_id": "1"}, files={"file": ("b.xlsx", book.read_bytes())})
    assert again.status_code == 422
    assert (await (await sign_in("anna")).get("/imports")).status_code == 403
