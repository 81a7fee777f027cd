"""Twenty collectors with habits of their own: two at browsers, eighteen at desk phones and signed in."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, or_, select

from callcenter.agents.model import AgentState
from callcenter.agents.rules import State
from callcenter.app import wiring
from callcenter.app.phones import phones_of
from callcenter.app.settings import Settings
from callcenter.calls.model import Call
from core.kernel.access import PROGRAM
from core.kernel.db import Database
from core.people.model import Role, Unit, User
from core.people.service.users import UserData
from telephony.lab import Lab
from tests.desk import Desk, signed_in
from tests.e2e.floor import SEATS, Floor, Seat
from tests.phones import Baresip, desk_phone
from tests.plugins.product import Product
from tests.waiting import until

PASSWORD = "hour-of-work-2026"
#: Those who come to the demo's collectors 101 to 103, by extension.
NEWCOMERS = {str(extension): f"hour{extension}" for extension in range(201, 218)}
COLLECTORS = {**SEATS, "103": "collector3", **NEWCOMERS}
ANSWERING = "soft-phone [data-act=answer]"
ENDED = "CALL_CLOSED"
BUSY = 503
_WRAPPING = and_(Call.wrap_started_at.is_not(None), Call.wrap_ended_at.is_(None))
TALK_AT_MOST = 5.0
WRAPS_UP_FOR = 0.8
SETTLES = 1.0


@dataclass(frozen=True, kw_only=True)
class Habit:
    """How somebody works. ``answers_after`` seconds of ringing; each ``ignores``-th call is left ringing, each
    ``holds``-th put on hold for a moment (0: none)."""

    answers_after: float = 0.1
    ignores: int = 0
    holds: int = 0


SLOW, DEAF, HOLDING = Habit(answers_after=2.0), Habit(answers_after=0.6, ignores=3), Habit(holds=3)
HABITS = {"201": SLOW, "202": SLOW, "203": DEAF, "205": HOLDING, "207": Habit(answers_after=0.6), "210": HOLDING}


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A debtor kept waiting by a key of the phone, in seconds since 1970."""

    endpoint: str
    began: float
    ended: float


@dataclass(frozen=True, kw_only=True)
class Collector:
    """Somebody on the floor. ``since`` is when he had signed in, in seconds since 1970."""

    login: str
    extension: str
    user_id: int
    desk: Desk
    since: float


@dataclass(kw_only=True)
class Staff:
    """Everybody who works. ``holds`` grows while they do; those ``away`` are signed out. They hang up after
    ``talk_at_most`` seconds and write for ``wrap_up`` seconds."""

    floor: Floor
    database: Database
    talk_at_most: float = TALK_AT_MOST
    wrap_up: float = WRAPS_UP_FOR
    habits: Mapping[str, Habit] = field(default_factory=lambda: HABITS)
    collectors: dict[str, Collector] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    away: set[str] = field(default_factory=set)
    _at_work: dict[str, AsyncExitStack] = field(default_factory=dict)

    def by_user(self) -> dict[int, Collector]:
        return {one.user_id: one for one in self.collectors.values()}

    def ids(self, extensions: Collection[str]) -> list[int]:
        return [self.collectors[extension].user_id for extension in sorted(extensions)]

    async def send(self, extension: str, state: str, reason: str | None = None) -> None:
        """The collector says himself what he does now."""
        fields = {"state": state, **({"reason": reason} if reason else {})}

        async def said() -> bool:
            answer = await self.collectors[extension].desk.post("/me/state", **fields)
            assert answer.status_code in (204, BUSY), answer.text
            return answer.status_code == 204

        await until(said)

    async def go_home(self, extension: str) -> None:
        """Be done with the last call, sign out, and switch the telephone off."""
        await self.send(extension, "offline")
        await until(lambda: self._is_done(extension))
        self.away.add(extension)
        answer = await self.collectors[extension].desk.post("/logout")
        assert answer.status_code in (204, 303), answer.text
        await self._at_work[extension].aclose()

    async def come_back(self, extension: str) -> None:
        """Sign in again and go on."""
        await self.collectors[extension].desk.sign_in(PASSWORD)
        await self.send(extension, "available")
        self.away.discard(extension)

    async def _is_done(self, extension: str) -> bool:
        """Offline, which he also is between his last talk and its wrap-up while he does not want another: not in a
        call, and nothing to write down. A queue that has not heard of it yet may ring him for a moment."""
        user_id = self.collectors[extension].user_id
        settled = datetime.now(UTC) - timedelta(seconds=SETTLES)
        state = select(AgentState.state).where(
            AgentState.user_id == user_id, AgentState.ended_at.is_(None), AgentState.started_at < settled
        )
        mine = select(Call.id).where(Call.user_id == user_id, Call.merged_into.is_(None))
        undone = mine.where(or_(Call.ended_at.is_(None), _WRAPPING))
        async with self.database.read() as session:
            return await session.scalar(state) == State.OFFLINE and await session.scalar(undone.limit(1)) is None

    async def finish_calls(self) -> int:
        """Whoever has had time to write it down says how his last call went; how many did."""
        people = {one.user_id: one for one in self.collectors.values() if one.extension not in self.away}
        async with self.database.read() as session:
            calls = (await session.scalars(select(Call).where(_WRAPPING, Call.merged_into.is_(None)))).all()
        now = time.time()
        due = [call for call in calls if call.wrap_started_at and now - call.wrap_started_at.timestamp() > self.wrap_up]
        await asyncio.gather(*(_say(people[call.user_id], call) for call in due if call.user_id in people))
        return len(due)

    async def finish_for_ever(self) -> None:
        """Until cancelled."""
        while True:
            await self.finish_calls()
            await asyncio.sleep(0.2)


async def hire(product: Product, lab: Lab) -> None:
    """Add the newcomers and give them telephones."""
    settings = Settings(data_dir=product.folder)
    database = Database(settings.database)
    try:
        base = wiring.ground(settings, database)
        users = wiring.people(base).users
        async with base.uow.read() as session:
            role = (await session.scalars(select(Role).where(Role.key == "collector"))).one()
            unit = (await session.scalars(select(Unit).where(Unit.name == "Team North"))).one()
        for extension, login in NEWCOMERS.items():
            data = UserData(
                login=login,
                role_id=role.id,
                unit_id=unit.id,
                surname=f"Sample {extension}",
                extension=extension,
                timezone="Europe/Moscow",
            )
            await users.add(PROGRAM, data, PASSWORD, must_change=False)
        await asyncio.to_thread(lab.reprovision, await phones_of(base.uow, users))
    finally:
        await database.close()


@asynccontextmanager
async def at_work(staff: Staff) -> AsyncIterator[Staff]:
    """Everybody is signed in, with a telephone that takes calls, while the block runs."""
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        for extension in COLLECTORS:
            await _sits_down(staff, group, stack, extension)
        tasks = [group.create_task(_at_browser(staff, seat)) for seat in staff.floor.seats.values()]
        tasks.append(group.create_task(staff.finish_for_ever()))
        yield staff
        for task in tasks:
            task.cancel()
        await stack.aclose()


async def _sits_down(staff: Staff, group: asyncio.TaskGroup, stack: AsyncExitStack, extension: str) -> None:
    login, floor = COLLECTORS[extension], staff.floor
    password = PASSWORD if extension in NEWCOMERS else floor.product.passwords[login]
    desk = await stack.enter_async_context(signed_in(floor.product.url, login, password))
    place = staff._at_work[extension] = AsyncExitStack()
    stack.push_async_callback(place.aclose)
    if extension not in SEATS:
        await place.enter_async_context(desk.open())
        phone = await place.enter_async_context(desk_phone(floor.pbx.sip, floor.phones[extension]))
        working = group.create_task(_at_phone(staff, extension, phone))
        place.callback(working.cancel)
    async with staff.database.read() as session:
        user_id = (await session.scalars(select(User.id).where(User.login == login))).one()
    staff.collectors[extension] = Collector(
        login=login, extension=extension, user_id=user_id, desk=desk, since=time.time()
    )


async def _at_browser(staff: Staff, seat: Seat) -> None:
    """Take whatever rings when nobody is on the line, and end what lasts too long."""
    began: float | None = None
    while True:
        talking = await seat.line("talking").count() > 0
        began = (began or time.monotonic()) if talking else None
        with suppress(Exception):  # a line that has just gone has no button any more
            if began is None and await seat.page.locator(ANSWERING).count():
                await seat.page.locator(ANSWERING).first.click(timeout=500)
            elif began is not None and time.monotonic() - began > staff.talk_at_most:
                await seat.page.locator("soft-phone [data-act=hang-up]").first.click(timeout=500)
        await asyncio.sleep(0.2)


async def _at_phone(staff: Staff, extension: str, phone: Baresip) -> None:
    """Take calls until the phone is switched off."""
    habit, taken = staff.habits.get(extension, Habit()), 0
    while True:
        await phone.until("CALL_INCOMING", timeout=None)
        taken += 1
        if await _ended_within(phone, habit.answers_after):
            continue
        if habit.ignores and taken % habit.ignores == 0:
            await phone.until(ENDED, timeout=None)
            continue
        await phone.order("accept")
        if (await phone.until("CALL_ESTABLISHED", ENDED, timeout=None))["type"] == ENDED:
            continue
        if habit.holds and taken % habit.holds == 0 and await _holds(staff, f"{extension}d", phone):
            continue
        if not await _ended_within(phone, staff.talk_at_most):
            await phone.hang_up()
            await phone.until(ENDED, timeout=None)


async def _holds(staff: Staff, endpoint: str, phone: Baresip) -> bool:
    """Have the debtor wait for a moment; whether he hung up over it."""
    if await _ended_within(phone, 0.5):
        return True
    began = time.time()
    await phone.order("hold")
    ended = await _ended_within(phone, 1.5)
    if not ended:
        await phone.order("resume")
    staff.holds.append(Hold(endpoint=endpoint, began=began, ended=time.time()))
    return ended


async def _ended_within(phone: Baresip, seconds: float) -> bool:
    try:
        await phone.until(ENDED, timeout=seconds)
    except TimeoutError:
        return False
    return True


RESULTS: tuple[Mapping[str, str], ...] = (
    {"code": "RPC-REFUSE", "reason": "Out of work"},
    {"code": "TPC"},
    {"code": "RPC-HANGUP"},
    {"code": "RPC-HARDSHIP", "reason": "Ill"},
)
MACHINES = "8"
"""The last digit of numbers at which a machine answers."""


async def _say(collector: Collector, call: Call) -> None:
    """Say how a call went. Every fifth time he only says that he is done."""
    if call.id % 5 == 0:
        answer = await collector.desk.post(f"/calls/{call.id}/wrap-up/end")
    else:
        result = {"code": "VM"} if (call.phone or "").endswith(MACHINES) else RESULTS[call.id % len(RESULTS)]
        answer = await collector.desk.post(f"/calls/{call.id}/result", **result)
    assert answer.status_code in (204, BUSY), (call.id, answer.text)  # who is told so tries again
