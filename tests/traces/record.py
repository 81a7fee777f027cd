"""Record the traces anew from a real Asterisk: ``python -m tests.traces.record [scenario …]``.

Each scenario gives ``NAME.ami``, the manager's events as they came, and ``NAME.cel.csv``, what CEL wrote of it.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from telephony.ami.actions import Action, Login
from telephony.ami.protocol import parse
from tests.integration.telephony.exchange import SECRET, PrivateExchange, last_channel
from tests.integration.telephony.scenarios import SCENARIOS, Play

HERE = Path(__file__).parent
NOISE = {
    "TestEvent",
    "RTCPSent",
    "RTCPReceived",
    "NewConnectedLine",
    "DialState",
    "MusicOnHoldStart",
    "MusicOnHoldStop",
}


class Recorder:
    """A plain connection to the manager that writes everything down."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.raw = b""

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._reading = asyncio.create_task(self._read())
        await self.give(Login(username="bridge", secret=SECRET))
        while b"Fully Booted" not in self.raw:  # noqa: ASYNC110 - a tool for people, not a test
            await asyncio.sleep(0.05)

    async def _read(self) -> None:
        while data := await self._reader.read(65536):
            self.raw += data

    async def give(self, action: Action) -> None:
        lines = []
        for key, value in action.headers().items():
            lines += [f"{key}: {each}" for each in ([value] if isinstance(value, str) else value)]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def channel(self, prefix: str) -> str:
        return last_channel(self.raw, prefix)

    async def close(self) -> bytes:
        self._writer.close()
        self._reading.cancel()
        return self.raw


def without_noise(raw: bytes) -> str:
    messages = raw.decode().split("\r\n\r\n")[:-1]
    return "".join(f"{each}\r\n\r\n" for each in messages if parse(each).get("event") not in NOISE)


async def record(pbx: PrivateExchange, name: str, number: int) -> None:
    recorder = Recorder(pbx.ami)
    await recorder.open()
    written = pbx.cel.stat().st_size if pbx.cel.exists() else 0
    await SCENARIOS[name](Play(pbx, recorder, f"7900000{number:04}", 1000 + number))
    await asyncio.sleep(0.5)
    pbx.quiet()
    await asyncio.sleep(1)
    (HERE / f"{name}.ami").write_text(without_noise(await recorder.close()), newline="")
    (HERE / f"{name}.cel.csv").write_bytes(pbx.cel.read_bytes()[written:])
    print(name)  # noqa: T201


async def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pbx = PrivateExchange(Path(folder))
        await pbx.open()
        try:
            for number, name in enumerate(SCENARIOS, 1):
                if not names or name in names:
                    await record(pbx, name, number)
        finally:
            pbx.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
