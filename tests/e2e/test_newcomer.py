"""The newcomer's story on real parts: a ring, a pop, a call, a recording, a result, a callback."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.async_api import Browser, Page, expect

from tests.plugins.product import Product
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(240)]

DEBTOR_HERTZ = 1000
RECORDING_READY_MS = 8000
#: A demo debtor in a zone where contact is lawful at this hour is found by the screen itself; this one rings in.
DEBTOR = "+79000000100"


async def sign_in(product: Product, chromium: Browser, login: str, *, width: int = 1440, height: int = 900) -> Page:
    """A page of its own browser context, signed in as ``login``; complaints of the page fail the test."""
    context = await chromium.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page broke: {error}"))
    await page.goto(f"{product.url}/login")
    await page.get_by_label("Login").fill(login)
    await page.get_by_label("Password").fill(product.passwords[login])
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{product.url}/")
    return page


def tone_share(samples: np.ndarray, rate: int, hertz: float) -> float:
    """The share of the sound's energy within 2 % of ``hertz``."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    near = np.abs(frequencies - hertz) <= hertz * 0.02
    return float(spectrum[near].sum() / max(spectrum.sum(), 1e-12))


async def test_from_the_first_ring_to_the_figures_of_the_day(
    product: Product, chromium: Browser, album: Path, tmp_path: Path
) -> None:
    collector = await sign_in(product, chromium, "collector")
    await expect(collector.locator("[data-registration=registered]")).to_be_visible()
    await collector.screenshot(path=album / "1-ready.png")

    ringing = await product.begin("lab", "call", "--from", DEBTOR, "--tone", str(DEBTOR_HERTZ), "--json")
    await expect(collector).to_have_url(re.compile(r"/cases/\d+$"))
    phone = collector.locator("soft-phone")
    await expect(phone.locator("[data-act=answer]")).to_be_visible()
    await expect(collector.locator("h1")).to_contain_text("Травников")
    await collector.screenshot(path=album / "2-pop.png")
    case_url = collector.url

    await collector.keyboard.press("a")
    await expect(phone.locator("[data-line-state=talking]")).to_be_visible()
    result_bar = collector.locator("#result-bar form")
    await expect(result_bar).to_be_visible()
    await collector.screenshot(path=album / "3-talking.png")
    await collector.keyboard.press("h")
    await expect(phone.locator("[data-line-state=held]")).to_be_visible()
    await collector.keyboard.press("h")
    await expect(phone.locator("[data-line-state=talking]")).to_be_visible()
    await collector.keyboard.press("m")
    await expect(phone.locator("[data-act=mute][aria-pressed=true]")).to_be_visible()
    await collector.keyboard.press("m")
    await collector.wait_for_timeout(4000)  # the talk itself: its length is part of what is looked for in the recording

    await collector.keyboard.press("x")
    await ringing.wait()
    await expect(phone.locator("[data-line]")).to_have_count(0)
    await collector.keyboard.press("1")
    promised = result_bar.locator("#promise-amount")
    await expect(promised).to_be_visible()
    await promised.fill("1000")
    await result_bar.locator("#promise-due").fill((datetime.now(UTC) + timedelta(days=5)).date().isoformat())
    await result_bar.locator("#result-note").fill("Pays from the next wage.")
    await collector.screenshot(path=album / "4-result.png")
    await result_bar.locator("button[value=stay]").click()
    await expect(collector.locator("#result-bar form.result-form")).to_have_count(0)
    await expect(collector.get_by_text("1,000.00 RUB").first).to_be_visible()

    await collector.keyboard.press("b")
    await collector.locator("#callback-form-at").fill(
        (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT12:00")
    )
    await collector.locator("#callback-form-reason").fill("Ask about the wage")
    await collector.locator("#callback-dialog button.btn-primary").click()
    await expect(collector.get_by_text("Ask about the wage")).to_be_visible()

    play = collector.locator("[data-play]").first
    await expect(play).to_be_visible(timeout=RECORDING_READY_MS)
    recording = await play.get_attribute("data-play")
    await play.click()
    player = collector.locator("call-player")
    await expect(player).to_be_visible()
    await expect(player).to_contain_text("/ 0:")  # its length is known: the waves are drawn
    await collector.screenshot(path=album / "5-recording.png")
    sound = await collector.request.get(f"{product.url}/recordings/{recording}/audio")
    assert sound.status == 200
    _both_voices(await sound.body(), tmp_path)

    supervisor = await sign_in(product, chromium, "supervisor")
    await supervisor.goto(f"{product.url}/calls")
    await supervisor.locator("table tbody tr a").first.click()
    await expect(supervisor).to_have_url(re.compile(r"/calls/\d+$"))
    await expect(supervisor.locator("[data-play], call-player").first).to_be_visible()
    await supervisor.screenshot(path=album / "6-supervisor.png")

    manager = await sign_in(product, chromium, "manager")
    await until(lambda: _in_the_figures(manager, f"{product.url}/reports"), every=0.5)
    await manager.screenshot(path=album / "7-reports.png")
    assert case_url == collector.url


async def _in_the_figures(manager: Page, reports: str) -> bool:
    """The collector's line; the call is summed seconds after it ended."""
    await manager.goto(reports)
    return await manager.locator("main table").get_by_text("Carter").first.is_visible()


def _both_voices(opus: bytes, folder: Path) -> None:
    """The debtor's tone in his channel, in every second of the talk; the collector's microphone beeps in the other."""
    path = folder / "heard.ogg"
    path.write_bytes(opus)
    samples, rate = soundfile.read(path)
    debtor, collector = samples[:, 0], samples[:, 1]
    seconds = [debtor[start : start + rate] for start in range(0, len(debtor) - rate, rate)]
    loud = [second for second in seconds if np.abs(second).max() > 0.01]
    assert len(loud) >= 3
    assert all(tone_share(second, rate, DEBTOR_HERTZ) > 0.8 for second in loud)
    assert np.abs(collector).max() > 0.01
    assert tone_share(collector, rate, DEBTOR_HERTZ) < 0.1
