"""Every screen at every size, in light and dark, with short and long words: accessible, inside its frame, without a
complaint of the browser."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page

from tests.e2e.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.walk]

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"wide": (1440, 900), "laptop": (1280, 720), "phone": (390, 844)}
TOO_WIDE = """document.documentElement.scrollWidth <= innerWidth ? []
  : [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
      .slice(0, 5).map(e => e.outerHTML.slice(0, 80))"""
SCREENS = (
    "/cases",
    "/cases?none=1",
    "/cases/7",
    "/cases/7?forbidden=1&idle=1",
    "/callers/11",
    "/callers/11?hidden=1",
    "/login",
)


async def faults(page: Page) -> list[str]:
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document).then(result => result.violations)")
    return [f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
async def test_screens_are_accessible_and_fit(
    stage: Stage, chromium: Browser, size: str, scheme: Literal["light", "dark"]
) -> None:
    width, height = SIZES[size]
    context = await chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    complaints: list[str] = []
    found: list[str] = []
    for path in SCREENS:
        for words in ("", "long=1"):
            page = await context.new_page()
            page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            address = f"{stage.base}{path}{'&' if '?' in path else '?'}{words}"
            await page.goto(address, wait_until="load")
            if path != "/login":
                await page.wait_for_selector("[data-registration=none]")
            wide = await page.evaluate(TOO_WIDE)
            if wide:
                found.append(f"{address}: out of the frame: {wide}")
            found += [f"{address}: {fault}" for fault in await faults(page)]
            await page.close()
    assert "\n".join([*found, *complaints]) == ""
