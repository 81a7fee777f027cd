"""A preview campaign in the browser: the card first, then passed on with a reason or rung, then the result."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select

from callcenter.campaigns.model import CampaignEntry, EntryState
from telephony.lab import sipp
from tests.e2e.campaigning import Scene, opened
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened(tmp_path, 2) as scene:
        yield scene


async def entries(scene: Scene) -> dict[int, CampaignEntry]:
    async with scene.database.read() as session:
        return {one.case_id: one for one in await session.scalars(select(CampaignEntry))}


async def test_the_card_first_then_the_call_then_its_result(scene: Scene, chromium: Browser) -> None:
    page = await chromium.new_page()
    await page.goto(f"{scene.product.url}/login")
    await page.fill("[name=login]", "collector")
    await page.fill("[name=password]", scene.product.passwords["collector"])
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: not url.endswith("/login"))
    with sipp.answer(scene.lab.required().pbx.trunk, seconds=3.0, ring_seconds=0.3) as trunk:
        await scene.campaign(scene.debtors, mode="preview")
        await page.goto(f"{scene.product.url}/campaigns/next")
        first = await page.locator("[data-ring-entry]").get_attribute("data-case")
        assert [event.name for event in trunk.events()] == [], "nobody is rung before he was seen"
        await page.select_option("[name=reason]", "passed_spoken")
        await page.get_by_role("button", name="Another one").click()
        await expect(page.locator("[data-ring-entry]")).not_to_have_attribute("data-case", first or "")
        second = await page.locator("[data-ring-entry]").get_attribute("data-case") or ""
        await page.locator("[data-ring-entry]").click()
        await page.wait_for_url(f"**{second}")
        await expect(page.locator("#result-bar form")).to_be_visible()
        ids = [int(str(path).rpartition("/")[2]) for path in (first, second)]

        async def talked() -> bool:
            return (await entries(scene))[ids[1]].state == EntryState.TALKED

        await until(talked)
    await page.reload()
    await page.locator("#result-bar [value=RPC-HANGUP]").check(force=True)
    await page.get_by_role("button", name="Save the result").click()

    async def done() -> bool:
        return (await entries(scene))[ids[1]].state == EntryState.DONE

    await until(done)
    found = await entries(scene)
    assert (found[ids[0]].state, found[ids[0]].reason, found[ids[0]].attempts) == (
        EntryState.WAITING,
        "passed_spoken",
        0,
    )
    assert (found[ids[1]].reason, found[ids[1]].attempts) == ("RPC-RTP", 1)
