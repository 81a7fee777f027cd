"""The server killed with -9 in twenty calls: what it acknowledged is there, what goes on is known again, and every
word that was said can be heard."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence, Set
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from sqlalchemy import func, select

from callcenter.app.demo.cases import number_of
from callcenter.callbacks.model import Callback, Origin
from callcenter.calls.model import Bookmark, Call
from core.cases.model import Case, CaseEvent, EventKind, Promise
from core.importing.model import BatchState, ImportBatch
from core.kernel.db import Database
from core.kernel.jobs import Job, JobState
from recordings.model import PLAYABLE, Recording
from telephony.lab import Lab, sipp
from tests.cel import Cel
from tests.desk import Desk, signed_in
from tests.e2e.logbook import agrees_now, calls_of, is_quiet, live_legs, settled
from tests.integration.importing.conftest import debtor, write_book
from tests.phones import desk_phone
from tests.plugins.figures import Figure
from tests.plugins.product import Product, running
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(240)]

COLLECTORS: Mapping[str, str] = {"collector": "101", "collector2": "102", "collector3": "103"}
RUNG, RUNG_AT = "supervisor", "100"
#: Six debtors of each collector, by place and place in it in the demo; no two share a number.
TALKING = (*((place, index) for place in (0, 1, 2) for index in range(6) if (place, index) != (2, 2)), (3, 2))
GONE_MEANWHILE = 3
ROWS = 5000
RIGHT_WITHIN = 5.0
COLLECTOR_HERTZ = 1500
#: A job of a process that died is taken up again when its lease is over.
LEASE_SECONDS = 60


def hertz(n: int) -> int:
    """Everybody sounds different, so that no recording can pass for another."""
    return 300 + 45 * n


@dataclass
class Written:
    """What the server said it had written, as (what, id, value)."""

    acknowledged: list[tuple[str, int, str]] = field(default_factory=list)

    def of(self, what: str) -> list[tuple[int, str]]:
        return [(row, value) for kind, row, value in self.acknowledged if kind == what]


@dataclass(kw_only=True)
class Floor:
    """The product in full swing."""

    product: Product
    lab: Lab
    database: Database
    cel: Cel
    desks: Mapping[str, Desk]
    debtors: ExitStack

    def moved(self) -> None:
        """The server has started anew, at another address."""
        for desk in self.desks.values():
            desk.url = self.product.url

    def ring(self, number: str, extension: str, tone: int) -> None:
        """A debtor rings and talks until somebody ends it."""
        pbx = self.lab.required().pbx
        order = sipp.Ring(caller=number, number=extension, hertz=tone)
        self.debtors.enter_context(sipp.ring(pbx.sip, pbx.trunk.host, order))


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """Three collectors whose desk phones take every call, a supervisor whose phone only rings, the administrator."""
    async with AsyncExitStack() as stack:
        product = await stack.enter_async_context(running(tmp_path / "floor"))
        lab = Lab(product.folder)
        for phone in lab.phones():
            answers = phone.extension != RUNG_AT
            sound = desk_phone(lab.required().pbx.sip, phone, hertz=COLLECTOR_HERTZ, auto_answer=answers)
            await stack.enter_async_context(sound)
        database = Database(f"sqlite+aiosqlite:///{product.folder / 'callcenter.db'}")
        stack.push_async_callback(database.close)
        desks = {
            login: await stack.enter_async_context(signed_in(product.url, login, product.passwords[login]))
            for login in (*COLLECTORS, RUNG, "admin")
        }
        debtors = stack.enter_context(ExitStack())
        yield Floor(product=product, lab=lab, database=database, cel=Cel(lab.cel_file), desks=desks, debtors=debtors)


async def test_killed_in_twenty_calls(floor: Floor, tmp_path: Path, figure: Figure) -> None:
    await _twenty_calls(floor)
    written = Written()
    writers = [asyncio.create_task(_write(floor, login, written)) for login in COLLECTORS]
    batch = await _import_begun(floor, tmp_path)
    await until(lambda: _is_half_applied(floor, batch), every=0.02)
    await asyncio.sleep(random.Random().uniform(0, 1))  # any moment of the writing will do
    in_calls = len(await live_legs(floor.database))
    await floor.product.kill()
    await asyncio.gather(*writers)
    assert not await _is_in(floor, batch, BatchState.DONE), "the import was too short to be cut off"
    assert written.of("promise")
    await _meanwhile(floor)

    began = time.monotonic()
    await floor.product.start()
    announced = time.monotonic()
    floor.moved()
    await until(lambda: _is_right(floor), every=0.1)
    figure("telephones live at the kill", in_calls)
    figure("right after the address was told, s", round(time.monotonic() - announced, 2))
    figure("right after the start of the process, s", round(time.monotonic() - began, 2))
    assert time.monotonic() - announced < RIGHT_WITHIN

    lost = await _lost(floor.database, written)
    figure("acknowledged writes", len(written.acknowledged))
    figure("of them lost", len(lost))
    assert not lost
    await _hang_up_everything(floor)
    verdict = await settled(floor.database, floor.cel)
    figure("calls", verdict.calls)
    figure("calls lost", len(verdict.missing))
    figure("ghost calls", len(verdict.ghosts))
    figure("facts wrong", len(verdict.wrong))
    assert verdict.faultless, verdict
    figure("recordings heard", await _every_recording_is_heard(floor, tmp_path))
    await _missed_caller_is_owed_a_call(floor.database)
    await _import_done_once(floor, batch)
    figure("import done after, s", round(time.monotonic() - announced, 1))
    assert "whole" in await floor.product.run("audit", "verify")


async def _twenty_calls(floor: Floor) -> None:
    """Eighteen talk, one waits at a phone that rings, one in the queue."""
    for n, (place, index) in enumerate(TALKING):
        floor.ring(number_of(place, index), f"10{1 + index % 3}", hertz(n))
        await _until_live(floor, 2 * (n + 1))
    floor.ring("+79000000901", RUNG_AT, 3000)
    await _until_live(floor, 2 * len(TALKING) + 2)
    floor.ring("+79000000902", floor.lab.required().pbx.numbers[0], 3000)
    await _until_live(floor, 2 * len(TALKING) + 3)


async def _until_live(floor: Floor, count: int) -> None:
    async def many_enough() -> bool:
        return len(await live_legs(floor.database)) >= count

    await until(many_enough, every=0.02)


async def _import_begun(floor: Floor, folder: Path) -> int:
    """A registry is uploaded, looked through and being applied."""
    rows = [debtor(n, phones=f"+7900{5_000_000 + n}") for n in range(1, ROWS + 1)]
    book = await asyncio.to_thread(write_book, folder / "registry.xlsx", rows)
    desk = floor.desks["admin"]
    files = {"file": (book.name, book.read_bytes())}
    sent = await desk.http.post(f"{desk.url}/imports", data={"creditor_id": "1"}, files=files)
    assert sent.status_code == 303, sent.text
    batch = int(sent.headers["location"].rpartition("/")[2])
    columns = {f"column-{index}": target for index, target in (await _batch(floor, batch)).columns.items()}
    checked = await desk.http.post(f"{desk.url}/imports/{batch}/check", data=columns)
    assert checked.status_code == 303, checked.text
    await until(lambda: _is_in(floor, batch, BatchState.CHECKED), within=60)
    assert (await desk.post(f"/imports/{batch}/apply")).status_code == 303
    return batch


async def _batch(floor: Floor, batch: int) -> ImportBatch:
    async with floor.database.read() as session:
        return await session.get_one(ImportBatch, batch)


async def _is_in(floor: Floor, batch: int, state: BatchState) -> bool:
    return (await _batch(floor, batch)).state == state


async def _is_half_applied(floor: Floor, batch: int) -> bool:
    return (await _batch(floor, batch)).applied_rows > 0


async def _write(floor: Floor, login: str, written: Written) -> None:
    """A collector writes into his calls as fast as he is answered, until nobody answers any more."""
    desk = floor.desks[login]
    mine = [call for call in await calls_of(floor.database) if _taken_at(call, COLLECTORS[login])]
    try:
        for number in range(1000):
            for call in mine:
                await _write_once(desk, call, number, written)
    except httpx.TransportError:
        return


async def _write_once(desk: Desk, call: Call, number: int, written: Written) -> None:
    text = f"{desk.login} {number}"
    if number == 1:
        due = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
        result = await desk.post(
            f"/calls/{call.id}/result", code="RPC-PTP", promise_amount="100", promise_due=due, case_id=call.case_id
        )
        if result.status_code == 204:
            written.acknowledged.append(("promise", call.id, "RPC-PTP"))
        else:  # the demo has debtors who promised already, pay by instalments or owe nothing
            assert result.json()["code"] in ("plan_live", "promise_open", "bad_promise"), result.text
    noted = await desk.post(f"/calls/{call.id}/note", note=text)
    assert noted.status_code == 204, noted.text
    written.acknowledged.append(("note", call.id, text))
    marked = await desk.post(f"/calls/{call.id}/bookmarks", label=text)
    assert marked.status_code == 201, marked.text
    written.acknowledged.append(("bookmark", int(marked.json()["id"]), text))
    told = await desk.post(f"/cases/{call.case_id}/notes", text=text)
    assert told.status_code == 303, told.text
    written.acknowledged.append(("case note", call.case_id or 0, text))


def _taken_at(call: Call, extension: str) -> bool:
    return any(leg.endpoint == f"{extension}d" and leg.answered_at is not None for leg in call.legs)


async def _meanwhile(floor: Floor) -> None:
    """While nobody watches some debtors go, one comes and goes, and one rings in vain."""
    talking = [each for each in floor.cel.read().channels.values() if each.is_customer and each.answered]
    leaving = {each.uniqueid for each in talking[:GONE_MEANWHILE]}
    for channel in talking[:GONE_MEANWHILE]:
        await asyncio.to_thread(floor.lab.rx, f"channel request hangup {channel.name}")
    pbx = floor.lab.required().pbx
    orders = (
        sipp.Ring(caller=number_of(4, 2), number="101", hertz=hertz(len(TALKING)), seconds=2),
        sipp.Ring(caller="+79000000903", number=RUNG_AT, abandon_after=0.5),
    )
    for order in orders:
        with sipp.ring(pbx.sip, pbx.trunk.host, order) as passing:
            assert await asyncio.to_thread(passing.wait, 15) == 0, passing.complaint()
    assert not leaving & floor.cel.read().live()


async def _is_right(floor: Floor) -> bool:
    desks = {extension: floor.desks[login] for login, extension in {**COLLECTORS, RUNG: RUNG_AT}.items()}
    return await agrees_now(floor.database, floor.cel, desks)


async def _lost(database: Database, written: Written) -> list[tuple[str, int, str]]:
    """What was acknowledged and is not there. Of notes on a call only the last stays; one more may have been written
    whose answer never came."""
    async with database.read() as session:
        notes = dict((await session.execute(select(Call.id, Call.note))).all())
        marks = dict((await session.execute(select(Bookmark.id, Bookmark.label))).all())
        promises = set((await session.scalars(select(Promise.call_id))).all())
        results = dict((await session.execute(select(Call.id, Call.result_code))).all())
        told = select(CaseEvent.case_id, CaseEvent.text).where(CaseEvent.kind == EventKind.NOTE)
        case_notes = {tuple(row) for row in await session.execute(told)}
    last = {call: int(text.rpartition(" ")[2]) for call, text in written.of("note")}
    lost = [("note", call, str(n)) for call, n in last.items() if int(notes[call].rpartition(" ")[2] or -1) < n]
    lost += [("bookmark", mark, label) for mark, label in written.of("bookmark") if marks.get(mark) != label]
    lost += [("case note", *row) for row in written.of("case note") if row not in case_notes]
    kept = {call for call in promises if call is not None and results[call] == "RPC-PTP"}
    return lost + [("promise", *row) for row in written.of("promise") if row[0] not in kept]


async def _hang_up_everything(floor: Floor) -> None:
    """Whoever still waits gives up; collectors end their calls from the new server."""
    for channel in [floor.cel.channels[uniqueid] for uniqueid in floor.cel.read().live()]:
        if channel.is_customer and channel.answered is None:
            await asyncio.to_thread(floor.lab.rx, f"channel request hangup {channel.name}")
    for call in await calls_of(floor.database):
        for login, extension in COLLECTORS.items():
            if call.ended_at is None and _taken_at(call, extension):
                done = await floor.desks[login].post(f"/calls/{call.id}/hangup")
                assert done.status_code == 204, done.text
    await until(lambda: is_quiet(floor.database, floor.cel), every=0.1)


async def _every_recording_is_heard(floor: Floor, folder: Path) -> int:
    """Each talk has its recording, as long as the talk, with that debtor's tone in it; how many there are."""
    talks = {each.uniqueid: each for each in floor.cel.channels.values() if each.is_customer and each.talked > 0}
    await until(lambda: _are_recorded(floor, talks.keys()), within=60, every=0.2)
    rows = await _recordings(floor)
    tones = {number_of(place, index): hertz(n) for n, (place, index) in enumerate((*TALKING, (4, 2)))}
    for row in rows:
        talk = talks.pop(row.uniqueid)
        sound = await floor.desks["admin"].get(f"/recordings/{row.id}/audio")
        assert sound.status_code == 200, sound.text
        _assert_heard(sound.content, folder / f"{row.id}.opus", tones[talk.number], talk.talked)
    assert not talks
    return len(rows)


async def _are_recorded(floor: Floor, talks: Set[str]) -> bool:
    rows = await _recordings(floor)
    return {row.uniqueid for row in rows} >= talks and all(row.call_id is not None for row in rows)


async def _recordings(floor: Floor) -> Sequence[Recording]:
    async with floor.database.read() as session:
        return (await session.scalars(select(Recording).where(Recording.state.in_(PLAYABLE)))).all()


def _assert_heard(opus: bytes, path: Path, tone: int, seconds: float) -> None:
    path.write_bytes(opus)
    samples, rate = soundfile.read(path)
    assert abs(len(samples) / rate - seconds) < 1.5, (tone, len(samples) / rate, seconds)
    for side, wanted in ((0, tone), (1, COLLECTOR_HERTZ)):
        windows = samples[: len(samples) // rate * rate, side].reshape(-1, rate)
        loudest = np.abs(np.fft.rfft(windows * np.hanning(rate), axis=1)).argmax(axis=1) * rate / rate
        assert np.mean(np.abs(loudest - wanted) <= 10) > 0.8, (wanted, loudest)


async def _missed_caller_is_owed_a_call(database: Database) -> None:
    """Who rang in vain while the server was dead is called back all the same."""
    owed = select(Callback.id).where(Callback.phone == "+79000000903", Callback.origin == Origin.MISSED_CALL)
    async with database.read() as session:
        assert len((await session.scalars(owed)).all()) == 1


async def _import_done_once(floor: Floor, batch: int) -> None:
    """The import goes on where it was cut off; every row is there once, every job is done."""
    await until(lambda: _is_in(floor, batch, BatchState.DONE), within=LEASE_SECONDS + 60, every=0.5)
    assert (await _batch(floor, batch)).applied_rows == ROWS
    async with floor.database.read() as session:
        assert await session.scalar(select(func.count()).where(Case.number.like("N-%"))) == ROWS
        jobs = (await session.scalars(select(Job).where(Job.kind.like("import.%")))).all()
    assert {job.kind: job.state for job in jobs} == {"import.check": JobState.DONE, "import.apply": JobState.DONE}
    assert len(jobs) == 2
