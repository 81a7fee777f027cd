"""One real browser among the screens: when it has painted who calls, and the case."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright

from tests.plugins.chromium import FLAGS

#: Notes, by the caller's number, when (Unix time, ms) the frame had been painted in which the caller's name stands, and
#: the one in which the caller's case stands.
_WATCH = """
window.painted = { card: {}, case: {} };
const stands = {
  card: (offer) => document.querySelector(`[data-offer="${offer.call_id}"]`) !== null,
  case: (offer, before) => document.getElementById("page") !== before && location.pathname === offer.url,
};
document.addEventListener("call.offered", ({ detail }) => {
  const before = document.getElementById("page"), began = performance.now(), open = new Set(Object.keys(stands));
  const look = () => {
    for (const what of open) {
      if (!stands[what](detail, before)) continue;
      open.delete(what);
      setTimeout(() => { window.painted[what][detail.phone.slice(1)] = performance.timeOrigin + performance.now(); });
    }
    if (open.size > 0 && performance.now() - began < 10000) requestAnimationFrame(look);
  };
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


async def painted(page: Page) -> dict[str, dict[str, float]]:
    """When each caller's card and case were painted (Unix time, ms): ``card`` and ``case``, each by caller."""
    when: dict[str, dict[str, float]] = await page.evaluate("window.painted")
    return when
