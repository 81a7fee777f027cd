"""Manager events through wire, decoding and fold, beside a bare split of the same bytes into messages."""

import re
import time
from asyncio import Transport
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import Figure
from telephony.ami.decode import decode
from telephony.ami.protocol import Wire
from telephony.tracking.endpoints import Endpoints
from telephony.tracking.fold import Fold

TRACES = Path(__file__).resolve().parent.parent / "tests" / "traces"
COPIES = 60
READ = 65_536
BATCH = 256


class Nowhere(Transport):
    """A transport that leads nowhere."""


class Listener:
    """Folds what it hears, and takes the changed calls as often as the bridge does."""

    def __init__(self) -> None:
        self.fold = Fold("bench", Endpoints(trunks=frozenset({"trunk"})))
        self.now = datetime.now(UTC)
        self.events = 0

    def heard(self, headers: dict[str, str]) -> None:
        event = decode(headers, self.now)
        if event is not None:
            self.fold.apply(event)
        self.events += 1
        if self.events % BATCH == 0:
            self.fold.changed()

    def lost(self, error: Exception | None) -> None:
        raise AssertionError(error)


def stream(copies: int) -> bytes:
    """Recorded calls, again and again, each time as other calls."""
    raw = b"".join(path.read_bytes() for path in sorted(TRACES.glob("*.ami")))

    def later(copy: int) -> bytes:
        return re.sub(rb"(\d{10})\.(\d+)\r", lambda id_: b"%d.%d\r" % (int(id_[1]) + copy * 1000, int(id_[2])), raw)

    return b"".join(later(copy) for copy in range(copies))


async def run(*, small: bool = False) -> list[Figure]:
    data = stream(10 if small else COPIES)
    began = time.perf_counter()
    bare = len(data.decode().split("\r\n\r\n")) / (time.perf_counter() - began)
    listener = Listener()
    wire = Wire(listener)
    wire.connection_made(Nowhere())
    began = time.perf_counter()
    for start in range(0, len(data), READ):
        wire.data_received(data[start : start + READ])
    ours = listener.events / (time.perf_counter() - began)
    return [
        Figure(
            name="manager events through decode and fold",
            value=ours,
            unit="events/s",
            reference=bare,
            reference_name="bare split of the stream",
            aim="at least 10,000 events/s",
        )
    ]
