"""Cases, people, claims and promises, field by field: what programs were promised."""

from sqlalchemy import select

from core.audit.model import AuditEntry
from tests.factories.desk import Desk
from tests.integration.api.conftest import Program, key
from tests.integration.api.problems import problem


async def test_cases_and_people(program: Program, desk: Desk) -> None:
    anna = await program("anna")
    (line,) = (await anna.get("/cases")).json()["items"]
    assert " ".join(line) == (
        "id number state close_reason debtor_id debtor_name creditor_id creditor order stage agent "
        "priority open_amount due_since opened_at next_action_at last_contact_at"
    )
    assert line["open_amount"] == {"amount": "1500.50", "currency": "RUB"}
    whole = (await anna.get(f"/cases/{line['id']}")).json()
    assert " ".join(whole) == (
        "id number state close_reason suspended_until debtor_id creditor_id creditor order stage agent "
        "priority jurisdiction opened_at closed_at next_action_at last_contact_at balance people claims "
        "promises plans"
    )
    assert whole["jurisdiction"] == "RU"
    assert whole["balance"]["total"] == {"amount": "1500.50", "currency": "RUB"}
    assert whole["people"][0]["phones"][0]["phone"] == desk.phones["anna"]
    async with desk.uow.read() as session:
        looked = select(AuditEntry.subject_id).where(AuditEntry.action == "looked", AuditEntry.subject_kind == "case")
        assert (await session.scalars(looked)).all() == [str(line["id"])]
    (party,) = (await anna.get("/parties")).json()["items"]
    assert " ".join(party) == "id name kind birth_date timezone language cases phones"
    assert (party["id"], party["cases"], party["phones"]) == (line["debtor_id"], 1, 1)


async def test_cases_are_found_by_every_filter(program: Program, desk: Desk) -> None:
    admin = await program("admin")
    mine = desk.cases["anna"]
    asked = {
        "search": mine.number,
        "number": mine.number,
        "agent": desk.cast.users["anna"],
        "phone": desk.phones["anna"],
    }
    for name, value in asked.items():
        found = (await admin.get("/cases", params={name: str(value)})).json()["items"]
        assert [case["id"] for case in found] == [mine.id], name
    shared = {"state": "open", "creditor": mine.creditor_id, "order": mine.order_id}
    for name, value in shared.items():
        assert len((await admin.get("/cases", params={name: str(value)})).json()["items"]) == 3, name
    assert (await admin.get("/cases", params={"state": "closed"})).json() == {"items": [], "next": None}
    numbers = [case["number"] for case in (await admin.get("/cases", params={"sort": "-number"})).json()["items"]]
    assert numbers == sorted(numbers, reverse=True)


async def test_who_is_calling(program: Program, desk: Desk) -> None:
    anna = await program("anna")
    found = (await anna.get(f"/phones/{desk.phones['anna']}")).json()
    assert (found["phone"], found["kind"]) == (desk.phones["anna"], "known")
    (candidate,) = found["candidates"]
    assert " ".join(candidate) == (
        "party_id name phone role case_id case_number case_state creditor agent open_amount last_contact_at reasons"
    )
    assert candidate["case_id"] == desk.cases["anna"].id
    assert candidate["reasons"][0] == "exact_number"
    foreign = (await anna.get(f"/phones/{desk.phones['diego']}")).json()
    assert (foreign["kind"], foreign["candidates"]) == ("unknown", [])
    problem(await anna.get("/phones/nobody"), 404, "not_found")


async def test_promises(program: Program, desk: Desk) -> None:
    anna = await program("anna")
    given = {
        "case_id": desk.cases["anna"].id,
        "amount": {"amount": "500", "currency": "RUB"},
        "due_on": "2026-03-20",
        "phone": desk.phones["anna"],
    }
    answer = await anna.post("/promises", json=given, headers=key())
    assert answer.status_code == 201, answer.text
    taken = answer.json()
    assert " ".join(taken) == (
        "id case_id party_id amount due_on grace_days type_id threshold_percent paid state reason phone call_id agent "
        "created_at settled_at"
    )
    assert taken["amount"] == {"amount": "500.00", "currency": "RUB"}
    assert (taken["state"], taken["agent"]) == ("open", desk.cast.users["anna"])
    assert (await anna.get("/promises", params={"state": "open"})).json() == {"items": [taken], "next": None}
    for miss in ({"state": "kept"}, {"due_from": "2026-03-21"}, {"due_to": "2026-03-19"}):
        assert (await anna.get("/promises", params=miss)).json()["items"] == []
    problem(await anna.post("/promises", json=given, headers=key()), 409, "promise_open")
    replaced = (await anna.post("/promises", json={**given, "supersede": True}, headers=key())).json()
    assert replaced["id"] != taken["id"]
    (gone,) = (await anna.get("/promises", params={"state": "cancelled"})).json()["items"]
    assert (gone["id"], gone["reason"]) == (taken["id"], "superseded")
    end = f"/promises/{replaced['id']}/cancel"
    problem(await anna.post(end, json={}, headers=key()), 422, "invalid")
    ended = (await anna.post(end, json={"reason": "he lost his job"}, headers=key())).json()
    assert (ended["state"], ended["reason"]) == ("cancelled", "he lost his job")
    problem(await anna.post(end, json={"reason": "again"}, headers=key()), 409, "promise_settled")
    too_much = {**given, "amount": {"amount": "9999", "currency": "RUB"}}
    assert "amount" in problem(await anna.post("/promises", json=too_much, headers=key()), 422, "bad_promise")["errors"]  # type: ignore[operator]


async def test_claims_are_read_added_and_corrected(program: Program, desk: Desk) -> None:
    admin, case = await program("admin"), desk.cases["anna"]
    (known,) = (await admin.get("/claims", params={"case": case.id})).json()["items"]
    assert (known["case_id"], known["number"], known["state"], known["nature"]) == (case.id, "1", "open", "business")
    assert known["principal"] == {"amount": "1500.50", "currency": "RUB"}
    assert (await admin.get(f"/claims/{known['id']}")).json() == known
    new = {"case_id": case.id, "number": "2", "reason": "Came late", "due_on": "2026-01-10"}
    problem(await admin.post("/claims", json=new, headers=key()), 422, "invalid")
    foreign = {**new, "principal": {"amount": "10", "currency": "EUR"}}
    refused = problem(await admin.post("/claims", json=foreign, headers=key()), 422, "invalid")
    assert refused["errors"] == {"principal": "The debt is in RUB."}
    paid = {**new, "principal": {"amount": "10.50", "currency": "RUB"}}
    added = await admin.post("/claims", json=paid, headers=key())
    assert (added.status_code, added.headers["location"]) == (201, f"/api/v1/claims/{added.json()['id']}"), added.text
    claim = added.json()
    assert (claim["principal"]["amount"], claim["due_on"]) == ("10.50", "2026-01-10")
    problem(await admin.post("/claims", json=paid, headers=key()), 422, "invalid")
    path = f"/claims/{claim['id']}"
    said = {"reason": "A slip", "contract_number": "K-7"}
    corrected = (await admin.post(f"{path}/correct", json=said, headers=key())).json()
    assert corrected == {**claim, "contract_number": "K-7"}, "what was not named stays as it was"
    moved = await admin.post(f"{path}/correct", json={"reason": "A slip", "due_on": "2026-01-20"}, headers=key())
    assert moved.json()["due_on"] == "2026-01-20"
    problem(await admin.post(f"{path}/correct", json={"reason": "x", "number": None}, headers=key()), 422, "invalid")
    problem(await admin.post(f"{path}/correct", json={"number": "3"}, headers=key()), 422, "invalid")
    bella = await program("bella")
    problem(await bella.get(path), 404, "not_found")
    problem(await bella.get("/claims", params={"case": case.id}), 404, "not_found")
