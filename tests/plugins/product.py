"""The whole product as a newcomer has it: demo data, a private Asterisk, the server, each in a process of its own."""

import asyncio
import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path

import pytest

from telephony.lab import Lab

ROOT = Path(__file__).parents[2]
_LOGIN = re.compile(r"^  (\w+)\s+(\S+)$", re.MULTILINE)
_ADDRESS = re.compile(r"Call centre at (\S+)/")
_START_SECONDS = 60
_STOP_SECONDS = 20
_FRESH_SECONDS = 600


@dataclass
class Product:
    """A running copy in ``folder``. ``passwords`` by login are those the demo showed once."""

    folder: Path
    passwords: Mapping[str, str]
    environment: Mapping[str, str]
    url: str = ""
    process: asyncio.subprocess.Process | None = None
    printed: list[str] = field(default_factory=list)

    async def start(self) -> None:
        """Start the server and wait until it says where it is."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command("serve"), cwd=ROOT, env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=log
            )
        self.url = await asyncio.wait_for(self._address(), _START_SECONDS)

    async def stop(self) -> None:
        """Ctrl-C."""
        await self._end(signal.SIGINT)

    async def kill(self) -> None:
        """As the machine's worst moment does it; the private Asterisk lives on."""
        await self._end(signal.SIGKILL)

    def command(self, *words: str) -> list[str]:
        """The words of a command line of this copy."""
        return [sys.executable, "-m", "callcenter", *words]

    async def run(self, *words: str) -> str:
        """Run a command to its end; its output. Fails with what it wrote to standard error."""
        process = await self.begin(*words)
        out, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        return out.decode()

    async def begin(self, *words: str) -> asyncio.subprocess.Process:
        """Start a command that goes on for a while."""
        return await asyncio.create_subprocess_exec(
            *self.command(*words),
            cwd=ROOT,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def _address(self) -> str:
        assert self.process is not None
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.printed.append(line.decode())
            if found := _ADDRESS.search(line.decode()):
                return found[1]
        pytest.fail(f"the server ended at once: {(self.folder / 'server.log').read_text()[-2000:]}")

    async def _end(self, how: signal.Signals) -> None:
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(how)
        await asyncio.wait_for(self.process.wait(), _STOP_SECONDS)


@dataclass(frozen=True, slots=True)
class _Demo:
    folder: Path
    passwords: Mapping[str, str]


@lru_cache(maxsize=1)
def _kept_demo(day: date, moment: int) -> _Demo:
    """Demo data to be copied: laying them out takes as long as all else that a start takes. Those of another ``day`` or
    ``moment`` are not fresh any more."""
    folder = Path(tempfile.mkdtemp(prefix="cc-demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return _Demo(folder, _laid_out({**os.environ, "CALLCENTER_DATA_DIR": str(folder)}))


def _laid_out(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Have demo data installed; the passwords it shows once, by login."""
    demo = subprocess.run(
        [sys.executable, "-m", "callcenter", "demo"],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(_LOGIN.findall(demo.stdout))


@asynccontextmanager
async def running(folder: Path, **settings: str) -> AsyncIterator[Product]:
    """A fresh copy with its data in ``folder``; everything it started ends with the block."""
    environment = {**os.environ, "CALLCENTER_DATA_DIR": str(folder), "CALLCENTER_PORT": "0", **settings}
    if "CALLCENTER_DATABASE_URL" in settings:
        passwords = _laid_out(environment)
    else:
        kept = _kept_demo(datetime.now(UTC).date(), int(time.monotonic() / _FRESH_SECONDS))
        shutil.copytree(kept.folder, folder, dirs_exist_ok=True)
        passwords = kept.passwords
    product = Product(folder, passwords, environment)
    try:
        await product.start()
        yield product
    finally:
        await product.stop()
        await asyncio.to_thread(Lab(folder).down)


@pytest.fixture
async def product(tmp_path: Path) -> AsyncIterator[Product]:
    """A running copy of the product, at a path with a space in it."""
    async with running(tmp_path / "call centre") as started:
        yield started
