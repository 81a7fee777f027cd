"""Names, notes and caller ids that mean harm, on every screen while a debtor and a collector talk: they
are text and nothing more.
"""

import asyncio
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import select

from core.cases.model import Stage
from core.kernel.db import Database
from core.people.model import User
from telephony.lab import Lab
from telephony.provisioning import Pbx
from tests.desk import signed_in
from tests.e2e import doors
from tests.e2e.logbook import calls_of
from tests.e2e.talk import talking
from tests.e2e.test_every_screen import ROLES, filled, pages_of, sign_in, things_of
from tests.e2e.test_hostile_callers import line, ring
from tests.factories.hostile import MARKUP
from tests.plugins.figures import Figure
from tests.plugins.product import Product

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.walk, pytest.mark.timeout(600)]

#: Lists are followed so many pages.
_PAGES = 4
#: So many letters of a search are taken; the rest is cut off.
_SEARCHED = 200
_LONG = "Long " + "x" * 3000
TEXTS = (*MARKUP, _LONG)
#: What no page of the product has of its own; only a text that became more than text would make it.
MADE = """() => [
  ...document.querySelectorAll("x-owned, [data-owned], iframe, object, embed, base, math, marquee, img[src=x]"),
  ...document.querySelectorAll("script:not([src]):not([type='application/json'])"),
  ...[...document.querySelectorAll("*")].filter(e => [...e.attributes].some(a => /^(on|hx-on)/i.test(a.name))),
  ...[...document.querySelectorAll("[href], [src], [action], [formaction], [hx-get], [hx-post], [data-href]")].filter(
    e => ["href", "src", "action", "formaction", "hx-get", "hx-post", "data-href"].some(
      n => /^[\\s\\u0000-\\u001f]*(javascript|data:text)/i.test(e.getAttribute(n) ?? ""))),
].map(e => e.outerHTML.slice(0, 200))"""
RUN = "() => window.owned === undefined && !document.body.innerText.includes('54444439')"
#: A text that turns the direction of writing must not turn what stands after it.
TURNED = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    let embedded = 0, isolated = 0;
    for (const letter of node.data) {
      if (letter === "\\u202c") embedded = Math.max(0, embedded - 1);
      else if (/[\\u202a-\\u202e]/.test(letter)) embedded += 1;
      else if (/[\\u2066-\\u2068]/.test(letter)) isolated += 1;
      else if (letter === "\\u2069") isolated = Math.max(0, isolated - 1);
    }
    if (embedded || isolated) found.push(node.data.trim().slice(0, 80));
  }
  return found;
}"""


#: What is played there would be the sound of the call, and that goes on.
WITHOUT_SOUND = ("/voicemail/{id:int}",)


@dataclass
class Watch:
    """A page whose every complaint is noted."""

    page: Page
    seen: int = 0
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", lambda dialog: self._note(f"dialog {dialog.message}"))
        self.page.on("console", lambda said: self._note(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("request", lambda request: self._note(request.url) if _leaves(request.url) else None)

    def _note(self, fault: str) -> None:
        self.faults.append(f"{self.page.url}: {fault}")

    async def visit(self, address: str) -> None:
        """Open a page and, of a list, those behind it."""
        for _ in range(_PAGES):
            answer = await self.page.goto(address, wait_until="load")
            self.seen += 1
            if answer is None or answer.status != 200:
                self._note(f"answered {answer and answer.status}")
            await self.look()
            following = self.page.locator("main a[rel=next]")
            if not await following.count():
                return
            address = await following.first.evaluate("link => link.href")

    async def look(self) -> None:
        """Examine what the page shows now."""
        found, texts, quiet = await self.page.evaluate(f"() => [({MADE})(), ({TURNED})(), ({RUN})()]")
        for made in found:
            self._note(f"made {made}")
        for turned in texts:
            self._note(f"turned by {turned!r}")
        if not quiet:
            self._note("ran")


async def test_hostile_texts_are_only_text(
    product: Product, chromium: Browser, product_database: Database, tmp_path: Path, figure: Figure
) -> None:
    book = await asyncio.to_thread(doors.registry, tmp_path / "registry.xlsx", TEXTS)
    async with AsyncExitStack() as stack:
        collector = await stack.enter_async_context(talking(product, chromium))
        own = Watch(collector)
        admin = await stack.enter_async_context(signed_in(product.url, "admin", product.passwords["admin"]))
        ids = await doors.house_ids(product_database)
        await doors.through(admin, doors.house_doors(ids), TEXTS)
        await _stages(product_database)
        async with product_database.read() as session:
            me = (await session.scalars(select(User.id).where(User.login == "collector"))).one()
        cases = await doors.imported(admin, product_database, book, f"{MARKUP[2]}.xlsx", me)
        for case, text in zip(cases, TEXTS, strict=True):
            await doors.through(admin, doors.case_doors(await doors.case_ids(product_database, case)), (text,))
        things = await things_of(product, chromium, collector, collector.url.rpartition("/")[2])
        await asyncio.to_thread(_ring_with, Lab(product.folder).required().pbx, TEXTS)
        await own.look()

        addresses = _pages_in_turn(things)
        addresses["admin"] += [f"/cases/{case}" for case in cases] + [
            f"/imports/{await doors.uploaded(admin, book, MARKUP[3], 2)}"
        ]
        for call in await calls_of(product_database):
            addresses["admin"] += [f"/calls/{call.id}", f"/calls/{call.id}/caller"]
        addresses["collector"] += [f"/cases/{case}" for case in cases[:5]]
        for path in ("/search?q=", "/cases?q=", "/users?q=", "/audit?q="):
            addresses["admin"] += [path + quote(texts) for texts in _searches()]
        addresses["admin"] += ["/login?next=" + quote(text) for text in MARKUP]
        gate = asyncio.Semaphore(2)
        watches = await asyncio.gather(*(_walk(product, chromium, collector, r, a, gate) for r, a in addresses.items()))
        await own.look()
    faults = [fault for watch in (own, *watches) for fault in watch.faults]
    figure("texts", len(TEXTS))
    figure("pages looked at", sum(watch.seen for watch in watches))
    assert "\n".join(faults) == ""


def _leaves(address: str) -> bool:
    """Whether that is asked of the house that the texts name."""
    return urlsplit(address).hostname == "owned.example"


def _pages_in_turn(things: Mapping[str, str]) -> dict[str, list[str]]:
    """Every page once, by a role that may open it: whose eyes they are makes no text more than text."""
    addresses: dict[str, list[str]] = {}
    seen = set(WITHOUT_SOUND)
    for role, person in ROLES.items():
        new = [path for path in pages_of(person) if path == "/" or path not in seen]
        addresses[role] = [filled(path, things) for path in new]
        seen.update(new)
    return addresses


def _searches() -> Iterator[str]:
    """All of the markup in as many searches as it takes."""
    together = ""
    for text in MARKUP:
        if len(together) + len(text) >= _SEARCHED:
            yield together
            together = ""
        together = f"{together} {text}"
    yield together


async def _walk(
    product: Product, chromium: Browser, collector: Page, role: str, addresses: Sequence[str], gate: asyncio.Semaphore
) -> Watch:
    """One role's way through the house; the collector's beside his talk, so that his phone stays where it is."""
    async with gate:
        beside = role == "collector"
        page = await collector.context.new_page() if beside else await sign_in(product, chromium, role)
        watch = Watch(page)
        for address in addresses:
            await watch.visit(product.url + address)
        await (page.close() if beside else page.context.close())
        return watch


async def _stages(database: Database) -> None:
    """Stages, which have no door yet."""
    async with database.writing() as session:
        session.add_all(
            Stage(key=secrets.token_hex(4), name=text[:120], position=20 + n) for n, text in enumerate(TEXTS)
        )
        await session.commit()


def _ring_with(pbx: Pbx, names: Sequence[str]) -> None:
    """A ring by each name, given up at once."""
    for n, name in enumerate(names):
        shown = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")[:200]
        with line(pbx) as caller:
            ring(caller, pbx, f'"{shown}" <sip:+7900000{3000 + n}@192.0.2.9>'.encode(), pbx.numbers[0])
