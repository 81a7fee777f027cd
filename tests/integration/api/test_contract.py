"""Every operation, field by field: what programs were promised."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select, update

from callcenter.calls.model import Call
from callcenter.campaigns.model import CampaignAttempt
from callcenter.compliance.model import ContactAttempt, ContactDecision
from core.audit.model import AuditEntry
from core.kernel.i18n import translator
from core.people.model import User
from tests.factories.desk import SOUND, Desk
from tests.factories.money import money_account
from tests.integration.api.conftest import Program, key
from tests.plugins.web import SignIn

CALL_FIELDS = (
    "id direction state started_at answered_at ended_at ring_seconds talk_seconds hold_seconds "
    "wrap_seconds hangup_cause phone party_id case_id agent queue campaign result_code recording_id "
    "asterisk legs"
)


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    """The problem document, checked."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail"} <= set(body)
    return body


async def test_a_call_has_every_field(program: Program, desk: Desk, tmp_path: Path) -> None:
    recording_id = await desk.recording("anna", tmp_path)
    anna = await program("anna")
    listed = (await anna.get("/calls")).json()
    assert set(listed) == {"items", "next"}
    (call,) = listed["items"]
    assert " ".join(call) == CALL_FIELDS
    assert (await anna.get(f"/calls/{call['id']}")).json() == call
    assert call["direction"] == "outbound"
    assert call["state"] == "ended"
    assert call["started_at"] == "2026-03-11T11:59:00Z"
    assert call["ended_at"] == "2026-03-11T11:59:50Z"
    assert call["phone"] == desk.phones["anna"]
    assert call["party_id"] == desk.cases["anna"].debtor_id
    assert call["case_id"] == desk.cases["anna"].id
    assert call["agent"] == desk.cast.users["anna"]
    assert (call["ring_seconds"], call["talk_seconds"], call["hold_seconds"], call["wrap_seconds"]) == (5, 45, 0, 0)
    assert (call["hangup_cause"], call["queue"], call["recording_id"]) == (16, "main", recording_id)
    assert call["asterisk"] == {
        "server": "lab",
        "linkedid": f"{call['id']}.1",
        "uniqueids": [f"{call['id']}.1", f"{call['id']}.2"],
    }
    assert [leg["kind"] for leg in call["legs"]] == ["agent", "customer"]
    assert " ".join(call["legs"][0]) == (
        "uniqueid kind agent endpoint number started_at answered_at ended_at outcome hangup_cause "
        "ring_seconds talk_seconds hold_seconds"
    )


async def test_calls_are_found_by_every_filter(program: Program, desk: Desk) -> None:
    first, second = await desk.call("anna", live=False, ago=7200), await desk.call("bella")
    admin = await program("admin")

    async def found(**asked: object) -> set[int]:
        answer = await admin.get("/calls", params={name.rstrip("_"): str(value) for name, value in asked.items()})
        assert answer.status_code == 200, answer.text
        return {call["id"] for call in answer.json()["items"]}

    assert await found() == {first, second}
    assert await found(from_="2026-03-11T11:00:00Z") == {second}
    assert await found(to="2026-03-11T12:00:00+01:00") == {first}
    assert await found(agent=desk.cast.users["anna"]) == {first}
    assert await found(phone=desk.phones["bella"]) == {second}
    assert await found(case=desk.cases["anna"].id) == {first}
    assert await found(direction="outbound") == {first, second}
    assert await found(direction="inbound") == set()
    assert await found(queue="main") == {first, second}
    assert await found(result="NA") == set()
    async with desk.uow.write() as work:
        await work.session.execute(update(Call).where(Call.id == second).values(campaign_id=7))
    assert await found(campaign=7) == {second}
    assert await found(campaign=8) == set()


async def test_a_call_is_placed(program: Program, desk: Desk) -> None:
    anna = await program("anna")
    order = {"phone": desk.phones["anna"], "case_id": desk.cases["anna"].id}
    answer = await anna.post("/calls", json=order, headers=key())
    assert answer.status_code == 201, answer.text
    call = answer.json()
    assert answer.headers["location"] == f"/api/v1/calls/{call['id']}"
    assert " ".join(call) == CALL_FIELDS
    assert (call["state"], call["agent"], call["case_id"]) == (
        "dialling",
        desk.cast.users["anna"],
        desk.cases["anna"].id,
    )
    ordered = [(one.endpoint, one.number) for one in desk.telephony.orders]
    assert ordered == [(desk.extensions["anna"], desk.phones["anna"])]


async def test_a_supervisor_rings_a_collectors_phone(program: Program, desk: Desk) -> None:
    sofia = await program("sofia", "calls.dial", "cases.view")  # a token that may place calls but not read the log
    order = {"phone": desk.phones["anna"], "case_id": desk.cases["anna"].id, "agent": desk.cast.users["anna"]}
    answer = await sofia.post("/calls", json=order, headers=key())
    assert (answer.status_code, answer.json()["agent"]) == (201, desk.cast.users["anna"])
    order["agent"] = desk.cast.users["diego"]
    problem(await sofia.post("/calls", json=order, headers=key()), 403, "forbidden")
    assert len(desk.telephony.orders) == 1


async def test_what_the_law_forbids_is_said_with_rule_reason_and_time(program: Program, desk: Desk) -> None:
    desk.clock.advance(timedelta(hours=8))  # 23:00 where the debtor is
    anna = await program("anna")
    order = {"phone": desk.phones["anna"], "case_id": desk.cases["anna"].id}
    body = problem(await anna.post("/calls", json=order, headers=key()), 409, "contact_forbidden")
    assert str(body["rule"]).startswith("ru.")
    assert "23:00" in str(body["reason"])
    assert body["next_allowed_at"] == "2026-03-12T05:00:00+00:00"
    assert body["may_override"] is False
    assert desk.telephony.orders == []


async def test_a_call_for_a_case_is_never_judged_without_its_debtor(program: Program, desk: Desk) -> None:
    """A number nobody knows must not slip past the law of the case it is dialled for."""
    desk.clock.advance(timedelta(hours=8))
    anna = await program("anna")
    order = {"phone": "+74959999999", "case_id": desk.cases["anna"].id}
    problem(await anna.post("/calls", json=order, headers=key()), 409, "contact_forbidden")


async def test_without_an_exchange_nothing_is_dialled(program: Program, desk: Desk) -> None:
    desk.telephony.up = False
    anna = await program("anna")
    problem(await anna.post("/calls", json={"phone": desk.phones["anna"]}, headers=key()), 503, "telephony_unavailable")


@pytest.mark.parametrize(
    ("verb", "body", "command"),
    [
        ("hangup", {}, ("hang_up", "")),
        ("hold", {}, ("hold", "")),
        ("unhold", {}, ("ring_back", "anna")),
        ("transfer", {"target": "105"}, ("blind_transfer", "105")),
        ("transfer", {"target": "105", "attended": True}, ("attended_transfer", "105")),
    ],
)
async def test_a_call_is_steered(
    program: Program, desk: Desk, verb: str, body: dict[str, object], command: tuple[str, str]
) -> None:
    call_id = await desk.call("anna")
    anna = await program("anna", "calls.control")
    answer = await anna.post(f"/calls/{call_id}/{verb}", json=body, headers=key())
    assert (answer.status_code, answer.json()["id"]) == (202, call_id), answer.text
    argument = desk.extensions.get(command[1], command[1])
    assert desk.telephony.commands == [(command[0], call_id, argument)]
    over = await desk.call("anna", live=False)
    problem(await anna.post(f"/calls/{over}/{verb}", json=body, headers=key()), 409, "not_in_call")


async def test_a_result_with_what_it_demands(program: Program, desk: Desk) -> None:
    call_id = await desk.call("anna", live=False)
    anna = await program("anna")
    path = f"/calls/{call_id}/result"
    body = problem(await anna.post(path, json={"code": "RPC-PTP"}, headers=key()), 422, "result_incomplete")
    assert set(body["errors"]) == {"promise"}  # type: ignore[call-overload]
    problem(await anna.post(path, json={"code": "NO-SUCH"}, headers=key()), 422, "unknown_result")
    promise = {"amount": {"amount": "100.50", "currency": "USD"}, "due_on": "2026-03-15"}
    wrong = {"code": "RPC-PTP", "promise": promise}
    assert "RUB" in str(problem(await anna.post(path, json=wrong, headers=key()), 422, "invalid")["errors"])
    promise["amount"] = {"amount": "100.50", "currency": "RUB"}
    answer = await anna.post(path, json=wrong, headers=key())
    assert (answer.status_code, answer.json()["result_code"]) == (200, "RPC-PTP"), answer.text
    (taken,) = (await anna.get("/promises")).json()["items"]
    assert (taken["amount"], taken["call_id"]) == ({"amount": "100.50", "currency": "RUB"}, call_id)


async def test_a_result_plans_the_callback_it_tells_of(program: Program, desk: Desk) -> None:
    call_id = await desk.call("anna", live=False)
    anna = await program("anna")
    agreed = {"start": "2026-03-12T10:00:00Z", "end": "2026-03-12T11:00:00Z", "reason": "after work"}
    given = {"code": "RPC-CALLBACK", "callback": agreed}
    assert (await anna.post(f"/calls/{call_id}/result", json=given, headers=key())).status_code == 200
    (planned,) = (await anna.get("/callbacks")).json()["items"]
    assert (planned["window_start"], planned["source_call_id"]) == ("2026-03-12T10:00:00Z", call_id)


async def test_recordings(program: Program, desk: Desk, tmp_path: Path) -> None:
    recording_id = await desk.recording("anna", tmp_path)
    await desk.recording("diego", tmp_path)
    anna = await program("anna")
    (listed,) = (await anna.get("/recordings")).json()["items"]
    whole = (await anna.get(f"/recordings/{recording_id}")).json()
    assert " ".join(whole) == "id call_id state started_at duration_ms bytes sha256 speech"
    assert whole["speech"] == {"debtor": 0.5, "collector": 0.25, "both": 0.05, "nobody": 0.3}
    assert listed == {**whole, "speech": None}
    assert (await anna.get("/recordings", params={"call": whole["call_id"] + 1})).json()["items"] == []
    peaks = (await anna.get(f"/recordings/{recording_id}/peaks")).json()
    assert peaks == {
        "duration_ms": 45000,
        "channels": [[0, 128, 255], [1, 2, 3]],
        "silences": [[100, 900]],
        "pauses": [],
    }


async def test_sound_by_ranges(program: Program, desk: Desk, tmp_path: Path) -> None:
    path = f"/recordings/{await desk.recording('anna', tmp_path)}/audio"
    anna = await program("anna")
    whole = await anna.get(path)
    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, SOUND, "bytes")
    piece = await anna.get(path, headers={"Range": "bytes=10-19"})
    assert (piece.status_code, piece.content) == (206, SOUND[10:20])
    assert piece.headers["content-range"] == f"bytes 10-19/{len(SOUND)}"
    assert (await anna.get(path, headers={"Range": "bytes=999999-"})).status_code == 416
    assert (await anna.head(path)).content == b""
    problem(await anna.get(path, params={"download": "true"}), 403, "forbidden")


async def test_callbacks_are_planned_moved_and_cancelled(program: Program, desk: Desk) -> None:
    anna = await program("anna")
    plan = {
        "phone": desk.phones["anna"],
        "case_id": desk.cases["anna"].id,
        "agent": desk.cast.users["anna"],
        "window_start": "2026-03-12T09:00:00Z",
        "window_end": "2026-03-12T09:30:00Z",
        "reason": "salary",
    }
    answer = await anna.post("/callbacks", json=plan, headers=key())
    assert answer.status_code == 201, answer.text
    planned = answer.json()
    assert " ".join(planned) == (
        "id state origin agent party_id case_id phone zone window_start window_end reason automatic "
        "attempts moved_rule call_id source_call_id created_at closed_at"
    )
    assert answer.headers["location"] == f"/api/v1/callbacks/{planned['id']}"
    assert planned["zone"] == "Europe/Moscow"
    assert (planned["state"], planned["origin"], planned["party_id"]) == (
        "planned",
        "agreed",
        desk.cases["anna"].debtor_id,
    )
    path = f"/callbacks/{planned['id']}"
    assert (await anna.get(path)).json() == planned
    to = {"window_start": "2026-03-13T01:00:00Z", "window_end": "2026-03-13T01:30:00Z"}
    moved = (await anna.post(f"{path}/reschedule", json=to, headers=key())).json()
    assert moved["window_start"] == "2026-03-13T05:00:00Z", "four in the morning is no time to call"
    assert moved["moved_rule"].startswith("ru.")
    dropped = await anna.post(f"{path}/cancel", json={"reason": "paid"}, headers=key())
    assert dropped.json()["state"] == "cancelled"
    problem(await anna.post(f"{path}/cancel", json={}, headers=key()), 409, "callback_taken")
    past = {**plan, "window_start": "2026-03-10T09:00:00Z", "window_end": "2026-03-10T09:30:00Z"}
    problem(await anna.post("/callbacks", json=past, headers=key()), 422, "bad_window")


async def test_a_callback_is_dialled(program: Program, desk: Desk) -> None:
    callback_id = await desk.callback("anna")
    anna = await program("anna")
    answer = await anna.post(f"/callbacks/{callback_id}/dial", headers=key())
    assert (answer.status_code, answer.json()["state"]) == (200, "dialling"), answer.text
    assert (await anna.get(f"/calls/{answer.json()['call_id']}")).json()["phone"] == desk.phones["anna"]
    assert len(desk.telephony.orders) == 1


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


async def test_a_contact_check_answers_and_reserves_nothing(program: Program, desk: Desk) -> None:
    anna = await program("anna")
    case = desk.cases["anna"]
    asked = {"party_id": case.debtor_id, "case_id": case.id, "phone": desk.phones["anna"], "channel": "call"}
    now = (await anna.post("/contact-check", json=asked)).json()
    assert " ".join(now) == "decision rule reason next_allowed_at"
    assert (now["decision"], now["next_allowed_at"]) == ("allow", "2026-03-11T12:00:00Z")
    night = (await anna.post("/contact-check", json={**asked, "at": "2026-03-11T20:00:00Z"})).json()
    assert (night["decision"], night["next_allowed_at"]) == ("deny", "2026-03-12T05:00:00Z")
    assert night["rule"].startswith("ru.")
    assert "23:00" in night["reason"]
    async with desk.uow.read() as session:
        for table in (ContactAttempt, ContactDecision, Call):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


async def test_agents(program: Program, desk: Desk) -> None:
    sofia = await program("sofia")
    found = (await sofia.get("/agents")).json()
    assert " ".join(found["items"][0]) == "id state reason call_id since name extension registered"
    assert {agent["name"] for agent in found["items"]} == {"Anna", "Bella", "Sofia"}
    anna = await program("anna")
    path = f"/agents/{desk.cast.users['anna']}/state"
    answer = await anna.post(path, json={"state": "pause", "reason": "lunch"}, headers=key())
    assert (answer.status_code, answer.json()["state"]) == (200, "offline"), "nobody can reach her yet"
    problem(await anna.post(path, json={"state": "pause", "reason": "none"}, headers=key()), 422, "bad_state")


async def test_pages_stay_steady_while_calls_come_in(program: Program, desk: Desk) -> None:
    made = [await desk.call("anna", live=False, ago=1000 - number) for number in range(7)]
    anna = await program("anna")
    seen: list[int] = []
    after: str | None = None
    while True:
        asked = {"limit": 2, **({"after": after} if after else {})}
        answer = await anna.get("/calls", params=asked)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        seen += [call["id"] for call in body["items"]]
        await desk.call("anna", live=False, ago=1)  # newer than everything on any later page
        after = body["next"]
        if after is None:
            break
    assert seen == made[::-1]


FORGED = [
    [""], "x", ["", 5, 1], ["t", "2026-03-11T12:00:00", 1], ["t", "0001-01-01T00:00:00+14:00", 1], ["n", "NaN", 1],
    ["n", "1e400", 1], ["", "\x00", 1], ["", None, 10**30], ["", True, 1], [[], 1, 1], ["t", 5, 1], ["", "x", "y"],
]  # fmt: skip


@pytest.mark.parametrize("path", ["/calls", "/callbacks", "/cases", "/parties", "/promises", "/recordings"])
async def test_a_forged_cursor_is_refused(program: Program, path: str) -> None:
    admin = await program("admin")
    deep = base64.urlsafe_b64encode(b"[" * 300).decode().rstrip("=")
    forged = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in FORGED]
    for cursor in ("AAAA", deep, *forged):
        answer = await admin.get(path, params={"after": cursor})
        assert answer.status_code in (200, 422), (cursor, answer.text)


async def test_who_has_no_token_is_told_so_and_a_session_will_do(program: Program, desk: Desk, sign_in: SignIn) -> None:
    anna = await program("anna")
    del anna.headers["authorization"]
    answer = await anna.get("/calls")
    problem(answer, 401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"
    with_session = await sign_in("anna")
    assert (await with_session.get("/api/v1/cases")).status_code == 200
    anna.headers["authorization"] = "Bearer cct_made-up"
    problem(await anna.get("/calls"), 401, "not_signed_in")


async def test_what_cannot_be_read_is_refused(program: Program, desk: Desk) -> None:
    anna = await program("anna")
    json_type = {"Content-Type": "application/json"}
    problem(await anna.post("/calls", content=b"{", headers={**key(), **json_type}), 400, "malformed_json")
    problem(await anna.post("/calls", content=b"phone=1", headers=key()), 415, "http_415")
    assert (await anna.post("/calls", content=b" " * 300_000, headers={**key(), **json_type})).status_code == 413
    body = problem(await anna.post("/calls", json={"phone": "1", "fone": "2"}, headers=key()), 422, "invalid")
    assert set(body["errors"]) == {"phone", "fone"}  # type: ignore[call-overload]
    problem(await anna.get("/calls", params={"from": "2026-03-11T12:00:00"}), 422, "invalid")
    problem(await anna.get("/calls", params={"nothing": "1"}), 422, "invalid")
    problem(await anna.get(f"/calls/{10**30}"), 404, "not_found")
    problem(await anna.get("/nothing"), 404, "http_404")
    problem(await anna.delete("/calls"), 405, "http_405")


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


async def test_tasks_are_planned_moved_and_ended(program: Program, desk: Desk) -> None:
    anna, case = await program("anna"), desk.cases["anna"].id
    due = "2026-03-13T10:00:00Z"
    answer = await anna.post("/tasks", json={"case_id": case, "title": "Ask", "due_at": due}, headers=key())
    assert answer.status_code == 201, answer.text
    task = answer.json()
    assert " ".join(task) == "id case_id kind title due_at agent author state result created_at ended_at"
    assert (task["title"], task["due_at"], task["state"], task["kind"]) == ("Ask", due, "open", "other")
    assert task["author"] == desk.cast.users["anna"]
    path = f"/tasks/{task['id']}"
    moved = await anna.post(f"{path}/move", json={"due_at": "2026-03-14T10:00:00Z"}, headers=key())
    assert moved.json()["due_at"] == "2026-03-14T10:00:00Z"
    given = await anna.post(f"{path}/give", json={"agent": desk.cast.users["anna"]}, headers=key())
    assert given.json()["agent"] == desk.cast.users["anna"]
    assert [
        one["id"] for one in (await anna.get("/tasks", params={"case": case, "state": "open"})).json()["items"]
    ] == [task["id"]]
    over = await anna.post(f"{path}/finish", json={"result": "asked"}, headers=key())
    assert (over.json()["state"], over.json()["result"]) == ("done", "asked")
    problem(await anna.post(f"{path}/cancel", json={}, headers=key()), 409, "task_ended")
    missing = {"case_id": desk.cases["diego"].id, "title": "Ask", "due_at": due}
    problem(await anna.post("/tasks", json=missing, headers=key()), 404, "not_found")
    problem(await anna.post("/tasks", json={**missing, "title": "  "}, headers=key()), 422, "invalid")


async def test_the_programs_own_tasks_are_told_in_the_readers_language(program: Program, desk: Desk) -> None:
    title = "Call: the promise was not kept"
    own = await desk.task("anna", key="promise:1:broken", title=title)
    written = await desk.task("anna", title=title)
    async with desk.uow.write() as work:
        (await work.session.get_one(User, desk.cast.users["anna"])).language = "ru"
    anna = await program("anna")
    told = {one["id"]: one["title"] for one in (await anna.get("/tasks")).json()["items"]}
    assert told[own] == translator("ru").gettext(title) != title
    assert told[written] == title


async def test_worklists_count_and_a_case_is_served(program: Program, desk: Desk) -> None:
    anna = await program("anna")
    lists = (await anna.get("/worklists")).json()["items"]
    assert [one["name"] for one in lists] == ["unplanned", "broken", "due", "callbacks", "paid", "limitation"]
    for one in lists:
        found = (await anna.get("/cases", params={"worklist": one["name"]})).json()["items"]
        assert len(found) >= one["cases"]
    served = (await anna.post("/next-case", json={}, headers=key())).json()
    assert set(served) == {"case_id", "forbidden", "next_at"}
    assert served["case_id"] == desk.cases["anna"].id or served["forbidden"]


async def test_many_cases_are_acted_on_in_steps(program: Program, desk: Desk) -> None:
    admin, case = await program("admin"), desk.cases["anna"].id
    chosen = await admin.post("/mass-actions", json={"cases": [case, 999999]}, headers=key())
    assert chosen.status_code == 201, chosen.text
    run = chosen.json()
    assert (run["state"], run["action"], run["cases"], run["outcomes"]) == ("draft", None, 1, {"waiting": 1})
    path, deed = f"/mass-actions/{run['id']}", {"action": "task", "title": "Look", "due_at": "2026-03-13T10:00:00Z"}
    assert (await admin.post(f"{path}/foresee", json=deed)).json() == {"done": 1, "skipped": []}
    problem(await admin.post(f"{path}/start", json={"action": "task"}, headers=key()), 422, "invalid")
    started = (await admin.post(f"{path}/start", json=deed, headers=key())).json()
    assert (started["state"], started["action"]) == ("running", "task")
    problem(await admin.post(f"{path}/start", json=deed, headers=key()), 409, "mass_busy")
    stopped = (await admin.post(f"{path}/stop", json={}, headers=key())).json()
    assert stopped["state"] == "stopped"
    assert (await admin.post(f"{path}/undo", json={}, headers=key())).json()["state"] == "undoing"
    (row,) = (await admin.get(f"{path}/rows")).json()["items"]
    assert (row["case_id"], row["outcome"], row["reason"]) == (case, "waiting", None)
    assert (await admin.get(path)).json()["id"] == run["id"]
    problem(await (await program("anna")).get(path), 403, "forbidden")


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


async def test_a_campaign_is_set_up_filled_and_run(program: Program, desk: Desk) -> None:
    admin, case = await program("admin"), desk.cases["anna"].id
    rules = {"name": "Spring", "mode": "agentless", "message": "hello", "show_number": "+79000000777"}
    made = await admin.post("/campaigns", json=rules, headers=key())
    assert made.status_code == 201, made.text
    campaign = made.json()
    assert made.headers["location"] == f"/api/v1/campaigns/{campaign['id']}"
    assert (campaign["state"], campaign["filter"], campaign["started_at"]) == ("draft", None, None)
    assert {name: campaign["rules"][name] for name in rules} == rules
    path = f"/campaigns/{campaign['id']}"
    assert (await admin.get(path)).json() == campaign
    assert [one["id"] for one in (await admin.get("/campaigns")).json()["items"]] == [campaign["id"]]
    problem(await admin.post(f"{path}/start", headers=key()), 409, "campaign_empty")
    cases = {"cases": [case, 999999]}
    assert (await admin.post(f"{path}/cases", json=cases, headers=key())).json() == {"added": 1}
    assert (await admin.post(f"{path}/cases", json=cases, headers=key())).json() == {"added": 0}
    (listed,) = (await admin.get(f"{path}/cases", params={"state": "waiting"})).json()["items"]
    assert (listed["case_id"], listed["state"], listed["attempts"]) == (case, "waiting", 0)
    assert (await admin.post(f"{path}/start", headers=key())).json()["state"] == "running"
    problem(await admin.post(f"{path}/start", headers=key()), 409, "campaign_moves")
    call_id = await desk.call("anna", live=False)
    async with desk.uow.write() as work:
        (await work.session.get_one(Call, call_id)).campaign_id = campaign["id"]
        attempt = {"campaign_id": campaign["id"], "entry_id": listed["id"], "call_id": call_id}
        when = {"at": desk.clock.now(), "ended_at": desk.clock.now()}
        work.session.add(CampaignAttempt(**attempt, **when, phone=desk.phones["anna"], outcome="BUSY"))
    (told,) = (await admin.get(f"{path}/attempts", params={"case": case, "result": "BUSY"})).json()["items"]
    assert (told["call_id"], told["case_id"], told["result"]) == (call_id, case, "BUSY")
    assert (await admin.get(f"{path}/attempts", params={"result": "NA"})).json()["items"] == []
    (call,) = (await admin.get("/calls", params={"campaign": campaign["id"]})).json()["items"]
    assert (call["id"], call["campaign"]) == (call_id, campaign["id"])
    figures = (await admin.get(f"{path}/figures")).json()
    assert (figures["left"], figures["cases"], figures["abandoned_share"]) == (1, {"waiting": 1}, 0.0)
    assert (await admin.post(f"{path}/pause", headers=key())).json()["state"] == "paused"
    assert (await admin.post(f"{path}/end", headers=key())).json()["state"] == "ended"
    problem(await admin.post(f"{path}/cases", json=cases, headers=key()), 409, "campaign_moves")
    problem(await admin.post("/campaigns", json={**rules, "message": None}, headers=key()), 422, "invalid")
    problem(await (await program("anna")).get(path), 403, "forbidden")
