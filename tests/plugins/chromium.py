"""Debian's Chromium for browser tests, with an invented microphone that beeps."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

BUNDLE = Path(__file__).parents[2] / "web" / "static" / "dist" / "app.js"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
)


def program() -> str:
    """Where Chromium is; fails when it, or what it is to show, is missing."""
    found = shutil.which("chromium")
    if found is None:
        pytest.fail("Chromium is missing: run 'apt-get install chromium'")
    if not BUNDLE.exists():
        pytest.fail("the browser bundle is missing: run 'make setup-test'")
    return found


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A fresh Chromium; it ends with the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program(), args=list(FLAGS))
        yield browser
        await browser.close()
