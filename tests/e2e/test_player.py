"""The player in Chromium, over the real routes, a real recording and the real content security policy."""

import asyncio
import json
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import uvicorn
from playwright.async_api import Page, ViewportSize, async_playwright
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from callcenter.calls.recorded import Recordings
from core.audit.service import Looks
from core.kernel.access import PROGRAM
from core.kernel.clock import SystemClock
from core.kernel.uow import UnitOfWork
from recordings.audio import OpusEncoder
from recordings.calllog import CallLog
from recordings.intake import Intake
from recordings.links import LinkSigner
from recordings.pausing import Pausing
from recordings.service import RecordingsDesk
from recordings.spool import Place, Spool
from recordings.storage import LocalStorage
from recordings.wav import PCM16, header
from tools import setup
from web.pages.calls import recordings
from web.pages.client_texts import CLIENT_TEXTS
from web.rendering import STATIC
from web.server import SecurityHeaders
from web.state import nothing_to_write

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

WIDE = ViewportSize(width=900, height=560)
PHONE = ViewportSize(width=360, height=640)
EVIL = "<img src=x onerror=\"document.title='hacked'\"> promise"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Recording</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/dist/app.css"><script type="application/json" id="i18n">{texts}</script>
<script type="module" src="/static/dist/app.js"></script></head>
<body><main id="page"><h1>Recording</h1>{body}</main></body></html>"""
PLAYER = '<call-player recording="1"></call-player>'


def side(*stretches: tuple[float, float]) -> bytes:
    """Seconds of a tone of that loudness (0 to 1), one after the other, as a WAV."""
    parts = [
        level * 12000 * np.sin(np.arange(round(seconds * 8000)) * 2 * np.pi * 500 / 8000)
        for seconds, level in stretches
    ]
    samples = np.concatenate(parts).astype(PCM16)
    return header(8000, len(samples)) + samples.tobytes()


class ActingAs:
    """Every request comes from the program itself, with the services of the stage."""

    def __init__(self, app: ASGIApp, desk: RecordingsDesk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        user = SimpleNamespace(must_change_password=False)
        scope["identity"] = SimpleNamespace(actor=PROGRAM, user=user, session_id=1)
        services = SimpleNamespace(parts={Recordings: self._desk}, until_written=nothing_to_write)
        scope["state"] = {"services": services}
        await self._app(scope, receive, send)


@dataclass
class Theatre:
    """One browser page and what it said and asked for."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    sounds: int = 0

    def said(self, line: str) -> None:
        if "Content Security Policy" in line:
            self.complaints.append(line)

    def asked(self, url: str) -> None:
        self.sounds += url.endswith("/audio")

    async def holds(self, condition: str) -> bool:
        """Whether ``audio.CONDITION`` is so."""
        return bool(
            await self.value(
                f"(() => {{ const audio = document.querySelector('audio'); return audio.{condition}; }})()"
            )
        )

    async def value(self, expression: str) -> Any:
        return await self.page.evaluate(expression)

    async def audio(self, name: str) -> Any:
        return await self.value(f"document.querySelector('audio').{name}")

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Wait until a state of the page is reached; the page's policy forbids asking it to watch by itself."""
        async with asyncio.timeout(60):
            while not await holds():  # noqa: ASYNC110
                await asyncio.sleep(0.02)


@pytest.fixture(scope="session")
def bundle() -> None:
    if not Path("node_modules/wavesurfer.js").exists():
        pytest.fail("the browser libraries are missing: run 'make setup'")
    setup.bundle()


@pytest.fixture
async def desk(uow: UnitOfWork, tmp_path: Path) -> AsyncIterator[RecordingsDesk]:
    """Recording 1: the collector speaks for 4 s, silence for 8 s, the debtor speaks for 4 s, silence for 8 s."""
    spool, storage, calls, clock = (
        Spool("lab", tmp_path / "spool"),
        LocalStorage(tmp_path / "store"),
        CallLog(),
        SystemClock(),
    )
    spool.prepare()
    done = tmp_path / "spool" / Place.DONE
    (done / "1.1-t.wav").write_bytes(side((4, 1), (20, 0)))
    (done / "1.1-r.wav").write_bytes(side((12, 0), (4, 1), (8, 0)))
    intake = Intake(uow=uow, clock=clock, storage=storage, calls=calls, encoder=OpusEncoder(), scratch=tmp_path)
    for files in spool.finished():
        await intake.take(spool, files)
    looks = Looks(uow, clock)
    task = asyncio.create_task(looks.run())
    pausing = Pausing(uow=uow, clock=clock, recorder=SimpleNamespace(), calls=calls)  # type: ignore[arg-type]
    links = LinkSigner("a secret of this test only")
    yield RecordingsDesk(uow=uow, clock=clock, storage=storage, calls=calls, looks=looks, links=links, pausing=pausing)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """``app`` on a free port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@asynccontextmanager
async def opened(desk: RecordingsDesk, body: str, size: ViewportSize = WIDE) -> AsyncIterator[Theatre]:
    """A page with ``body`` in Chromium."""
    texts = json.dumps({key: str(text) for key, text in CLIENT_TEXTS.items()})

    async def page_of(_: Request) -> Response:
        return HTMLResponse(PAGE.format(texts=texts, body=body))

    static = Mount("/static", StaticFiles(directory=STATIC))
    app = Starlette(routes=[Route("/", page_of), *recordings.routes, static], middleware=[Middleware(SecurityHeaders)])
    executable = shutil.which("chromium") or pytest.fail("Chromium is missing: run 'apt-get install chromium'")
    async with served(ActingAs(app, desk)) as base, async_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
        browser = await playwright.chromium.launch(executable_path=executable, args=flags)
        theatre = Theatre(await browser.new_page(viewport=size))
        theatre.page.on("pageerror", lambda error: theatre.complaints.append(str(error)))
        theatre.page.on("console", lambda line: theatre.said(line.text))
        theatre.page.on("request", lambda request: theatre.asked(request.url))
        await theatre.page.goto(base)
        yield theatre
        await browser.close()


@pytest.fixture
async def listened(desk: RecordingsDesk, bundle: None) -> AsyncIterator[Theatre]:
    """The player of recording 1, drawn, with a bookmark and a hostile comment."""
    await desk.add_mark(PROGRAM, 1, 2000, "bookmark", "greeting")
    await desk.add_mark(PROGRAM, 1, 13000, "comment", EVIL)
    async with opened(desk, PLAYER) as theatre:
        await theatre.page.wait_for_selector(".player-marks li:nth-child(2)")
        yield theatre


async def test_looking_loads_no_sound_and_offends_no_policy(listened: Theatre) -> None:
    await listened.page.wait_for_selector(".player-lanes >> css=canvas >> nth=1")
    assert listened.sounds == 0
    assert listened.complaints == []
    assert await listened.page.title() == "Recording"
    assert EVIL in await listened.page.inner_text(".player-marks")


async def test_everything_by_keyboard(listened: Theatre) -> None:
    keys = listened.page.keyboard
    await listened.page.focus("call-player")
    await keys.press("Space")
    await listened.until(lambda: listened.holds("currentTime > 0.3 && !audio.paused"))
    await keys.press("ArrowRight")
    await listened.until(lambda: listened.holds("currentTime > 5"))
    for _ in range(20):
        await keys.press("]")
    assert (await listened.audio("playbackRate"), await listened.audio("preservesPitch")) == (3, True)
    for _ in range(20):
        await keys.press("[")
    assert await listened.audio("playbackRate") == 0.5
    await keys.press("Space")
    assert await listened.audio("paused")
    await keys.press("b")
    await keys.type("b [ s")
    await keys.press("Enter")
    await listened.page.wait_for_selector(".player-marks li:nth-child(3)")
    assert "b [ s" in await listened.page.inner_text(".player-marks")


async def test_marks_and_waveform_jump(listened: Theatre) -> None:
    await listened.page.click(".player-jump >> nth=1")
    assert await listened.audio("currentTime") == 13
    box = await listened.page.locator(".player-lanes").bounding_box()
    assert box is not None
    await listened.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    await listened.until(lambda: listened.holds("currentTime > 11.5 && audio.currentTime < 12.5"))


async def test_silence_is_skipped(listened: Theatre) -> None:
    await listened.page.click(".player-controls [aria-pressed]")
    await listened.page.click(".player-jump >> nth=0")
    await listened.page.focus("call-player")
    await listened.page.keyboard.press("]")
    begun = asyncio.get_running_loop().time()
    await listened.page.keyboard.press("Space")
    await listened.until(lambda: listened.holds("currentTime > 12"))
    assert asyncio.get_running_loop().time() - begun < 6


async def test_a_button_opens_the_player_on_a_phone(desk: RecordingsDesk, bundle: None) -> None:
    async with opened(desk, '<button class="btn" data-play="1">Play</button>', PHONE) as theatre:
        await theatre.page.click("[data-play]")
        await theatre.page.wait_for_selector("dialog canvas >> nth=0")
        await theatre.until(lambda: theatre.holds("currentTime > 0"))
        assert await theatre.value("document.documentElement.scrollWidth") <= PHONE["width"]
        await theatre.page.keyboard.press("Escape")
        await theatre.page.wait_for_selector("call-player", state="detached")
