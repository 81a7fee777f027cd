"""Files that mean harm, sent in and asked for while a debtor and a collector talk: the talk goes on."""

import asyncio
import csv
import io
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.async_api import Browser, expect
from sqlalchemy import select

from callcenter.calls.model import Call
from core.kernel.db import Database
from recordings.model import Recording, RecordingState
from telephony.lab import Lab, sipp
from tests.desk import Desk, signed_in
from tests.e2e import doors
from tests.e2e.talk import talking
from tests.e2e.test_every_screen import sign_in
from tests.factories.bombs import BOMBS, entity_book, laughs
from tests.factories.hostile import FORMULAS, LEAD_OF_FORMULA
from tests.phones import desk_phone
from tests.plugins.figures import Figure
from tests.plugins.product import Product
from tests.policies import POLICIES
from tests.waiting import until
from web.routes import ROUTES

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(300)]

_TOO_LARGE = "too large or unpacks to far more than it seems"
_NO_WORKBOOK = "cannot be read as an Excel workbook"
_FAULTS = ("request failed", "Traceback", "subscriber failed", "the call log does not answer")


def _books(folder: Path, secret: Path) -> dict[Path, str]:
    """Workbooks, and what the page is to say of each."""
    books = {make(folder / f"{make.__name__}.xlsx"): _TOO_LARGE for make in BOMBS}
    outside = f'<!ENTITY e SYSTEM "file://{secret}">'
    for name, entities in (
        ("xxe", outside),
        ("parameter", f'<!ENTITY % p SYSTEM "file://{secret}"> %p; <!ENTITY e "x">'),
        ("remote", '<!ENTITY e SYSTEM "http://127.0.0.1:9/owned">'),
    ):
        books[entity_book(folder / f"{name}.xlsx", entities)] = _NO_WORKBOOK
    books[laughs(folder / "laughs.xlsx")] = _NO_WORKBOOK
    for name, content in (("torn.xlsx", b"PK\x03\x04 torn"), ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 torn")):
        books[folder / name] = _NO_WORKBOOK
        (folder / name).write_bytes(content)
    return books


async def test_hostile_workbooks_are_refused_in_words(
    product: Product, chromium: Browser, tmp_path: Path, figure: Figure
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Case no.,Name TOP-SECRET")
    books = await asyncio.to_thread(_books, tmp_path, secret)
    async with talking(product, chromium):
        clerk = await sign_in(product, chromium, "clerk")
        before = _memory(product)
        for book, words in books.items():
            await clerk.goto(f"{product.url}/imports/new")
            await clerk.locator("main input[type=file]").set_input_files(book)
            await clerk.locator("main form button[type=submit]").click()
            told = clerk.locator("main .error")
            await expect(told, book.name).to_contain_text(words)
            assert "TOP-SECRET" not in await clerk.content()
        figure("workbooks refused", len(books))
        figure("memory of the server grown by, MB", round((_memory(product) - before) / 1e6, 1))
        assert _memory(product) - before < 100_000_000
        await clerk.goto(f"{product.url}/imports")
        await expect(clerk.get_by_text("Nothing was imported yet")).to_be_visible()
    said = (product.folder / "server.log").read_text()
    assert not [fault for fault in _FAULTS if fault in said]
    assert "TOP-SECRET" not in said


def _memory(product: Product) -> int:
    """Bytes the server's process holds."""
    assert product.process is not None
    status = Path(f"/proc/{product.process.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) * 1024


async def test_no_export_carries_a_formula(
    product: Product, chromium: Browser, product_database: Database, tmp_path: Path, figure: Figure
) -> None:
    book = await asyncio.to_thread(doors.registry, tmp_path / "r.xlsx", FORMULAS)
    exports = [route.path for route in ROUTES if getattr(route, "path", "").endswith("/export")]
    async with talking(product, chromium) as collector, AsyncExitStack() as stack:
        admin = await stack.enter_async_context(signed_in(product.url, "admin", product.passwords["admin"]))
        ids = await doors.house_ids(product_database)
        await doors.through(admin, doors.house_doors(ids), FORMULAS)
        cases = await doors.imported(admin, product_database, book, "=1+1.xlsx", ids["user"])
        for case, text in zip(cases, FORMULAS, strict=True):
            await doors.through(admin, doors.case_doors(await doors.case_ids(product_database, case)), (text,))
        held = await collector.request.post(
            f"{product.url}/calls/{await _call_of(admin)}/note",
            form={"note": FORMULAS[0]},
            headers={"Origin": product.url},
        )
        assert held.status in (200, 204), await held.text()
        begun = (await admin.post("/mass/choose", id=cases[0])).headers["location"]
        campaign = {**POLICIES["POST /campaigns"].form, "name": FORMULAS[0]}
        made = (await admin.post("/campaigns", **campaign)).headers["location"]
        filled = {"{name}": "unplanned", "/mass/{id:int}": begun, "/remittances/{id:int}": "/remittances/1"}
        filled |= {"/campaigns/{id:int}": made}
        for hole, thing in filled.items():
            exports = [path.replace(hole, thing) for path in exports]
        cells = 0
        for path in (*(one for one in exports if not one.startswith("/recordings")), "/imports/1/report"):
            for suffix in ("xlsx", "csv"):
                answer = await admin.http.get(f"{product.url}{path}", params={"format": suffix})
                assert answer.status_code == 200, (path, answer.text[-500:])
                is_csv = "csv" in answer.headers["content-type"]
                texts = _csv_texts(answer.content) if is_csv else _sheet_texts(answer.content)
                assert texts, path
                cells += len(texts)
    figure("cells looked at", cells)


async def _call_of(admin: Desk) -> int:
    """The call under way."""
    items = (await admin.get("/api/v1/calls")).json()["items"]
    return int(items[0]["id"])


def _sheet_texts(content: bytes) -> list[str]:
    """Every text of a workbook; none may be a formula or a link."""
    book = load_workbook(io.BytesIO(content))
    found = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell.value for cell in found if cell.data_type == "f" or cell.hyperlink is not None]
    return [cell.value for cell in found if isinstance(cell.value, str)]


def _csv_texts(content: bytes) -> list[str]:
    """Every text of a file of comma-separated values; none may begin as a formula does."""
    texts = [text for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for text in row if text]
    assert not [
        text for text in texts if text.startswith(LEAD_OF_FORMULA) and not re.fullmatch(r"\+\d+|-?\d+(\.\d+)?", text)
    ]
    return texts


#: Ways out of the folder, and ids that are none. ``{id}`` is of a recording that is there.
PATHS = (
    "/recordings/../callcenter.db/audio",
    "/recordings/../../../../../../etc/passwd",
    "/recordings/..%2f..%2f..%2fetc%2fpasswd/audio",
    "/recordings/%2e%2e/%2e%2e/etc/passwd",
    "/recordings/%252e%252e%252fcallcenter.db/audio",
    "/recordings/..\\..\\callcenter.db/audio",
    "/recordings/....//....//etc/passwd",
    "/recordings//etc/passwd/audio",
    "/recordings/{id}/audio/../../../../callcenter.db",
    "/recordings/{id}%00/audio",
    "/recordings/{id}/audio%00.ogg",
    "/recordings/{id};{id}/audio",
    "/recordings/-{id}/audio",
    "/recordings/+{id}/audio",
    "/recordings/{id}.0/audio",
    "/recordings/0x{id}/audio",
    "/recordings/{id}%20/audio",
    "/recordings/%EF%BC%91/audio",
    "/recordings/9223372036854775808/audio",
    f"/recordings/{'9' * 4000}/audio",
    "/recordings/shared/../../callcenter.db",
    "/recordings/shared/..%2f..%2fcallcenter.db",
    "/recordings/shared/{id}",
    "/recordings/shared/eyJpZCI6IDF9.AAAA",
    "/recordings/shared/%00",
    "/recordings/shared/" + "A" * 5000,
    "/api/v1/recordings/..%2f..%2fcallcenter.db/audio",
    "/api/v1/recordings/{id}%00/audio",
    "/static/../callcenter.db",
    "/static/..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd",
    "/static/dist/../../../pyproject.toml",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "//etc/passwd",
    "http://owned.example/../../etc/passwd",
    "*",
    "",
)
RANGES = (
    "bytes=0-0",
    "bytes=-1",
    "bytes=-0",
    "bytes=0-",
    "bytes=5-1",
    "bytes=-",
    "bytes=--5",
    "bytes=0x0-0x10",
    "bytes=a-b",
    "bytes=0-0,-1",
    "bytes=" + ",".join(f"{n}-{n}" for n in range(1500)),
    "bytes=0-18446744073709551616",
    "bytes=18446744073709551616-",
    "bytes=-18446744073709551616",
    f"bytes={'9' * 6000}-",
    "bytes= 0 - 5",
    "bytes=1.5-2",
    "bytes=\u00b2-",
    "lines=0-5",
    "bytes",
    "=0-1",
)
_STOLEN = (b"SQLite format 3", b"root:", b"[project]", b"OggS")


async def test_recordings_give_nobody_more_than_is_his(
    product: Product, chromium: Browser, product_database: Database, figure: Figure
) -> None:
    async with AsyncExitStack() as stack:
        sign = {
            login: await stack.enter_async_context(signed_in(product.url, login, product.passwords[login]))
            for login in ("collector2", "collector3", "accountant")
        }
        mine, theirs = sign["collector2"], sign["collector3"]
        recording, call = await _recorded(product, product_database, "102")
        async with talking(product, chromium) as collector:
            whole = await mine.get(f"/recordings/{recording}/audio")
            assert whole.content.startswith(b"OggS")
            for path in PATHS:
                status, body = await _raw(product, mine, path.replace("{id}", str(recording)))
                assert 400 <= status < 500 or (status == 303 and not body), (path, status, body[:200])
                assert not [one for one in _STOLEN if one in body], path
            for wanted in RANGES:
                await _ranged(mine, recording, wanted, whole.content)
            shared = (await mine.post(f"/recordings/{recording}/link")).json()["path"]
            mark = (await mine.post(f"/recordings/{recording}/marks", at_ms=1, kind="bookmark", text="x")).json()["id"]
            for stranger in (theirs, sign["accountant"]):
                await _kept_from(stranger, recording, call, mark, shared)
            assert (await mine.get(shared)).content == whole.content
            live = int(secrets.choice(await _calls_under_way(product_database)))
            for path in (f"/calls/{live}/recording/pause", f"/calls/{live}/recording"):
                assert (await theirs.post(path, paused=True)).status_code == 404
            await expect(collector.locator("soft-phone [data-line-state=talking]")).to_be_visible()
    figure("paths tried", len(PATHS))
    figure("ranges tried", len(RANGES))
    said = (product.folder / "server.log").read_text()
    assert not [fault for fault in _FAULTS if fault in said]


async def _calls_under_way(database: Database) -> Sequence[int]:
    async with database.read() as session:
        return (await session.scalars(select(Call.id).where(Call.ended_at.is_(None)))).all()


async def _recorded(product: Product, database: Database, extension: str) -> tuple[int, int]:
    """Ids of a recording and its call: a debtor talked with that extension."""
    lab = Lab(product.folder)
    pbx = lab.required().pbx
    phone = next(one for one in lab.phones() if one.extension == extension)

    async def ready() -> Sequence[Recording]:
        async with database.read() as session:
            wanted = select(Recording).where(Recording.state == RecordingState.READY, Recording.call_id.is_not(None))
            return (await session.scalars(wanted)).all()

    async with desk_phone(pbx.sip, phone, auto_answer=True):
        order = sipp.Ring(caller="+79000000101", number=extension, seconds=2)
        with sipp.ring(pbx.sip, pbx.trunk.host, order):
            await until(ready)
    found = (await ready())[0]
    assert found.call_id is not None
    return found.id, found.call_id


async def _raw(product: Product, desk: Desk, target: str) -> tuple[int, bytes]:
    """Status and body of a request whose target no client library would write; an unanswered one is a 400."""
    host, port = product.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    cookies = "; ".join(f"{name}={value}" for name, value in desk.http.cookies.items())
    head = f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    first, _, _ = answer.partition(b"\r\n")
    return int(first.split()[1]) if first else 400, answer.partition(b"\r\n\r\n")[2]


async def _ranged(desk: Desk, recording: int, wanted: str, whole: bytes) -> None:
    """The answer is the whole, the part it says it is, or a refusal."""
    answer = await desk.http.get(f"{desk.url}/recordings/{recording}/audio", headers={"Range": wanted.encode()})
    if answer.status_code == 206:
        first, last, size = map(int, re.findall(r"\d+", answer.headers["content-range"]))
        assert size == len(whole)
        assert answer.content == whole[first : last + 1], wanted[:80]
    elif answer.status_code == 200:
        assert answer.content == whole, wanted[:80]
    else:
        assert answer.status_code in (400, 416, 431), (wanted[:80], answer.status_code)
        assert not answer.content.startswith(b"OggS")


async def _kept_from(stranger: Desk, recording: int, call: int, mark: int, shared: str) -> None:
    """Neither sound nor what is known of it is a stranger's, nor may he change any of it."""
    key = {"Idempotency-Key": os.urandom(8).hex()}
    for path in ("audio", "audio?download", "peaks", "marks"):
        answer = await stranger.http.get(f"{stranger.url}/recordings/{recording}/{path}", headers={"Range": "bytes=0-"})
        assert answer.status_code in (403, 404), path
        assert b"OggS" not in answer.content
    for path in (f"/api/v1/recordings/{recording}", f"/api/v1/recordings/{recording}/audio", shared, f"/calls/{call}"):
        assert (await stranger.get(path)).status_code in (401, 403, 404), path
    for path, fields in (
        (f"/recordings/{recording}/link", {}),
        (f"/recordings/{recording}/marks", {"at_ms": 1, "kind": "bookmark", "text": "x"}),
        (f"/recordings/marks/{mark}/delete", {}),
        (f"/calls/{call}/recording/pause", {}),
        (f"/calls/{call}/recording/resume", {}),
        ("/recordings/export", {"id": [recording]}),
        (f"/api/v1/calls/{call}/hangup", {}),
    ):
        answer = await stranger.http.post(f"{stranger.url}{path}", json=fields, headers=key)
        assert answer.status_code in (401, 403, 404), path
