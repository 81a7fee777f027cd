"""A supervisor in a collector's call, shown by tones: the debtor says 1000 Hz, the collector 700 Hz, the supervisor's
microphone 440 Hz, and whoever the collector asks 550 Hz. What each hears is kept, and looked into afterwards."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.async_api import Page, expect
from sqlalchemy import select

from callcenter.supervision.model import CallWatch
from core.audit.model import AuditEntry
from core.kernel.db import Database
from core.people.model import User
from telephony.lab import Lab
from tests.cel import Cel
from tests.desk import signed_in
from tests.e2e.logbook import calls_of, compared
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
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(240)]

#: Seconds a mode lasts, and what is left out at its beginning and end: switching is not measured.
LASTS, EDGE = 4.0, 1.0

#: The loudness (dB) of each frequency in what the page plays now, the loudest of some looks.
HEARD = """async ([frequencies, seconds]) => {
  const context = new AudioContext(); await context.resume();
  const analyser = new AnalyserNode(context, {fftSize: 8192, smoothingTimeConstant: 0});
  for (const one of window.sounds) if (one.srcObject?.getAudioTracks().length)
    context.createMediaStreamSource(one.srcObject).connect(analyser);
  const loudest = frequencies.map(() => -200), bins = new Float32Array(analyser.frequencyBinCount);
  for (let look = 0; look < seconds * 10; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    analyser.getFloatFrequencyData(bins);
    frequencies.forEach((one, place) => {
      const bin = Math.round(one * analyser.fftSize / context.sampleRate);
      loudest[place] = Math.max(loudest[place], ...bins.slice(bin - 2, bin + 3));
    });
  }
  await context.close();
  return loudest;
}"""


@dataclass
class Story:
    """When which mode was on, in seconds since the debtor was put through, and what the supervisor heard in it."""

    began: float
    modes: dict[str, tuple[float, float]] = field(default_factory=dict)
    supervisor: dict[str, dict[int, float]] = field(default_factory=dict)

    async def lasts(self, mode: str, page: Page, voices: Sequence[int] = (DEBTOR, COLLECTOR)) -> None:
        start = time.monotonic() - self.began
        heard = await page.evaluate(HEARD, [voices, LASTS])
        self.supervisor[mode] = dict(zip(voices, heard, strict=True))
        self.modes[mode] = start, time.monotonic() - self.began

    def shares(self, mode: str, samples: np.ndarray, rate: int, since: float = 0.0) -> dict[int, float]:
        """The share of each tone in what was heard while a mode was on, by a phone that was answered ``since`` seconds
        before the story began."""
        start, end = (moment + since for moment in self.modes[mode])
        return tones(samples[int((start + EDGE) * rate) : int((end - EDGE) * rate)], rate)


def heard_by(phone: Baresip) -> tuple[np.ndarray, int]:
    """What came out of the phone in its call; what it played while it was put through is a file of its own."""
    longest = max(phone.heard(), key=lambda file: file.stat().st_size)
    samples, rate = soundfile.read(longest)
    return samples, rate


async def test_listen_whisper_join_and_take_over(product: Product, product_database: Database, tmp_path: Path) -> None:
    lab, pbx, phones = exchange_of(product)
    async with (
        supervisor_at(product, tmp_path) as page,
        desk_phone(pbx.sip, phones["101"], hertz=COLLECTOR) as collector,
        debtor_phone(pbx.trunk.host, NUMBER, hertz=DEBTOR) as debtor,
    ):
        await debtor.dial(f"sip:101@{pbx.sip.host}:{pbx.sip.port}")
        await collector.answer()
        await debtor.until("CALL_ESTABLISHED")
        story = Story(began=time.monotonic())
        listen = page.locator("[data-watch-act=listen]")
        await listen.click()
        await expect(page.locator("soft-phone [data-line-state=talking]")).to_be_visible()
        await story.lasts("listen", page)
        for mode in ("whisper", "barge"):
            await page.locator(f"[data-watch-act={mode}]").click()
            await expect(page.locator(f"[data-watch-act={mode}][aria-pressed=true]")).to_be_visible()
            await story.lasts(mode, page)
        await page.screenshot(path=tmp_path / "board.png")
        await page.locator("[data-watch-act=take-over]").click()
        await collector.until("CALL_CLOSED")
        freed = time.monotonic() - story.began
        await expect(page.locator("soft-phone [data-line-state=talking]")).to_be_visible()
        await story.lasts("take over", page)
        await debtor.hang_up()
        await debtor.until("CALL_CLOSED")
        by_collector, by_debtor = heard_by(collector), heard_by(debtor)
        recorded, rate = await recording(page, product, product_database)

    assert voices(story.shares("listen", *by_collector)) == {DEBTOR}
    assert voices(story.shares("listen", *by_debtor)) == {COLLECTOR}
    assert voices(story.shares("whisper", *by_collector)) == {DEBTOR, SUPERVISOR}
    assert voices(story.shares("whisper", *by_debtor)) == {COLLECTOR}  # the debtor hears nothing of it
    assert voices(story.shares("barge", *by_collector)) == {DEBTOR, SUPERVISOR}
    assert voices(story.shares("barge", *by_debtor)) == {COLLECTOR, SUPERVISOR}
    assert voices(story.shares("take over", *by_debtor)) == {SUPERVISOR}
    said_to_debtor = {"listen": {COLLECTOR}, "whisper": {COLLECTOR}, "barge": {COLLECTOR, SUPERVISOR}}
    for mode, said in said_to_debtor.items():
        assert voices(story.shares(mode, recorded[:, 0], rate)) == {DEBTOR}
        assert voices(story.shares(mode, recorded[:, 1], rate)) == said, mode  # whom the debtor heard, and nobody else
    for mode in ("listen", "whisper", "barge"):
        assert min(story.supervisor[mode].values()) > -70, story.supervisor
    assert story.supervisor["take over"][DEBTOR] > -70
    assert story.supervisor["take over"][COLLECTOR] < story.supervisor["take over"][DEBTOR] - 30

    await _logged(product_database, lab, story, freed)


async def test_a_whisper_reaches_one_collector_of_two(
    product: Product, product_database: Database, tmp_path: Path
) -> None:
    lab, pbx, phones = exchange_of(product)
    async with (
        supervisor_at(product, tmp_path) as page,
        desk_phone(pbx.sip, phones["101"], hertz=COLLECTOR) as collector,
        desk_phone(pbx.sip, phones["102"], hertz=COLLEAGUE) as colleague,
        debtor_phone(pbx.trunk.host, NUMBER, hertz=DEBTOR) as debtor,
        signed_in(product.url, "collector", product.passwords["collector"]) as desk,
    ):
        await debtor.dial(f"sip:101@{pbx.sip.host}:{pbx.sip.port}")
        await collector.answer()
        answered = time.monotonic()
        await debtor.until("CALL_ESTABLISHED")
        await until(lambda: _talks(product_database))
        (call,) = await calls_of(product_database)
        assert (await desk.post(f"/calls/{call.id}/transfer", target="102", attended=True)).status_code == 204
        await colleague.answer()
        story = Story(began=time.monotonic())
        async with product_database.read() as session:
            users = await session.execute(select(User.extension, User.id).where(User.extension.in_(("101", "102"))))
        ids = {one.extension: one.id for one in users}
        for mode, extension in (("to the collector", "101"), ("to the colleague", "102")):
            whisper = f"[data-watch-act=whisper][data-collector='{ids[extension]}']"
            await page.locator(whisper).click()
            await expect(page.locator("soft-phone [data-line-state=talking]")).to_be_visible()
            await expect(page.locator(f"{whisper}[aria-pressed=true]")).to_be_visible()
            await story.lasts(mode, page, (COLLECTOR, COLLEAGUE))
            await page.locator("[data-watch-act=leave]").click()
            await _free(page)
        await page.screenshot(path=tmp_path / "board.png")
        lab.rx("channel request hangup all")
        for phone in (collector, colleague):
            await phone.until("CALL_CLOSED")
        asked, asking = heard_by(colleague), heard_by(collector)

    before = story.began - answered
    assert voices(story.shares("to the collector", *asking, before)) == {COLLEAGUE, SUPERVISOR}
    assert voices(story.shares("to the collector", *asked)) == {COLLECTOR}
    assert voices(story.shares("to the colleague", *asking, before)) == {COLLEAGUE}
    assert voices(story.shares("to the colleague", *asked)) == {COLLECTOR, SUPERVISOR}
    for mode in story.modes:
        assert min(story.supervisor[mode].values()) > -70, story.supervisor  # he hears both of them in either way


async def _talks(database: Database) -> bool:
    return any(leg.endpoint == "101d" and leg.answered_at for call in await calls_of(database) for leg in call.legs)


async def test_who_joined_may_leave_and_leaves_with_the_first_of_the_two(product: Product, tmp_path: Path) -> None:
    lab, pbx, phones = exchange_of(product)
    async with (
        supervisor_at(product, tmp_path) as page,
        desk_phone(pbx.sip, phones["101"], hertz=COLLECTOR) as collector,
        debtor_phone(pbx.trunk.host, NUMBER, hertz=DEBTOR) as debtor,
    ):
        for first, other in ((debtor, collector), (collector, debtor)):
            await debtor.dial(f"sip:101@{pbx.sip.host}:{pbx.sip.port}")
            await collector.answer()
            await debtor.until("CALL_ESTABLISHED")
            await _joins(page, lab)
            await page.locator("[data-watch-act=leave]").click()
            await _free(page)
            await _joins(page, lab)  # the talk went on without him
            await first.hang_up()
            await other.until("CALL_CLOSED")
            await _free(page)
            await first.until("CALL_CLOSED")


async def _joins(page: Page, lab: Lab) -> None:
    await page.locator("[data-watch-act=barge]").click()
    await eventually(lambda: " 3 " in _talk(lab))


def _talk(lab: Lab) -> str:
    """The bridge of the only talk, as Asterisk shows it."""
    return next((line for line in lab.rx("bridge show all").splitlines() if "softmix" in line), "")


async def _free(page: Page) -> None:
    """His phone is, and the board knows it."""
    await expect(page.locator("soft-phone [data-line]")).to_have_count(0)
    await expect(page.locator("[data-watch-act=leave]")).to_have_count(0)


async def _logged(database: Database, lab: Lab, story: Story, freed: float) -> None:
    """One call, each collector's talk is what he talked with the debtor, and the trail says what was done."""

    async def over() -> bool:
        return all(call.ended_at is not None for call in await calls_of(database))

    await until(over)
    (call,) = await calls_of(database)  # the phone that listened is no call
    talks = {leg.endpoint: leg.talk_seconds for leg in call.legs if leg.endpoint}
    after = story.modes["take over"][1] - story.modes["take over"][0]
    assert talks["101d"] == pytest.approx(freed, abs=2)
    assert talks["100"] == pytest.approx(after, abs=2)
    assert call.talk_seconds == pytest.approx(talks["101d"] + talks["100"], abs=2)
    verdict = await compared(database, Cel(lab.cel_file))
    assert verdict.faultless, verdict
    async with database.read() as session:
        (watch,) = (await session.scalars(select(CallWatch))).all()
        done_by_him = select(AuditEntry.action).where(AuditEntry.action.like("supervision.%")).order_by(AuditEntry.id)
        trail = await session.scalars(done_by_him)
        done: Sequence[str] = trail.all()
    assert (watch.call_id, watch.mode) == (call.id, "barge")
    assert watch.ended_at is not None
    assert list(done) == ["supervision.listen", "supervision.whisper", "supervision.barge", "supervision.take_over"]
