"""A call floor on real parts: the product, its Asterisk, two collectors in Chromium, desk phones, debtors."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, Playwright, WebSocket, async_playwright, expect

from telephony.lab import Lab, LabOptions, sipp
from telephony.lab.ports import free_tcp
from telephony.lab.scenarios import Answer
from telephony.provisioning import Pbx, Phone
from tests.e2e.rest import finish, wrapping
from tests.fakes.cutting_proxy import CuttingProxy
from tests.phones import Baresip, desk_phone
from tests.plugins.asterisk import eventually
from tests.plugins.chromium import FLAGS, program
from tests.plugins.product import Product, running

OPTIONS = LabOptions(ring_seconds=4, queue_seconds=12, silence_seconds=2, lost_seconds=40)
#: The demo's collectors who sit at browsers here, by extension.
SEATS = {"101": "collector", "102": "collector2"}
QUEUE = "5550100"


class OddRing(sipp.Ring):
    """A debtor whose number is written as no lab command would take it."""

    def __post_init__(self) -> None:
        """Anything goes: that is the point."""


@dataclass
class Seat:
    """A collector at a browser. ``heard`` are the live messages of all pages he has had, oldest first."""

    login: str
    extension: str
    heard: list[dict[str, Any]] = field(default_factory=list)
    _browser: Browser | None = None
    _page: Page | None = None

    def line(self, state: str) -> Locator:
        return self.page.locator(f"[data-line-state={state}]")

    async def press(self, act: str) -> None:
        """A button of the phone, of the line in front."""
        await self.page.locator(f"soft-phone [data-act={act}]").first.click()

    async def until(self, state: str, count: int = 1) -> None:
        await expect(self.line(state)).to_have_count(count)

    async def rings(self) -> None:
        await self.page.locator("soft-phone [data-act=answer]").first.wait_for()

    async def answer(self) -> None:
        await self.rings()
        await self.press("answer")
        await self.until("talking")

    async def free(self) -> None:
        """No line is left."""
        await expect(self.page.locator("soft-phone [data-line]")).to_have_count(0)

    async def transfer(self, how: str, target: str) -> None:
        """``how``: blind or consult."""
        await self.press("transfer")
        await self.page.fill("[data-target]", target)
        await self.press(how)

    async def ready(self) -> None:
        """The phone is registered and the live link stands."""
        await self.page.locator("[data-registration=registered]").wait_for()
        await self.page.locator("#lamp[data-state=up]").wait_for()

    async def post(self, path: str, **fields: object) -> tuple[int, dict[str, Any]]:
        """Ask the server as the page's own scripts do: with its cookie and origin."""
        answer: dict[str, Any] = await self.page.evaluate(
            """async ([path, body]) => {
              const answer = await fetch(path, {method: "POST", body: JSON.stringify(body),
                headers: {"Content-Type": "application/json", "Accept": "application/json"}});
              return {status: answer.status, text: await answer.text()};
            }""",
            [path, fields],
        )
        body = json.loads(answer["text"]) if answer["text"].startswith("{") else {}
        return answer["status"], body

    async def dial(self, number: str, key: str | None = None) -> int:
        """Click-to-call; the call's id."""
        status, body = await self.post("/calls/dial", phone=number, **({"key": key} if key else {}))
        assert status == 201, body
        return int(body["call_id"])

    async def standing(self) -> list[object]:
        """What a screen that starts now would be shown as ringing."""
        return await self.page.evaluate(  # type: ignore[no-any-return]
            """() => new Promise((resolve, reject) => {
              const socket = new WebSocket(new URL("/live", location.href.replace("http", "ws")));
              socket.onerror = () => reject(new Error("no live link"));
              socket.onmessage = ({ data }) => { socket.close(); resolve(JSON.parse(data).offers); };
            })"""
        )

    @property
    def page(self) -> Page:
        assert self._page is not None
        return self._page

    async def crash(self) -> None:
        """Kill the browser as the machine would: no page says goodbye."""
        assert self._browser is not None
        session = await self._browser.new_browser_cdp_session()
        processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
        gone = asyncio.get_running_loop().create_future()
        self._browser.once("disconnected", lambda _: gone.set_result(None))
        os.kill(next(int(process["id"]) for process in processes if process["type"] == "browser"), signal.SIGKILL)
        await gone

    async def reopen(self) -> None:
        """Close the page and open another in the same browser, without a new log-in."""
        assert self._browser is not None
        before, self._page = self.page, await self.page.context.new_page()
        await before.close()
        self.sit_down(self._browser, self._page)
        await self._page.goto(before.url)

    def sit_down(self, browser: Browser, page: Page) -> None:
        """Use this browser and page from now on."""
        self._browser, self._page = browser, page
        page.on("websocket", self._listen)
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))

    def _listen(self, socket: WebSocket) -> None:
        if "/live" in socket.url:
            socket.on("framereceived", self._hear)

    def _hear(self, frame: str | bytes) -> None:
        self.heard.append(json.loads(frame))


@dataclass
class Floor:
    """Everything that runs. ``proxy`` carries the manager link and can cut it; ``links`` carry what a seat hangs by,
    its page's and its phone's websocket."""

    product: Product
    lab: Lab
    proxy: CuttingProxy
    playwright: Playwright
    phones: Mapping[str, Phone]
    links: Sequence[CuttingProxy] = ()
    seats: dict[str, Seat] = field(default_factory=dict)

    @property
    def pbx(self) -> Pbx:
        return self.lab.required().pbx

    @contextmanager
    def ring(
        self,
        caller: str,
        number: str = QUEUE,
        *,
        seconds: float | None = None,
        abandon_after: float | None = None,
        media: tuple[str, int] | None = None,
    ) -> Iterator[sipp.Sipp]:
        """A debtor rings in; hangs up by himself after ``seconds`` of talk, or gives up unanswered."""
        order = OddRing(caller=caller, number=number, seconds=seconds, abandon_after=abandon_after, media=media)
        with sipp.ring(self.pbx.sip, self.pbx.trunk.host, order) as debtor:
            try:
                yield debtor
            except Exception as error:
                error.add_note(f"the debtor: {[event.name for event in debtor.events()]} {debtor.complaint()}")
                raise

    @contextmanager
    def answers(
        self, how: Answer = Answer.PICK_UP, *, seconds: float | None = None, ring_seconds: float = 0.3
    ) -> Iterator[sipp.Sipp]:
        """Debtors out there answer as they are told."""
        with sipp.answer(self.pbx.trunk, how, seconds=seconds, ring_seconds=ring_seconds) as debtors:
            yield debtors

    @asynccontextmanager
    async def desk(self, extension: str, *, auto_answer: bool = False) -> AsyncIterator[Baresip]:
        async with desk_phone(self.pbx.sip, self.phones[extension], auto_answer=auto_answer) as phone:
            yield phone

    async def idle(self, seconds: float = 60) -> None:
        """Wait until Asterisk has no channel left."""
        deadline = time.monotonic() + seconds
        while "\n0 active channels" not in (seen := "\n" + await asyncio.to_thread(self.lab.rx, "core show channels")):
            assert time.monotonic() < deadline, f"calls go on: {seen}"
            await asyncio.sleep(0.1)

    async def rested(self, *, expected: bool = False) -> None:
        """Everybody says that he is done with his last calls, so that the queue rings him again. ``expected``: somebody
        has just ended one."""
        look = partial(wrapping, self.product)
        await finish(self.product, await (eventually(look) if expected else asyncio.to_thread(look)))

    async def clear(self) -> None:
        """End whatever a failed scenario left behind."""
        await asyncio.to_thread(self.lab.rx, "channel request hangup all")
        for link in (self.proxy, *self.links):
            link.refusing = False
        if self.product.process is not None and self.product.process.returncode is not None:
            await self.product.start()
        await self.idle()

    async def take_seat(self, extension: str) -> None:
        """A collector starts a browser and signs in; he may have had one before."""
        browser = await self.playwright.chromium.launch(executable_path=program(), args=list(FLAGS))
        seat = self.seats.setdefault(extension, Seat(SEATS[extension], extension))
        seat.sit_down(browser, await (await browser.new_context()).new_page())
        page = seat.page
        door = f"http://127.0.0.1:{self.links[0].port}" if self.links else self.product.url
        await page.goto(f"{door}/login")
        await page.get_by_label("Login").fill(seat.login)
        await page.get_by_label("Password").fill(self.product.passwords[seat.login])
        await page.keyboard.press("Enter")
        await seat.ready()


async def _as_it_is(_product: Product, _lab: Lab) -> None:
    """Nobody joins the demo's people."""


@asynccontextmanager
async def opened(
    folder: Path,
    seats: Iterable[str] = tuple(SEATS),
    options: LabOptions = OPTIONS,
    prepare: Callable[[Product, Lab], Awaitable[None]] = _as_it_is,
    *,
    cuttable: bool = False,
) -> AsyncIterator[Floor]:
    """A floor in ``folder`` with collectors at these extensions, where ``prepare`` may change who is there before it
    opens; everything it started ends with the block. ``cuttable``: seats hang by ``links``."""
    lab = Lab(folder)
    await asyncio.to_thread(lab.up, (), options)
    http, door = lab.required().pbx.http, free_tcp("127.0.0.1")
    async with AsyncExitStack() as stack:
        ends = (("127.0.0.1", door), (http.host, http.port)) if cuttable else ()
        links = [await stack.enter_async_context(CuttingProxy(*end)) for end in ends]
        phone_port = links[1].port if links else http.port
        floor = await stack.enter_async_context(_furnished(folder, lab, door, phone_port, prepare))
        floor.links = links
        for extension in seats:
            await floor.take_seat(extension)
        yield floor


@asynccontextmanager
async def _furnished(
    folder: Path, lab: Lab, door: int, phone_port: int, prepare: Callable[[Product, Lab], Awaitable[None]]
) -> AsyncIterator[Floor]:
    """The floor before anybody sits down: the product at the port ``door``, browsers' phones at ``phone_port``."""
    pbx = lab.required().pbx
    own = {
        "CALLCENTER_SPOOL_DIR": str(lab.spool_dir),
        "CALLCENTER_CEL_FILE": str(lab.cel_file),
        "CALLCENTER_ASTERISK_DIR": str(lab.config_dir),
        "CALLCENTER_PHONE_WEBSOCKET": f"ws://{{host}}:{phone_port}/ws",
    }
    async with (
        running(folder, CALLCENTER_PORT=str(door), **own) as product,
        CuttingProxy(pbx.ami.host, pbx.ami.port) as proxy,
        async_playwright() as playwright,
    ):
        await prepare(product, lab)
        await _through(product, proxy, pbx)
        yield Floor(product, lab, proxy, playwright, {phone.extension: phone for phone in lab.phones()})


async def _through(product: Product, proxy: CuttingProxy, pbx: Pbx) -> None:
    """The server gave Asterisk its phones; now it is an agency's own one, reached over a link that can be cut."""
    await product.stop()
    address = f"ami://{pbx.ami_user}:{pbx.ami_secret}@127.0.0.1:{proxy.port}"
    product.environment = {**product.environment, "CALLCENTER_ASTERISK": address}
    await product.start()
