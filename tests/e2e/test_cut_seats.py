"""Collectors' links cut in calls: a seat whose websockets break keeps its call, one that vanishes leaves its debtor
with music and then an end that says so, and what rings at a phone that is no more goes to somebody else."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
import pytest_asyncio

from core.kernel.db import Database
from telephony.lab import LabOptions, sipp
from tests.cel import Cel
from tests.e2e.floor import Floor, opened
from tests.e2e.logbook import settled
from tests.plugins.asterisk import eventually
from tests.plugins.figures import Figure

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]
OPTIONS = LabOptions(ring_seconds=3, queue_seconds=30, silence_seconds=2, lost_seconds=6)
#: How long the links are away: long enough for the server to believe that the screens are gone.
AWAY_SECONDS = 7.0
BACK_WITHIN, CLOSED_WITHIN = 20.0, 30.0
DESK = "103"
_STATE = """
    SELECT agent_states.state FROM agent_states JOIN users ON users.id = agent_states.user_id
    WHERE users.login = ? AND agent_states.ended_at IS NULL"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    async with opened(tmp_path_factory.mktemp("cut") / "call centre", options=OPTIONS, cuttable=True) as floor:
        yield floor


def asked(floor: Floor, question: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(floor.product.folder / "callcenter.db")) as database:
        return database.execute(question, values).fetchall()


def state(floor: Floor, login: str) -> str:
    return str(asked(floor, _STATE, login)[0][0])


async def test_a_seat_without_its_websockets_keeps_its_call(floor: Floor, figure: Figure) -> None:
    """Page and phone are back by themselves, in the same call; whoever hangs up meanwhile is noticed."""
    one, two = floor.seats["101"], floor.seats["102"]
    pbx = floor.pbx
    with ExitStack() as debtors:
        for n, extension in enumerate(("101", "102")):
            order = sipp.Ring(caller=f"+7900000810{n}", number=extension, seconds=4 if extension == "102" else None)
            debtors.enter_context(sipp.ring(pbx.sip, pbx.trunk.host, order))
            await floor.seats[extension].answer()
        for link in floor.links:
            link.refusing = True
            link.cut()
        await asyncio.sleep(AWAY_SECONDS)  # that is the fault
        assert state(floor, one.login) == "talking"
        assert state(floor, two.login) in {"wrap_up", "offline"}
        for link in floor.links:
            link.refusing = False
        began = time.monotonic()
        await asyncio.gather(one.ready(), two.ready())
        figure("seats back after, s", round(time.monotonic() - began, 2))
        assert time.monotonic() - began < BACK_WITHIN
        await one.until("talking")
        await two.free()
        assert state(floor, one.login) == "talking"
        await asyncio.to_thread(floor.lab.rx, "channel request hangup all")
        await one.free()
        figure("seats right after, s", round(time.monotonic() - began, 2))
    await floor.idle()
    await _nothing_is_missing(floor, figure)
    await floor.rested()


async def test_phones_that_vanish_in_calls(floor: Floor, figure: Figure) -> None:
    """A browser dies and a desk phone's plug is pulled, each in a call: the debtors hear music and are let go."""
    pbx = floor.pbx
    with ExitStack() as debtors:
        ring = sipp.Ring(caller="+79000008201", number="102")
        debtors.enter_context(sipp.ring(pbx.sip, pbx.trunk.host, ring))
        await floor.seats["102"].answer()
        async with floor.desk(DESK, auto_answer=True) as phone:
            order = sipp.Ring(caller="+79000008202", number=DESK)
            debtors.enter_context(sipp.ring(pbx.sip, pbx.trunk.host, order))
            await phone.until("CALL_ESTABLISHED")
            await eventually(lambda: state(floor, "collector3") == "talking")
        await floor.seats["102"].crash()
        began, held = time.monotonic(), set[str]()

        def both_hear_music() -> bool:
            held.update(_held(floor))
            return len(held) == 2

        await eventually(both_hear_music, seconds=CLOSED_WITHIN)
        figure("noticed after, s", round(time.monotonic() - began, 2))
        for login in ("collector2", "collector3"):
            await eventually(lambda login=login: state(floor, login) not in {"talking", "ringing", "hold"})  # type: ignore[misc]
        await floor.idle(CLOSED_WITHIN)
        figure("debtors let go after, s", round(time.monotonic() - began, 2))
    await _nothing_is_missing(floor, figure)
    ended = "SELECT ended_at, answered_at, cause FROM calls WHERE phone IN ('+79000008201', '+79000008202')"
    rows = asked(floor, ended)
    assert len(rows) == 2
    assert all(None not in row for row in rows), rows
    await floor.take_seat("102")
    await floor.rested()


async def test_what_rings_at_a_phone_that_is_no_more_goes_to_somebody_else(floor: Floor, figure: Figure) -> None:
    """The queue rings a desk phone whose plug is pulled; the debtor waits on and is taken by the seat that is free."""
    one, two = floor.seats["101"], floor.seats["102"]
    for seat in (one, two):
        assert (await seat.post("/me/state", state="pause", reason="lunch"))[0] == 204
    with floor.ring("+79000008301", seconds=1) as debtor:
        async with floor.desk(DESK) as phone:
            await phone.until("CALL_INCOMING")
        began = time.monotonic()
        assert (await one.post("/me/state", state="available"))[0] == 204
        await one.answer()
        figure("taken by another after, s", round(time.monotonic() - began, 2))
        await asyncio.to_thread(debtor.wait, 20)
    await floor.idle()
    await _nothing_is_missing(floor, figure)
    assert state(floor, "collector3") not in {"talking", "ringing", "hold"}
    await floor.rested(expected=True)


def _held(floor: Floor) -> Iterator[str]:
    """Debtors' telephones that hear music."""
    for line in floor.lab.rx("core show channels concise").splitlines():
        if line.startswith("PJSIP/trunk-") and "!MusicOnHold!" in line:
            yield line.partition("!")[0]


async def _nothing_is_missing(floor: Floor, figure: Figure) -> None:
    """The log tells what Asterisk's own CEL tells, of every call there was."""
    database = Database(f"sqlite+aiosqlite:///{floor.product.folder / 'callcenter.db'}")
    cel = Cel(floor.lab.cel_file)
    verdict = await settled(database, cel)
    await database.close()
    figure("calls", verdict.calls)
    figure("calls lost", len(verdict.missing))
    figure("facts wrong", len(verdict.wrong))
    assert verdict.faultless, verdict
