"""A preview campaign by keyboard: the card first, then passed on with a reason or rung, the result, the next card."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from callcenter.campaigns.model import CampaignEntry, EntryState
from telephony.lab import sipp
from tests.e2e.campaigning import Scene, opened
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened(tmp_path, 3) as scene:
        yield scene


async def entry(scene: Scene, case: str) -> CampaignEntry:
    async with scene.database.read() as session:
        return (await session.scalars(select(CampaignEntry).where(CampaignEntry.case_id == int(case)))).one()


async def at_work(scene: Scene, chromium: Browser) -> Page:
    page = await chromium.new_page(viewport={"width": 1440, "height": 900})
    await page.goto(f"{scene.product.url}/login")
    await page.fill("[name=login]", "collector")
    await page.fill("[name=password]", scene.product.passwords["collector"])
    await page.keyboard.press("Enter")
    await page.wait_for_url(lambda url: not url.endswith("/login"))
    return page


async def card(page: Page, not_of: str = "") -> str:
    """The case whose card is shown before it is rung, once it is another one than ``not_of``."""
    shown = page.locator("article:has([data-ring-entry])")
    await expect(shown).not_to_have_attribute("data-case", not_of)
    return await shown.get_attribute("data-case") or ""


async def test_the_card_first_then_the_call_its_result_and_the_next_card(scene: Scene, chromium: Browser) -> None:
    page = await at_work(scene, chromium)
    with sipp.answer(scene.lab.required().pbx.trunk, seconds=3.0, ring_seconds=0.3) as trunk:
        campaign_id = await scene.campaign(scene.debtors, mode="preview")
        await page.goto(f"{scene.product.url}/campaigns/next")
        passed = await card(page)
        await expect(page.locator("#may-call-panel")).to_contain_text("Yes")
        await page.keyboard.press("2")
        rung = await card(page, passed)
        assert [event.name for event in trunk.events()] == [], "nobody is rung before he was seen"
        assert await scene.attempts(campaign_id) == []
        await page.keyboard.press("c")
        await page.wait_for_url(f"**/cases/{rung}")

        async def talked() -> bool:
            return (await entry(scene, rung)).state == EntryState.TALKED

        await until(talked)
    await expect(page.locator("#result-head")).to_contain_text("needs a result")
    said = page.locator("#result-bar [value=RPC-HANGUP]")
    await page.keyboard.press(await said.get_attribute("data-key") or "")
    await expect(said).to_be_checked()
    await page.get_by_role("button", name="Save and next case").press("Enter")
    await page.wait_for_url("**/campaigns/next")
    assert await card(page) not in (passed, rung)
    (attempt,) = await scene.attempts(campaign_id)
    assert (attempt.outcome, attempt.connected_at is not None) == ("RPC-HANGUP", True)
    before, after = await entry(scene, passed), await entry(scene, rung)
    assert (before.state, before.reason, before.attempts) == (EntryState.WAITING, "passed_spoken", 0)
    assert (after.state, after.reason, after.attempts) == (EntryState.DONE, "RPC-HANGUP", 1)
