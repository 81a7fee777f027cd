"""What Asterisk's own CEL says of calls, read without the program's help: the judge of the call log."""

import csv
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from telephony.provisioning import CEL_COLUMNS
from telephony.tracking.repair import SPARED

_COLLECTOR = re.compile(r"PJSIP/(\d{2,10})d?-")
_CUSTOMER = "PJSIP/trunk-"


@dataclass(slots=True)
class Channel:
    """One telephone in one call; times in seconds since 1970. ``talked`` is how long it was in a bridge with others."""

    uniqueid: str
    name: str
    linkedid: str
    started: float
    number: str = ""
    answered: float | None = None
    ended: float | None = None
    dialled: str = ""
    talked: float = 0.0
    bridged: float | None = None

    @property
    def is_customer(self) -> bool:
        return self.name.startswith(_CUSTOMER)

    @property
    def extension(self) -> str | None:
        """The collector's; None for anybody else."""
        found = _COLLECTOR.match(self.name)
        return found[1] if found else None


class Cel:
    """The channels of a CEL file, read on as it grows. ``twice`` are Uniqueids that began more than once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self.channels: dict[str, Channel] = {}
        self.twice: set[str] = set()

    def read(self) -> "Cel":
        """Take in what was written since; a line that is not finished yet is left for the next time."""
        if self._path.exists():
            with self._path.open("rb") as file:
                file.seek(self._offset)
                whole, newline, _ = file.read().rpartition(b"\n")
            self._offset += len(whole) + len(newline)
            for row in csv.reader(io.StringIO(whole.decode())):
                self._take(dict(zip(CEL_COLUMNS, row, strict=True)))
        return self

    def live(self) -> frozenset[str]:
        """The Uniqueids of the channels that go on."""
        return frozenset(each.uniqueid for each in self.channels.values() if each.ended is None)

    def changed_since(self, moment: float) -> frozenset[str]:
        """The Uniqueids of channels that began or ended after ``moment``."""
        channels = self.channels.values()
        return frozenset(each.uniqueid for each in channels if max(each.started, each.ended or 0.0) > moment)

    def calls(self) -> Mapping[str, tuple[Channel, ...]]:
        """Channels that belong together, by the Uniqueid of the first."""
        found: dict[str, list[Channel]] = {}
        for channel in self.channels.values():
            found.setdefault(channel.linkedid, []).append(channel)
        return {linkedid: tuple(channels) for linkedid, channels in found.items()}

    def end_all(self, at: float) -> None:
        """Asterisk was killed: what went on ended then, though no row says so."""
        for channel in self.read().channels.values():
            if channel.ended is None:
                _end(channel, at)

    def _take(self, row: Mapping[str, str]) -> None:
        at, uniqueid = float(row["time"]), row["uniqueid"]
        if row["event"] == SPARED:
            del self.channels[uniqueid]
            return
        if row["event"] == "CHAN_START":
            self.twice |= {uniqueid} & self.channels.keys()
            self.channels[uniqueid] = Channel(uniqueid, row["channel"], row["linkedid"], at, row["number"])
            return
        channel = self.channels.get(uniqueid)
        if channel is None:
            return
        match row["event"]:
            case "ANSWER":
                channel.answered = channel.answered or at
            case "BRIDGE_ENTER" if json.loads(row["extra"])["bridge_technology"] != "holding_bridge":
                channel.bridged = at
            case "BRIDGE_EXIT":
                _unbridge(channel, at)
            case "APP_START" if row["app"] == "Dial":
                channel.dialled = row["exten"]
            case "HANGUP" | "CHAN_END":
                _end(channel, channel.ended or at)
        channel.linkedid = row["linkedid"]
        channel.number = channel.number or row["number"]


def _unbridge(channel: Channel, at: float) -> None:
    if channel.bridged is not None:
        channel.talked += at - channel.bridged
        channel.bridged = None


def _end(channel: Channel, at: float) -> None:
    _unbridge(channel, at)
    channel.ended = at
