"""Tasks, worklists, actions on many cases and campaigns, field by field: what programs were promised."""

from sqlalchemy import select

from callcenter.calls.model import Call
from callcenter.campaigns.model import CampaignAttempt
from core.audit.model import AuditEntry
from core.kernel.i18n import translator
from core.people.model import User
from tests.factories.desk import Desk
from tests.integration.api.conftest import Program, key
from tests.integration.api.problems import problem


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
    sent = {"state": "pause", "reason": "break"}
    another = f"/agents/{desk.cast.users['bella']}/state"
    problem(await anna.post(another, json={**sent, "why": "x"}, headers=key()), 404, "agent_not_found")
    problem(await sofia.post(path, json=sent, headers=key()), 422, "no_reason_given")
    answer = await sofia.post(path, json={**sent, "why": "the fire drill"}, headers=key())
    assert answer.status_code == 200, answer.text
    async with desk.uow.read() as session:
        entries = select(AuditEntry).where(AuditEntry.action == "agents.state").order_by(AuditEntry.id.desc())
        assert (await session.scalars(entries.limit(1))).one().changes["why"] == ["", "the fire drill"]


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
