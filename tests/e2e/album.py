"""Pictures of a story in the four languages."""

from pathlib import Path

from playwright.async_api import Page, expect

LANGUAGES = ("en", "ru", "uk", "pl")


async def in_every_language(page: Page, album: Path, name: str, *addresses: str) -> None:
    """Picture the pages in the four languages, ending in English; none may be wider than the screen."""
    for language in (*LANGUAGES[1:], LANGUAGES[0]):
        chosen = page.locator(f"[name=language][value={language}]")
        async with page.expect_navigation():
            await chosen.evaluate("button => button.click()")
        for n, address in enumerate(addresses, start=1):
            await page.goto(address)
            await expect(page.locator("html")).to_have_attribute("lang", language)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, language)
            await page.screenshot(path=album / f"{name}-{n}-{language}.png", full_page=True)
