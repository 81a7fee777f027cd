"""Callbacks, field by field: what programs were promised."""

from tests.factories.desk import Desk
from tests.integration.api.conftest import Program, key
from tests.integration.api.problems import problem


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
