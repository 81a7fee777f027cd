"""The pages of incoming payments, asked as browsers ask: upload, dry run, apply, the queue, one click to accept."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.importing.service import APPLY_JOB, CHECK_JOB, Imports
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.payments.service.desk import PaymentDesk
from tests.factories import statements
from tests.integration.payments.house import House, build
from tests.plugins.web import SignIn
from web.state import Services

pytestmark = pytest.mark.slow

_UNSURE = statements.Move(
    amount=statements.MOVES[0].amount,
    doc_no="7",
    purpose="ДЛ-000123/24 или дело № 77-001",
    payer="<b>Кто-то</b>",
    payer_account="",
    tax_id="",
)


@pytest.fixture
async def bank(uow: UnitOfWork, clock: ManualClock, tmp_path: Path) -> House:
    return await build(uow, clock, tmp_path)


@pytest.fixture
async def web_services(web_services: Services, bank: House) -> Services:
    parts = {**web_services.parts, Imports: bank.imports, PaymentDesk: bank.desk}
    return replace(web_services, parts=parts)


async def test_a_statement_from_the_upload_to_the_queue(bank: House, sign_in: SignIn) -> None:
    ada = await sign_in("ada")
    assert "No statement was imported yet" in (await ada.get("/payments/imports")).text
    data = statements.one_c((*statements.MOVES, _UNSURE))
    sent = await ada.post("/payments/imports", data={"format": "auto"}, files={"file": ("st.txt", data)})
    assert (sent.status_code, sent.headers["location"]) == (303, "/payments/imports/1")
    await bank.imports.handlers[CHECK_JOB]({"batch": 1})
    dry = (await ada.get("/payments/imports/1")).text
    assert "Apply all 3 rows" in dry
    assert "Settled on ДЛ-000123/24 (100 of 100)." in dry
    assert "Money that went out." in dry
    assert "<b>Кто-то" not in dry
    again = await ada.post("/payments/imports", data={"format": "auto"}, files={"file": ("st.txt", data)})
    assert again.status_code == 422
    assert "This very file was already imported" in again.text
    assert (await ada.post("/payments/imports/1/apply")).headers["location"] == "/payments/imports/1"
    await bank.imports.handlers[APPLY_JOB]({"batch": 1})
    assert (await ada.get("/payments/imports/1/report")).status_code == 200
    queue = (await ada.get("/payments/queue")).text
    assert queue.count("queue-payment") == 1
    assert "<b>Кто-то" not in queue
    payment = (await bank.payments())[-1]
    chosen = {"case_id": str(bank.cases["77-001"].id)}
    accepted = await ada.post(f"/payments/{payment.id}/accept", data=chosen)
    assert (accepted.status_code, accepted.headers["location"]) == (303, "/payments/queue")
    assert (await bank.payments())[-1].case_id == bank.cases["77-001"].id
    twice = await ada.post(f"/payments/{payment.id}/accept", data=chosen)
    assert twice.status_code == 422
    assert "Nothing of this payment is left" in twice.text
    assert "No payment waits" in (await ada.get("/payments/queue")).text


async def test_what_is_no_statement_is_said_at_the_field(bank: House, sign_in: SignIn) -> None:
    ada = await sign_in("ada")
    for data, told in ((b"", "it is empty."), (b"Dear Sir", "its format is unknown.")):
        sent = await ada.post("/payments/imports", data={"format": "auto"}, files={"file": ("x.txt", data)})
        assert sent.status_code == 422
        assert told in sent.text
    missing = await ada.post("/payments/imports", data={"format": "auto"})
    assert "Choose the file." in missing.text


async def test_registries_and_payments_do_not_open_each_others_imports(bank: House, sign_in: SignIn) -> None:
    batch = await bank.bring(statements.one_c(), apply=False)
    admin, karl = await sign_in("admin"), await sign_in("karl")
    assert (await admin.get(f"/payments/imports/{batch.id}")).status_code == 200
    assert (await admin.get(f"/imports/{batch.id}")).status_code == 404
    assert (await karl.get(f"/payments/imports/{batch.id}")).status_code == 403
    assert "st.txt" not in (await admin.get("/imports")).text
