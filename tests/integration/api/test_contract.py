"""What holds for every operation: pages and cursors, who is let in, and what cannot be read."""

import base64
import json

import pytest

from tests.factories.desk import Desk
from tests.integration.api.conftest import Program, key
from tests.integration.api.problems import problem
from tests.plugins.web import SignIn


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
