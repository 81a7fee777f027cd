"""Calls and recordings, field by field: what programs were promised."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from callcenter.calls.model import Call
from callcenter.compliance.model import ContactAttempt, ContactDecision
from tests.factories.desk import SOUND, Desk
from tests.integration.api.conftest import Program, key
from tests.integration.api.problems import problem

CALL_FIELDS = (
    "id direction state started_at answered_at ended_at ring_seconds talk_seconds hold_seconds "
    "wrap_seconds hangup_cause phone party_id case_id agent queue campaign result_code recording_id "
    "asterisk legs"
)


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
