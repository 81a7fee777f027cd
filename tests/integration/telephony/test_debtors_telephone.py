"""The debtor's telephone (SIPp) against an exchange whose messages cross its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import pytest

from telephony.lab import sipp
from telephony.provisioning import Address
from tests.fakes.sip_phone import Message

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]
HOST, DEBTORS = "127.0.0.1", "127.0.0.2"
SDP = f"v=0\r\no=- 1 1 IN IP4 {HOST}\r\ns=-\r\nc=IN IP4 {HOST}\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"

Script = Mapping[str, Sequence[str]]
"""What each request is answered with, once: lines as ``200 CANCEL`` (the status, and whose) or ``BYE``."""


class Exchange(asyncio.DatagramProtocol):
    """Says what its script has for each method, at once."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._asked: dict[str, Message] = {}

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        message = Message.parse(data)
        if message.status or message.method in self._asked:
            return
        self._asked[message.method] = message
        for line in self._script.get(message.method, ()):
            self._transport.sendto(self._said(line).encode(), address)

    def _said(self, line: str) -> str:
        status, _, method = line.partition(" ")
        of = self._asked[method or "INVITE"]
        caller, here, body = of.headers["from"], f"{self._asked['INVITE'].headers['to']};tag=exchange", ""
        if not method:
            head = [f"{status} sip:debtor@{DEBTORS} SIP/2.0", f"Via: SIP/2.0/UDP {HOST}:9;branch=z9hG4bK-x"]
            head += [f"From: {here}", f"To: {caller}", f"CSeq: 1 {status}"]
        else:
            body = SDP if line == "200 INVITE" else ""
            head = [f"SIP/2.0 {status} So", *(f"Via: {via}" for via in of.vias)]
            head += [f"From: {caller}", f"To: {here}", f"CSeq: {of.headers['cseq']}"]
        head += [f"Call-ID: {of.headers['call-id']}", "Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        return "\r\n".join([*head, "", body])


@asynccontextmanager
async def exchange(script: Script) -> AsyncIterator[Address]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Exchange(script), local_addr=(HOST, 0))
    try:
        yield Address(host=HOST, port=transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


async def rung(script: Script, order: sipp.Ring) -> sipp.Rung:
    """How a ring went that SIPp has nothing to complain about."""
    async with exchange(script) as address:
        with sipp.ring(address, DEBTORS, order) as debtor:
            assert await asyncio.to_thread(debtor.wait, 20) == 0, debtor.complaint()
            return sipp.outcome(debtor.events())


@pytest.mark.parametrize(
    "crossing",
    [
        ["200 CANCEL", "487 INVITE"],
        ["183 INVITE", "200 CANCEL", "487 INVITE"],
        ["200 CANCEL", "183 INVITE", "487 INVITE"],
    ],
)
async def test_who_gives_up_hears_of_the_calls_progress_all_the_same(crossing: Sequence[str]) -> None:
    order = sipp.Ring(caller="+79000000190", number="5550100", abandon_after=0.1)
    assert (await rung({"INVITE": ["100 INVITE"], "CANCEL": crossing}, order)).abandoned


@pytest.mark.parametrize("late", ["481 CANCEL", "200 CANCEL"])
async def test_an_answer_that_crosses_the_giving_up_is_hung_up_on(late: str) -> None:
    order = sipp.Ring(caller="+79000000191", number="5550100", abandon_after=0.1)
    script = {"INVITE": ["180 INVITE"], "CANCEL": ["200 INVITE", late], "BYE": ["200 BYE"]}
    went = await rung(script, order)
    assert (went.abandoned, went.answered_after is None, went.ended_by) == (False, False, "caller")


@pytest.mark.parametrize("crossing", [["200 BYE"], ["BYE", "200 BYE"], ["BYE", "481 BYE"]])
async def test_both_may_hang_up_at_once(crossing: Sequence[str]) -> None:
    order = sipp.Ring(caller="+79000000192", number="5550100", seconds=0.1)
    went = await rung({"INVITE": ["180 INVITE", "200 INVITE"], "BYE": crossing}, order)
    assert went.ended_by == "caller"
