"""Payments, field by field: what programs were promised."""

from tests.factories.desk import Desk
from tests.factories.money import money_account
from tests.integration.api.conftest import Program, key
from tests.integration.api.problems import problem

PAYMENT_FIELDS = (
    "id state source account_id account amount settled refunded left value_on booked_on document_number "
    "receipt_number payer_name payer_account payer_tax_id purpose case_id case_number claim_id created_at"
)
ALLOCATION_FIELDS = (
    "id payment_id settlement_id case_id case_number claim_id claim_number creditor_id component amount value_on "
    "booked_on rank why agent reverses_id withdrawn created_at"
)


async def test_a_payment_is_registered_settled_and_taken_back(program: Program, desk: Desk) -> None:
    ada = await program("ada")
    case = desk.cases["anna"]
    made = {
        "account_id": await money_account(desk.uow),
        "amount": {"amount": "300.00", "currency": "RUB"},
        "value_on": "2026-03-10",
        "case_id": case.id,
        "document_number": "17",
        "payer_name": "Somebody",
    }
    answer = await ada.post("/payments", json=made, headers=key())
    assert answer.status_code == 201, answer.text
    payment_id = answer.json()["id"]
    assert answer.headers["location"] == f"/api/v1/payments/{payment_id}"
    body = problem(await ada.post("/payments", json=made, headers=key()), 409, "duplicate_payment")
    assert str(payment_id) in str(body["detail"])
    dearer = {**made, "amount": {"amount": "1.00", "currency": "EUR"}}
    problem(await ada.post("/payments", json=dearer, headers=key()), 422, "bad_payment")

    address = f"/payments/{payment_id}"
    planned = (await ada.post(f"{address}/settle", json={"preview": True}, headers=key())).json()
    assert (planned["settlement_id"], planned["scheme"]) == (None, "RU_319")
    part = {"amount": {"amount": "120.00", "currency": "RUB"}}
    done = (await ada.post(f"{address}/settle", json=part, headers=key())).json()
    assert [line["amount"]["amount"] for line in done["lines"]] == ["120.00"]
    assert done["lines"][0]["why"].startswith("Russia, civil code art. 319, rank 3: principal")
    wrong = {"amount": {"amount": "5.00", "currency": "EUR"}}
    problem(await ada.post(f"{address}/settle", json=wrong, headers=key()), 422, "bad_settlement")

    whole = (await ada.get(address)).json()
    assert " ".join(name for name in whole if name not in ("settlements", "refunds")) == PAYMENT_FIELDS
    assert whole["left"] == {"amount": "180.00", "currency": "RUB"}
    (settlement,) = whole["settlements"]
    assert " ".join(settlement["allocations"][0]) == ALLOCATION_FIELDS
    listed = (await ada.get("/payments", params={"case": case.id, "unsettled": "true"})).json()
    assert [one["id"] for one in listed["items"]] == [payment_id]

    given = {"amount": {"amount": "80.00", "currency": "RUB"}, "reason": "asked for it"}
    now = (await ada.post(f"{address}/refund", json=given, headers=key())).json()
    assert (now["refunded"]["amount"], now["left"]["amount"], now["state"]) == ("80.00", "100.00", "posted")
    back = {"settlement_id": done["settlement_id"], "reason": "wrong case"}
    now = (await ada.post(f"{address}/withdraw", json=back, headers=key())).json()
    assert (now["settled"]["amount"], now["left"]["amount"]) == ("0.00", "220.00")
    problem(await ada.post(f"{address}/withdraw", json=back, headers=key()), 409, "already_withdrawn")
    problem(await ada.post(f"{address}/reverse", json={"reason": "x"}, headers=key()), 409, "money_given_back")
    lines = (await ada.get("/allocations", params={"payment": payment_id})).json()["items"]
    assert [line["amount"]["amount"] for line in lines] == ["-120.00", "120.00"]
    other = await desk.paid("anna")
    problem(
        await ada.post(f"{address}/withdraw", json={"settlement_id": other.settlement, "reason": "x"}, headers=key()),
        404,
        "not_found",
    )
    answer = await ada.post(f"/payments/{other.payment}/reverse", json={"reason": "no funds"}, headers=key())
    assert answer.json()["state"] == "reversed"
    anna = await program("anna")
    problem(await anna.get(address), 403, "forbidden")
