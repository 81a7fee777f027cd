"""What was typed and not sent comes back as it was typed, field by field."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.test_money import sign_in
from tests.plugins.product import running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

KEYS = {"press": ["1", "2", "", ""], "goes": ["s1", "s1", "", ""]}


async def _menu(page: Page, url: str) -> None:
    """A new menu with a step that keys choose from."""
    await page.goto(f"{url}/menus/new")
    await page.locator("main [name=name]").fill("Day")
    await page.locator("main form .btn-primary").first.click()
    await page.locator("main [name=kind]").select_option("menu")
    await page.locator("button[value=add]").click()
    await page.locator("[name=s2-press]").first.wait_for()


async def _chosen(page: Page) -> dict[str, list[str]]:
    chosen = "fields => fields.map(field => field.value)"
    return {name: await page.locator(f"[name=s2-{name}]").evaluate_all(chosen) for name in KEYS}


async def test_a_draft_comes_back_as_it_was_typed(tmp_path: Path, chromium: Browser) -> None:
    async with running(tmp_path / "call centre", CALLCENTER_ASTERISK="none") as product:
        page = await sign_in(product, chromium, "manager")
        await _menu(page, product.url)
        for place, (key, goes) in enumerate(zip(*(values[:2] for values in KEYS.values()), strict=True)):
            await page.locator("[name=s2-press]").nth(place).select_option(key)
            await page.locator("[name=s2-goes]").nth(place).select_option(goes)
        await page.locator("button[value=publish]").click()
        await expect(page.locator("[role=alert]").first).to_be_visible()
        assert await _chosen(page) == KEYS
        await page.locator("[name=s2-text-en], textarea").first.fill("Press 1 or 2.")
        await page.reload()
        await expect(page.locator("[name=s2-text-en], textarea").first).to_have_value("Press 1 or 2.")
        assert (await _chosen(page))["press"][:2] == KEYS["press"][:2]

        await page.goto(f"{product.url}/campaigns/new")
        monday = page.locator("main [type=checkbox][checked]").first
        await monday.uncheck()
        await page.reload()
        await expect(monday).not_to_be_checked()
