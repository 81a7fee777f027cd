"""Every page of the running product, seen by every role that may: it answers, it is accessible, it stays inside its
frame, and the browser complains of nothing. And the collector's work from ring to result without a mouse."""

import asyncio
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.async_api import Browser, Page, expect

from tests.plugins.asterisk import eventually
from tests.plugins.product import Product
from tests.policies import HOLDERS, POLICIES, PUBLIC, REACH, SIGNED_IN
from web.routes import ROUTES
from web.security import GuardedRoute

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(600)]

AXE = (Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
#: The demo's logins, and who stands for their role in the table of policies.
ROLES = {
    "admin": "admin",
    "manager": "maria",
    "supervisor": "sofia",
    "collector": "bella",
    "clerk": "karl",
    "accountant": "ada",
}
DEBTOR = "+79000000100"
WIDTHS = (1280, 390)
#: Answers that are no pages: files, sounds, parts of pages, figures for machines.
NO_PAGE = re.compile(
    r"/(export|pdf|audio|peaks|marks|report|progress|preview|figures|config|health|metrics|search)$|\.wav$|/shared/|^/login$|^/api/"
)
#: What is a page although its address ends like a part of one.
PAGES = {"/search"}
#: Shown to whoever began it and to those it was given to, here the administrator.
ONES_OWN = {"/mass/{id:int}", "/campaigns/{id:int}", "/campaigns/{id:int}/attempts", "/campaigns/{id:int}/setup"}
SERIOUS = "result => result.violations.filter(one => ['serious', 'critical'].includes(one.impact))"
#: What accessibility depends on: every element with its attributes and whether it has a text of its own, of several
#: alike in a row (a list's rows) one.
SHAPE = """() => {
  const shape = e => {
    const parts = [...e.children].map(shape), own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    const said = [...e.attributes].map(a => `${a.name}=${a.value.replace(/\\d+/g, "0")}`).join(" ");
    return `<${e.tagName} ${said}${own ? " text" : ""}>${parts.filter((one, n) => one !== parts[n - 1]).join("")}`;
  };
  return shape(document.querySelector("main"));
}"""
TOO_WIDE = """document.documentElement.scrollWidth <= innerWidth ? []
  : [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
      .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""


@dataclass
class Walk:
    """One role's way through the house; what is wrong is noted and the walk goes on.

    The frame is the same around every page and is examined once; so is what several roles see alike. A page is opened
    at the width the one before it was left at: every width is looked at, and changing it takes a third of a visit.
    """

    page: Page
    role: str
    examined: set[str]
    width: int = WIDTHS[0]
    seen: int = 0
    faults: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", lambda said: self._note(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self._note(str(error)))

    def _note(self, fault: str) -> None:
        self.faults.append(f"{self.role} {self.page.url}: {fault}")

    def _is_known(self, shape: str) -> bool:
        """Whether a page of just that shape was examined, perhaps in another role."""
        known = shape in self.examined
        self.examined.add(shape)
        return known and self.seen > 1

    async def _take(self, width: int) -> None:
        if width != self.width:
            await self.page.set_viewport_size({"width": width, "height": 800})
            self.width = width

    async def visit(self, address: str) -> None:
        answer = await self.page.goto(address, wait_until="load")
        self.seen += 1
        if answer is None or answer.status != 200:
            self._note(f"answered {answer and answer.status}")
            return
        for width in sorted(WIDTHS, key=lambda one: one != self.width):
            await self._take(width)
            for wide in await self.page.evaluate(TOO_WIDE):
                self._note(f"wider than {width}: {wide}")
        where = "document" if self.seen == 1 else "document.querySelector('main')"
        if self._is_known(await self.page.evaluate(SHAPE)):
            return
        await self._take(WIDTHS[0])
        await self.page.evaluate(AXE)
        for one in await self.page.evaluate(f"axe.run({where}, {{resultTypes: ['violations']}}).then({SERIOUS})"):
            self._note(f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:160]}")


async def sign_in(product: Product, chromium: Browser, login: str) -> Page:
    """A page of its own browser context, signed in by keyboard."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.goto(f"{product.url}/login")
    await page.get_by_label("Login").focus()
    await page.keyboard.type(login)
    await page.keyboard.press("Tab")
    await page.keyboard.type(product.passwords[login])
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{product.url}/")
    return page


async def answered_call(product: Product, collector: Page) -> None:
    """A debtor rings in; the collector takes the call by keyboard."""
    await expect(collector.locator("[data-registration=registered]")).to_be_visible()
    await product.begin("lab", "call", "--from", DEBTOR, "--tone", "440", "--json")
    await expect(collector).to_have_url(re.compile(r"/cases/\d+$"))
    await expect(collector.locator("soft-phone [data-act=answer]")).to_be_visible()
    await collector.keyboard.press("a")
    await expect(collector.locator("soft-phone [data-line-state=talking]")).to_be_visible()


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there; fails when it never comes."""
    for _ in range(120):
        if await page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"Tab never reaches {selector}")


async def test_a_collector_works_without_a_mouse(product: Product, chromium: Browser) -> None:
    page = await sign_in(product, chromium, "collector")
    await answered_call(product, page)
    phone, keys = page.locator("soft-phone"), page.keyboard
    case_url = page.url

    await keys.press("h")
    await expect(phone.locator("[data-line-state=held]")).to_be_visible()
    await keys.press("h")
    await expect(phone.locator("[data-line-state=talking]")).to_be_visible()
    await keys.press("m")
    await expect(phone.locator("[data-act=mute][aria-pressed=true]")).to_be_visible()
    await keys.press("m")
    await keys.press("x")
    await expect(phone.locator("[data-line]")).to_have_count(0)

    await keys.press("1")
    await expect(page.locator("#promise-amount")).to_be_focused()
    await keys.type("1000")
    await tab_to(page, "#promise-due")
    await keys.type((datetime.now(UTC) + timedelta(days=5)).strftime("%m%d%Y"))
    await tab_to(page, "#result-note")
    await keys.type("Pays from the next wage.")
    await tab_to(page, "#result-bar button[value=stay]")
    await keys.press("Enter")
    await expect(page.locator("#result-bar form.result-form")).to_have_count(0)
    await expect(page.get_by_text("1,000.00 RUB").first).to_be_visible()

    await keys.press("b")
    await expect(page.locator("#callback-form-at")).to_be_focused()
    await keys.type((datetime.now(UTC) + timedelta(days=2)).strftime("%m%d%Y"))
    await keys.press("Tab")
    await keys.type("1200PM")
    await tab_to(page, "#callback-form-reason")
    await keys.type("Ask about the wage")
    await keys.press("Enter")
    await expect(page.get_by_text("Ask about the wage")).to_be_visible()

    await keys.press("n")
    await expect(page).not_to_have_url(case_url)
    await expect(page).to_have_url(re.compile(r"/(cases/\d+|next)$"))  # at night the law leaves nobody to call

    await keys.press("/")
    await keys.type("8 (900) 000-01-00")
    await keys.press("Enter")
    await expect(page).to_have_url(case_url)


@pytest.mark.walk
async def test_every_page_of_every_role(product: Product, chromium: Browser) -> None:
    collector = await sign_in(product, chromium, "collector")
    await answered_call(product, collector)
    timer = collector.locator("soft-phone [data-line-state=talking] [data-timer]")
    await expect(timer).to_have_text(re.compile(r":0[1-9]$"))  # long enough to be recorded
    await collector.keyboard.press("x")
    await expect(collector.locator("soft-phone [data-line]")).to_have_count(0)
    case_id = collector.url.rpartition("/")[2]
    things = await things_of(product, chromium, collector, case_id)
    things["voicemail"] = await _message(product, things["users"])
    await collector.close()

    gate, examined = asyncio.Semaphore(2), set[str]()
    walks = await asyncio.gather(*(_walk(product, chromium, role, things, gate, examined) for role in ROLES))
    assert "\n".join(fault for walk in walks for fault in walk.faults) == ""
    assert sum(walk.seen for walk in walks) > 100


async def _walk(
    product: Product,
    chromium: Browser,
    role: str,
    things: Mapping[str, str],
    gate: asyncio.Semaphore,
    examined: set[str],
) -> Walk:
    async with gate:
        walk = Walk(await sign_in(product, chromium, role), role, examined)
        walk.listen()
        for path in pages_of(ROLES[role]):
            await walk.visit(product.url + filled(path, things))
        await walk.page.context.close()
        return walk


def pages_of(person: str) -> list[str]:
    """The addresses of the pages that role may open."""
    found = []
    for route in ROUTES:
        assert isinstance(route, GuardedRoute) or "live" in getattr(route, "path", "")
        path = getattr(route, "path", "")
        entry = POLICIES.get(f"GET {path}")
        if entry is None or (NO_PAGE.search(path) and path not in PAGES):
            continue
        if path in ONES_OWN and person != ROLES["admin"]:
            continue
        reach = REACH.get(entry.reach or entry.needs[0])
        if entry.target and reach is not None and not reach.get(person) and person != ROLES["collector"]:
            continue  # whose things are the collector's, and this role reaches nobody's but its own
        if entry.needs in (PUBLIC, SIGNED_IN) or any(person in HOLDERS[one] for one in entry.needs):
            found.append(path)
    return found


def filled(path: str, things: Mapping[str, str]) -> str:
    """The address with the ids of things that are there: by the folders it begins with, else by the name."""
    thing = things.get(path.partition("/{")[0][1:], things.get(path.split("/")[1], ""))
    filled = path.replace("{id:int}", thing).replace("{code}", thing)
    for name, value in things.items():
        filled = filled.replace(f"{{{name}:int}}", value).replace(f"{{{name}}}", value)
    assert "{" not in filled, filled
    return filled


async def things_of(product: Product, chromium: Browser, collector: Page, case_id: str) -> dict[str, str]:
    """Something of every kind that has a page, made where the demo has none."""
    await collector.keyboard.press("b")
    await collector.locator("#callback-form-at").fill(
        (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT12:00")
    )
    await collector.locator("#callback-dialog button.btn-primary").click()
    callback = collector.locator("a[href^='/callbacks/']").first
    await expect(callback).to_be_visible()

    admin = await sign_in(product, chromium, "admin")
    await admin.goto(f"{product.url}/blocks/new")
    await admin.get_by_label("Number").fill("+79000000999")
    await admin.get_by_label("On what ground").fill("Asked in a letter of 1 November.")
    await admin.locator("main form button[type=submit]").click()
    await expect(admin).to_have_url(f"{product.url}/blocks")
    things = {
        "cases": case_id,
        "case": case_id,
        "callbacks": await _last_part(callback.get_attribute("href")),
        "party": await _first(admin, f"{product.url}/cases/{case_id}", "a[href*='/people/']"),
        "call": await _first(admin, f"{product.url}/calls", "tbody tr[data-href]", "data-href"),
        "rule": "ru.hours",
        "results": "RPC-PTP",
        "pauses": "lunch",
    }
    things["debtors"] = things["party"]
    things["users"] = await _first(admin, f"{product.url}/users?q=collector", "main tbody a[href^='/users/']")
    for folder in (
        "units",
        "roles",
        "profiles",
        "creditors",
        "audit",
        "blocks",
        "stages",
        "orders",
        "promise-types",
        "queues",
    ):
        selector = f"main [href^='/{folder}/']:not([href*='/new'], [href*='/export'])"
        things[folder] = await _first(admin, f"{product.url}/{folder}", selector)
    things |= {"bonuses": things["users"], "bonuses/rules": things["roles"]}
    things |= {"plan": things["stages"], "scope": "stage", "month": datetime.now(UTC).strftime("%Y-%m")}
    things["name"] = await _first(admin, f"{product.url}/worklists", "main a[href^='/worklists/']:not([href$='/todo'])")
    await _posted(admin, f"{product.url}/calendars", name="Office", zone="UTC")
    things["calendars"] = await _first(admin, f"{product.url}/calendars", "main tbody a[href^='/calendars/']")
    await _posted(admin, f"{product.url}/tags", name="Needs a letter")
    things["tags"] = await _first(admin, f"{product.url}/tags", "main tbody a[href^='/tags/']")
    things["mass"] = (await _posted(admin, f"{product.url}/mass/choose", id=case_id)).rpartition("/")[2]
    await _posted(admin, f"{product.url}/assignment", name="To one", user_ids=things["users"])
    things["assignment"] = await _first(
        admin, f"{product.url}/assignment", "main a[href^='/assignment/']:not([href*='/new'])"
    )
    for folder in ("rates", "interest-groups", "commission", "remittances"):
        things[folder] = await _first(admin, f"{product.url}/{folder}", f"main tbody a[href^='/{folder}/']")
    group = f"{product.url}/interest-groups/{things['interest-groups']}"
    things["term"] = await _first(admin, group, "main td a[href*='/terms/']")
    for folder in ("accounts", "schemes"):
        things[folder] = await _first(admin, f"{product.url}/{folder}", f"main tbody a[href^='/{folder}/']")
    debt = f"{product.url}/cases/{case_id}/balance"
    things["claim"] = await _first(admin, debt, "main a[href*='/claims/']:not([href$='/new'])")
    await _posted(admin, f"{product.url}/campaigns", **POLICIES["POST /campaigns"].form)
    things["campaigns"] = await _first(admin, f"{product.url}/campaigns", "main tbody a[href^='/campaigns/']")
    things["shifts"] = things["users"]
    things["menus"] = (await _posted(admin, f"{product.url}/menus", name="Day", language="en")).rpartition("/")[2]
    things |= await _cash(product, admin, case_id)
    things["settlement"] = await _first(
        admin, f"{product.url}/payments/{things['payment']}", "main [data-settlement]", "data-settlement"
    )
    things["imports"] = await _registry(product, admin)
    things["payments/imports"] = await _table_of_payments(product, admin)
    await admin.context.close()
    return things


async def _message(product: Product, user_id: str) -> str:
    """A message to the collector, whose sound is that of his call."""

    def asked(question: str, *values: object) -> list[tuple[int, ...]]:
        with closing(sqlite3.connect(product.folder / "callcenter.db")) as database, database:
            return database.execute(question, values).fetchall()

    ready = "SELECT id, call_id FROM recordings WHERE state = 'ready' AND call_id IS NOT NULL"
    ((recording_id, call_id), *_others) = await eventually(lambda: asked(ready))
    left = """INSERT INTO voicemails (call_id, recording_id, received_at, duration_ms, user_id)
        VALUES (?, ?, ?, 1000, ?) RETURNING id"""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return str(asked(left, call_id, recording_id, now, int(user_id))[0][0])


async def _cash(product: Product, admin: Page, case_id: str) -> dict[str, str]:
    """Cash on the case, settled at once, with its receipt. The collector's page stays where its call is."""
    await admin.goto(f"{product.url}/cases/{case_id}/cash")
    await admin.locator("main [name=amount]").fill("10")
    await admin.locator("main form .btn-primary").click()
    await expect(admin).to_have_url(re.compile(r"/receipts/\d+$"))
    payment = admin.url.rpartition("/")[2]
    return {"payment": payment, "payments": payment}


async def _registry(product: Product, admin: Page) -> str:
    """A registry that waits for its columns."""
    registry, book = product.folder / "registry.xlsx", Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Case no.", "Name", "Phone"])
    sheet.append(["Z-1", "Sample Person", "+79000000998"])
    book.save(registry)
    await admin.goto(f"{product.url}/imports/new")
    await admin.locator("main input[name=order_number]").fill("7")
    await admin.locator("main input[type=file]").set_input_files(registry)
    await admin.locator("main form button[type=submit]").click()
    await expect(admin).to_have_url(re.compile(r"/imports/\d+$"))
    return admin.url.rpartition("/")[2]


async def _table_of_payments(product: Product, admin: Page) -> str:
    """A table of payments that waits for its columns."""
    table = product.folder / "payments.csv"
    table.write_text("Date;Amount;Payer;Purpose\n2026-03-03;10.00;Sample Person;Debt\n", encoding="utf-8")
    await admin.goto(f"{product.url}/payments/imports/new")
    await admin.locator("main input[type=file]").set_input_files(table)
    await admin.locator("main form button[type=submit]").click()
    await expect(admin).to_have_url(re.compile(r"/payments/imports/\d+$"))
    return admin.url.rpartition("/")[2]


async def _posted(page: Page, address: str, **fields: str) -> str:
    """Send a form as a page of the product would; where it leads."""
    origin = "/".join(address.split("/")[:3])
    answer = await page.request.post(address, form=fields, headers={"Origin": origin})
    assert answer.ok, await answer.text()
    return answer.url


async def _first(page: Page, address: str, selector: str, attribute: str | None = None) -> str:
    await page.goto(address)
    found = page.locator(selector).first
    await expect(found).to_be_visible()
    href = await found.get_attribute(attribute or "href")
    return (href or await found.get_attribute("data-href") or "").split("?")[0].rpartition("/")[2]


async def _last_part(href: object) -> str:
    return str(await href).rpartition("/")[2]  # type: ignore[misc]
