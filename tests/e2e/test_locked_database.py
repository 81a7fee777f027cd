"""The database locked for a while by somebody else, with debtors ringing: screens still pop, people are told that
it is busy, and afterwards nothing is missing."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from callcenter.agents.model import AgentState
from callcenter.app.demo.cases import number_of
from callcenter.callbacks.model import Callback
from callcenter.calls.facts import Direction
from core.cases.model import Case, CaseEvent, EventKind
from core.kernel.db import Database
from core.people.model import User
from telephony.lab import Lab, sipp
from tests.cel import Cel
from tests.conftest import admin
from tests.desk import Desk, signed_in
from tests.e2e.logbook import agrees_now, calls_of, is_quiet, settled
from tests.locking import locked
from tests.phones import desk_phone
from tests.plugins.figures import Figure
from tests.plugins.product import running
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(240)]

COLLECTORS: Mapping[str, str] = {"101": "collector", "102": "collector2", "103": "collector3"}
RUNG_AT, RUNG = "100", "supervisor"
#: Half a minute once; on PostgreSQL long enough for everybody's patience to end.
LOCK_SECONDS: Mapping[str, float] = {"sqlite": 30.0, "postgresql": 12.0}
#: What a call and its collector's work write to; on SQLite it is the whole file.
TABLES = ("calls", "call_legs", "call_links", "agent_states", "agent_desks", "case_events")
#: From the moment a debtor begins to ring, his phone started and all; on a busy machine too. The lock lasts longer.
POPS_WITHIN, TOLD_WITHIN, RIGHT_WITHIN = 8.0, 20.0, 20.0
#: While the lock lasts a debtor rings in this often.
EVERY_SECONDS = 2.0


@dataclass(kw_only=True)
class Floor:
    """The product in use. ``popped`` are the seconds from rings to screens, ``case_id`` is a case that notes can be
    written to, ``said`` are the notes the server acknowledged, ``answers`` what people were answered while the lock
    lasted: how long it took, and the status."""

    url: str
    lab: Lab
    database: Database
    cel: Cel
    desks: Mapping[str, Desk]
    debtors: ExitStack
    rung: list[tuple[str, str]] = field(default_factory=list)
    popped: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    answers: list[tuple[float, int]] = field(default_factory=list)
    case_id: int = 0

    def ring(self, caller: str, extension: str, **how: float) -> sipp.Sipp:
        """A debtor rings."""
        pbx = self.lab.required().pbx
        order = sipp.Ring(caller=caller, number=extension, **how)  # type: ignore[arg-type]
        self.rung.append((caller, extension))
        return self.debtors.enter_context(sipp.ring(pbx.sip, pbx.trunk.host, order))

    async def pops(self, caller: str, extension: str, **how: float) -> float:
        """A debtor rings; seconds until it is seen on the collector's screen."""
        began, desk = time.monotonic(), self.desks[extension]
        debtor = self.ring(caller, extension, **how)

        async def popped() -> bool:
            return any(said["type"] == "call.offered" and said.get("phone") == caller for _, said in desk.heard)

        try:
            await until(popped, every=0.02)
        except TimeoutError as error:
            heard = [(round(at - began, 1), said["type"]) for at, said in desk.heard]
            error.add_note(f"{extension} is not rung, heard {heard[-20:]}")
            error.add_note(f"the debtor: {debtor.events()} {debtor.complaint()}")
            error.add_note(await asyncio.to_thread(self.lab.rx, "core show channels verbose"))
            raise
        return time.monotonic() - began


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without a table."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'locked.db'}"
    server: str = request.getfixturevalue("postgres_server")
    name = f"locked_{secrets.token_hex(6)}"
    await admin(server, f"CREATE DATABASE {name}")
    return f"{server}/{name}"


@pytest.fixture
async def floor(tmp_path: Path, url: str) -> AsyncIterator[Floor]:
    """Three collectors whose desk phones take every call, a supervisor whose phone only rings; all have a screen."""
    async with AsyncExitStack() as stack:
        product = await stack.enter_async_context(running(tmp_path / "floor", CALLCENTER_DATABASE_URL=url))
        lab = Lab(product.folder)
        for phone in lab.phones():
            sound = desk_phone(lab.required().pbx.sip, phone, auto_answer=phone.extension != RUNG_AT)
            await stack.enter_async_context(sound)
        database = Database(url)
        stack.push_async_callback(database.close)
        desks = {}
        for extension, login in {**COLLECTORS, RUNG_AT: RUNG}.items():
            desk = desks[extension] = await stack.enter_async_context(
                signed_in(product.url, login, product.passwords[login])
            )
            await stack.enter_async_context(desk.open())
        debtors = stack.enter_context(ExitStack())
        yield Floor(url=url, lab=lab, database=database, cel=Cel(lab.cel_file), desks=desks, debtors=debtors)


async def test_nobody_can_write(floor: Floor, figure: Figure) -> None:
    seconds = LOCK_SECONDS[floor.database.dialect]
    floor.ring(number_of(0, 0), "101")  # talks through all of it
    floor.ring("+79000006001", "101", seconds=seconds / 2)
    await until(lambda: _agree_with_calls(floor, 2))
    floor.case_id = await _case(floor)
    async with locked(floor.url, *TABLES):
        unlocked_at = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            group.create_task(_debtors_ring(floor, unlocked_at))
            group.create_task(_a_collector_notes(floor, unlocked_at))
            group.create_task(_a_collector_goes_on_pause(floor, unlocked_at))
            group.create_task(_somebody_reads(floor, unlocked_at))
    released = time.monotonic()
    await until(lambda: agrees_now(floor.database, floor.cel, floor.desks))
    figure("calls in the lock", len(floor.rung))
    figure("pops, worst s", round(max(floor.popped), 2))
    figure("told that it is busy", sum(status == 503 for _, status in floor.answers))
    figure("after at most s", round(max(seconds for seconds, _ in floor.answers), 1))
    figure("all agree after the lock, s", round(time.monotonic() - released, 2))
    assert time.monotonic() - released < RIGHT_WITHIN
    assert max(floor.popped) < POPS_WITHIN
    assert max(seconds for seconds, _ in floor.answers) < TOLD_WITHIN
    assert {status for _, status in floor.answers} <= {204, 303, 503}

    assert (await floor.desks["103"].post("/me/state", state="pause", reason="lunch")).status_code == 204
    assert await _noted(floor, "after the lock")
    await _everything_ends(floor)
    verdict = await settled(floor.database, floor.cel)
    written = await _written(floor)
    figure("calls", verdict.calls)
    figure("calls lost", len(verdict.missing))
    figure("facts wrong", len(verdict.wrong))
    figure("acknowledged writes", len(floor.said))
    assert verdict.faultless, verdict
    assert written == sorted(floor.said)  # neither lost nor twice, and nothing that was refused
    await _unanswered_callers_are_owed_a_call(floor)
    await _states_have_no_gap(floor)


async def _agree_with_calls(floor: Floor, calls: int) -> bool:
    talking = [one for one in floor.cel.read().channels.values() if one.bridged is not None and one.ended is None]
    return len(talking) >= 2 * calls and await agrees_now(floor.database, floor.cel, floor.desks)


async def _debtors_ring(floor: Floor, until_at: float) -> None:
    """One after the other: to a collector, who takes it and is left soon; to one who does not answer; each pops."""
    number = 0
    while time.monotonic() < until_at - EVERY_SECONDS:
        number += 1
        caller = f"+790000061{number:02}"
        extension = ("102", "103", RUNG_AT)[number % 3]
        how = {"abandon_after": 1.5} if extension == RUNG_AT else {"seconds": 2.0}
        floor.popped.append(await floor.pops(caller, extension, **how))
        await asyncio.sleep(EVERY_SECONDS)  # the pace of the ringing


async def _case(floor: Floor) -> int:
    """One of the collector's who takes notes."""
    async with floor.database.read() as session:
        his = select(Case.id).join(User, User.id == Case.collector_id).where(User.login == COLLECTORS["102"])
        case_id = await session.scalar(his.limit(1))
    assert case_id is not None
    return case_id


async def _a_collector_notes(floor: Floor, until_at: float) -> None:
    """Sends each note until it is taken, as people do who are told to try again."""
    number = 0
    while time.monotonic() < until_at:
        number += await _noted(floor, f"note {number}")


async def _noted(floor: Floor, text: str) -> bool:
    """Whether the server acknowledged the note."""
    note = floor.desks["102"].post(f"/cases/{floor.case_id}/notes", text=text)
    taken = (await _timed(floor, note)).status_code == 303
    if taken:
        floor.said.append(text)
    return taken


async def _a_collector_goes_on_pause(floor: Floor, until_at: float) -> None:
    desk = floor.desks["103"]
    while time.monotonic() < until_at:
        answer = await _timed(floor, desk.post("/me/state", state="pause", reason="lunch"))
        assert answer.status_code == 204 or answer.json()["code"] == "database_busy", answer.text
        if answer.status_code == 204:
            return


async def _somebody_reads(floor: Floor, until_at: float) -> None:
    """Who only looks is not held up; where the lock keeps readers out too, he is told."""
    answers = {"sqlite": {200}, "postgresql": {200, 503}}[floor.database.dialect]
    while time.monotonic() < until_at:
        began = time.monotonic()
        answer = await floor.desks[RUNG_AT].get("/cases")
        assert answer.status_code in answers, answer.text
        assert time.monotonic() - began < TOLD_WITHIN
        await asyncio.sleep(1)  # a reader's pace


async def _timed(floor: Floor, request: Awaitable[httpx.Response]) -> httpx.Response:
    began = time.monotonic()
    answer = await request
    floor.answers.append((time.monotonic() - began, answer.status_code))
    return answer


async def _everything_ends(floor: Floor) -> None:
    await asyncio.to_thread(floor.lab.rx, "channel request hangup all")
    await until(lambda: is_quiet(floor.database, floor.cel), every=0.1)


async def _written(floor: Floor) -> list[str]:
    """The notes of the case, each as often as it stands there."""
    of_case = select(CaseEvent.text).where(CaseEvent.kind == EventKind.NOTE, CaseEvent.case_id == floor.case_id)
    async with floor.database.read() as session:
        return sorted((await session.scalars(of_case)).all())


async def _unanswered_callers_are_owed_a_call(floor: Floor) -> None:
    async with floor.database.read() as session:
        owed = set((await session.scalars(select(Callback.phone))).all())
    calls = await calls_of(floor.database)
    missed = {one.phone for one in calls if one.direction == Direction.INBOUND and one.answered_at is None}
    assert len(missed) == sum(extension == RUNG_AT for _, extension in floor.rung)
    assert missed <= owed


async def _states_have_no_gap(floor: Floor) -> None:
    async with floor.database.read() as session:
        rows = (await session.scalars(select(AgentState).order_by(AgentState.user_id, AgentState.id))).all()
    for one, other in pairwise(rows):
        assert one.user_id != other.user_id or one.ended_at == other.started_at
