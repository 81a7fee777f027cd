"""The link to Asterisk cut a hundred times under load, also half open, and Asterisk killed: the real server's call log
ends complete, is right again soon after each return, and nobody is dialled twice."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import pytest

from core.kernel.db import Database
from telephony.lab import Lab, LabOptions, sipp
from telephony.provisioning import Phone
from tests.cel import Cel
from tests.desk import Desk, signed_in
from tests.e2e.logbook import Verdict, calls_of, live_legs, settled
from tests.fakes.cutting_proxy import CuttingProxy
from tests.phones import desk_phone
from tests.plugins.asterisk import started
from tests.plugins.figures import Figure
from tests.plugins.product import running
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(300)]

CUTS = 100
HALF_OPEN_EVERY = 10
KILLS = 5
MOST_BYTES = 12_000
DEBTORS_AT_ONCE = 4
RIGHT_WITHIN = 3.0
#: How far the log may be behind a telephone that rings or ends just now, seconds: calls never stand still here.
THIS_MOMENT = 1.0
CLICKER, SILENT = "100", "102"
PHONES = tuple(
    Phone(extension=extension, password=secrets.token_hex(8), name=f"Desk {extension}")
    for extension in (CLICKER, "101", SILENT, "103")
)
OPTIONS = LabOptions(ring_seconds=3, queue_seconds=6, recording_notice=None)


@dataclass(kw_only=True)
class Floor:
    """A server that reaches its exchange through the proxy, and people on both ends."""

    lab: Lab
    proxy: CuttingProxy
    clicker: Desk
    database: Database
    cel: Cel
    debtors: sipp.Sipp
    rings: int = 0
    orders: dict[str, set[int]] = field(default_factory=dict)


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """Two desk phones and the phone of whoever clicks take every call, a third desk phone none; debtors pick up."""
    async with AsyncExitStack() as stack:
        lab = stack.enter_context(started(tmp_path / "exchange", OPTIONS, PHONES))
        pbx = lab.required().pbx
        proxy = await stack.enter_async_context(CuttingProxy(pbx.ami.host, pbx.ami.port))
        product = await stack.enter_async_context(
            running(
                tmp_path / "server",
                CALLCENTER_ASTERISK=f"ami://{pbx.ami_user}:{pbx.ami_secret}@127.0.0.1:{proxy.port}",
                CALLCENTER_SPOOL_DIR=str(lab.spool_dir),
                CALLCENTER_CEL_FILE=str(lab.cel_file),
                CALLCENTER_PHONE_WEBSOCKET=f"ws://127.0.0.1:{pbx.http.port}/ws",
            )
        )
        for phone in PHONES:
            browser, answers = phone.extension == CLICKER, phone.extension != SILENT
            await stack.enter_async_context(desk_phone(pbx.sip, phone, auto_answer=answers, browser=browser))
        debtors = stack.enter_context(sipp.answer(pbx.trunk, seconds=0.5, ring_seconds=0.1))
        clicker = await stack.enter_async_context(signed_in(product.url, "supervisor", product.passwords["supervisor"]))
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'server' / 'callcenter.db'}")
        stack.push_async_callback(database.close)
        yield Floor(lab=lab, proxy=proxy, clicker=clicker, database=database, cel=Cel(lab.cel_file), debtors=debtors)


async def test_a_hundred_cuts_lose_nothing_and_dial_nobody_twice(floor: Floor, figure: Figure) -> None:
    chance = random.Random(100)
    returns: list[float] = []
    async with load(floor, chance):
        for number in range(CUTS):
            links = floor.proxy.links
            floor.proxy.cut_after(chance.randrange(1, MOST_BYTES), mute=number % HALF_OPEN_EVERY == HALF_OPEN_EVERY - 1)
            await asyncio.wait_for(floor.proxy.cut_happened.wait(), 60)
            await _returned(floor, links)
            returns.append(await _right_again(floor))
    verdict = await settled(floor.database, floor.cel)
    _tell(figure, floor, verdict, returns)
    assert verdict.faultless, verdict
    assert median(returns) < RIGHT_WITHIN
    await _nobody_dialled_twice(floor)


async def test_asterisk_is_killed_and_started_under_load(floor: Floor, figure: Figure) -> None:
    chance = random.Random(7)
    returns: list[float] = []
    kills: list[float] = []
    cut_off = 0
    async with load(floor, chance):
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.5, 1.5))  # any moment of the load will do
            await until(lambda: _is_loaded(floor), every=0.01)
            links = floor.proxy.links
            floor.lab.kill()
            kills.append(time.time())
            cut_off += len(floor.cel.read().live())
            floor.cel.end_all(kills[-1])
            await asyncio.to_thread(floor.lab.up, PHONES, OPTIONS)
            await _returned(floor, links)
            returns.append(await _right_again(floor))
    verdict = await settled(floor.database, floor.cel, kills=kills)
    _tell(figure, floor, verdict, returns)
    figure("channels cut off by the kills", cut_off)
    assert verdict.faultless, verdict
    assert median(returns) < RIGHT_WITHIN
    await _nobody_dialled_twice(floor)


@asynccontextmanager
async def load(floor: Floor, chance: random.Random) -> AsyncIterator[None]:
    """Debtors ring in and a collector dials out while the block runs; its end lets them finish what they are at."""
    stop = asyncio.Event()
    people: list[Callable[[], Awaitable[None]]] = [lambda: _debtor(floor, chance, stop)] * DEBTORS_AT_ONCE
    async with asyncio.TaskGroup() as group:
        for one in (*people, lambda: _clicks(floor, stop)):
            group.create_task(one())  # type: ignore[arg-type]
        yield
        stop.set()


async def _debtor(floor: Floor, chance: random.Random, stop: asyncio.Event) -> None:
    """One who rings in again and again: to the queue or a collector, and talks a while or gives up."""
    number = floor.lab.required().pbx.numbers[0]
    while not stop.is_set():
        floor.rings += 1
        order = sipp.Ring(
            caller=f"+7900001{floor.rings:04}",
            number=chance.choice((number, number, "101", "103", SILENT)),
            seconds=chance.uniform(0.2, 1.5),
            abandon_after=chance.uniform(0.2, 5),
        )
        await asyncio.to_thread(_ring, floor.lab, order)


def _ring(lab: Lab, order: sipp.Ring) -> None:
    """Until it is over, or hopeless because Asterisk died."""
    asterisk = lab.running()
    if asterisk is None:
        time.sleep(0.2)
        return
    with sipp.ring(asterisk.pbx.sip, asterisk.pbx.trunk.host, order) as debtor:
        deadline = time.monotonic() + 8
        while not debtor.finished() and lab.running() == asterisk and time.monotonic() < deadline:
            time.sleep(0.05)


async def _clicks(floor: Floor, stop: asyncio.Event) -> None:
    """One wish after the other, each repeated with its own key when the answer was no clear one, as scripts do."""
    while not stop.is_set():
        number = f"+7900002{len(floor.orders):04}"
        calls = floor.orders.setdefault(number, set())
        for _ in range(2):
            answer = await floor.clicker.post("/calls/dial", phone=number, key=number)
            if answer.status_code == 201:
                calls.add(answer.json()["call_id"])
                break
            assert answer.json()["code"] in {"telephony_unavailable", "order_refused"}, answer.text
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)


async def _returned(floor: Floor, links: int) -> None:
    """Wait until there is a newer link than the first ``links``."""

    async def newer() -> bool:
        return floor.proxy.links > links

    await until(newer, every=0.005)


async def _is_loaded(floor: Floor) -> bool:
    return len(floor.cel.read().live()) >= DEBTORS_AT_ONCE


async def _right_again(floor: Floor) -> float:
    """Seconds from the link's return until the log's live telephones are Asterisk's, but for those of this moment."""
    began = time.monotonic()
    await until(lambda: _is_right(floor), every=0.02)
    return time.monotonic() - began


async def _is_right(floor: Floor) -> bool:
    moment = time.time() - THIS_MOMENT
    logged = await live_legs(floor.database)
    live = floor.cel.read().live()
    return logged ^ live <= floor.cel.changed_since(moment)


async def _nobody_dialled_twice(floor: Floor) -> None:
    """At most one call for a wish, in the log, in CEL, and at the debtors' end."""
    assert not floor.cel.twice
    assert all(len(calls) <= 1 for calls in floor.orders.values())
    logged = [call for call in await calls_of(floor.database) if call.order_key is not None]
    assert len({call.phone for call in logged}) == len(logged)
    reached = [channel for channel in floor.cel.channels.values() if channel.dialled in floor.orders]
    assert len({channel.dialled for channel in reached}) == len(reached)
    outbound = {f"cc-{call.id}-a" for call in logged}
    rung = [each for each in floor.cel.channels.values() if each.is_customer and each.linkedid in outbound]
    assert len({each.linkedid for each in rung}) == len(rung)
    invited = [event.call for event in floor.debtors.events() if event.name == "started"]
    assert len(set(invited)) == len(rung)


def _tell(figure: Figure, floor: Floor, verdict: Verdict, returns: list[float]) -> None:
    figure("cuts", len(returns))
    figure("calls", verdict.calls)
    figure("orders", len(floor.orders))
    figure("calls lost", len(verdict.missing))
    figure("ghost calls", len(verdict.ghosts))
    figure("facts wrong", len(verdict.wrong))
    figure("right after the link's return, median s", round(median(returns), 2))
    figure("worst s", round(max(returns), 2))
