"""Between two calls nobody slips in: callers wait all the time, talks are short, and whoever wraps up is not rung."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.agents.model import AgentState
from callcenter.agents.rules import State
from callcenter.calls.facts import LegKind
from callcenter.calls.model import Leg
from callcenter.queues.model import MAIN, Queue
from core.kernel.db import Database
from core.people.model import User
from telephony.lab import LabOptions
from tests.desk import signed_in
from tests.e2e.floor import Floor, opened
from tests.e2e.rest import finish, wrapping
from tests.phones import Baresip
from tests.plugins.asterisk import eventually
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(300)]
COLLECTORS = {"101": "collector", "102": "collector2", "103": "collector3"}
CALLERS, AT_ONCE = 33, 9
#: A debtor left alone on the line for the moment until his collector's leg is gone is on hold for that moment.
IN_CALL = {State.TALKING, State.HOLD}
AFTER_IT = {*IN_CALL, State.WRAP_UP}
ENDED = "CALL_CLOSED"
#: No rest of the exchange's own after a call: only what the program says counts.
FIELDS = {"name": "Main queue", "strategy": "rrmemory", "service_seconds": 20, "wrap_up_seconds": 0, "everybody": 1}
PATIENT = LabOptions(ring_seconds=8, queue_seconds=200)


async def test_nobody_is_rung_while_he_wraps_up(tmp_path: Path) -> None:
    async with opened(tmp_path / "call centre", (), PATIENT) as floor:
        database = Database(f"sqlite+aiosqlite:///{floor.product.folder / 'callcenter.db'}")
        try:
            await _without_own_rest(floor, database)
            async with _at_work(floor):
                rush = asyncio.Semaphore(AT_ONCE)
                async with asyncio.TaskGroup() as group:
                    for number in range(CALLERS):
                        group.create_task(_rings_in(floor, rush, number))
                await until(lambda: _nothing_to_do(floor, database), within=30)
            people = await _people(database)
            wrong = [fault for one in people.values() for fault in (*_states(*one), *_rings(*one))]
            rests = {state.call_id for states, _ in people.values() for state in states if state.state == State.WRAP_UP}
            log = floor.lab.queue_log.read_text().splitlines()
        finally:
            await database.close()
    wrong += [fault for extension in COLLECTORS for fault in _logged(extension, log)]
    assert not wrong, "\n".join(wrong)
    assert len(rests) == CALLERS


async def _without_own_rest(floor: Floor, database: Database) -> None:
    async with database.read() as session:
        main = (await session.scalars(select(Queue.id).where(Queue.code == MAIN))).one()
    async with signed_in(floor.product.url, "admin", floor.product.passwords["admin"]) as admin:
        saved = await admin.post(f"/queues/{main}", **FIELDS, overflow="goodbye", closed="voicemail", active=1)
        assert saved.status_code == 303, saved.text
    await eventually(lambda: "wrapuptime = 0" in (floor.lab.config_dir / "callcenter-queues.conf").read_text())


@asynccontextmanager
async def _at_work(floor: Floor) -> AsyncIterator[None]:
    """Everybody sits at his desk phone and takes calls, ends half of them, and rests for a moment after each."""
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        tasks = [group.create_task(_says_that_he_is_done(floor))]
        for extension, login in COLLECTORS.items():
            desk = await stack.enter_async_context(signed_in(floor.product.url, login, floor.product.passwords[login]))
            await stack.enter_async_context(desk.open())
            phone = await stack.enter_async_context(floor.desk(extension))
            tasks.append(group.create_task(_takes_calls(phone)))
        yield
        for task in tasks:
            task.cancel()


async def _takes_calls(phone: Baresip) -> None:
    while True:
        await phone.until("CALL_INCOMING", timeout=None)
        await phone.order("accept")
        if (await phone.until("CALL_ESTABLISHED", ENDED, timeout=None))["type"] == ENDED:
            continue
        try:
            await phone.until(ENDED, timeout=1)
        except TimeoutError:
            await phone.hang_up()
            await phone.until(ENDED, timeout=None)


async def _says_that_he_is_done(floor: Floor) -> None:
    """Half a second later at the earliest: so long at least he wraps up."""
    before: list[tuple[int, str]] = []
    while True:
        now = await asyncio.to_thread(wrapping, floor.product)
        await finish(floor.product, [call for call in now if call in before])
        before = now
        await asyncio.sleep(0.5)


async def _rings_in(floor: Floor, rush: asyncio.Semaphore, number: int) -> None:
    """Every other debtor ends the talk himself."""
    async with rush:
        with floor.ring(f"+790000071{number:02}", seconds=0.5 if number % 2 else None) as debtor:
            await eventually(debtor.finished, seconds=120)


async def _nothing_to_do(floor: Floor, database: Database) -> bool:
    async with database.read() as session:
        busy = select(AgentState.id).where(
            AgentState.ended_at.is_(None),
            AgentState.state.in_((State.RINGING, State.TALKING, State.HOLD, State.WRAP_UP)),
        )
        return await session.scalar(busy.limit(1)) is None and not await asyncio.to_thread(wrapping, floor.product)


async def _people(database: Database) -> dict[int, tuple[Sequence[AgentState], Sequence[Leg]]]:
    """Of every collector at work: his states, and when his phones were rung."""
    async with database.read() as session:
        wanted = select(User.id).where(User.extension.in_(COLLECTORS))
        users = (await session.scalars(wanted)).all()
        found = {}
        for user_id in users:
            states = select(AgentState).where(AgentState.user_id == user_id)
            legs = select(Leg).where(Leg.user_id == user_id, Leg.kind == LegKind.AGENT)
            found[user_id] = (
                (await session.scalars(states.order_by(AgentState.started_at, AgentState.id))).all(),
                (await session.scalars(legs)).all(),
            )
        return found


def _states(states: Sequence[AgentState], _legs: Sequence[Leg]) -> Iterator[str]:
    for before, after in pairwise(states):
        if before.ended_at != after.started_at:
            yield f"{before.user_id}: {before.state} until {before.ended_at}, {after.state} from {after.started_at}"
        if before.state in IN_CALL and (after.state not in AFTER_IT or after.call_id != before.call_id):
            yield f"{before.user_id}: {after.state} at {after.started_at} after the talk of call {before.call_id}"


def _rings(states: Sequence[AgentState], legs: Sequence[Leg]) -> Iterator[str]:
    rests = [state for state in states if state.state == State.WRAP_UP]
    for leg in legs:
        yield from (
            f"{leg.user_id} was rung at {leg.started_at}, he wrapped up from {rest.started_at} to {rest.ended_at}"
            for rest in rests
            if rest.started_at <= leg.started_at and (rest.ended_at is None or leg.started_at < rest.ended_at)
        )


def _logged(extension: str, log: Sequence[str]) -> Iterator[str]:
    """After a call the queues take a collector for paused before they take him for free."""
    mine = [event for _, _, _, member, event, *_ in (line.split("|") for line in log) if member == extension]
    first = mine.index("CONNECT")
    pauses = ["PAUSE", "UNPAUSE"]
    since: list[str] = []
    for event in mine[first + 1 :]:
        if event == "CONNECT" and [one for one in pauses if one in since] != pauses:
            yield f"{extension} got a call after {since}"
        since = [] if event == "CONNECT" else [*since, event]
    if "RINGNOANSWER" in mine:
        yield f"{extension} was rung in vain"
