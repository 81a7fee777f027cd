"""Menus on a real exchange: a debtor presses keys, hears, promises, asks to be called back, leaves a message; and is
not lost when the server dies in the middle."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from telephony.lab.keypad import Keypad
from telephony.lab.sipp import Sipp
from tests.desk import Desk, signed_in
from tests.e2e.floor import Floor, opened
from tests.plugins.asterisk import eventually

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]
STEPS: dict[str, Any] = {
    "step": [f"s{number}" for number in range(1, 9)],
    "s1-kind": "language",
    "s1-text-ru": "Для русского языка нажмите один.",
    "s1-text-en": "For English press 2.",
    "s1-press": ["1", "2"],
    "s1-goes": ["ru", "en"],
    "s1-next": "s2",
    "s2-kind": "menu",
    "s2-text-ru": "Долг: один. Обещание: два. Перезвонить: три. Сообщение: четыре.",
    "s2-text-en": "Balance 1, promise 2, call back 3, message 4.",
    "s2-press": ["1", "2", "3", "4"],
    "s2-goes": ["s3", "s4", "s5", "s6"],
    "s2-seconds": "20",
    "s2-otherwise": "s7",
    "s3-kind": "balance",
    "s3-next": "s2",
    "s3-otherwise": "s7",
    "s4-kind": "promise",
    "s4-next": "s8",
    "s4-otherwise": "s7",
    "s5-kind": "callback",
    "s5-next": "s8",
    "s5-otherwise": "s7",
    "s6-kind": "voicemail",
    "s6-text-ru": "Говорите.",
    "s6-text-en": "Speak.",
    "s7-kind": "queue",
    "s8-kind": "hangup",
    "s8-text-ru": "До свидания.",
    "s8-text-en": "Goodbye.",
}


@dataclass
class Telephone:
    """A debtor's telephone in a call. ``heard`` is the question he was asked last, as the exchange shows it."""

    floor: Floor
    debtor: Sipp
    pad: Keypad
    heard: str = ""

    async def asked(self) -> None:
        """A question he has not been asked before."""

        def look() -> str:
            shown = self.floor.lab.rx("core show channels concise").splitlines()
            fields = next((line.split("!") for line in shown if line.startswith("PJSIP/trunk")), [])
            return fields[6] if len(fields) > 6 and fields[5] == "Read" and fields[6] != self.heard else ""

        self.heard = await eventually(look)

    async def press(self, keys: str) -> None:
        """He hears the next question and answers."""
        await self.asked()
        await asyncio.to_thread(self.pad.press, keys)

    async def application(self, name: str) -> None:
        """The exchange does that with him."""
        await eventually(lambda: f"!{name}!" in self.floor.lab.rx("core show channels concise"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    async with opened(tmp_path_factory.mktemp("menus") / "call centre", seats=()) as floor:
        yield floor


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def admin(floor: Floor) -> AsyncIterator[Desk]:
    async with signed_in(floor.product.url, "admin", floor.product.passwords["admin"]) as desk:
        yield desk


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def menu(floor: Floor, admin: Desk) -> str:
    """A menu before the main queue; its address."""
    made = await admin.post("/menus", name="Day", language="en")
    assert made.status_code == 303
    path = made.headers["location"]
    saved = await admin.post(path, do="publish", name="Day", language="en", entry="s1", **STEPS)
    assert saved.status_code == 303, saved.text
    assert (await admin.post(f"{path}/queues", queues="main")).status_code == 303
    return str(path)


@asynccontextmanager
async def calling(floor: Floor, number: str) -> AsyncIterator[Telephone]:
    with Keypad(floor.pbx.trunk.host) as pad, floor.ring(number, media=pad.media) as debtor:

        def port() -> int:
            return next((int(event.detail) for event in debtor.events() if event.name == "media"), 0)

        pad.target = (floor.pbx.sip.host, await eventually(port))
        await asyncio.to_thread(pad.speak, 0.2)
        yield Telephone(floor, debtor, pad)
        await asyncio.to_thread(debtor.wait, 30)


def rows(floor: Floor, question: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(floor.product.folder / "callcenter.db")) as database:
        return database.execute(question, values).fetchall()


def debtors(floor: Floor) -> list[tuple[str, date, int]]:
    """Number, date of birth and case of debtors whom both lead to one case alone."""
    wanted = """
        SELECT phones.e164, parties.birth_date, cases.id FROM cases
        JOIN parties ON parties.id = cases.debtor_id JOIN phones ON phones.party_id = parties.id
        WHERE cases.state = 'open' AND phones.e164 LIKE '+7%'
        AND (SELECT count(*) FROM phones other WHERE other.e164 = phones.e164) = 1
        AND (SELECT count(*) FROM promises WHERE promises.case_id = cases.id) = 0
        AND (SELECT count(*) FROM payment_plans WHERE payment_plans.case_id = cases.id) = 0 ORDER BY cases.id"""
    return [(phone, date.fromisoformat(born), case) for phone, born, case in rows(floor, wanted)]


async def call_of(floor: Floor, number: str) -> tuple[Any, ...]:
    wanted = "SELECT id, answered_at, queued_at, self_served FROM calls WHERE phone = ? AND ended_at IS NOT NULL"
    return (await eventually(lambda: rows(floor, wanted, number)))[-1]


async def test_balance_and_promise_by_keys(floor: Floor) -> None:
    number, born, case = debtors(floor)[0]
    day = datetime.now(UTC).date() + timedelta(days=3)
    async with calling(floor, number) as phone:
        for keys in ("1", "1", born.strftime("%d%m%Y"), "2", "100#", day.strftime("%d%m"), "1"):
            await phone.press(keys)
    taken = rows(floor, "SELECT amount, due_on, by_keys, call_id FROM promises WHERE case_id = ?", case)
    call = await call_of(floor, number)
    assert [(due, by_keys, of) for _amount, due, by_keys, of in taken] == [(day.isoformat(), 1, call[0])]
    assert (call[1], call[2], call[3]) == (None, None, 1)
    looks = "SELECT count(*) FROM audit_entries WHERE action = 'ivr.balance' AND subject_id = ?"
    assert rows(floor, looks, str(case)) == [(2,)]
    assert rows(floor, "SELECT count(*) FROM callbacks WHERE phone = ?", number) == [(0,)]


async def test_call_me_back(floor: Floor) -> None:
    number, _born, case = debtors(floor)[1]
    async with calling(floor, number) as phone:
        for keys in ("2", "3", "1"):
            await phone.press(keys)
    call = await call_of(floor, number)
    kept = "SELECT origin, case_id, source_call_id FROM callbacks WHERE phone = ?"
    assert rows(floor, kept, number) == [("agreed", case, call[0])]


async def test_a_message_is_listed_played_and_called_back(floor: Floor, admin: Desk) -> None:
    number, _born, case = debtors(floor)[2]
    async with calling(floor, number) as phone:
        for keys in ("2", "4"):
            await phone.press(keys)
        await phone.asked()
        await asyncio.to_thread(phone.pad.speak, 2)
        await asyncio.to_thread(phone.pad.press, "1")
    call = await call_of(floor, number)
    left = "SELECT id, case_id, heard_at, duration_ms, callback_id FROM voicemails WHERE call_id = ?"
    ((message, of, heard, length, callback),) = await eventually(lambda: rows(floor, left, call[0]))
    assert (of, heard) == (case, None)
    assert length > 1_500
    assert rows(floor, "SELECT origin FROM callbacks WHERE id = ?", callback) == [("voicemail",)]
    assert f"/voicemail/{message}" in (await admin.get("/voicemail")).text
    sound = await admin.get(f"/voicemail/{message}/audio")
    assert sound.content[:4] == b"OggS"
    assert rows(floor, left, call[0])[0][2] is not None


async def test_a_caller_reaches_the_queue_when_the_server_dies_in_the_middle(floor: Floor) -> None:
    number = "+79000007010"
    async with calling(floor, number) as phone:
        await phone.press("2")
        await phone.asked()
        await floor.product.kill()
        await asyncio.to_thread(phone.pad.press, "1")
        await phone.application("Queue")
        await asyncio.to_thread(floor.lab.rx, "channel request hangup all")
    await floor.product.start()
    call = await call_of(floor, number)
    assert call[2] is not None
