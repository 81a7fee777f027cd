"""The folders an Asterisk records into, and what in them is finished.

``monitor/`` holds what is being written, ``done/`` what MixMonitor's post-process command moved there after closing it,
``cut_off/`` what a crash left in ``monitor/`` and we adopted, ``refused/`` what could not be read. All lie on one file
system, so every step is a rename. For each customer channel there are two files, ``<uniqueid>-r.wav`` (what the
customer says) and ``<uniqueid>-t.wav`` (what the customer hears). A message he leaves has files of its own, with
``.message`` behind the Uniqueid. ``<uniqueid>.again`` lies beside them while one recorder gives them to the next.
"""

import re
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from os import DirEntry, scandir, stat_result
from pathlib import Path

_NAME = re.compile(r"(?P<uniqueid>[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,126})-(?P<side>[rt])\.wav")
MESSAGE = ".message"


def channel_of(uniqueid: str) -> str:
    """The channel on which that was recorded."""
    return uniqueid.removesuffix(MESSAGE)


class Side(StrEnum):
    """``HEARD`` is the debtor's voice (received from the channel), ``SENT`` what was sent to the debtor."""

    HEARD = "r"
    SENT = "t"


class Place(StrEnum):
    """The folders of a spool."""

    MONITOR = "monitor"
    DONE = "done"
    CUT_OFF = "cut_off"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class SpoolFile:
    """One side of one channel's recording, as it was found. ``modified`` is seconds since the epoch."""

    uniqueid: str
    side: Side
    place: Place
    path: Path
    modified: float
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """The finished sides of one channel. ``cut_off`` says that Asterisk never closed them itself."""

    uniqueid: str
    files: tuple[SpoolFile, ...]

    @property
    def cut_off(self) -> bool:
        return all(file.place is not Place.DONE for file in self.files)

    @property
    def modified(self) -> float:
        return max(file.modified for file in self.files)

    @property
    def sides(self) -> str:
        """Which sides there are: ``rt``, ``r`` or ``t``."""
        return "".join(sorted(file.side for file in self.files))

    @property
    def whole(self) -> bool:
        return len(self.files) == len(Side)

    def path(self, side: Side) -> Path | None:
        return next((file.path for file in self.files if file.side is side), None)


def parse_name(name: str) -> tuple[str, Side] | None:
    """Uniqueid and side of a file name made of ids only; None for anything else."""
    found = _NAME.fullmatch(name)
    return (found["uniqueid"], Side(found["side"])) if found else None


class Spool:
    """The recording folders of one Asterisk, known as ``server`` everywhere."""

    def __init__(self, server: str, root: Path) -> None:
        self.server = server
        self._root = root

    def prepare(self) -> None:
        """Make the folders that are not there yet."""
        for place in Place:
            (self._root / place).mkdir(parents=True, exist_ok=True)

    def finished(self) -> tuple[Pair, ...]:
        """Channels of which at least one side is finished, oldest first.

        A partner still in ``monitor/`` is left out: it may be on its way, or the move may have died between the two.
        """
        return _pairs([*self._files(Place.DONE), *self._files(Place.CUT_OFF)])

    def stranded_partner(self, pair: Pair) -> Pair:
        """``pair`` with the other side from ``monitor/``, when the move died between the two files."""
        missing = [file for file in self._files(Place.MONITOR) if file.uniqueid == pair.uniqueid]
        have = {file.side for file in pair.files}
        return Pair(uniqueid=pair.uniqueid, files=(*pair.files, *(f for f in missing if f.side not in have)))

    def unfinished(self) -> tuple[Pair, ...]:
        """What lies in ``monitor/``: live calls, and what a crash left."""
        return _pairs(self._files(Place.MONITOR))

    def adopt(self, pair: Pair) -> None:
        """Take over the files of a call that ended without closing them."""
        self._move(pair, Place.CUT_OFF)

    def refuse(self, pair: Pair) -> None:
        """Put files aside that cannot be used, for a human to look at."""
        self._move(pair, Place.REFUSED)

    def discard(self, pair: Pair) -> None:
        """Delete the files of ``pair``: their sound is safe elsewhere."""
        for file in pair.files:
            file.path.unlink(missing_ok=True)

    def _move(self, pair: Pair, place: Place) -> None:
        for file in pair.files:
            with suppress(FileNotFoundError):
                file.path.rename(self._root / place / file.path.name)

    def _files(self, place: Place) -> Iterator[SpoolFile]:
        try:
            entries = list(scandir(self._root / place))
        except FileNotFoundError:
            return
        for entry in entries:
            file = _spool_file(entry, place)
            if file is not None:
                yield file


def _spool_file(entry: DirEntry[str], place: Place) -> SpoolFile | None:
    """``entry`` as a recording; None for foreign names, links, folders and what has just vanished."""
    named = parse_name(entry.name)
    found = _plain(entry) if named else None
    if named is None or found is None:
        return None
    return SpoolFile(
        uniqueid=named[0],
        side=named[1],
        place=place,
        path=Path(entry.path),
        modified=found.st_mtime,
        bytes=found.st_size,
    )


def _plain(entry: DirEntry[str]) -> stat_result | None:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found if stat.S_ISREG(found.st_mode) and found.st_nlink == 1 else None


def _pairs(files: Iterable[SpoolFile]) -> tuple[Pair, ...]:
    """Files by channel. When a side lies in two folders, the one Asterisk closed counts."""
    by_channel: dict[str, dict[Side, SpoolFile]] = {}
    for file in files:
        by_channel.setdefault(file.uniqueid, {}).setdefault(file.side, file)
    pairs = [Pair(uniqueid=uid, files=tuple(sides.values())) for uid, sides in by_channel.items()]
    return tuple(sorted(pairs, key=lambda pair: pair.modified))


@dataclass(frozen=True, kw_only=True, slots=True)
class OrphanRule:
    """When a file in ``monitor/`` belongs to nobody: its channel is not alive and nothing was written for a while.

    ``quiet_seconds`` alone is not enough (a held call may write nothing) and neither is the list of channels (it
    may have been read before the call began); together they are.
    """

    quiet_seconds: float = 30

    def orphaned(self, pair: Pair, live: frozenset[str], now: float) -> bool:
        """Whether to adopt ``pair`` at ``now`` (seconds since the epoch), ``live`` being the channels alive."""
        return channel_of(pair.uniqueid) not in live and now - pair.modified >= self.quiet_seconds
