"""Menus, the house's own recordings and what callers left, as programs see them."""

from pathlib import Path

from tests.factories.desk import Desk
from tests.integration.api.conftest import Program, key


async def test_a_menu_is_published_and_withdrawn(program: Program, desk: Desk) -> None:
    admin, menu = await program("admin"), await desk.menu()
    (listed,) = (await admin.get("/menus")).json()["items"]
    assert (listed["id"], listed["version"], listed["steps"], listed["queues"]) == (menu, None, None, [])
    published = (await admin.post(f"/menus/{menu}/publish", headers=key())).json()
    assert (published["version"], published["steps"]) == (1, published["draft"])
    refused = await admin.post(f"/menus/{menu}/queues", headers=key(), json={"queues": ["none such"]})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["queues"])
    withdrawn = (await admin.post(f"/menus/{menu}/withdraw", headers=key())).json()
    assert (withdrawn["version"], withdrawn["steps"]) == (None, None)


async def test_own_recordings_are_listed_and_heard(program: Program, desk: Desk) -> None:
    admin, name = await program("admin"), await desk.prompt()
    assert (await admin.get("/prompts")).json()["items"] == [{"name": name, "label": "Own", "duration_ms": 1}]
    heard = await admin.get(f"/prompts/{name}/audio")
    assert (heard.headers["content-type"], heard.content) == ("audio/wav", b"RIFF")
    assert (await admin.get("/prompts/u0/audio")).status_code == 404


async def test_a_message_is_heard_once_that_is_said(program: Program, desk: Desk, tmp_path: Path) -> None:
    message = await desk.message("anna", tmp_path)
    anna = await program("anna", "voicemail.listen")
    (waiting,) = (await anna.get("/voicemail", params={"heard": "false"})).json()["items"]
    assert (waiting["id"], waiting["agent"], waiting["heard_at"]) == (message, desk.cast.users["anna"], None)
    assert (await anna.get(f"/voicemail/{message}/audio")).status_code == 200
    assert (await anna.get(f"/voicemail/{message}")).json()["heard_at"] is None
    said = await anna.post(f"/voicemail/{message}/heard", headers=key(), json={"heard": True})
    assert said.json()["heard_at"] is not None
    assert (await anna.get("/voicemail", params={"heard": "false"})).json()["items"] == []
    other = await program("diego", "voicemail.listen")
    assert (await other.get(f"/voicemail/{message}")).status_code == 404
