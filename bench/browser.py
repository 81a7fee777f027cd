"""One real browser among the screens: when it has painted the case of a caller."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright

from tests.plugins.chromium import FLAGS

#: Notes, by the caller's number, when (Unix time, ms) the frame in which the caller's page stands had been painted.
_WATCH = """
window.painted = {};
document.addEventListener("call.offered", ({ detail }) => {
  const before = document.getElementById("page");
  const look = () => {
    const now = document.getElementById("page");
    if (now && now !== before && location.pathname === detail.url) {
      setTimeout(() => { window.painted[detail.phone.slice(1)] = performance.timeOrigin + performance.now(); });
    } else if (performance.now() - began < 10000) requestAnimationFrame(look);
  };
  const began = performance.now();
  requestAnimationFrame(look);
});
"""


@asynccontextmanager
async def watching(url: str, token: str) -> AsyncIterator[Page]:
    """The product's list of cases in Chromium, logged in and with its live link up."""
    program = shutil.which("chromium")
    if program is None:
        raise RuntimeError("Chromium is missing: run 'apt-get install chromium'")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        context = await browser.new_context()
        await context.add_cookies([{"name": "callcenter_session", "value": token, "url": url}])
        page = await context.new_page()
        await page.add_init_script(_WATCH)
        async with page.expect_websocket(lambda socket: socket.url.endswith("/live")):
            await page.goto(f"{url}/cases")
        yield page
        await browser.close()


async def painted(page: Page) -> dict[str, float]:
    """When each caller's case was painted (Unix time, ms)."""
    when: dict[str, float] = await page.evaluate("window.painted")
    return when
