"""A desk phone whose packets begin with a number of the test's choice, which baresip's and browsers' do not."""

import asyncio
import hashlib
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from telephony.lab import sipp
from telephony.lab.keypad import Keypad
from telephony.lab.ports import free_udp
from telephony.provisioning import Address, Phone
from tests.waiting import until

_SECONDS = 5.0
_CHALLENGE = re.compile(r'(realm|nonce|opaque|qop)="?([^",\r]+)"?')


@dataclass(frozen=True, slots=True)
class CountingPhone:
    """It takes calls by itself. ``line`` is its telephone, ``pad`` what sounds for it."""

    line: sipp.Sipp
    pad: Keypad

    async def answered(self) -> None:
        """Wait until a call is through."""

        async def through() -> bool:
            return any(event.name == "answered" for event in self.line.events())

        await until(through)
        self.pad.target = ("127.0.0.1", next(int(e.detail) for e in self.line.events() if e.name == "media"))

    async def speak(self, seconds: float, hertz: int) -> None:
        """Say a tone."""
        await asyncio.to_thread(self.pad.speak, seconds, hertz)


@asynccontextmanager
async def counting_phone(asterisk: Address, phone: Phone, *, first: int) -> AsyncIterator[CountingPhone]:
    """The desk phone of ``phone``, registered, whose packets are counted from ``first``."""
    own = Address(host=asterisk.host, port=free_udp(asterisk.host))
    await asyncio.to_thread(_register, asterisk, phone, own)
    with Keypad(asterisk.host, first) as pad, sipp.answer(own, ring_seconds=0.2, media=pad.media) as line:
        yield CountingPhone(line, pad)


def _register(asterisk: Address, phone: Phone, own: Address) -> None:
    """Tell the exchange where the phone is (RFC 3261 10.2, digest of RFC 2617)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind((own.host, own.port))
        wire.settimeout(_SECONDS)
        wire.connect((asterisk.host, asterisk.port))
        challenged = _asked(wire, _registration(asterisk, phone, own, 1))
        asked = dict(_CHALLENGE.findall(challenged))
        answer = _asked(wire, _registration(asterisk, phone, own, 2, _digest(asterisk, phone, asked)))
        assert answer.startswith("SIP/2.0 200"), answer.splitlines()[0]


def _asked(wire: socket.socket, request: str) -> str:
    wire.send(request.encode())
    return wire.recv(4096).decode()


def _registration(asterisk: Address, phone: Phone, own: Address, number: int, credentials: str = "") -> str:
    who, where = f"<sip:{phone.desk}@{asterisk.host}>", f"{own.host}:{own.port}"
    lines = (
        f"REGISTER {_home(asterisk)} SIP/2.0",
        f"Via: SIP/2.0/UDP {where};branch=z9hG4bK-register-{own.port}-{number}",
        f"From: {who};tag={own.port}",
        f"To: {who}",
        f"Call-ID: register-{own.port}",
        f"CSeq: {number} REGISTER",
        f"Contact: <sip:{phone.desk}@{where}>",
        "Expires: 120",
        "Max-Forwards: 70",
        *([f"Authorization: {credentials}"] if credentials else []),
        "Content-Length: 0",
    )
    return "\r\n".join(lines) + "\r\n\r\n"


def _digest(asterisk: Address, phone: Phone, asked: dict[str, str]) -> str:
    home = _home(asterisk)
    secret = _md5(f"{phone.desk}:{asked['realm']}:{phone.password}")
    request = _md5(f"REGISTER:{home}")
    answer = _md5(f"{secret}:{asked['nonce']}:00000001:tests:auth:{request}")
    fields = {
        "username": phone.desk,
        "realm": asked["realm"],
        "nonce": asked["nonce"],
        "uri": home,
        "response": answer,
        "opaque": asked.get("opaque", ""),
        "cnonce": "tests",
    }
    quoted = ", ".join(f'{key}="{value}"' for key, value in fields.items())
    return f"Digest {quoted}, qop=auth, nc=00000001, algorithm=MD5"


def _home(asterisk: Address) -> str:
    return f"sip:{asterisk.host}:{asterisk.port}"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
