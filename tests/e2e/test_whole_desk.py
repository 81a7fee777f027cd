"""The whole desk on real parts: a registry comes in, debtors ring and agree, a statement pays, a payment is withdrawn,
and cash is taken in the field."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from playwright.async_api import Browser, FilePayload, Page, expect
from sqlalchemy import select

from core.kernel.db import Database
from core.payments.model import Payment, Settlement
from telephony.lab import Lab, sipp
from tests.e2e.album import in_every_language
from tests.e2e.floor import QUEUE
from tests.e2e.test_money import confirmed
from tests.e2e.test_newcomer import sign_in
from tests.factories.statements import Move, one_c, section
from tests.plugins.figures import Figure
from tests.plugins.product import Product
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(300)]

#: A second on a machine that does nothing else: the figure tells.
_AT_ONCE = timedelta(seconds=5)
#: Where debtors and collectors live: a promise of their day is not kept by a payment of the day before.
ZONE = ZoneInfo("Europe/Moscow")
ACCOUNT = "00000000000000000000"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Debtor:
    number: str
    name: str
    phone: str
    principal: str


PROMISER = Debtor("WD-1001", "Лугова Зоя Тихоновна", "+79000000701", "9000.00")
PLANNER = Debtor("WD-1002", "Ручьёв Клим Маркович", "+79000000702", "6000.00")
FIELD = Debtor("WD-1003", "Холмова Ева Львовна", "+79000000703", "3000.00")
DEBTORS = (PROMISER, PLANNER, FIELD)


def registry() -> FilePayload:
    """What the creditor sends."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Номер дела", "ФИО должника", "Телефон", "Сумма долга", "Дата просрочки", "Часовой пояс", "Язык"])
    due = datetime.now(UTC).date() - timedelta(days=120)
    for one in DEBTORS:
        sheet.append([one.number, one.name, one.phone, one.principal, due, ZONE.key, "ru"])
    written = io.BytesIO()
    book.save(written)
    return {"name": "registry.xlsx", "mimeType": XLSX, "buffer": written.getvalue()}


def statement(promised: str, instalment: str) -> FilePayload:
    """The bank's file: what was promised, and the first instalment."""
    today = datetime.now(ZONE).date()
    moves = [
        Move(amount=Decimal(sum_), on=today, doc_no=doc_no, payer=one.name, tax_id="", account=ACCOUNT, purpose=purpose)
        for one, sum_, doc_no, purpose in (
            (PROMISER, promised, "501", f"Погашение долга, дело № {PROMISER.number}"),
            (PLANNER, instalment, "502", f"Первый платёж по делу {PLANNER.number}"),
        )
    ]
    data = one_c(moves, sections=section(ACCOUNT, moves, on=today))
    return {"name": "statement.txt", "mimeType": "text/plain", "buffer": data}


async def brought_in(page: Page, address: str, file: FilePayload, applied: str) -> str:
    """Upload a file at ``address``, run it dry if it is not yet, apply it; the address of its import."""
    await page.goto(address)
    if await page.locator("[name=creditor_id]").count():
        await page.locator("[name=creditor_id]").select_option(label="Severny Bereg Microfinance")
    await page.locator("[name=file]").set_input_files(file)
    await page.locator("main form[enctype] .btn-primary").click()
    await expect(page).to_have_url(re.compile(r"/imports/\d+$"))
    apply = page.locator("form[action$='/apply'] .btn-primary")
    dry_run = page.locator("form[action$='/check'] .btn-primary")
    await expect(apply.or_(dry_run).locator("visible=true").first).to_be_visible()
    if not await apply.count():
        await dry_run.click()
    await expect(apply).to_contain_text(applied)
    await apply.click()
    return page.url


async def finished(page: Page) -> None:
    await expect(page.locator(".page-head")).to_contain_text("done")


async def handed_over(manager: Page, url: str) -> None:
    """All new cases to the first collector, by a mass action on what was found."""
    await manager.goto(f"{url}/cases?q=WD-10")
    await expect(manager.locator("tr[data-row]")).to_have_count(len(DEBTORS))
    await manager.locator("[data-choose-all]").check()
    await manager.locator("[data-mass-bar] button[formaction$='action=assign']").click()
    await manager.locator("#mass-user").select_option(label="Carter Cleo")
    await manager.get_by_role("button", name="See what would happen").click()
    await manager.get_by_role("button", name="Start").click()
    await expect(manager.locator("main")).to_contain_text("Take it back")


@asynccontextmanager
async def rung_by(product: Product, collector: Page, one: Debtor) -> AsyncIterator[str]:
    """The debtor rings in, his case pops, the collector answers and hangs up by keyboard; the case's address."""
    pbx = Lab(product.folder).required().pbx
    await collector.evaluate("document.activeElement.blur()")
    with sipp.ring(pbx.sip, pbx.trunk.host, sipp.Ring(caller=one.phone, number=QUEUE)) as debtor:
        await expect(collector.locator("h1")).to_contain_text(one.name)
        await expect(collector).to_have_url(re.compile(r"/cases/\d+$"))
        await expect(collector.locator("soft-phone [data-act=answer]")).to_be_visible()
        await collector.keyboard.press("a")
        await expect(collector.locator("soft-phone [data-line-state=talking]")).to_be_visible()
        await expect(collector.locator("#result-bar form")).to_be_visible()
        yield collector.url
        await collector.keyboard.press("x")
        await asyncio.to_thread(debtor.wait, 20)
        assert sipp.outcome(debtor.events()).ended_by == "callee"
    await expect(collector.locator("soft-phone [data-line]")).to_have_count(0)


async def agreed(collector: Page, key: str, dialog: str, *keys: str) -> None:
    """Open a dialog by its key, press the keys that fill and save it."""
    await collector.keyboard.press(key)
    await expect(collector.locator(f"{dialog}[open]")).to_be_visible()
    for one in keys:
        await collector.keyboard.press(one)
    await expect(collector.locator(dialog)).not_to_be_visible()


class Watch:
    """Waits in the page itself for a text, by the clock of this machine."""

    def __init__(self, page: Page, selector: str, text: str) -> None:
        self._page, self._wanted = page, [selector, text]

    async def start(self) -> None:
        await self._page.evaluate(
            """([selector, text]) => {
              const look = () => document.querySelector(selector)?.textContent.includes(text);
              window.seen = new Promise((told) => new MutationObserver((_, watch) => {
                if (look()) { watch.disconnect(); told(Date.now()); }
              }).observe(document.body, { childList: true, subtree: true, characterData: true }));
            }""",
            self._wanted,
        )

    async def seen(self) -> datetime:
        """When the text appeared."""
        return datetime.fromtimestamp(await self._page.evaluate("window.seen") / 1000, UTC)


async def settled(database: Database, doc_no: str) -> tuple[int, datetime]:
    """The payment of that document once it is settled for everybody to see, and when that was."""
    wanted = select(Payment.id).join(Settlement, Settlement.payment_id == Payment.id).where(Payment.doc_no == doc_no)
    found: list[int] = []

    async def seen() -> bool:
        async with database.read() as session:
            found.extend(await session.scalars(wanted))
        return bool(found)

    await until(seen, within=60, every=0.02)
    return found[0], datetime.now(UTC)


async def withdrawn(accountant: Page, url: str, payment_id: int) -> None:
    await accountant.goto(f"{url}/payments/{payment_id}")
    await accountant.locator("[data-settlement] a.btn").click()
    await accountant.locator("[name=reason]").fill("The bank named the wrong payer.")
    await accountant.locator("main form .btn-law").click()
    await confirmed(accountant)
    await expect(accountant).to_have_url(f"{url}/payments/{payment_id}")


async def test_from_the_registry_to_the_receipt(
    product: Product, product_database: Database, chromium: Browser, album: Path, figure: Figure
) -> None:
    url = product.url
    collector = await sign_in(product, chromium, "collector")
    await expect(collector.locator("[data-registration=registered]")).to_be_visible()

    manager = await sign_in(product, chromium, "manager")
    registry_import = await brought_in(manager, f"{url}/imports/new", registry(), "3")
    await finished(manager)
    await handed_over(manager, url)

    promise, plan = (collector.locator(f"#promises-panel [data-{what}]") for what in ("promise", "plan"))
    async with rung_by(product, collector, PROMISER) as promised_case:
        total = await collector.locator(".case-total").inner_text()
        await agreed(collector, "p", "#promise-dialog", "Alt+Digit2", "Alt+Digit6", "Enter")
        await expect(promise).to_contain_text("awaiting payment")
        promised = await promise.locator("strong").inner_text()
        await collector.screenshot(path=album / "call-promise.png")
    async with rung_by(product, collector, PLANNER) as planned_case:
        await agreed(collector, "i", "#plan-dialog", "Enter")
        await expect(plan).to_contain_text("being paid")
        instalment = await plan.locator("td.end").first.inner_text()
    plans = await collector.context.new_page()
    await plans.goto(planned_case)
    plan_total = await plans.locator(".case-total").inner_text()
    plan = plans.locator("#promises-panel [data-plan]")
    await expect(plan.locator("tbody tr").first).to_contain_text("to be paid")
    await collector.goto(promised_case)
    await expect(collector.locator(".case-total")).to_have_text(total)

    accountant = await sign_in(product, chromium, "accountant")
    kept = Watch(collector, "#promises-panel [data-promise]", "kept")
    await kept.start()
    posting = asyncio.create_task(settled(product_database, "501"))
    file = statement(_figure(promised), _figure(instalment))
    statement_import = await brought_in(accountant, f"{url}/payments/imports/new", file, "2")
    seen = await kept.seen()
    payment_id, posted_at = await posting
    figure("kept on the open screen after, s", round((seen - posted_at).total_seconds(), 2))
    assert seen - posted_at < _AT_ONCE
    await expect(collector.locator("#payments-panel")).to_contain_text(promised)
    await expect(collector.locator(".case-total")).not_to_have_text(total)
    await expect(plan.locator("tbody tr").first).not_to_contain_text("to be paid")
    await expect(plans.locator(".case-total")).not_to_have_text(plan_total)
    await finished(accountant)
    await in_every_language(manager, album, "registry", registry_import, f"{url}/cases?q=WD-10")
    await in_every_language(
        accountant, album, "statement", statement_import, f"{url}/payments/{payment_id}", f"{url}/repayments"
    )
    await in_every_language(collector, album, "case", promised_case, planned_case)
    await collector.goto(promised_case)

    await withdrawn(accountant, url, payment_id)
    await expect(promise).to_contain_text("awaiting payment")
    await expect(collector.locator(".case-total")).to_have_text(total)
    await expect(collector.locator("#timeline-panel")).to_contain_text("The bank named the wrong payer.")
    await withdrawn(accountant, url, (await settled(product_database, "502"))[0])
    await expect(plan.locator("tbody tr").first).to_contain_text("to be paid")
    await expect(plans.locator(".case-total")).to_have_text(plan_total)

    await _in_the_field(product, product_database, chromium, album)


async def _in_the_field(product: Product, database: Database, chromium: Browser, album: Path) -> None:
    """A telephone's screen: the case, a promise, cash with a receipt that keeps it."""
    phone = await sign_in(product, chromium, "collector", width=390, height=844)
    await phone.goto(f"{product.url}/cases?q={FIELD.number}")
    await phone.locator("tr[data-row] a").first.click()
    await expect(phone.locator("h1")).to_contain_text(FIELD.name)
    case = phone.url
    await agreed(phone, "p", "#promise-dialog", "Alt+Digit1", "Enter")
    promise = phone.locator("#promises-panel [data-promise]")
    await expect(promise).to_contain_text("awaiting payment")
    promised = await promise.locator("strong").inner_text()
    await phone.locator("#payments-panel a[href$='/cash']").click()
    await phone.locator("[name=amount]").fill(_figure(promised))
    number = await phone.locator("[name=receipt_no]").input_value()
    assert number
    await phone.locator("main form .btn-primary").click()
    await expect(phone).to_have_url(re.compile(r"/receipts/\d+$"))
    receipt = phone.url
    for text in (number, promised):
        await expect(phone.locator("main")).to_contain_text(text)
    await phone.goto(case)
    await expect(promise).to_contain_text("kept")
    async with database.read() as session:
        taken = (await session.scalars(select(Payment).where(Payment.receipt_no == number))).one()
    assert f"{taken.amount:.2f}" == _figure(promised)
    await in_every_language(phone, album, "field", case, receipt)


def _figure(shown: str) -> str:
    """1,234.50 RUB as it is typed."""
    return shown.split(maxsplit=1)[0].replace(",", "")
