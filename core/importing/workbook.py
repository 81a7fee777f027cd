"""Workbooks from strangers: a look at the package before it is opened, then reading at arm's length."""

import asyncio
import contextlib
import os
import sys
import zipfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TypeVar

import msgspec

import core
from core.importing.errors import NotAWorkbook, WorkbookTooLarge
from core.importing.reader import EXIT_TOO_LARGE, EXIT_UNREADABLE, Line, Request, SheetHead

MOST_FILE_BYTES = 100_000_000
MOST_UNPACKED = 300_000_000
MOST_RATIO = 100
MOST_ENTRIES = 200
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LONGEST_LINE = 4_000_000
_SILENCE_SECONDS = 120
T = TypeVar("T")


def inspect(path: Path) -> None:
    """Look at a file without unpacking it. Raises ``NotAWorkbook`` or ``WorkbookTooLarge``."""
    size = path.stat().st_size
    if size > MOST_FILE_BYTES:
        raise WorkbookTooLarge()
    with path.open("rb") as file:
        if file.read(8) == _OLE_MAGIC:
            return
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise NotAWorkbook() from error
    if len(entries) > MOST_ENTRIES:
        raise WorkbookTooLarge()
    if not any(entry.filename.startswith("xl/") for entry in entries):
        raise NotAWorkbook()
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * max(size, 1):
        raise WorkbookTooLarge()


def holds_workbook(path: Path) -> bool:
    """Whether an archive looks like a workbook rather than like files put together."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


async def heads(request: Request) -> list[SheetHead]:
    """The beginning of every visible sheet."""
    return [head async for head in _read(request, SheetHead)]


async def lines(request: Request) -> AsyncGenerator[Line, None]:
    """The rows behind the headings, from Excel's row ``first_row`` on; empty rows are left out."""
    async with contextlib.aclosing(_read(request, Line)) as found:
        async for line in found:
            yield line


async def _read(request: Request, kind: type[T]) -> AsyncGenerator[T, None]:
    """Run the reader and decode what it prints. Leaving early ends it.

    Raises ``NotAWorkbook`` or ``WorkbookTooLarge``.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "core.importing.reader",
        msgspec.json.encode(request).decode(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        stdin=asyncio.subprocess.DEVNULL,
        limit=_LONGEST_LINE,
        env={**os.environ, "PYTHONPATH": str(Path(core.__file__).parents[1]), "RUST_BACKTRACE": "0"},
    )
    decoder = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
    try:
        assert process.stdout is not None
        while True:
            async with asyncio.timeout(_SILENCE_SECONDS):
                line = await process.stdout.readline()
            if not line:
                break
            for item in decoder.decode(line):
                yield item
        _judge(await process.wait())
    except (TimeoutError, ValueError, msgspec.DecodeError) as error:
        raise WorkbookTooLarge() from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _judge(code: int) -> None:
    if code == EXIT_UNREADABLE:
        raise NotAWorkbook()
    if code == EXIT_TOO_LARGE or code != 0:  # an abort is how running out of memory ends in the reader's library
        raise WorkbookTooLarge()
