"""A payment from the accountant's desk to the collector's open screen and back, and cash taken in the field."""

import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.plugins.product import Product, running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

#: The demo's first case, the collector's own.
CASE = 1
SECOND = 1000


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Product]:
    """A running copy without an exchange."""
    async with running(tmp_path / "call centre", CALLCENTER_ASTERISK="none") as started:
        yield started


async def sign_in(product: Product, chromium: Browser, login: str, *, width: int = 1280) -> Page:
    context = await chromium.new_context(viewport={"width": width, "height": 844})
    page = await context.new_page()
    await page.goto(f"{product.url}/login")
    await page.get_by_label("Login").fill(login)
    await page.locator("[name=password]").fill(product.passwords[login])
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{product.url}/")
    return page


async def promised(page: Page, amount: str) -> None:
    """Take a promise for the day after tomorrow by keyboard."""
    await page.keyboard.press("p")
    await page.locator("#promise-dialog [name=promise_amount]").fill(amount)
    day = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d")
    await page.locator("#promise-dialog [name=promise_due]").fill(day)
    await page.locator("#promise-dialog footer .btn-primary").click()
    await expect(page.locator("#promises-panel [data-promise]")).to_contain_text("awaiting payment")


async def confirmed(page: Page) -> None:
    await page.locator("dialog[open] .btn-primary").click()


async def test_a_payment_is_seen_within_a_second_and_taken_back(office: Product, chromium: Browser) -> None:
    collector = await sign_in(office, chromium, "collector")
    await collector.goto(f"{office.url}/cases/{CASE}")
    total = await collector.locator(".case-total").inner_text()
    await promised(collector, "500")

    accountant = await sign_in(office, chromium, "accountant")
    await accountant.goto(f"{office.url}/payments/new")
    await accountant.locator("[name=amount]").fill("500")
    await accountant.locator("#case-search").press_sequentially("D0000")
    await accountant.locator("#cases-found a").first.click()
    await expect(accountant.locator("main")).to_contain_text("owed")
    await expect(accountant.locator("[name=amount]")).to_have_value("500")
    await accountant.locator("[name=account_id]").select_option(index=0)
    await accountant.locator("[name=payer_name]").fill("Sample Payer")
    await accountant.locator("main form button[type=submit]").click()
    await expect(accountant).to_have_url(re.compile(r"/payments/\d+/settle$"))
    await expect(accountant.locator("#settle-preview")).to_contain_text("480.00 RUB")
    payment = accountant.url.removesuffix("/settle")

    promise = collector.locator("#promises-panel [data-promise]")
    await accountant.locator("#settle-preview .btn-primary").click()
    await confirmed(accountant)
    await expect(accountant).to_have_url(payment)
    settled_at = time.monotonic()
    await expect(promise).to_contain_text("kept", timeout=SECOND)
    assert time.monotonic() - settled_at < 1
    await expect(collector.locator("#toasts")).to_contain_text("A payment of 500.00 RUB came in on case D0000")
    await expect(collector.locator("#payments-panel")).to_contain_text("500.00 RUB")
    await expect(collector.locator(".case-total")).not_to_have_text(total)

    await accountant.locator("[data-settlement] a.btn").click()
    await expect(accountant.locator("main")).to_contain_text("This is owed again")
    await accountant.locator("[name=reason]").fill("Paid for his brother.")
    await accountant.locator("main form .btn-law").click()
    await confirmed(accountant)
    await expect(accountant).to_have_url(payment)
    await expect(promise).to_contain_text("awaiting payment", timeout=SECOND)
    await expect(collector.locator(".case-total")).to_have_text(total)
    await expect(collector.locator("#payments-panel")).to_contain_text("withdrawn")
    await expect(collector.locator("#timeline-panel")).to_contain_text("Paid for his brother.")


async def test_cash_in_the_field_is_one_payment_with_a_receipt(office: Product, chromium: Browser) -> None:
    phone = await sign_in(office, chromium, "collector", width=390)
    await phone.goto(f"{office.url}/cases/{CASE}")
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await promised(phone, "300")
    await phone.locator("#payments-panel a[href$='/cash']").click()
    await phone.locator("[name=amount]").fill("300")
    number = await phone.locator("[name=receipt_no]").input_value()
    await phone.locator("main form .btn-primary").dblclick()
    await expect(phone).to_have_url(re.compile(r"/cases/1/receipts/\d+$"))
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for text in (number, "300.00 RUB", "Harbour Collections"):
        await expect(phone.locator("main")).to_contain_text(text)
    await phone.locator("main a[href='/cases/1']").click()
    await expect(phone.locator("#payments-panel tbody tr")).to_have_count(1)
    await expect(phone.locator("#promises-panel [data-promise]")).to_contain_text("kept")
