"""What acts, acts once for its key: repeated, raced, changed, crashed."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from callcenter.calls.model import Call
from callcenter.calls.ports import DialOrder
from core.cases.model import Promise
from core.kernel.idempotency import KEPT, PATIENCE, Idempotency, IdempotencyKey
from tests.factories.desk import Desk
from tests.integration.api.conftest import Program, key
from tests.integration.api.problems import problem
from web.api.v1.index import OPERATIONS


def order(desk: Desk) -> dict[str, object]:
    return {"phone": desk.phones["anna"], "case_id": desk.cases["anna"].id}


async def test_a_repetition_gets_the_first_answer(program: Program, desk: Desk) -> None:
    anna, mine = await program("anna"), key()
    first = await anna.post("/calls", json=order(desk), headers=mine)
    again = await anna.post("/calls", json=order(desk), headers=mine)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(desk.telephony.orders) == 1


async def test_thirty_at_once_are_one_call(program: Program, desk: Desk) -> None:
    anna, mine = await program("anna"), key()
    answers = await asyncio.gather(*(anna.post("/calls", json=order(desk), headers=mine) for _ in range(30)))
    told = {answer.status_code for answer in answers}
    assert told <= {201, 409}
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.json()["id"] for answer in made}) == 1
    assert all(one.json()["code"] == "idempotency_in_progress" for one in answers if one.status_code == 409)
    assert sum("idempotent-replayed" not in answer.headers for answer in made) == 1
    async with desk.uow.read() as session:
        assert await session.scalar(select(func.count()).select_from(Call)) == 1
    assert len(desk.telephony.orders) == 1


async def test_while_the_first_is_worked_on_the_second_is_told(
    program: Program, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()

    async def slowly(_order: DialOrder) -> None:
        began.set()
        await may_end.wait()

    monkeypatch.setattr(desk.telephony, "dial", slowly)
    anna, mine = await program("anna"), key()
    first = asyncio.create_task(anna.post("/calls", json=order(desk), headers=mine))
    await began.wait()
    problem(await anna.post("/calls", json=order(desk), headers=mine), 409, "idempotency_in_progress")
    may_end.set()
    assert (await first).status_code == 201
    assert (await anna.post("/calls", json=order(desk), headers=mine)).json() == (await first).json()


async def test_refusals_are_kept_too(program: Program, desk: Desk) -> None:
    """A time-out may have rung: the same request must not ring again."""
    desk.telephony.dead = True
    anna, mine = await program("anna"), key()
    first = await anna.post("/calls", json=order(desk), headers=mine)
    problem(first, 503, "telephony_unavailable")
    desk.telephony.dead = False
    again = await anna.post("/calls", json=order(desk), headers=mine)
    assert again.json() == problem(again, 503, "telephony_unavailable") == first.json()
    assert len(desk.telephony.orders) == 1


async def test_a_fault_of_ours_is_not_tried_again(
    program: Program, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = 0

    async def broken(_order: DialOrder) -> None:
        nonlocal tried
        tried += 1
        raise RuntimeError("broken")

    monkeypatch.setattr(desk.telephony, "dial", broken)
    anna, mine = await program("anna"), key()
    for _ in range(2):
        problem(await anna.post("/calls", json=order(desk), headers=mine), 500, "internal")
    assert tried == 1


async def test_a_key_belongs_to_one_request(program: Program, desk: Desk) -> None:
    anna, mine = await program("anna"), key()
    wish = {
        "case_id": desk.cases["anna"].id,
        "amount": {"amount": "10.00", "currency": "RUB"},
        "due_on": "2026-03-12",
    }
    assert (await anna.post("/promises", json=wish, headers=mine)).status_code == 201
    other = {**wish, "due_on": "2026-03-13"}
    problem(await anna.post("/promises", json=other, headers=mine), 422, "idempotency_key_reused")
    problem(await anna.post("/calls", json=order(desk), headers=mine), 422, "idempotency_key_reused")
    spelt = json.dumps(wish, indent=3, sort_keys=True)
    headers = {**mine, "Content-Type": "application/json"}
    assert (await anna.post("/promises", content=spelt, headers=headers)).status_code == 201, "the same in other words"
    async with desk.uow.read() as session:
        assert await session.scalar(select(func.count()).select_from(Promise)) == 1


async def test_a_key_belongs_to_one_caller(program: Program, desk: Desk) -> None:
    mine = key()
    wish = {"state": "available"}
    for login in ("anna", "bella"):
        client = await program(login)
        answer = await client.post(f"/agents/{desk.cast.users[login]}/state", json=wish, headers=mine)
        assert (answer.status_code, answer.json()["id"]) == (200, desk.cast.users[login])


async def test_what_was_refused_before_it_began_leaves_the_key_free(program: Program, desk: Desk) -> None:
    anna, mine = await program("anna"), key()
    problem(await anna.post("/calls", json={"phone": "x"}, headers=mine), 422, "invalid")
    assert (await anna.post("/calls", json=order(desk), headers=mine)).status_code == 201


async def test_what_was_never_finished_is_said_to_be_unknown(program: Program, desk: Desk) -> None:
    anna, mine = await program("anna"), key()
    await anna.post("/calls", json=order(desk), headers=mine)
    async with desk.uow.write() as work:  # as if the process had died in between
        await work.session.execute(update(IdempotencyKey).values(status=None))
    problem(await anna.post("/calls", json=order(desk), headers=mine), 409, "idempotency_in_progress")
    desk.clock.advance(PATIENCE + timedelta(seconds=1))
    problem(await anna.post("/calls", json=order(desk), headers=mine), 409, "idempotency_outcome_unknown")
    assert len(desk.telephony.orders) == 1


async def test_keys_are_forgotten(program: Program, desk: Desk) -> None:
    anna, mine = await program("anna"), key()
    path = f"/agents/{desk.cast.users['anna']}/state"
    await anna.post(path, json={"state": "offline"}, headers=mine)
    desk.clock.advance(KEPT + timedelta(seconds=1))
    assert "idempotent-replayed" not in (await anna.post(path, json={"state": "available"}, headers=mine)).headers
    desk.clock.advance(KEPT + timedelta(seconds=1))
    await Idempotency(desk.uow, desk.clock).forget()
    async with desk.uow.read() as session:
        assert await session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0


@pytest.mark.parametrize("sent", [None, "", "two words", "x" * 201, "é"])
async def test_what_acts_needs_a_key(program: Program, desk: Desk, sent: str | None) -> None:
    anna = await program("anna")
    headers = {} if sent is None else {"Idempotency-Key": sent.encode("latin-1")}
    answer = await anna.post("/calls", json=order(desk), headers=headers)  # type: ignore[arg-type]
    problem(answer, 400, "idempotency_key_missing")
    assert desk.telephony.orders == []


def test_every_post_acts_but_those_that_only_ask() -> None:
    asking = {"contacts.check", "mass_actions.foresee"}
    assert {one.name for one in OPERATIONS if one.method == "POST" and not one.acts} == asking
