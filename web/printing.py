"""Pages as PDF, laid out in a process of their own."""

import asyncio
import os
import sys
from pathlib import Path

import structlog

import web
from core.kernel.errors import Unavailable
from core.kernel.i18n import mark
from web.printer import EXIT_NO_LIBRARY

_SECONDS = 90
_AT_ONCE = 2
_log = structlog.get_logger(__name__)


class CannotPrint(Unavailable):
    """The page could not be laid out."""

    code = "cannot_print"
    text = mark("This could not be printed as PDF. The workbook holds the same.")


class PrinterMissing(Unavailable):
    """The machine lacks the libraries that lay out text."""

    code = "printer_missing"
    text = mark("PDF needs the libraries libpango-1.0-0 and libpangoft2-1.0-0: install them, then try again.")


class Printer:
    """Prints at most two pages at once: enough to keep a small machine busy."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def pdf(self, html: str) -> bytes:
        """``html`` as PDF; the same every time. Raises ``CannotPrint`` or ``PrinterMissing``."""
        async with self._turns:
            code, written, said = await _run(html)
        if code == EXIT_NO_LIBRARY:
            raise PrinterMissing
        if code != 0:
            _log.error("a page could not be printed", code=code, last=said.decode(errors="replace")[-500:])
            raise CannotPrint
        return written


async def _run(html: str) -> tuple[int | None, bytes, bytes]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "web.printer",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(web.__file__).parents[1]), "SOURCE_DATE_EPOCH": "0"},
    )
    try:
        async with asyncio.timeout(_SECONDS):
            written, said = await process.communicate(html.encode())
    except TimeoutError as error:
        raise CannotPrint from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, written, said
