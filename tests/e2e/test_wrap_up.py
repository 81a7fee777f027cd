"""A collector writes down how a talk went: however soon callers wait for him, nobody rings him before he is done.

Measured by the exchange's own events, for every way into a talk: the queue's call, one he placed, his own debtor's.
"""

import asyncio
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from telephony.lab import Lab, LabOptions
from tests.desk import Desk, signed_in
from tests.e2e.floor import Floor, opened
from tests.e2e.rest import wrapping
from tests.e2e.test_routing import asked, debtor_of
from tests.phones import Baresip, desk_phone
from tests.plugins.asterisk import eventually
from tests.plugins.figures import Figure
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(400)]
EXTENSION, LOGIN = "101", "collector"
OPTIONS = LabOptions(ring_seconds=15, queue_seconds=120, recording_notice=None)
#: The queue itself gives no rest after a call: what is measured is what the program and its dialplan do.
MAIN = {
    "name": "Main queue",
    "strategy": "rrmemory",
    "service_seconds": 20,
    "wrap_up_seconds": 0,
    "overflow": "goodbye",
    "closed": "voicemail",
    "everybody": 1,
    "own_first": 1,
    "own_seconds": 15,
    "active": 1,
}
WAYS = ("queue", "placed", "own")
EACH, EACH_UNTOLD = 5, 2
RUNG_AGAIN_WITHIN = 8.0
_SPARED = re.compile(rf"CALLCENTER_PARTED_{EXTENSION}=\d")


@dataclass
class Rings:
    """What became of the collector's phones, in seconds of this machine: ``began`` to ring for somebody, ``spared``
    from a ring, ``parted`` from whom they talked to. ``talking`` are the channels that do."""

    began: list[float] = field(default_factory=list)
    spared: list[float] = field(default_factory=list)
    parted: list[float] = field(default_factory=list)
    talking: set[str] = field(default_factory=set)
    _new: set[str] = field(default_factory=set)

    def heard(self, headers: Mapping[str, str]) -> None:
        event, one = headers.get("Event"), headers.get("Uniqueid", "")
        if event == "Newchannel" and _his(headers["Channel"]):
            self._new.add(one)
        elif event == "DialBegin" and _his(headers["DestChannel"]):
            self._new.discard(headers["DestUniqueid"])
            if "Channel" in headers:  # else it is his own order that rings him
                self.began.append(time.time())
        elif event == "BridgeEnter" and _his(headers["Channel"]):
            self.talking.add(one)
        elif event == "Hangup" and one in self.talking:
            self.talking.discard(one)
            self.parted.append(time.time())
        elif event == "Hangup" and one in self._new:
            self.spared.append(time.time())


def _his(name: str) -> bool:
    return name.split("-", maxsplit=1)[0] in (f"PJSIP/{EXTENSION}", f"PJSIP/{EXTENSION}d")


@asynccontextmanager
async def listening(lab: Lab) -> AsyncIterator[Rings]:
    """To the exchange's events, over a link of its own."""
    pbx, rings = lab.required().pbx, Rings()
    reader, writer = await asyncio.open_connection(pbx.ami.host, pbx.ami.port)
    writer.write(f"Action: Login\r\nUsername: {pbx.ami_user}\r\nSecret: {pbx.ami_secret}\r\n\r\n".encode())

    async def listen() -> None:
        while True:
            block = (await reader.readuntil(b"\r\n\r\n")).decode()
            rings.heard(dict(line.split(": ", 1) for line in block.splitlines() if ": " in line))

    task = asyncio.create_task(listen())
    try:
        yield rings
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.close()


@dataclass
class Place:
    """A collector at his telephone, and the debtors on the line. ``early`` tells of rings before he was done."""

    floor: Floor
    desk: Desk
    phone: Baresip
    rings: Rings
    debtors: ExitStack
    early: list[str] = field(default_factory=list)
    _strangers: Iterator[int] = field(default_factory=lambda: count(8101))
    _own: Iterator[int] = field(default_factory=count)

    async def talk(self, way: str) -> None:
        """He talks, and somebody else waits in the queue."""
        if way == "placed":  # while he has a break: callers do not come first
            await self._say("pause", reason="lunch")
            await self._may_be_rung(False)
            answer = await self.desk.post("/calls/dial", phone=self._stranger())
            assert answer.status_code == 201, answer.text
        else:
            self._ring(self._stranger() if way == "queue" else debtor_of(self.floor, EXTENSION, skip=next(self._own)))
        await self.phone.answer()
        await _until(lambda: self.rings.talking)
        if way == "placed":
            await self._say("available")
            await self._may_be_rung(True)
        self._ring(self._stranger())
        await eventually(lambda: "main has 1 calls" in self.floor.lab.rx("queue show main"))

    async def part(self, way: str, *, untold: bool) -> None:
        """He hangs up, and says that he is done once no queue may ring him any more. ``untold``: the server does not
        hear of it before the queue has looked whether he is free."""
        rings, began, parted = self.rings, len(self.rings.began), len(self.rings.parted)
        with halted(self.floor.product.process) if untold else ExitStack():
            tried = len(rings.began) + len(rings.spared)
            await self.phone.hang_up()
            await _until(lambda: len(rings.parted) > parted)
            if untold:
                await _until(lambda: len(rings.began) + len(rings.spared) > tried)
        calls = await eventually(lambda: wrapping(self.floor.product))
        await eventually(lambda: len(rings.began) > began or not self._rung())
        if len(rings.began) > began:
            self.early.append(f"{way}: after {rings.began[began] - rings.parted[parted]:.2f} s")
        await self._done(calls)
        await eventually(lambda: not _SPARED.search(self.floor.lab.rx("dialplan show globals")))

    async def serve(self) -> None:
        """Who waits in the queue rings him now."""
        await self.phone.answer()
        await _until(lambda: self.rings.talking)
        await self.phone.hang_up()
        await self._done(await eventually(lambda: wrapping(self.floor.product)))
        await self.floor.idle()
        await self._may_be_rung(True)

    async def _done(self, calls: list[tuple[int, str]]) -> None:
        for call_id, _ in calls:
            assert (await self.desk.post(f"/calls/{call_id}/wrap-up/end")).status_code == 204

    async def _say(self, state: str, **fields: str) -> None:
        assert (await self.desk.post("/me/state", state=state, **fields)).status_code == 204

    async def _may_be_rung(self, wanted: bool) -> None:
        await eventually(lambda: self._rung() == wanted)

    def _rung(self) -> bool:
        """Whether the queue may ring any of his phones."""
        lines = self.floor.lab.rx("queue show main").splitlines()
        return any("(paused" not in line for line in lines if f"(PJSIP/{EXTENSION}" in line)

    def _ring(self, number: str) -> None:
        self.debtors.enter_context(self.floor.ring(number))

    def _stranger(self) -> str:
        return f"+7900000{next(self._strangers)}"


async def _until(condition: Callable[[], object]) -> None:
    async def holds() -> object:
        return condition()

    await until(holds, every=0.01)


@contextmanager
def halted(process: asyncio.subprocess.Process | None) -> Iterator[None]:
    """The server stands still while the block runs."""
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    with ExitStack() as debtors:
        async with (
            opened(tmp_path / "call centre", seats=(), options=OPTIONS) as floor,
            signed_in(floor.product.url, LOGIN, floor.product.passwords[LOGIN]) as desk,
            signed_in(floor.product.url, "admin", floor.product.passwords["admin"]) as admin,
            listening(floor.lab) as rings,
            desk_phone(floor.pbx.sip, floor.phones[EXTENSION], browser=True) as phone,
        ):
            main = asked(floor, "SELECT id FROM queues WHERE code = 'main'")[0][0]
            assert (await admin.post(f"/queues/{main}", **MAIN)).status_code == 303
            debtors.enter_context(floor.answers())
            place = Place(floor, desk, phone, rings, debtors)
            await place._may_be_rung(True)
            yield place


async def test_nobody_rings_him_before_he_is_done(place: Place, figure: Figure) -> None:
    for number, way in enumerate(WAYS * EACH):
        await place.talk(way)
        await asyncio.sleep(number / len(WAYS * EACH))  # a queue looks once a second: hang-ups fall all over it
        await place.part(way, untold=False)
        await place.serve()
    figure("talks", len(WAYS * EACH))
    figure("rings spared", len(place.rings.spared))
    figure("rings before he was done", place.early)
    assert not place.early


async def test_nor_does_anybody_while_the_server_has_not_heard_of_it(place: Place, figure: Figure) -> None:
    for way in WAYS * EACH_UNTOLD:
        await place.talk(way)
        await place.part(way, untold=True)
        await place.serve()
    figure("rings before he was done", place.early)
    assert not place.early


async def test_without_a_server_he_is_rung_again_soon(place: Place, figure: Figure) -> None:
    await place.talk("queue")
    await place.floor.product.kill()
    began = len(place.rings.began)
    await place.phone.hang_up()
    await _until(lambda: len(place.rings.began) > began)
    after = place.rings.began[-1] - place.rings.parted[-1]
    figure("rung again after, s", round(after, 2))
    assert after < RUNG_AGAIN_WITHIN
    await place.phone.answer()
    await place.phone.hang_up()
    await place.floor.product.start()
