"""Telephones for the tests: one baresip process each, driven over its control socket."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from telephony.lab.ports import free_tcp, free_udp
from telephony.provisioning import Address, Phone

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_TRIES = 5

CONFIG = """
sip_listen {sip}
net_af ipv4
call_max_calls 8
call_hold_other_calls no
audio_player aubridge,ear
audio_source ausine,{hertz}
audio_alert aubridge,bell
ausrc_srate 48000
auplay_srate 8000
ausrc_channels 2
auplay_channels 1
audio_buffer 20-160
rtp_ports {rtp}
module_path /usr/lib/baresip/modules
module g711.so
module srtp.so
module dtls_srtp.so
module ice.so
module ausine.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {control}
snd_path {folder}
"""


class Baresip:
    """A registered desk phone."""

    def __init__(self, folder: Path, events: asyncio.StreamReader, orders: asyncio.StreamWriter) -> None:
        self._folder = folder
        self._reader = events
        self._writer = orders
        self._seen: list[dict[str, Any]] = []
        self._news = asyncio.Condition()
        self._listening = asyncio.create_task(self._listen())

    async def order(self, command: str, params: str = "") -> None:
        """Give a command of baresip's menu: ``dial``, ``accept``, ``hangup``, ``hold``, ``resume``, ``transfer``."""
        text = json.dumps({"command": command, "params": params}).encode()
        self._writer.write(b"%d:%s," % (len(text), text))
        await self._writer.drain()

    async def answer(self) -> None:
        """Wait until it rings, take the call, and wait until it is through."""
        await self.until("CALL_INCOMING")
        await self.order("accept")
        await self.until("CALL_ESTABLISHED")

    async def dial(self, number: str) -> None:
        await self.order("dial", number)

    async def hang_up(self) -> None:
        await self.order("hangup")

    async def until(self, *events: str, timeout: float | None = 60) -> dict[str, Any]:
        """The next event of one of these types that was not waited for yet."""
        async with asyncio.timeout(timeout), self._news:
            while True:
                for index, seen in enumerate(self._seen):
                    if seen["type"] in events:
                        return self._seen.pop(index)
                await self._news.wait()

    def heard(self) -> list[Path]:
        """What came out of it, a wave file for each call, oldest first."""
        return sorted(self._folder.glob("*-dec.wav"))

    def rang(self) -> bool:
        """Whether it was told of a call that nobody waited for."""
        return any(seen["type"] == "CALL_INCOMING" for seen in self._seen)

    async def _listen(self) -> None:
        while True:
            head = (await self._reader.readuntil(b":"))[:-1]
            message = json.loads((await self._reader.readexactly(int(head) + 1))[:-1])
            if message.get("event"):
                async with self._news:
                    self._seen.append(message)
                    self._news.notify_all()

    async def close(self) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        self._writer.close()


@asynccontextmanager
async def desk_phone(
    asterisk: Address, phone: Phone, *, hertz: int = 700, auto_answer: bool = False, browser: bool = False
) -> AsyncIterator[Baresip]:
    """The desk phone of ``phone``, registered, saying a tone of ``hertz``; the end of the block kills it.

    With ``browser`` it stands in for the browser's phone instead, which is what click-to-call rings: the same endpoint,
    encryption and ICE, without the websocket.
    """
    async with _phone(hertz, "127.0.0.1") as baresip:
        await baresip.order("uanew", _account(asterisk, phone, auto_answer, browser))
        await baresip.until("REGISTER_OK")
        yield baresip


@asynccontextmanager
async def debtor_phone(trunk_host: str, number: str, *, hertz: int = 1000) -> AsyncIterator[Baresip]:
    """A debtor's phone at the trunk's address, who says a tone of ``hertz`` and keeps what he hears."""
    async with _phone(hertz, trunk_host) as baresip:
        await baresip.order("uanew", f"<sip:{number}@{trunk_host}>;regint=0;answermode=manual;audio_codecs=pcmu")
        yield baresip


@asynccontextmanager
async def _phone(hertz: int, host: str) -> AsyncIterator[Baresip]:
    if shutil.which("baresip") is None:
        raise RuntimeError("no baresip here; install it with: sudo apt-get install baresip-core")
    with tempfile.TemporaryDirectory(prefix="cc-phone-") as name:
        process, link = await _started(Path(name), hertz, host)
        try:
            baresip = Baresip(Path(name), *link)
            try:
                yield baresip
            finally:
                await baresip.close()
        finally:
            await _ended(process)


async def _started(folder: Path, hertz: int, host: str) -> tuple[asyncio.subprocess.Process, Link]:
    """A baresip that listens to orders; another one, on other ports, when somebody was faster to take its own."""
    for _ in range(_TRIES):
        control = _write_settings(folder, hertz, host)
        with (folder / "log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                "baresip", "-f", str(folder), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            return process, await _connect(control, process)
        except (ConnectionRefusedError, TimeoutError):
            await _ended(process)
    raise RuntimeError(f"baresip does not start: {(folder / 'log').read_text()[-2000:]}")


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


def _write_settings(folder: Path, hertz: int, host: str) -> int:
    control = free_tcp("127.0.0.1")
    rtp = 48_000 + free_udp("127.0.0.1") % 500 * 20
    settings = CONFIG.format(
        sip=f"{host}:{free_udp(host)}",
        folder=folder,
        hertz=hertz,
        rtp=f"{rtp}-{rtp + 19}",
        control=f"127.0.0.1:{control}",
    )
    (folder / "config").write_text(settings)
    (folder / "accounts").touch()
    return control


def _account(asterisk: Address, phone: Phone, auto_answer: bool, browser: bool) -> str:
    return (
        f"<sip:{phone.extension if browser else phone.desk}@{asterisk.host}:{asterisk.port}>;"
        f"auth_pass={phone.password};answermode={'auto' if auto_answer else 'manual'};regint=120;audio_codecs=pcmu"
        f"{';mediaenc=dtls_srtp;medianat=ice;rtcp_mux=yes' if browser else ''}"
    )


async def _connect(port: int, process: asyncio.subprocess.Process) -> Link:
    async with asyncio.timeout(60):
        while True:
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                if process.returncode is not None:
                    raise
                await asyncio.sleep(0.02)
