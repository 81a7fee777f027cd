"""One real browser among the screens: when it has painted who calls, and the case; or, for the reference, the bytes."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import BrowserContext, Page, async_playwright

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

#: Puts what the websocket says on an empty page, and notes when each ring's frame had been painted.
_WATCH_BARE = """
(address) => new Promise((opened, failed) => {
  window.painted = { card: {}, case: {} };
  const socket = new WebSocket(address);
  socket.onopen = opened;
  socket.onerror = failed;
  socket.onmessage = ({ data }) => {
    document.body.textContent = data;
    requestAnimationFrame(() => setTimeout(() => {
      window.painted.card[data.match(/\\b79\\d{9}\\b/)[0]] = performance.timeOrigin + performance.now();
    }));
  };
})
"""


@asynccontextmanager
async def watching(url: str, token: str) -> AsyncIterator[Page]:
    """The product's list of cases in Chromium, logged in and with its live link up."""
    async with _browser() as context:
        await context.add_cookies([{"name": "callcenter_session", "value": token, "url": url}])
        page = await context.new_page()
        await page.add_init_script(_WATCH)
        async with page.expect_websocket(lambda socket: socket.url.endswith("/live")):
            await page.goto(f"{url}/cases")
        yield page


@asynccontextmanager
async def watching_bare(address: str) -> AsyncIterator[Page]:
    """An empty page in Chromium that shows what the websocket at ``address`` says."""
    async with _browser() as context:
        page = await context.new_page()
        await page.evaluate(_WATCH_BARE, address)
        yield page


@asynccontextmanager
async def _browser() -> AsyncIterator[BrowserContext]:
    program = shutil.which("chromium")
    if program is None:
        raise RuntimeError("Chromium is missing: run 'apt-get install chromium'")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield await browser.new_context()
        await browser.close()


async def painted(page: Page) -> dict[str, dict[str, float]]:
    """When each caller's card and case were painted (Unix time, ms): ``card`` and ``case``, each by caller."""
    when: dict[str, dict[str, float]] = await page.evaluate("window.painted")
    return when
