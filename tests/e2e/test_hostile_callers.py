"""Callers whose telephones lie: what they send arrives as text and nothing more."""

import asyncio
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from telephony.lab import Lab
from telephony.provisioning import Pbx
from tests.e2e.test_newcomer import DEBTOR, sign_in
from tests.plugins.product import Product
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.browser, pytest.mark.timeout(300)]

OWN = "document.title='owned'"
MARKUP = (
    f"<script>{OWN}</script>",
    f"<img src=x onerror={OWN}>",
    f"<svg/onload={OWN}>",
    f"javascript:{OWN}",
    "{{7*7}}${7*7}<%=7*7%>",
)
ORDERS = (
    "x\\r\\nAction: Originate\\r\\nChannel: Local/101@callcenter-phones",
    "${SHELL(touch owned-by-caller)}",
    "$[1+1]&Local/101@callcenter-phones/n",
    "../../../../owned-by-caller",
    "|touch owned-by-caller|`touch owned-by-caller`",
    "L" * 5000,
)
#: The header From as bytes: markup and orders as display name and as user, bytes that are no UTF-8.
CALLERS = (
    *(f'"{text}" <sip:{DEBTOR}@192.0.2.9>'.encode() for text in (*MARKUP, *ORDERS)),
    *(
        b"<sip:%s@192.0.2.9>" % text
        for text in (b"%3Cimg%20src=x%20onerror=" + OWN.encode() + b"%3E", b"a&b", b"Local/101")
    ),
    b"<sip:${SHELL(touch owned-by-caller)}@192.0.2.9>",
    b"<sip:" + b"7" * 5000 + b"@192.0.2.9>",
    b'"\xff\xfe\xc3\x28\xed\xa0\x80" <sip:%0d%0aChannel:%20x@192.0.2.9>',
)


@contextmanager
def line(pbx: Pbx) -> Iterator[socket.socket]:
    """A port on the trunk's address, whom Asterisk takes for the provider."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((pbx.trunk.host, 0))
        line.settimeout(5)
        yield line


def _request(
    line: socket.socket, pbx: Pbx, method: str, caller: bytes, call: str, dialled: str, more: bytes = b""
) -> bytes:
    host, port = line.getsockname()
    here, there = f"{host}:{port}", f"{pbx.sip.host}:{pbx.sip.port}"
    sdp = f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n".encode()
    body = sdp if method == "INVITE" else b""
    lines = [
        f"{method} sip:{dialled}@{there} SIP/2.0",
        f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{call}",
        "Max-Forwards: 70",
        f"To: <sip:{dialled}@{there}>",
        f"Call-ID: {call}",
        f"CSeq: 1 {method}",
        f"Contact: <sip:trunk@{here}>",
    ]
    head = "\r\n".join(lines).encode() + b"\r\nFrom: " + caller + f";tag={call}\r\n".encode() + more
    kind = b"Content-Type: application/sdp\r\n" if body else b""
    return head + kind + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def ring(line: socket.socket, pbx: Pbx, caller: bytes, dialled: str, more: bytes = b"") -> bytes:
    """Ring until Asterisk says something, then give up; what it said first, which may be nothing at all."""
    call = secrets.token_hex(8)
    line.sendto(_request(line, pbx, "INVITE", caller, call, dialled, more), (pbx.sip.host, pbx.sip.port))
    said = b""
    with suppress(TimeoutError):
        while not said or b" 100 " in said:
            said = line.recv(65_536).partition(b"\r\n")[0]
    line.sendto(_request(line, pbx, "CANCEL", caller, call, dialled), (pbx.sip.host, pbx.sip.port))
    return said


def _ring_all(pbx: Pbx) -> list[bytes]:
    """What Asterisk said to each caller of ``CALLERS``."""
    told = []
    odd = b"X-Callcenter-Call: 1\r\nX-Callcenter-Auto-Answer: yes\r\nP-Asserted-Identity: <sip:101@192.0.2.9>\r\n"
    for caller in CALLERS:
        with line(pbx) as caller_line:
            told.append(ring(caller_line, pbx, caller, pbx.numbers[0], odd))
    for dialled in ("1${SHELL(touch+owned-by-caller)}", "1&Local", "1,1(x)", "+1%26Local%2F101", "1" * 3000):
        with line(pbx) as caller_line:
            ring(caller_line, pbx, f"<sip:{DEBTOR}@192.0.2.9>".encode(), dialled)
    return told


async def _quiet(lab: Lab) -> None:
    """Wait until Asterisk has no channel left."""

    async def no_channels() -> bool:
        return "\n0 active channels" in "\n" + await asyncio.to_thread(lab.rx, "core show channels")

    await until(no_channels, within=60)


async def _harmless(page: Page) -> None:
    assert await page.title() != "owned"
    assert await page.locator("img[src=x], [onload], [onerror]").count() == 0


async def test_callers_who_lie(product: Product, chromium: Browser, tmp_path: Path) -> None:
    lab = Lab(product.folder)
    pbx = lab.required().pbx
    collector = await sign_in(product, chromium, "collector")
    asked: list[str] = []
    collector.on("dialog", lambda dialog: asked.append(dialog.message))
    collector.on("console", lambda said: asked.append(said.text) if "Content Security Policy" in said.text else None)
    await expect(collector.locator("[data-registration=registered]")).to_be_visible()
    rung = await asyncio.to_thread(_ring_all, pbx)
    heard = sum(b" 18" in said for said in rung)
    assert heard >= len(MARKUP), rung
    await _quiet(lab)
    assert " Local/" not in await asyncio.to_thread(lab.rx, "core show channels concise")
    await _harmless(collector)

    ringing = await product.begin("lab", "call", "--from", DEBTOR, "--json")
    await expect(collector.locator("soft-phone [data-act=answer]").first).to_be_visible()
    await collector.keyboard.press("a")
    await expect(collector.locator("soft-phone [data-line-state=talking]")).to_be_visible()
    await asyncio.to_thread(_ring_all, pbx)
    await expect(collector.locator("soft-phone [data-line-state=talking]")).to_be_visible()
    await collector.keyboard.press("x")
    await ringing.wait()

    supervisor = await sign_in(product, chromium, "supervisor")
    supervisor.on("dialog", lambda dialog: asked.append(dialog.message))
    for path in ("/calls", "/callbacks", "/reports"):
        answer = await supervisor.goto(f"{product.url}{path}")
        assert answer is not None
        assert answer.status == 200
        await _harmless(supervisor)
    administrator = await sign_in(product, chromium, "admin")
    await administrator.goto(f"{product.url}/calls")
    await _harmless(administrator)
    assert await administrator.locator("table tbody tr").count() > heard
    assert asked == []
    assert not [path for root in (product.folder, tmp_path, Path.cwd()) for path in root.glob("**/owned-by-caller*")]
    said = (product.folder / "server.log").read_text()
    for fault in ("request failed", "subscriber failed", "could not be reported", "the call log does not answer"):
        assert fault not in said
    assert DEBTOR.lstrip("+") not in said
    for password in product.passwords.values():
        assert password not in said
