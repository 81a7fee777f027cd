"""A debtor and a collector who talk while something else goes on, and what must be true of it afterwards."""

import asyncio
import io
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import soundfile
from playwright.async_api import Browser, Page, expect

from core.kernel.db import Database
from telephony.lab import Lab
from tests.cel import Cel
from tests.e2e.logbook import calls_of, compared
from tests.e2e.rest import finish, wrapping
from tests.e2e.test_newcomer import DEBTOR, DEBTOR_HERTZ, sign_in, tone_share
from tests.plugins.product import Product
from tests.waiting import until

_LOUD = 0.01
#: The first and the last second of a talk are beginning and end.
_EDGES = 2
#: A browser that opens pages beside the talk takes processor time from the telephones: a packet is lost now and then.
_HEARD = 0.95


@asynccontextmanager
async def talking(product: Product, chromium: Browser) -> AsyncIterator[Page]:
    """The collector's page while the debtor's tone is heard in it. After the block the call must still be there, all of
    it be in the recording, and the call log be right."""
    collector = await sign_in(product, chromium, "collector")
    await expect(collector.locator("[data-registration=registered]")).to_be_visible()
    ringing = await product.begin("lab", "call", "--from", DEBTOR, "--tone", str(DEBTOR_HERTZ), "--json")
    await expect(collector).to_have_url(re.compile(r"/cases/\d+$"))
    talk = collector.locator("soft-phone [data-line-state=talking]")
    await expect(collector.locator("soft-phone [data-act=answer]")).to_be_visible()
    await collector.keyboard.press("a")
    await expect(talk).to_be_visible()
    began = time.monotonic()
    yield collector
    await expect(talk).to_be_visible()
    await collector.bring_to_front()
    lasted = time.monotonic() - began
    await collector.keyboard.press("x")
    await ringing.wait()
    await expect(collector.locator("soft-phone [data-line]")).to_have_count(0)
    await _logged(product, lasted)
    await _heard(product, collector, lasted)
    await collector.context.close()
    await finish(product, await asyncio.to_thread(wrapping, product))


async def _logged(product: Product, lasted: float) -> None:
    """One call, over, of that length, and the log agrees with Asterisk's own."""
    database = Database(f"sqlite+aiosqlite:///{product.folder / 'callcenter.db'}")

    async def over() -> bool:
        return all(call.ended_at is not None for call in await calls_of(database))

    try:
        await until(over)
        call = max(await calls_of(database), key=lambda one: one.talk_seconds)  # others may have rung meanwhile
        assert not call.lost
        assert abs(call.talk_seconds - lasted) < 2
        verdict = await compared(database, Cel(Lab(product.folder).cel_file))
        assert verdict.faultless, verdict
    finally:
        await database.close()


async def _heard(product: Product, collector: Page, lasted: float) -> None:
    """The debtor's tone is in the recording from beginning to end."""
    play = collector.locator("[data-play]").first
    await expect(play).to_be_visible()
    sound = await collector.request.get(f"{product.url}/recordings/{await play.get_attribute('data-play')}/audio")
    assert sound.status == 200
    samples, rate = await asyncio.to_thread(soundfile.read, io.BytesIO(await sound.body()))
    debtor = samples[:, 0]
    seconds = [debtor[start : start + rate] for start in range(rate, len(debtor) - 2 * rate, rate)]
    clear = [one for one in seconds if np.abs(one).max() > _LOUD and tone_share(one, rate, DEBTOR_HERTZ) > 0.8]
    assert len(debtor) / rate > (lasted - _EDGES) * _HEARD
    assert len(clear) >= len(seconds) * _HEARD
