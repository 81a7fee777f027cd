"""A call that goes from one collector to another is recorded with both, shown by their tones.

A recorder may lose the second one by chance, when his telephone counts its packets from a lower number than the first
one's, which is half of the time: so each way of handing over is gone several times.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from core.kernel.db import Database
from tests.desk import signed_in
from tests.e2e.logbook import calls_of
from tests.e2e.voices import (
    COLLEAGUE,
    COLLECTOR,
    DEBTOR,
    NUMBER,
    SUPERVISOR,
    exchange_of,
    recording,
    supervisor_at,
    tones,
    voices,
)
from tests.phones import Baresip, debtor_phone, desk_phone
from tests.plugins.asterisk import eventually
from tests.plugins.product import Product
from tests.registered import counting_phone

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(240)]

TIMES = 2
#: Seconds that each of the two talks, and what is left out at the beginning and end: handing over is not measured.
TALK, EDGE = 3.0, 0.5
#: A browser that was told to refuse its microphone.
MUTE = """() => {
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
}"""


@dataclass(frozen=True)
class Floor:
    """A debtor, collector 101 at a desk phone, a supervisor at his browser, who plays the recordings too."""

    product: Product
    database: Database
    page: Page
    debtor: Baresip
    collector: Baresip

    async def handed_over(self, hand_over: Callable[[], Awaitable[object]], to: int) -> None:
        """A talk with 101 and then with whom ``hand_over`` brings on, who says a tone of ``to`` hertz."""
        _, pbx, _ = exchange_of(self.product)
        await self.debtor.dial(f"sip:101@{pbx.sip.host}:{pbx.sip.port}")
        await self.collector.answer()
        await self.debtor.until("CALL_ESTABLISHED")
        await self.page.wait_for_timeout(TALK * 1000)  # the talk itself
        await hand_over()
        await self.page.wait_for_timeout(TALK * 1000)
        await self.debtor.hang_up()
        await self.debtor.until("CALL_CLOSED")
        recorded, rate = await recording(self.page, self.product, self.database)
        edge, talk = int(EDGE * rate), int(TALK * rate)
        for part, collector in ((recorded[edge : talk - edge], COLLECTOR), (recorded[edge - talk : -edge], to)):
            assert voices(tones(part[:, 0], rate)) == {DEBTOR}
            assert voices(tones(part[:, 1], rate)) == {collector}


async def test_who_takes_a_call_over_is_recorded(product: Product, product_database: Database, tmp_path: Path) -> None:
    _, pbx, phones = exchange_of(product)
    async with (
        supervisor_at(product, tmp_path) as page,
        desk_phone(pbx.sip, phones["101"], hertz=COLLECTOR) as collector,
        debtor_phone(pbx.trunk.host, NUMBER, hertz=DEBTOR) as debtor,
    ):

        async def taken_over() -> None:
            await page.goto(f"{product.url}/board")
            await expect(page.locator("[data-registration=registered]")).to_be_visible()
            await page.locator("[data-watch-act=take-over]").click()
            await collector.until("CALL_CLOSED")
            await expect(page.locator("soft-phone [data-line-state=talking]")).to_be_visible()

        for _ in range(TIMES):
            await Floor(product, product_database, page, debtor, collector).handed_over(taken_over, SUPERVISOR)


async def test_whom_a_call_is_passed_on_to_is_recorded(
    product: Product, product_database: Database, tmp_path: Path
) -> None:
    _, pbx, phones = exchange_of(product)
    async with (
        supervisor_at(product, tmp_path) as page,
        desk_phone(pbx.sip, phones["101"], hertz=COLLECTOR) as collector,
        desk_phone(pbx.sip, phones["102"], hertz=COLLEAGUE) as colleague,
        debtor_phone(pbx.trunk.host, NUMBER, hertz=DEBTOR) as debtor,
        signed_in(product.url, "collector", product.passwords["collector"]) as desk,
    ):

        async def passed_on() -> None:
            (call,) = [one for one in await calls_of(product_database) if one.ended_at is None]
            assert (await desk.post(f"/calls/{call.id}/transfer", target="102", attended=False)).status_code == 204
            await asyncio.gather(colleague.answer(), collector.until("CALL_CLOSED"))

        for _ in range(TIMES):
            await Floor(product, product_database, page, debtor, collector).handed_over(passed_on, COLLEAGUE)


async def test_a_telephone_that_counts_from_a_high_number_is_recorded(
    product: Product, product_database: Database, tmp_path: Path
) -> None:
    """What the exchange plays before has number 0, which to a recorder is later than all from 32,768 on."""
    _, pbx, phones = exchange_of(product)
    async with (
        supervisor_at(product, tmp_path) as page,
        counting_phone(pbx.sip, phones["101"], first=40_000) as collector,
        debtor_phone(pbx.trunk.host, NUMBER, hertz=DEBTOR) as debtor,
    ):
        await debtor.dial(f"sip:101@{pbx.sip.host}:{pbx.sip.port}")
        await collector.answered()
        await collector.speak(TALK, COLLECTOR)
        await debtor.hang_up()
        await debtor.until("CALL_CLOSED")
        recorded, rate = await recording(page, product, product_database)
    talk = recorded[int(EDGE * rate) : int((TALK - EDGE) * rate)]
    assert voices(tones(talk[:, 0], rate)) == {DEBTOR}
    assert voices(tones(talk[:, 1], rate)) == {COLLECTOR}


async def test_who_is_not_answered_by_who_takes_him_over_finds_another(product: Product, tmp_path: Path) -> None:
    """The supervisor's browser refuses its microphone, so his phone cannot answer: the debtor goes to the queue."""
    lab, pbx, phones = exchange_of(product)
    async with (
        supervisor_at(product, tmp_path) as page,
        desk_phone(pbx.sip, phones["101"]) as collector,
        debtor_phone(pbx.trunk.host, NUMBER) as debtor,
    ):
        await debtor.dial(f"sip:101@{pbx.sip.host}:{pbx.sip.port}")
        await collector.answer()
        await debtor.until("CALL_ESTABLISHED")
        await page.evaluate(MUTE)
        await page.locator("[data-watch-act=take-over]").click()
        await collector.until("CALL_CLOSED")
        await eventually(lambda: "main has 1 calls" in lab.rx("queue show main"))
        async with desk_phone(pbx.sip, phones["102"]) as another:
            await another.answer()
            await eventually(lambda: "main has 0 calls" in lab.rx("queue show main"))
            await debtor.hang_up()
            await another.until("CALL_CLOSED")
