"""Pages as PDF: the same every time, and nothing is ever fetched for one."""

import asyncio
from pathlib import Path

import pytest

from web import printing
from web.printer import EXIT_NO_LIBRARY
from web.printing import CannotPrint, Printer, PrinterMissing

PAGE = "<h1>Statement</h1><p>Неустойка, należność</p>"


@pytest.mark.slow
async def test_a_page_is_the_same_every_time() -> None:
    printer = Printer()
    once, again = await asyncio.gather(printer.pdf(PAGE), printer.pdf(PAGE))
    assert once.startswith(b"%PDF-")
    assert once == again


@pytest.mark.slow
async def test_nothing_is_fetched(tmp_path: Path) -> None:
    asked: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(1)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    secret = tmp_path / "secret.css"
    secret.write_text("h1 { display: none }")
    page = f"""<link rel=stylesheet href="http://127.0.0.1:{port}/a.css"><link rel=stylesheet href="{secret.as_uri()}">
      <style>@import "http://127.0.0.1:{port}/b.css"; h1 {{ background: url(http://127.0.0.1:{port}/c.png) }}</style>
      <img src="http://127.0.0.1:{port}/d.png"><a rel=attachment href="{secret.as_uri()}">x</a>{PAGE}"""
    async with server:
        assert b"/EmbeddedFile" not in await Printer().pdf(page)
    assert asked == []


@pytest.mark.parametrize(("code", "error"), [(EXIT_NO_LIBRARY, PrinterMissing), (1, CannotPrint)])
async def test_what_cannot_be_printed_says_so(
    monkeypatch: pytest.MonkeyPatch, code: int, error: type[Exception]
) -> None:
    async def ended(html: str) -> tuple[int, bytes, bytes]:
        return code, b"", b"no library"

    monkeypatch.setattr(printing, "_run", ended)
    with pytest.raises(error):
        await Printer().pdf(PAGE)
