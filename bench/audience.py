"""Screens in a process of their own, as a scenario holds them: connected, and asked at the end what they heard."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from bench.floor import Seat
from tests.plugins.product import ROOT

_PATIENCE_SECONDS = 90
#: What one screen heard: when (monotonic seconds), and the text.
Heard = Sequence[tuple[float, str]]
#: Where a screen connects, and its cookie.
Address = tuple[str, str]


def live(url: str, seats: Sequence[Seat], path: str = "/live") -> list[Address]:
    """The addresses of these seats' screens."""
    return [(url.replace("http", "ws", 1) + path, f"callcenter_session={seat.token}") for seat in seats]


@dataclass(frozen=True, slots=True)
class Audience:
    """Connected screens."""

    process: Process

    async def told(self) -> list[Heard]:
        """What each screen that reads has heard."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"\n")
        heard: list[Heard] = json.loads(await asyncio.wait_for(self.process.stdout.readline(), _PATIENCE_SECONDS))
        return heard


@asynccontextmanager
async def audience(addresses: Sequence[Address], *, deaf: int = 0) -> AsyncIterator[Audience]:
    """Connect screens at ``addresses``. Of the last ``deaf`` every second one reads seldom, the rest never."""
    healthy = str(len(addresses) - deaf)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.screens", healthy, cwd=ROOT, stdin=PIPE, stdout=PIPE, limit=2**30
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(addresses).encode() + b"\n")
        line = await asyncio.wait_for(process.stdout.readline(), _PATIENCE_SECONDS)
        assert line == b"connected\n", line
        yield Audience(process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
