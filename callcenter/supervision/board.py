"""The live board: what is shown now, and what of it each viewer has still to be told.

Nothing is queued for a viewer but the names of what changed. However fast it changes and however slow a viewer is, he
is never owed more than the board itself, and takes the latest of everything when he is ready.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from callcenter.supervision.lines import Key, Kind, Line, key_of, within
from core.kernel.access import Actor


@dataclass(frozen=True, slots=True)
class _Shown:
    """A line and its JSON, made once for all viewers."""

    line: Line
    text: msgspec.Raw


@dataclass(frozen=True, kw_only=True, slots=True)
class News:
    """Lines that are new or changed, as JSON, and the ids of those that are gone, by the part of the board."""

    put: dict[Kind, list[msgspec.Raw]] = field(default_factory=dict)
    gone: dict[Kind, list[int | str]] = field(default_factory=dict)


class Viewer:
    """One screen that shows the board, as far as ``right`` reaches for ``actor``."""

    def __init__(self, actor: Actor, right: str) -> None:
        self.actor = actor
        self.right = right
        self._owed: dict[Key, None] = {}
        self._news = asyncio.Event()

    def owe(self, key: Key) -> None:
        """Something changed that this viewer sees or saw."""
        self._owed[key] = None
        self._news.set()

    def sees(self, line: Line) -> bool:
        return within(line, self.actor, self.right)

    async def wait(self) -> None:
        """Until there is something to take."""
        await self._news.wait()

    def wake(self) -> None:
        """End the wait: he has gone."""
        self._news.set()

    def settle(self) -> list[Key]:
        """What is owed; nothing is, after this."""
        owed = list(self._owed)
        self._owed.clear()
        self._news.clear()
        return owed


class Board:
    """The lines, and who looks at them."""

    def __init__(self) -> None:
        self._shown: dict[Key, _Shown] = {}
        self._viewers: set[Viewer] = set()

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return bool(self._viewers)

    def line(self, key: Key) -> Line | None:
        shown = self._shown.get(key)
        return shown.line if shown is not None else None

    def put(self, line: Line) -> None:
        """Show a line in the place of what was there of the same."""
        key = key_of(line)
        before = self._shown.get(key)
        if before is not None and before.line == line:
            return
        self._shown[key] = _Shown(line, msgspec.Raw(msgspec.json.encode(line)))
        for viewer in self._viewers:
            if viewer.sees(line) or (before is not None and viewer.sees(before.line)):
                viewer.owe(key)

    def replace(self, kind: Kind, lines: Iterable[Line]) -> None:
        """Show exactly these lines of a kind."""
        lines = list(lines)
        stay = set(map(key_of, lines))
        for key in [key for key in self._shown if key[0] is kind and key not in stay]:
            self._drop(key)
        for line in lines:
            self.put(line)

    def _drop(self, key: Key) -> None:
        gone = self._shown.pop(key).line
        for viewer in self._viewers:
            if viewer.sees(gone):
                viewer.owe(key)

    def join(self, viewer: Viewer) -> News:
        """Let a viewer look from now on; everything he sees."""
        self._viewers.add(viewer)
        viewer.settle()
        return self._news(viewer, [key for key, shown in self._shown.items() if viewer.sees(shown.line)])

    def leave(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)

    def news(self, viewer: Viewer) -> News:
        """What changed for the viewer since he last took, each thing once and as it is now."""
        return self._news(viewer, viewer.settle())

    def _news(self, viewer: Viewer, keys: Iterable[Key]) -> News:
        news = News()
        for kind, name in keys:
            shown = self._shown.get((kind, name))
            if shown is not None and viewer.sees(shown.line):
                news.put.setdefault(kind, []).append(shown.text)
            else:
                news.gone.setdefault(kind, []).append(name)
        return news
