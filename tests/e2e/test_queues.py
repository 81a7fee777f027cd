"""Queues on a real exchange: made on a page they are there at once, and their members are as the collectors are."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.queues.model import Strategy
from tests.desk import Desk, signed_in
from tests.e2e.floor import OPTIONS, QUEUE, Floor, opened
from tests.plugins.asterisk import eventually

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]
FIELDS = {"strategy": "rrmemory", "service_seconds": "20", "overflow": "goodbye", "closed": "voicemail", "active": "1"}
DEBTOR = "+79000000100"
STRANGER = "+79000007788"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    async with opened(tmp_path_factory.mktemp("queues") / "call centre") as floor:
        yield floor


@pytest_asyncio.fixture(loop_scope="module")
async def admin(floor: Floor) -> AsyncIterator[Desk]:
    async with signed_in(floor.product.url, "admin", floor.product.passwords["admin"]) as desk:
        yield desk


def paused(floor: Floor, extension: str, queue: str = "main") -> bool | None:
    """Whether a collector's browser phone may not be rung by the queue; None when it does not stand in it."""
    for line in floor.lab.rx(f"queue show {queue}").splitlines():
        if f"(PJSIP/{extension} from" in line:
            return "(paused" in line
    return None


async def stands(floor: Floor, extension: str, queue: str = "main", *, rung: bool) -> None:
    await eventually(lambda: paused(floor, extension, queue) is not rung)
    assert await asyncio.to_thread(paused, floor, extension, queue) is (not rung)


async def test_a_queue_made_on_a_page_is_there_within_a_second(floor: Floor, admin: Desk) -> None:
    made = await admin.post("/queues", code="night", name="Night shift", **FIELDS)
    assert made.status_code == 303
    await eventually(lambda: "night has 0 calls" in floor.lab.rx("queue show night"))
    page = (await admin.get(made.headers["location"])).text
    user = re.search(r'name="(level-\d+)"', page)
    assert user is not None
    await admin.post(f"{made.headers['location']}/members", **{user[1]: 3})
    await eventually(lambda: floor.lab.rx("queue show night").count("with penalty 3") == 2)
    await admin.post(f"{made.headers['location']}/delete")
    await eventually(lambda: "No such queue" in floor.lab.rx("queue show night"))


async def test_the_exchange_rings_as_was_chosen(floor: Floor, admin: Desk) -> None:
    def rings(strategy: str) -> bool:
        return f"in '{strategy}' strategy" in floor.lab.rx("queue show how")

    made = await admin.post("/queues", code="how", name="How", **FIELDS)
    for strategy in Strategy:
        answer = await admin.post(made.headers["location"], name="How", **FIELDS | {"strategy": strategy})
        assert answer.status_code == 303
        await eventually(partial(rings, strategy))
    await admin.post(f"{made.headers['location']}/delete")


@pytest.mark.parametrize("strategy", [Strategy.IN_TURN, Strategy.ALL, Strategy.LONGEST_IDLE])
async def test_a_caller_waits_on_for_the_only_collector(floor: Floor, admin: Desk, strategy: Strategy) -> None:
    """He misses one ring and another, and takes the third."""
    lone = FIELDS | {"strategy": strategy, "ring_seconds": "2", "max_wait_seconds": "60"}
    made = await admin.post("/queues", code="lone", name="Lone", **lone)
    place, one = made.headers["location"], floor.seats["101"]
    user = _asked(floor, "SELECT id FROM users WHERE extension = '101'")
    assert (await admin.post(f"{place}/members", **{f"level-{user}": 0})).status_code == 303
    assert (await admin.post(f"{place}/callers", numbers=QUEUE)).status_code == 303
    await eventually(lambda: paused(floor, "101", "lone") is False)
    try:
        with floor.ring(STRANGER, seconds=1) as debtor:
            for _ in range(2):
                await one.rings()
                await one.free()
            await one.answer()
            await asyncio.to_thread(debtor.wait, 20)
        await floor.rested(expected=True)
    finally:
        assert (await admin.post(f"{place}/delete")).status_code == 303
    wanted = "SELECT queue FROM calls WHERE phone = ? AND answered_at IS NOT NULL ORDER BY id DESC LIMIT 1"
    assert _asked(floor, wanted, STRANGER) == "lone"


def _asked(floor: Floor, question: str, *values: object) -> object:
    with closing(sqlite3.connect(floor.product.folder / "callcenter.db")) as database:
        return database.execute(question, values).fetchone()[0]


async def test_members_follow_the_states_of_collectors(floor: Floor) -> None:
    one, two = floor.seats["101"], floor.seats["102"]
    await stands(floor, "101", rung=True)
    await stands(floor, "103", rung=False)  # nobody sits there
    assert (await one.post("/me/state", state="pause", reason="lunch"))[0] == 204
    await stands(floor, "101", rung=False)
    with floor.ring(DEBTOR, seconds=1) as debtor:
        await two.answer()
        await asyncio.to_thread(debtor.wait, 20)
    await stands(floor, "102", rung=False)  # he has yet to say how it went
    await floor.rested()
    await stands(floor, "102", rung=True)
    assert (await one.post("/me/state", state="available"))[0] == 204
    await stands(floor, "101", rung=True)


async def test_members_outlive_the_server_and_the_exchange(floor: Floor, tmp_path: Path) -> None:
    await stands(floor, "101", rung=True)
    await floor.product.kill()
    with floor.ring(DEBTOR, seconds=1) as debtor:
        await floor.seats["101"].rings()
        await floor.seats["101"].press("answer")
        await asyncio.to_thread(debtor.wait, 20)
    await floor.product.start()
    await asyncio.to_thread(floor.lab.kill)
    await asyncio.to_thread(floor.lab.up, None, OPTIONS)
    for seat in floor.seats.values():
        await seat.page.reload()
        await seat.ready()
    await floor.rested()
    await stands(floor, "101", rung=True)
    await stands(floor, "103", rung=False)
