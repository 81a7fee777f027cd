"""The browser's phone on a real Asterisk: debtors are SIPp, the colleague is a desk phone."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from telephony.lab import Lab, LabOptions, sipp
from telephony.provisioning import Pbx
from tests.e2e.stage import Stage
from tests.fakes.cutting_proxy import CuttingProxy
from tests.phones import Baresip, desk_phone
from tests.plugins.asterisk import PHONES, eventually, started

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(150)]

COLLECTOR, COLLEAGUE = PHONES[0], PHONES[1]
DEBTOR_HERTZ = 1230
_AWAY = "[data-registration]:not([data-registration=registered])"


@dataclass
class Exchange:
    lab: Lab
    pbx: Pbx

    def ring(self, abandon_after: float | None = None) -> AbstractContextManager[sipp.Sipp]:
        """A debtor rings the collector, and never hangs up by himself."""
        order = sipp.Ring(
            caller="+79000000001",
            number=COLLECTOR.extension,
            abandon_after=abandon_after,
            hertz=DEBTOR_HERTZ,
        )
        return sipp.ring(self.pbx.sip, self.pbx.trunk.host, order)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with started(tmp_path_factory.mktemp("softphone"), LabOptions(recording_notice=None)) as lab:
        yield lab


@pytest.fixture
def exchange(lab: Lab, stage: Stage) -> Exchange:
    pbx = lab.required().pbx
    stage.phone = {
        "uri": f"sip:{COLLECTOR.extension}@{pbx.sip.host}",
        "password": COLLECTOR.password,
        "ws": f"ws://{pbx.http.host}:{pbx.http.port}/ws",
        "display_name": COLLECTOR.name,
        "ice": [],
    }
    return Exchange(lab, pbx)


async def ready(stage: Stage, chromium: Browser) -> Page:
    page = await chromium.new_page()
    await page.goto(f"{stage.base}/cases")
    await page.wait_for_selector("[data-registration=registered]")
    return page


def state(page: Page, name: str) -> Locator:
    return page.locator(f"[data-line-state={name}]")


async def take(page: Page) -> None:
    """Answer what rings, and be in the talk."""
    await page.click("[data-act=answer]")
    await state(page, "talking").wait_for()


async def test_a_call_is_taken_held_muted_and_ended_over_page_changes(
    exchange: Exchange, stage: Stage, chromium: Browser
) -> None:
    page = await ready(stage, chromium)
    with exchange.ring() as debtor:
        await state(page, "ringing").wait_for()
        await page.keyboard.press("a")
        await state(page, "talking").wait_for()
        await page.locator("#nav a[href='/cases']").click()
        await page.locator("tr[data-row='3'] a").first.click()
        await page.wait_for_url("**/cases/3")
        await page.wait_for_selector(".phone-quality:not([hidden])")
        await page.keyboard.press("h")
        await state(page, "held").wait_for()
        await page.keyboard.press("h")
        await state(page, "talking").wait_for()
        await page.keyboard.press("m")
        await expect(state(page, "talking")).to_contain_text("muted")
        await page.keyboard.press("m")
        await page.click("[data-act=pad]")
        await page.click("[data-act=tone-5]")
        await page.keyboard.press("x")
        assert await asyncio.to_thread(debtor.wait, 10) == 0
        await page.wait_for_selector("[data-line]", state="detached")
        assert sipp.outcome(debtor.events()).ended_by == "callee"


async def test_a_call_answered_before_its_word_comes_opens_its_case(
    exchange: Exchange, stage: Stage, chromium: Browser
) -> None:
    page = await ready(stage, chromium)
    with exchange.ring():
        await state(page, "ringing").wait_for()
        await take(page)
        await offer(page, call_id=7, url="/cases/3", number="+7 900 000-00-07")
        await state(page, "talking").get_by_text("+7 900 000-00-07").wait_for()
        await page.evaluate("document.dispatchEvent(new CustomEvent('call.answered', { detail: { call_id: 7 } }))")
        await page.wait_for_url("**/cases/3")
        await expect(page.locator("[data-offer='7']")).to_have_count(0)
        await offer(page, call_id=8, url="/cases/1")
        await page.locator("[data-offer='8']").wait_for()
        assert page.url.endswith("/cases/3")
        await page.click("[data-act=hang-up]")


async def offer(page: Page, **told: object) -> None:
    """What the server says of a call."""
    said = "told => document.dispatchEvent(new CustomEvent('call.offered', { detail: told }))"
    await page.evaluate(said, {"name": "Anna Example", **told})


async def test_the_debtor_is_heard(exchange: Exchange, stage: Stage, chromium: Browser) -> None:
    page = await ready(stage, chromium)
    with exchange.ring():
        await state(page, "ringing").wait_for()
        await take(page)
        hertz = await page.evaluate(LOUDEST)
        await page.click("[data-act=hang-up]")
    assert abs(hertz - DEBTOR_HERTZ) < 20


LOUDEST = """async () => {
  const stream = document.querySelector('soft-phone').lines[0].remote;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  context.createMediaStreamSource(stream).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  for (;;) {
    await new Promise(resolve => setTimeout(resolve, 100));
    analyser.getFloatFrequencyData(bins);
    const loudest = bins.indexOf(Math.max(...bins));
    if (bins[loudest] > -60) return loudest * context.sampleRate / analyser.fftSize;
  }
}"""


async def test_a_caller_who_gives_up_leaves_no_line(exchange: Exchange, stage: Stage, chromium: Browser) -> None:
    page = await ready(stage, chromium)
    with exchange.ring(abandon_after=1):
        await state(page, "ringing").wait_for()
        await page.wait_for_selector("[data-line]", state="detached")


@pytest.fixture
async def link(exchange: Exchange, stage: Stage) -> AsyncIterator[CuttingProxy]:
    """What the phone's websocket goes over."""
    http = exchange.pbx.http
    async with CuttingProxy(http.host, http.port) as link:
        stage.phone = {**(stage.phone or {}), "ws": f"ws://127.0.0.1:{link.port}/ws"}
        yield link


async def test_a_call_outlives_the_phones_link(
    exchange: Exchange, stage: Stage, chromium: Browser, link: CuttingProxy
) -> None:
    page = await ready(stage, chromium)
    with exchange.ring():
        await take(page)
        link.cut()
        await page.wait_for_selector(_AWAY)
        await page.wait_for_selector("[data-registration=registered]")
        await expect(state(page, "talking")).to_have_count(1)
        await _hang_up(exchange)
        await page.wait_for_selector("[data-line]", state="detached")


async def test_a_call_that_ends_while_the_phones_link_is_away_leaves_no_line(
    exchange: Exchange, stage: Stage, chromium: Browser, link: CuttingProxy
) -> None:
    page = await ready(stage, chromium)
    with exchange.ring():
        await take(page)
        link.refusing = True
        link.cut()
        await page.wait_for_selector(_AWAY)
        await _hang_up(exchange)
        link.refusing = False
        await page.wait_for_selector("[data-registration=registered]")
        await page.wait_for_selector("[data-line]", state="detached")


async def test_what_rings_when_the_phones_link_breaks_is_let_go(
    exchange: Exchange, stage: Stage, chromium: Browser, link: CuttingProxy
) -> None:
    """It could not be taken any more: the exchange would not hear of it. The next one can."""
    page = await ready(stage, chromium)
    with exchange.ring():
        await state(page, "ringing").wait_for()
        link.cut()
        await page.wait_for_selector("[data-line]", state="detached")
        await page.wait_for_selector("[data-registration=registered]")
    with exchange.ring():
        await take(page)
        await _hang_up(exchange)


async def _hang_up(exchange: Exchange) -> None:
    await asyncio.to_thread(exchange.lab.rx, "channel request hangup all")


async def test_a_call_is_handed_over_without_asking(exchange: Exchange, stage: Stage, chromium: Browser) -> None:
    page = await ready(stage, chromium)
    async with desk_phone(exchange.pbx.sip, COLLEAGUE) as colleague:
        with exchange.ring() as debtor:
            await page.click("[data-act=answer]")
            await page.click("[data-act=transfer]")
            await page.fill("[data-target]", COLLEAGUE.extension)
            await page.click("[data-act=blind]")
            await colleague.answer()
            await page.wait_for_selector("[data-line]", state="detached")
            await colleague.hang_up()
            assert await asyncio.to_thread(debtor.wait, 10) == 0


async def test_a_colleague_is_asked_first(exchange: Exchange, stage: Stage, chromium: Browser) -> None:
    page = await ready(stage, chromium)
    async with desk_phone(exchange.pbx.sip, COLLEAGUE) as colleague:
        with exchange.ring() as debtor:
            await page.click("[data-act=answer]")
            await page.click("[data-act=transfer]")
            await page.fill("[data-target]", COLLEAGUE.extension)
            await page.click("[data-act=consult]")
            await colleague.answer()
            await state(page, "held").wait_for()
            await page.click("[data-act=swap]")
            await expect(page.locator(".is-current")).to_contain_text("79000000001")
            await page.click("[data-act=complete]")
            await page.wait_for_selector("[data-line]", state="detached")
            await colleague.hang_up()
            assert await asyncio.to_thread(debtor.wait, 10) == 0


async def test_a_refused_consultation_gives_the_debtor_back(
    exchange: Exchange, stage: Stage, chromium: Browser
) -> None:
    page = await ready(stage, chromium)
    async with desk_phone(exchange.pbx.sip, COLLEAGUE) as colleague:
        with exchange.ring() as debtor:
            await page.click("[data-act=answer]")
            await page.click("[data-act=transfer]")
            await page.fill("[data-target]", COLLEAGUE.extension)
            await page.click("[data-act=consult]")
            await colleague.answer()
            await page.click("[data-act=cancel]")
            await expect(page.locator("[data-line]")).to_have_count(1)
            await state(page, "talking").wait_for()
            await page.click("[data-act=hang-up]")
            assert await asyncio.to_thread(debtor.wait, 10) == 0


async def test_three_talk_together(exchange: Exchange, stage: Stage, chromium: Browser) -> None:
    page = await ready(stage, chromium)
    async with desk_phone(exchange.pbx.sip, COLLEAGUE, hertz=700) as colleague:
        with exchange.ring() as debtor:
            await page.click("[data-act=answer]")
            await page.click("[data-act=transfer]")
            await page.fill("[data-target]", COLLEAGUE.extension)
            await page.click("[data-act=consult]")
            await colleague.answer()
            await heard(colleague, seconds=1)
            assert not sounds(colleague, DEBTOR_HERTZ)
            await page.click("[data-act=confer]")
            await expect(page.locator("[data-line-state=talking]")).to_have_count(2)
            await expect(page.locator("[data-line]").first).to_contain_text("conference")
            await heard(colleague, hertz=DEBTOR_HERTZ)
            await page.locator("[data-act=hang-up]").first.click()
            await page.locator("[data-act=hang-up]").first.click()
            assert await asyncio.to_thread(debtor.wait, 10) == 0


async def heard(phone: Baresip, *, seconds: float = 0, hertz: int | None = None) -> None:
    """Wait until ``phone`` heard something for so long, and a tone of ``hertz`` in the newest half second."""
    await eventually(lambda: len(_newest(phone)) >= max(seconds, 0.5) * 8000)
    if hertz is not None:
        await eventually(lambda: sounds(phone, hertz))


def sounds(phone: Baresip, hertz: int) -> bool:
    """Whether the newest half second that came out of ``phone`` holds a tone of ``hertz``."""
    spectrum = np.abs(np.fft.rfft(_newest(phone)[-4000:] * np.hanning(4000)))
    tone = spectrum[int(hertz / 2) - 4 : int(hertz / 2) + 5].max()
    return bool(tone > 20 * np.median(spectrum) and tone > 0.2 * spectrum.max())


def _newest(phone: Baresip) -> np.ndarray:
    files = phone.heard()
    return np.frombuffer(files[-1].read_bytes()[44:], dtype="<i2").astype(float) if files else np.zeros(0)


async def test_an_ordered_call_is_taken_by_itself(exchange: Exchange, stage: Stage, chromium: Browser) -> None:
    page = await ready(stage, chromium)
    assert await stage.posted.get() == ("/phone/ready", {})
    await order_call(exchange.pbx, call_id=4711)
    await state(page, "talking").wait_for()
    await page.wait_for_selector("[data-act=recording]")
    await page.click("[data-act=recording]")
    assert await stage.posted.get() == ("/calls/4711/recording", {"paused": True})
    await page.wait_for_selector("[data-act=recording][aria-pressed=true]")
    await stage.say("recording.paused", call_id=4711, paused_until=None)  # its time was over
    await page.wait_for_selector("[data-act=recording][aria-pressed=false]")
    await page.click("[data-act=bookmark]")
    assert await stage.posted.get() == ("/calls/4711/bookmarks", {})
    await page.keyboard.press("x")
    await page.wait_for_selector("[data-line]", state="detached")


async def order_call(pbx: Pbx, *, call_id: int) -> None:
    """What a click on a number makes the bridge send: ring the collector, who is told to answer by itself."""
    reader, writer = await asyncio.open_connection(pbx.ami.host, pbx.ami.port)
    login = f"Action: Login\r\nUsername: {pbx.ami_user}\r\nSecret: {pbx.ami_secret}\r\nEvents: off\r\n\r\n"
    order = (
        f"Action: Originate\r\nChannel: PJSIP/{COLLECTOR.extension}\r\nContext: callcenter-held\r\nExten: hold\r\n"
        "Priority: 1\r\nAsync: true\r\n"
        "Variable: PJSIP_HEADER(add,X-Callcenter-Auto-Answer)=yes\r\n"
        f"Variable: PJSIP_HEADER(add,X-Callcenter-Call)={call_id}\r\n\r\n"
    )
    writer.write((login + order).encode())
    await reader.readuntil(b"successfully queued")
    writer.close()


async def test_the_last_tab_wins_and_the_first_can_take_over(
    exchange: Exchange, stage: Stage, chromium: Browser
) -> None:
    context = await chromium.new_context()
    first, second = await context.new_page(), await context.new_page()
    await first.goto(f"{stage.base}/cases")
    await first.wait_for_selector("[data-registration=registered]")
    await second.goto(f"{stage.base}/cases")
    await second.wait_for_selector("[data-registration=registered]")
    await first.wait_for_selector("[data-registration=elsewhere]")
    await first.click("[data-act=take-over]")
    await first.wait_for_selector("[data-registration=registered]")
    await second.wait_for_selector("[data-registration=elsewhere]")
