"""Where callers go on a real exchange: to their own collector, to the queue, and never nowhere."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
import pytest_asyncio

from telephony.lab import sipp
from tests.desk import Desk, signed_in
from tests.e2e.floor import QUEUE, Floor, Seat, opened
from tests.plugins.asterisk import eventually

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]
STRANGER = "+79000007777"
MAIN = {
    "name": "Main queue",
    "strategy": "rrmemory",
    "service_seconds": 20,
    "overflow": "goodbye",
    "closed": "voicemail",
    "everybody": 1,
    "own_first": 1,
    "active": 1,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    async with opened(tmp_path_factory.mktemp("routing") / "call centre") as floor:
        yield floor


@pytest_asyncio.fixture(loop_scope="module")
async def admin(floor: Floor) -> AsyncIterator[Desk]:
    async with signed_in(floor.product.url, "admin", floor.product.passwords["admin"]) as desk:
        yield desk


def asked(floor: Floor, question: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(floor.product.folder / "callcenter.db")) as database:
        return database.execute(question, values).fetchall()


def debtor_of(floor: Floor, extension: str, skip: int = 0) -> str:
    """A number that only an open case of that collector bears, after some others of that kind."""
    wanted = """
        SELECT phones.e164 FROM phones JOIN case_parties ON case_parties.party_id = phones.party_id
        JOIN cases ON cases.id = case_parties.case_id JOIN users ON users.id = cases.collector_id
        WHERE users.extension = ? AND cases.state = 'open'
        AND (SELECT count(*) FROM phones other WHERE other.e164 = phones.e164) = 1
        AND (SELECT count(*) FROM case_parties other WHERE other.party_id = phones.party_id) = 1
        ORDER BY phones.id LIMIT 1 OFFSET ?"""
    return str(asked(floor, wanted, extension, skip)[0][0])


def last_call(floor: Floor, phone: str) -> dict[str, Any]:
    names = ("id", "queue", "queued_at", "answered_at", "ended_at", "started_at")
    rows = asked(floor, f"SELECT {', '.join(names)} FROM calls WHERE phone = ? ORDER BY id DESC LIMIT 1", phone)
    return dict(zip(names, rows[0], strict=True)) if rows else {}


async def ended(floor: Floor, phone: str) -> dict[str, Any]:
    def look() -> dict[str, Any]:
        call = last_call(floor, phone)
        return call if call.get("ended_at") else {}

    return await eventually(look)


async def takes(seat: Seat, debtor: sipp.Sipp) -> None:
    """He answers, and the debtor ends the talk."""
    await seat.rings()
    await seat.press("answer")
    await asyncio.to_thread(debtor.wait, 20)


async def test_a_known_debtor_rings_his_own_collector(floor: Floor) -> None:
    for extension, seat in floor.seats.items():
        number = debtor_of(floor, extension)
        with floor.ring(number, seconds=1) as debtor:
            await takes(seat, debtor)
        call = await ended(floor, number)
        assert call["answered_at"] is not None
        assert call["queue"] is None
        await floor.rested(expected=True)


async def test_he_goes_to_the_queue_when_his_collector_is_busy(floor: Floor) -> None:
    one, two = floor.seats["101"], floor.seats["102"]
    number = debtor_of(floor, "101")
    assert (await one.post("/me/state", state="pause", reason="lunch"))[0] == 204
    with floor.ring(number, seconds=1) as debtor:
        await takes(two, debtor)
    call = await ended(floor, number)
    assert call["queue"] == "main"
    assert call["started_at"] <= call["queued_at"] <= call["answered_at"]
    await floor.rested(expected=True)
    assert (await one.post("/me/state", state="available"))[0] == 204


async def test_a_second_debtor_of_a_moment_later_does_not_ring_him_too(floor: Floor) -> None:
    one, two = floor.seats["101"], floor.seats["102"]
    first, second = debtor_of(floor, "101"), debtor_of(floor, "101", skip=1)
    with floor.ring(first, seconds=2) as debtor:
        await eventually(
            lambda: last_call(floor, first).get("ended_at", "") is None
        )  # free for a moment yet: the notice
        with floor.ring(second, seconds=1) as other:
            await two.rings()
            await one.rings()
            await two.press("answer")
            await asyncio.to_thread(other.wait, 20)
            await one.press("answer")
            await asyncio.to_thread(debtor.wait, 20)
    assert (await ended(floor, first))["queue"] is None
    assert (await ended(floor, second))["queue"] == "main"
    await floor.rested(expected=True)


async def test_a_server_that_does_not_answer_costs_half_a_second(floor: Floor) -> None:
    process = floor.product.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        with floor.ring(STRANGER, seconds=1) as debtor:
            await _rings_somebody(floor)
            rung = await asyncio.to_thread(_answered_after, debtor)
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert rung < 6_000
    assert (await ended(floor, STRANGER))["queue"] == "main"
    await floor.rested(expected=True)


async def test_callers_are_served_while_the_server_is_dead_and_nothing_is_missing_afterwards(floor: Floor) -> None:
    before = len(asked(floor, "SELECT 1 FROM calls WHERE merged_into IS NULL"))
    with floor.ring("+79000007001", seconds=6) as first:
        await _rings_somebody(floor)
        await floor.product.kill()
        with floor.ring("+79000007002", seconds=1) as second:
            await _rings_somebody(floor)
            await asyncio.to_thread(second.wait, 20)
        await asyncio.to_thread(first.wait, 20)
    await floor.product.start()
    for number in ("+79000007001", "+79000007002"):
        call = await ended(floor, number)
        assert call["answered_at"] is not None
        assert call["queued_at"] is not None
    assert len(asked(floor, "SELECT 1 FROM calls WHERE merged_into IS NULL")) == before + 2
    for seat in floor.seats.values():
        await seat.page.reload()
        await seat.ready()
    await floor.rested()


async def _rings_somebody(floor: Floor) -> None:
    """Whoever is rung first answers."""
    rings = {asyncio.ensure_future(seat.rings()): seat for seat in floor.seats.values()}
    done, others = await asyncio.wait(rings, return_when=asyncio.FIRST_COMPLETED)
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    seat = rings[done.pop()]
    await seat.press("answer")
    await seat.until("talking")


def _answered_after(debtor: sipp.Sipp) -> int:
    debtor.wait(20)
    return sipp.outcome(debtor.events()).answered_after or 99_999


async def test_a_message_left_after_hours_becomes_a_callback_once(floor: Floor, admin: Desk) -> None:
    closed = await admin.post("/calendars", name="Never", zone="Europe/Kyiv")
    assert closed.status_code == 303
    calendar = asked(floor, "SELECT max(id) FROM calendars")[0][0]
    main = asked(floor, "SELECT id FROM queues WHERE code = 'main'")[0][0]
    assert (await admin.post(f"/queues/{main}", **MAIN, calendar_id=calendar)).status_code == 303
    number = "+79000007003"
    try:
        with floor.ring(number, seconds=14) as debtor:
            await asyncio.to_thread(debtor.wait, 40)
    finally:
        assert (await admin.post(f"/queues/{main}", **MAIN)).status_code == 303
    call = await ended(floor, number)
    assert (call["queue"], call["answered_at"]) == (None, None)
    wanted = "SELECT origin, source_call_id FROM callbacks WHERE phone = ?"
    await eventually(lambda: asked(floor, wanted, number) == [("voicemail", call["id"])])
    (recording, length) = asked(floor, "SELECT id, duration_ms FROM recordings WHERE call_id = ?", call["id"])[0]
    assert length > 2_000
    sound = await admin.get(f"/recordings/{recording}/audio")
    assert sound.status_code in (200, 206)
    assert sound.content[:4] == b"OggS"


async def test_who_waited_in_vain_while_the_server_is_away_goes_on(floor: Floor, admin: Desk) -> None:
    short = MAIN | {"name": "Short", "max_wait_seconds": 3, "everybody": 0, "own_first": 0}
    made = await admin.post("/queues", code="short", **short)
    assert (await admin.post(f"{made.headers['location']}/callers", numbers=QUEUE)).status_code == 303
    await eventually(lambda: "short has 0 calls" in floor.lab.rx("queue show short"))
    process, number = floor.product.process, "+79000007004"
    assert process is not None
    with floor.ring(number, seconds=1) as debtor:
        await eventually(lambda: "short has 1 calls" in floor.lab.rx("queue show short"))
        os.kill(process.pid, signal.SIGSTOP)
        try:
            await _rings_somebody(floor)
            await asyncio.to_thread(debtor.wait, 20)
        finally:
            os.kill(process.pid, signal.SIGCONT)
    assert (await ended(floor, number))["answered_at"] is not None
    await floor.rested(expected=True)
    assert (await admin.post(f"{made.headers['location']}/delete")).status_code == 303


async def test_a_message_after_a_talk_is_kept_beside_it(floor: Floor, admin: Desk) -> None:
    """His collector passes him on to the queue, where nobody is; he leaves a message."""
    one, two = floor.seats["101"], floor.seats["102"]
    main, number = asked(floor, "SELECT id FROM queues WHERE code = 'main'")[0][0], debtor_of(floor, "101")
    messages = MAIN | {"overflow": "voicemail", "max_wait_seconds": 2}
    assert (await admin.post(f"/queues/{main}", **messages)).status_code == 303
    for seat in (one, two):
        assert (await seat.post("/me/state", state="pause", reason="lunch"))[0] == 204
    assert (await one.post("/me/state", state="available"))[0] == 204
    with floor.ring(number, seconds=16) as debtor:
        await one.answer()
        assert (await one.post("/me/state", state="pause", reason="lunch"))[0] == 204
        await one.transfer("blind", QUEUE)
        await one.free()
        await asyncio.to_thread(debtor.wait, 60)
    call = await ended(floor, number)
    kept = "SELECT uniqueid LIKE '%.message', duration_ms > 0 FROM recordings WHERE call_id = ? ORDER BY id"
    await eventually(lambda: asked(floor, kept, call["id"]) == [(0, 1), (1, 1)])
    left = "SELECT count(*), count(callback_id) FROM voicemails WHERE call_id = ?"
    await eventually(lambda: asked(floor, left, call["id"]) == [(1, 1)])
    assert (await admin.post(f"/queues/{main}", **MAIN)).status_code == 303
    await floor.rested(expected=True)
