"""The live board: 500 collectors change state 100 times a second before 20 supervisors, beside a bare fan-out.

The product runs as its users have it, a process of its own; the screens are in another; a manager's port says which
phones come and go, which is what changes the collectors' states. The reference takes the same events and sends lines
of the same length to as many screens at the same pace, without a database, without anybody's reach. In both one screen
reads seldom and one never: neither may slow the others.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.audience import Address, audience, live
from bench.bench_pop import running_product
from bench.figure import Figure, percentile
from bench.floor import furnish_with
from tests.fakes.ami_server import AmiServer
from tests.plugins.product import ROOT

AGENTS = 500
SUPERVISORS = 20
EACH_SECOND = 100
SECONDS = 30
#: The first changes find plans unmade; and so long a message may be under way at the end.
_WARMING_SECONDS, _SETTLE_SECONDS = 5, 2.0
_FIRST_EXTENSION = 1000
_ODD = 2
_PATIENCE_SECONDS = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """Milliseconds from the manager's event to a screen's message, change by change and screen by screen; what never
    came; bytes and messages to one screen; seconds of processor time that the server took for each second."""

    waits: Sequence[float]
    missing: int
    bytes_each: float
    messages_each: float
    load: float


def _contact(extension: int, *, there: bool) -> bytes:
    lines = {
        "Event": "ContactStatus",
        "URI": f"sip:{extension}@192.0.2.1",
        "ContactStatus": "Reachable" if there else "Removed",
        "AOR": str(extension),
        "EndpointName": str(extension),
    }
    order = ("Event", "URI", "AOR", "EndpointName", "ContactStatus")
    return ("".join(f"{name}: {lines[name]}\r\n" for name in order) + "\r\n").encode()


async def _lead(manager: AmiServer, agents: int, seconds: int) -> list[tuple[float, int, str]]:
    """Phones come and go in turn; when each change was said, of whom, and what state it makes."""
    said, start = [], time.monotonic()
    for number in range(EACH_SECOND * seconds):
        await asyncio.sleep(max(0.0, start + number / EACH_SECOND - time.monotonic()))
        agent, there = number % agents, (number // agents) % 2 == 0
        said.append((time.monotonic(), agent + 1, "available" if there else "offline"))
        manager.say(_contact(_FIRST_EXTENSION + agent, there=there))
    return said


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _heard(manager: AmiServer, pid: int, addresses: Sequence[Address], agents: int, seconds: int) -> Heard:
    async with audience(addresses, deaf=_ODD) as screens:
        before = _processor_seconds(pid)
        said = await _lead(manager, agents, seconds)
        load = (_processor_seconds(pid) - before) / seconds
        await asyncio.sleep(_SETTLE_SECONDS)
        told = await screens.told()
    counted = said[_WARMING_SECONDS * EACH_SECOND :]
    waits = [wait for screen in told for wait in _waits(counted, screen)]
    return Heard(
        waits=[wait for wait in waits if wait is not None],
        missing=waits.count(None),
        bytes_each=sum(len(text) for screen in told for _, text in screen[1:]) / len(told) / seconds,
        messages_each=sum(len(screen) - 1 for screen in told) / len(told) / seconds,
        load=load,
    )


def _waits(said: Sequence[tuple[float, int, str]], screen: Sequence[tuple[float, str]]) -> list[float | None]:
    """For each change the time until the screen had a line that says so, or something newer of the same collector."""
    came: dict[int, list[tuple[float, str]]] = {}
    for at, text in screen:
        put: Mapping[str, list[dict[str, object]]] = json.loads(text).get("put", {})
        for line in put.get("agents", ()):
            came.setdefault(int(str(line["id"])), []).append((at, str(line["state"])))
    found: list[float | None] = []
    for at, agent, state in said:
        later = (when for when, shown in came.get(agent, ()) if when >= at and shown == state)
        first = next(later, None)
        found.append(None if first is None else (first - at) * 1000)
    return found


async def _ours(folder: Path, agents: int, seconds: int) -> Heard:
    url = f"sqlite+aiosqlite:///{folder / 'callcenter.db'}"
    seats = await furnish_with(url, agents, {"manager": SUPERVISORS + _ODD})
    async with AmiServer() as manager, running_product(folder, manager.port) as product:
        await manager.until(lambda: bool(manager.actions("BridgeList")), _PATIENCE_SECONDS)
        assert product.process is not None
        return await _heard(
            manager, product.process.pid, live(product.url, seats["manager"], "/board/live"), agents, seconds
        )


async def _bare(agents: int, seconds: int) -> Heard:
    async with AmiServer() as manager:
        pipe = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.board_pipe", str(manager.port), cwd=ROOT, stdout=PIPE
        )
        try:
            assert pipe.stdout is not None
            port = int(await asyncio.wait_for(pipe.stdout.readline(), _PATIENCE_SECONDS))
            addresses = [(f"ws://127.0.0.1:{port}/", "")] * (SUPERVISORS + _ODD)
            return await _heard(manager, pipe.pid, addresses, agents, seconds)
        finally:
            pipe.kill()
            await pipe.wait()


async def run(*, small: bool = False) -> list[Figure]:
    """The reference first, then the product, one after the other."""
    agents, seconds = (50, 7) if small else (AGENTS, SECONDS)
    bare = await _bare(agents, seconds)
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        ours = await _ours(Path(folder), agents, seconds)
    return _figures(ours, bare, agents)


def _figures(ours: Heard, bare: Heard, agents: int) -> list[Figure]:
    def beside(name: str, share: float) -> Figure:
        return Figure(
            name=f"state to {SUPERVISORS} boards, {agents} collectors, {EACH_SECOND}/s ({name})",
            value=percentile(ours.waits, share),
            unit="ms",
            reference=percentile(bare.waits, share),
            reference_name="bare fan-out of such lines, same pace",
            aim="≤ 3×",
        )

    return [
        beside("p50", 0.5),
        beside("p99", 0.99),
        Figure(name="changes that did not come, one slow, one dead beside", value=ours.missing, unit="", aim="0"),
        Figure(
            name="bytes to one board",
            value=ours.bytes_each / 1024,
            unit="KiB/s",
            reference=bare.bytes_each / 1024,
            reference_name="bare",
        ),
        Figure(name="messages to one board", value=ours.messages_each, unit="1/s", aim="≤ 4"),
        Figure(
            name="processor time of the server, states written and all",
            value=ours.load,
            unit="s/s",
            reference=bare.load,
            reference_name="bare fan-out",
        ),
    ]
