"""Who is who by his tone, and what was recorded of it."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import soundfile
from playwright.async_api import Page, async_playwright, expect

from core.kernel.db import Database
from telephony.lab import Lab
from telephony.provisioning import Pbx, Phone
from tests.e2e.logbook import calls_of
from tests.plugins.chromium import FLAGS, program
from tests.plugins.product import Product
from tests.waiting import until

#: Hertz.
DEBTOR, COLLECTOR, SUPERVISOR, COLLEAGUE = 1000, 700, 440, 550
NUMBER = "79000000100"


def exchange_of(product: Product) -> tuple[Lab, Pbx, dict[str, Phone]]:
    """The product's own Asterisk, how it is set up, and its telephones by extension."""
    lab = Lab(product.folder)
    return lab, lab.required().pbx, {phone.extension: phone for phone in lab.phones()}


#: Keeps every sound the page plays, so that it can be measured what the supervisor hears.
KEEP_SOUNDS = """
window.sounds = [];
window.Audio = new Proxy(window.Audio, {construct(target, args) {
  const element = new target(...args); window.sounds.push(element); return element; }});
"""


def tones(samples: np.ndarray, rate: int) -> dict[int, float]:
    """The share of the sound's energy that each of the tones has."""
    assert len(samples) > rate, "too little was heard"
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    whole = max(float(spectrum.sum()), 1e-12)
    return {
        hertz: float(spectrum[np.abs(frequencies - hertz) < 15].sum()) / whole
        for hertz in (DEBTOR, COLLECTOR, SUPERVISOR, COLLEAGUE)
    }


def voices(shares: dict[int, float]) -> set[int]:
    """Whose voice is in it: a tone that is there makes up a good part, one that is not next to nothing."""
    assert all(share > 0.003 or share < 0.0003 for share in shares.values()), shares
    return {hertz for hertz, share in shares.items() if share > 0.003}


@asynccontextmanager
async def supervisor_at(product: Product, folder: Path) -> AsyncIterator[Page]:
    """The supervisor's browser, whose microphone hears a tone."""
    voice = folder / "voice.wav"
    wave = 0.5 * np.sin(2 * np.pi * SUPERVISOR * np.arange(48_000 * 10) / 48_000)
    await asyncio.to_thread(soundfile.write, voice, wave, 48_000, subtype="PCM_16")
    async with async_playwright() as playwright:
        microphone = f"--use-file-for-fake-audio-capture={voice}"
        browser = await playwright.chromium.launch(executable_path=program(), args=[*FLAGS, microphone])
        page = await (await browser.new_context(viewport={"width": 1440, "height": 900})).new_page()
        await page.add_init_script(KEEP_SOUNDS)
        await page.goto(f"{product.url}/login")
        await page.get_by_label("Login").fill("supervisor")
        await page.get_by_label("Password").fill(product.passwords["supervisor"])
        await page.keyboard.press("Enter")
        await expect(page.locator("[data-registration=registered]")).to_be_visible()
        await page.goto(f"{product.url}/board")
        await expect(page.locator("[data-registration=registered]")).to_be_visible()
        yield page
        await browser.close()


async def recording(page: Page, product: Product, database: Database) -> tuple[np.ndarray, int]:
    """The recording of the latest call: the debtor's side and the collector's. It waits until no call goes on."""

    async def over() -> bool:
        return all(call.ended_at is not None for call in await calls_of(database))

    await until(over)
    call = max(await calls_of(database), key=lambda one: one.id)
    play = page.locator("[data-play]").first

    async def prepared() -> bool:
        await page.goto(f"{product.url}/calls/{call.id}")
        return await play.count() > 0

    await until(prepared)
    sound = await page.request.get(f"{product.url}/recordings/{await play.get_attribute('data-play')}/audio")
    samples, rate = await asyncio.to_thread(soundfile.read, io.BytesIO(await sound.body()))
    return samples, rate
