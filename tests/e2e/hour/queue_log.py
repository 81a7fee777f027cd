"""What Asterisk's queue log says of callers."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: How a wait ends without anybody: the caller went, or waited as long as he may.
GONE, WAITED = "ABANDON", "EXITWITHTIMEOUT"
_TALKED = ("COMPLETECALLER", "COMPLETEAGENT")


@dataclass(kw_only=True)
class Visit:
    """A caller's stay in one queue. ``ended``: how his wait did; ``collector`` is the member who took him, ``talked``
    for how long, in whole seconds like all of the log."""

    queue: str
    joined: float
    ended: str = ""
    waited: int = 0
    collector: str | None = None
    talked: int | None = None


@dataclass(kw_only=True)
class Figures:
    """A queue by the log. Who was passed on to another queue counts there, with all he waited."""

    offered: int = 0
    taken: int = 0
    waited: int = 0
    talked: int = 0
    unserved: int = 0
    by: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def read(file: Path) -> Mapping[str, Sequence[Visit]]:
    """The visits of every caller, by the Uniqueid of his channel."""
    found: defaultdict[str, list[Visit]] = defaultdict(list)
    for line in file.read_text().splitlines():
        at, caller, queue, member, event, *data = line.split("|")
        if event == "ENTERQUEUE":
            found[caller].append(Visit(queue=queue, joined=float(at)))
        elif event == "CONNECT":
            visit = found[caller][-1]
            visit.ended, visit.waited, visit.collector = event, int(data[0]), member
        elif event in (GONE, WAITED):
            visit = found[caller][-1]
            visit.ended, visit.waited = event, int(data[2])
        elif event in _TALKED:
            found[caller][-1].talked = int(data[1])
    return found


def figures(log: Mapping[str, Sequence[Visit]]) -> Mapping[str, Figures]:
    """What each queue did, by its code."""
    found: defaultdict[str, Figures] = defaultdict(Figures)
    for visits in log.values():
        last = visits[-1]
        queue = found[last.queue]
        queue.offered += 1
        if last.collector is None:
            queue.unserved += 1
        else:
            queue.taken += 1
            queue.waited += sum(one.waited for one in visits)
            queue.talked += last.talked or 0
            queue.by[last.collector] += 1
    return found


def unfinished(log: Mapping[str, Sequence[Visit]]) -> Iterator[str]:
    """Callers of whom the log does not say how their wait ended."""
    for caller, visits in log.items():
        yield from (f"{caller} never left {one.queue}" for one in visits if not one.ended)
