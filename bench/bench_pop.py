"""A ring on 500 screens: manager event → websocket message → painted pop, beside the same bytes piped bare.

The product runs as its users have it, a process of its own; the screens are in another, one of them a browser; a
manager's port plays recorded rings with other numbers. The reference takes the same bytes from a like port to the same
number of websockets, one of them a browser's as well.
"""

import asyncio
import os
import re
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page

from bench.audience import Address, audience, live
from bench.audience import Heard as Screen
from bench.browser import painted, watching, watching_bare
from bench.figure import Figure, percentile
from bench.floor import furnish
from bench.rings import Ring, rings
from tests.fakes.ami_server import AmiServer
from tests.plugins.product import ROOT, Product

SCREENS = 500
EACH_SECOND = 50
SECONDS = 20
#: The first rings find caches empty and plans unmade.
_WARMING_SECONDS = 2
#: Rings a second on the screen that is a browser: the case is read before the next one comes.
_WATCHED = 0.5
_SETTLE_SECONDS = 2.0
_LEAD_SECONDS = 3.0
_PATIENCE_SECONDS = 60
_CALLER = re.compile(r"\b79\d{9}\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """So many screens, each second so many rings, for so long."""

    screens: int = SCREENS
    seconds: int = SECONDS

    @property
    def debtors(self) -> int:
        return (EACH_SECOND + 1) * self.seconds

    def main(self, extensions: Sequence[str], epoch: float) -> list[Ring]:
        return list(rings(extensions, each_second=EACH_SECOND, seconds=self.seconds, epoch=epoch))

    def watched(self, extension: str, epoch: float) -> list[Ring]:
        """The rings on the one screen that is a browser."""
        first = EACH_SECOND * self.seconds
        return list(rings([extension], each_second=_WATCHED, seconds=self.seconds, epoch=epoch, first=first))


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """Milliseconds from the manager's event to the message, ring by ring, and KiB of memory for each screen.
    ``carded`` and ``painted`` are those to the caller's card and to the case, painted by the browser."""

    waits: Sequence[float]
    missing: int
    kib_each: float
    carded: Sequence[float] = ()
    painted: Sequence[float] = ()


async def _lead(manager: AmiServer, stream: Sequence[Ring], start: float) -> dict[str, float]:
    """Say every ring at its time (``start`` is monotonic); when each really was said, by caller."""
    said: dict[str, float] = {}
    for after, data, caller in sorted((*burst, str(ring.caller)) for ring in stream for burst in ring.bursts):
        await asyncio.sleep(max(0.0, start + after - time.monotonic()))
        said.setdefault(caller, time.monotonic())
        manager.say(data)
    return said


def _kib(pid: int) -> int:
    """Memory that is the process's own (KiB)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty")))


def _first(heard: Sequence[Screen], mark: str) -> dict[str, float]:
    """When a message with ``mark`` first came about each caller."""
    when: dict[str, float] = {}
    for at, text in sorted((at, text) for screen in heard for at, text in screen):
        if mark in text and (found := _CALLER.findall(text)):
            when.setdefault(found[-1], at)
    return when


async def heard(
    manager: AmiServer,
    pid: int,
    mark: str,
    addresses: Sequence[Address],
    extensions: Sequence[str],
    load: Load,
    browser: tuple[Page, str] | None = None,
    *,
    deaf: int = 0,
) -> Heard:
    """Connect the screens, play the rings, and ask what came when. ``browser`` is a page and its extension; ``deaf``
    see ``audience``."""
    before = _kib(pid)
    async with audience(addresses, deaf=deaf) as screens:
        await asyncio.sleep(_SETTLE_SECONDS)
        each = (_kib(pid) - before) / len(addresses)
        start = time.monotonic() + _LEAD_SECONDS
        epoch = time.time() + _LEAD_SECONDS
        main = await asyncio.to_thread(load.main, extensions, epoch)
        watched = load.watched(browser[1], epoch) if browser is not None else []
        said = await _lead(manager, [*main, *watched], start)
        await asyncio.sleep(_SETTLE_SECONDS)
        came = _first(await screens.told(), mark)
    counted = [str(ring.caller) for ring in main[_WARMING_SECONDS * EACH_SECOND :]]
    waits = [(came[caller] - said[caller]) * 1000 for caller in counted if caller in came]
    seen = await painted(browser[0]) if browser is not None else {}

    def shown(what: str) -> list[float]:
        times = seen.get(what, {}).items()
        return [at - (said[caller] - start + epoch) * 1000 for caller, at in times if caller in said]

    return Heard(
        waits=waits,
        missing=len(counted) - len(waits),
        kib_each=each,
        carded=shown("card"),
        painted=shown("case"),
    )


async def _ours(folder: Path, load: Load) -> Heard:
    url = f"sqlite+aiosqlite:///{folder / 'callcenter.db'}"
    *seats, watched = await furnish(url, load.screens + 1, load.debtors)
    async with AmiServer() as manager, running_product(folder, manager.port) as product:
        await manager.until(lambda: bool(manager.actions("BridgeList")), _PATIENCE_SECONDS)
        assert product.process is not None
        async with watching(product.url, watched.token) as page:
            return await heard(
                manager,
                product.process.pid,
                '"call.offered"',
                live(product.url, seats),
                [seat.extension for seat in seats],
                load,
                (page, watched.extension),
            )


@asynccontextmanager
async def running_product(folder: Path, manager: int) -> AsyncIterator[Product]:
    """The product over the database in ``folder``, with the manager at that port for its exchange."""
    settings = {
        "CALLCENTER_DATA_DIR": str(folder),
        "CALLCENTER_PORT": "0",
        "CALLCENTER_ASTERISK": f"ami://bench:bench@127.0.0.1:{manager}",
    }
    product = Product(folder, {}, {**os.environ, **settings})
    try:
        await product.start()
        yield product
    finally:
        await product.stop()


async def _bare(load: Load) -> Heard:
    extensions = [str(1000 + number) for number in range(load.screens + 1)]
    async with AmiServer() as manager:
        pipe = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.pipe", str(manager.port), cwd=ROOT, stdout=PIPE
        )
        try:
            assert pipe.stdout is not None
            port = int(await asyncio.wait_for(pipe.stdout.readline(), _PATIENCE_SECONDS))
            *addresses, watched = [f"ws://127.0.0.1:{port}/{extension}" for extension in extensions]
            async with watching_bare(watched) as page:
                screens = [(address, "") for address in addresses]
                browser = (page, extensions[-1])
                return await heard(manager, pipe.pid, "DialBegin", screens, extensions[:-1], load, browser)
        finally:
            pipe.kill()
            await pipe.wait()


async def run(*, small: bool = False) -> list[Figure]:
    """The product between two halves of the reference: a machine is not as fast at one minute as at the next."""
    load = Load(screens=50, seconds=4) if small else Load()
    before = await _bare(load)
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        ours = await _ours(Path(folder), load)
    return _figures(ours, _together(before, await _bare(load)), load.screens)


def _together(one: Heard, two: Heard) -> Heard:
    """Two runs as one."""
    return Heard(
        waits=[*one.waits, *two.waits],
        missing=one.missing + two.missing,
        kib_each=(one.kib_each + two.kib_each) / 2,
        carded=[*one.carded, *two.carded],
        painted=[*one.painted, *two.painted],
    )


def _figures(ours: Heard, bare: Heard, screens: int) -> list[Figure]:
    def beside(name: str, share: float, aim: str) -> Figure:
        return Figure(
            name=f"ring to message, {screens} screens, {EACH_SECOND} rings/s ({name})",
            value=percentile(ours.waits, share),
            unit="ms",
            reference=percentile(bare.waits, share),
            reference_name="the same bytes piped bare",
            aim=aim,
        )

    def painting(what: str, waits: Sequence[float]) -> list[Figure]:
        shares = {"p50": 0.5, f"worst of {len(waits)}": 1.0}
        return [
            Figure(
                name=f"ring to {what} in Chromium ({name})",
                value=percentile(waits, share),
                unit="ms",
                reference=percentile(bare.carded, share),
                reference_name="the same bytes painted bare",
            )
            for name, share in shares.items()
        ]

    return [
        beside("p50", 0.5, "≤ 3×"),
        beside("p99", 0.99, "< 50 ms"),
        *painting("painted name of the caller", ours.carded),
        *painting("painted case", ours.painted),
        Figure(name="rings that reached no screen", value=ours.missing, unit="rings", aim="0"),
        Figure(
            name="memory of the server for each screen",
            value=ours.kib_each,
            unit="KiB",
            reference=bare.kib_each,
            reference_name="the same websockets, bare",
        ),
    ]
