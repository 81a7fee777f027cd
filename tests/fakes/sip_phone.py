"""A small SIP phone for tests: a real end of a real call that does exactly what the test says. It sends silence.

SIPp follows a script written beforehand; transfers, holds and refusals at a chosen moment need an end that can be told.
"""

import asyncio
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType

_ids = count(1)
_CRLF = "\r\n"


@dataclass(slots=True)
class Message:
    """One SIP message: start line, headers (first value of each, names in lower case) and body."""

    start: str
    headers: dict[str, str]
    vias: list[str]
    body: str

    @classmethod
    def parse(cls, data: bytes) -> "Message":
        head, _, body = data.decode("utf-8", "replace").partition(_CRLF * 2)
        start, *lines = head.split(_CRLF)
        headers: dict[str, str] = {}
        vias = []
        for line in lines:
            name, _, value = line.partition(":")
            key = name.strip().lower()
            if key == "via":
                vias.append(value.strip())
            headers.setdefault(key, value.strip())
        return cls(start, headers, vias, body)

    @property
    def status(self) -> int:
        """The code of a response, 0 for a request."""
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return self.headers["cseq"].split(" ")[1]


@dataclass(slots=True)
class Dialog:
    """One call of the phone. ``ended`` is set once either side hung up or the call was refused."""

    phone: "SipPhone"
    call_id: str
    local: str
    remote: str
    target: str
    invite: Message | None = None
    cseq: int = 1
    branch: str = ""
    status: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    confirmed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    silence: asyncio.Task[None] | None = None

    def speak(self, sdp: str) -> None:
        """Send silence to where the far end listens, until the call ends: Asterisk's clock for tones and digits."""
        host, port = re.search(r"c=IN IP4 (\S+)", sdp), re.search(r"m=audio (\d+)", sdp)
        if host and port and self.silence is None:
            self.silence = asyncio.create_task(self.phone.send_silence((host[1], int(port[1])), self.ended))

    def ring(self) -> None:
        self._reply(180, "Ringing")

    def answer(self) -> None:
        self._reply(200, "OK", self.phone.sdp())
        self.answered.set()
        assert self.invite is not None
        self.speak(self.invite.body)

    def refuse(self, code: int = 486, reason: str = "Busy Here") -> None:
        self._reply(code, reason)
        self.ended.set()

    def hang_up(self) -> None:
        """BYE an answered call, CANCEL one that still rings at the other end."""
        if self.invite is None and not self.answered.is_set():
            self._request("CANCEL", cseq=self.cseq, branch=self.branch)
        else:
            self._request("BYE")
            self.ended.set()

    def hold(self) -> None:
        self._request("INVITE", self.phone.sdp("sendonly"))

    def unhold(self) -> None:
        self._request("INVITE", self.phone.sdp("sendrecv"))

    def _reply(self, code: int, reason: str, body: str = "") -> None:
        assert self.invite is not None
        self.phone.reply(self.invite, code, reason, self.local, body)

    def _request(self, method: str, body: str = "", *, cseq: int | None = None, branch: str = "") -> None:
        if cseq is None:
            self.cseq += 1
        self.branch = branch or f"z9hG4bK{next(_ids)}x"
        self.phone.send(
            f"{method} {self.target} SIP/2.0",
            {
                "Via": f"SIP/2.0/UDP {self.phone.host}:{self.phone.port};branch={self.branch};rport",
                "From": self.local,
                "To": self.remote,
                "Call-ID": self.call_id,
                "CSeq": f"{cseq or self.cseq} {method}",
                "Contact": self.phone.contact,
                "Max-Forwards": "70",
            },
            body,
        )

    def ack(self, cseq: str) -> None:
        self._request("ACK", cseq=int(cseq.split(" ", maxsplit=1)[0]))


class SipPhone(asyncio.DatagramProtocol):
    """Bound to one address; calls that arrive are handed out by ``next_call``."""

    def __init__(self, host: str, server: tuple[str, int], user: str) -> None:
        self.host, self.server, self.user = host, server, user
        self.port = 0
        self.calls: dict[str, Dialog] = {}
        self.incoming: asyncio.Queue[Dialog] = asyncio.Queue()
        self._transport: asyncio.DatagramTransport | None = None
        self._media: asyncio.DatagramTransport | None = None
        self.on_call: Callable[[Dialog], None] | None = None

    @classmethod
    async def open(cls, user: str, server: tuple[str, int], host: str = "127.0.0.1", port: int = 0) -> "SipPhone":
        phone = cls(host, server, user)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: phone, local_addr=(host, port))
        phone._transport = transport
        phone.port = transport.get_extra_info("sockname")[1]
        phone._media, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(host, 0))
        return phone

    async def __aenter__(self) -> "SipPhone":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for dialog in self.calls.values():
            dialog.ended.set()
        for transport in (self._transport, self._media):
            if transport is not None:
                transport.close()

    async def send_silence(self, address: tuple[str, int], until: asyncio.Event) -> None:
        number = next(_ids)
        for packet in count():
            if until.is_set() or self._media is None or self._media.is_closing():
                return
            head = struct.pack("!BBHII", 0x80, 0, packet & 0xFFFF, packet * 160, number)
            self._media.sendto(head + b"\xff" * 160, address)
            await asyncio.sleep(0.02)

    @property
    def contact(self) -> str:
        return f"<sip:{self.user}@{self.host}:{self.port}>"

    def sdp(self, direction: str = "sendrecv") -> str:
        assert self._media is not None
        return _CRLF.join(
            [
                "v=0",
                f"o=- {next(_ids)} {next(_ids)} IN IP4 {self.host}",
                "s=-",
                f"c=IN IP4 {self.host}",
                "t=0 0",
                f"m=audio {self._media.get_extra_info('sockname')[1]} RTP/AVP 0",
                "a=rtpmap:0 PCMU/8000",
                f"a={direction}",
                "",
            ]
        )

    def dial(self, number: str, caller: str | None = None, header: dict[str, str] | None = None) -> Dialog:
        """Call ``number`` at the server; ``caller`` is the user part (or a whole From value when it holds '<')."""
        who = caller if caller is not None else self.user
        source = who if "<" in who else f"<sip:{who}@{self.host}>"
        host, port = self.server
        target = f"sip:{number}@{host}:{port}"
        dialog = Dialog(self, f"t{next(_ids)}@{self.host}", f"{source};tag=t{next(_ids)}", f"<{target}>", target)
        self.calls[dialog.call_id] = dialog
        dialog._request("INVITE", self.sdp(), cseq=1)
        return dialog

    async def next_call(self, timeout: float = 60) -> Dialog:
        return await asyncio.wait_for(self.incoming.get(), timeout)

    def send(self, start: str, headers: dict[str, str], body: str = "") -> None:
        lines = [start, *(f"{name}: {value}" for name, value in headers.items())]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        assert self._transport is not None
        self._transport.sendto((_CRLF.join(lines) + _CRLF * 2 + body).encode(), self.server)

    def reply(self, request: Message, code: int, reason: str, to: str = "", body: str = "") -> None:
        assert self._transport is not None
        lines = [f"SIP/2.0 {code} {reason}", *(f"Via: {via}" for via in request.vias)]
        lines += [f"From: {request.headers['from']}", f"To: {to or request.headers['to']}"]
        lines += [f"Call-ID: {request.headers['call-id']}", f"CSeq: {request.headers['cseq']}"]
        lines += [f"Contact: {self.contact}"]
        if body:
            lines.append("Content-Type: application/sdp")
        lines.append(f"Content-Length: {len(body)}")
        self._transport.sendto((_CRLF.join(lines) + _CRLF * 2 + body).encode(), self.server)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = Message.parse(data)
        if not message.headers.get("cseq"):
            return
        dialog = self.calls.get(message.headers["call-id"])
        if message.status:
            if dialog is not None:
                self._response(dialog, message)
        else:
            self._request(dialog, message)

    def _response(self, dialog: Dialog, message: Message) -> None:
        if message.method != "INVITE" or message.status < 180:
            return
        dialog.status = message.status
        dialog.remote = message.headers["to"]
        if message.status < 200:
            return
        if contact := re.search(r"<(sip:[^>]+)>", message.headers.get("contact", "")):
            dialog.target = contact[1]
        dialog.ack(message.headers["cseq"])
        (dialog.answered if message.status < 300 else dialog.ended).set()
        if message.status < 300:
            dialog.speak(message.body)

    def _request(self, dialog: Dialog | None, message: Message) -> None:
        method = message.method
        if method == "ACK":
            if dialog is not None:
                dialog.confirmed.set()
            return
        if method == "INVITE":
            self._invite(dialog, message)
            return
        self.reply(message, 200, "OK", dialog.local if dialog is not None and dialog.invite is not None else "")
        if dialog is None:
            return
        if method == "CANCEL" and dialog.invite is not None:
            self.reply(dialog.invite, 487, "Request Terminated", dialog.local)
            dialog.ended.set()
        if method == "BYE":
            dialog.ended.set()

    def _invite(self, dialog: Dialog | None, message: Message) -> None:
        if dialog is not None:
            if dialog.answered.is_set():
                self.reply(message, 200, "OK", "" if dialog.invite is None else dialog.local, self.sdp())
            return
        contact = re.search(r"<(sip:[^>]+)>", message.headers.get("contact", ""))
        dialog = Dialog(
            self,
            message.headers["call-id"],
            f"{message.headers['to']};tag=t{next(_ids)}",
            message.headers["from"],
            contact[1] if contact else f"sip:{self.server[0]}:{self.server[1]}",
            invite=message,
            cseq=100,
        )
        self.calls[dialog.call_id] = dialog
        self.reply(message, 100, "Trying")
        if self.on_call is not None:
            self.on_call(dialog)
        else:
            self.incoming.put_nowait(dialog)
