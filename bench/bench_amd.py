"""Answering machines: made recordings of people and machines, rung over the trunk and judged by the dialplan of
campaigns on a real Asterisk, twenty at a time, beside ``AMD()`` as it comes.

Only the half of the recordings is asked that no parameter was chosen by; ``replica`` is the model by which they were.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench.amd_replica import judge, loudness
from bench.figure import Figure, percentile
from telephony.detection import Detection
from telephony.lab import Lab
from tests.answers import Take, Who, corpus
from tests.answers.trial import STOCK, Said, listening

#: A collector rung at once has a person so many seconds after the judgement; the law allows two after the greeting.
_PUT_THROUGH = 0.5
_LAW = 2.0


async def run(*, small: bool) -> list[Figure]:
    takes = [take for take in corpus() if not take.tuning]
    takes = takes[::5] if small else takes
    with tempfile.TemporaryDirectory(prefix="cc-amd-") as folder:
        lab = Lab(Path(folder))
        await asyncio.to_thread(lab.up, ())
        try:
            async with listening(lab) as trial:
                bare = await trial.judge(takes, STOCK)
                ours = await trial.judge(takes)
                left = await trial.judge([take for take in takes if take.beeped is not None], leave=True)
        finally:
            await asyncio.to_thread(lab.down)
    return [
        *_matrix(ours, bare),
        *_by("language", ours, bare),
        *_by("kind", ours, bare),
        *_times(ours, bare),
        *_left(left),
    ]


def _share(said: Iterable[Said], by: str) -> float:
    answers = [one.by == by for one in said]
    return sum(answers) / len(answers) if answers else 0.0


def _of(who: Who, said: Iterable[Said]) -> list[Said]:
    return [one for one in said if one.take.who is who]


def _beside(name: str, ours: Sequence[Said], bare: Sequence[Said], by: str, aim: str = "") -> Figure:
    return Figure(
        name=f"{name} ({len(ours)})",
        value=_share(ours, by) * 100,
        unit="%",
        reference=_share(bare, by) * 100,
        reference_name="% by AMD() as it comes",
        aim=aim,
    )


def _matrix(ours: Sequence[Said], bare: Sequence[Said]) -> list[Figure]:
    figures = []
    for who in Who:
        for by in ("person", "machine", "unsure"):
            aim = {"personmachine": "the worst fault", "machinemachine": "as many as can be"}.get(f"{who}{by}", "")
            figures.append(_beside(f"{who} → {by}", _of(who, ours), _of(who, bare), by, aim))
    brief = [[one for one in _of(Who.PERSON, said) if one.take.kind != "talks on"] for said in (ours, bare)]
    figures.append(_beside("person who greets and waits → machine", brief[0], brief[1], "machine", "0"))
    return figures


def _by(what: str, ours: Sequence[Said], bare: Sequence[Said]) -> list[Figure]:
    """Machines found, and people taken for machines, of each language or kind."""
    name: Callable[[Take], str] = (lambda take: take.language) if what == "language" else (lambda take: take.kind)
    figures = []
    for who in Who:
        for value in dict.fromkeys(name(one.take) for one in _of(who, ours)):
            chosen = [[one for one in _of(who, said) if name(one.take) == value] for said in (ours, bare)]
            figures.append(_beside(f"{what} {value}: {who} → machine", chosen[0], chosen[1], "machine"))
    return figures


def _times(ours: Sequence[Said], bare: Sequence[Said]) -> list[Figure]:
    figures = [
        Figure(
            name=f"judgement of a {who}, {part} after the answer",
            value=percentile([one.milliseconds for one in _of(who, ours)], share),
            unit="ms",
            reference=percentile([one.milliseconds for one in _of(who, bare)], share),
            reference_name="ms by AMD() as it comes",
        )
        for who in Who
        for part, share in (("p50", 0.5), ("p95", 0.95))
    ]
    late = [
        one.milliseconds / 1000 - one.take.greeted
        for one in _of(Who.PERSON, ours)
        if one.take.greeted is not None and one.by != "machine" and one.take.kind != "talks on"
    ]
    kept = sum(seconds + _PUT_THROUGH <= _LAW for seconds in late) / len(late)
    alike = [judge(loudness(one.take.ulaw), Detection()).by == one.by for one in ours]
    return [
        *figures,
        Figure(name="a person waits after his greeting, p50", value=percentile(late, 0.5) * 1000, unit="ms"),
        Figure(name="a person waits after his greeting, worst", value=max(late) * 1000, unit="ms"),
        Figure(name="people put through within two seconds, somebody free", value=kept * 100, unit="%", aim="100"),
        Figure(name="the replica says the same as Asterisk", value=sum(alike) / len(alike) * 100, unit="%"),
    ]


def _left(said: Sequence[Said]) -> list[Figure]:
    """When messages begin that are left on machines which beep."""
    found = [one for one in said if one.by == "machine"]
    after = sorted(
        one.spoke - one.take.beeped for one in found if one.spoke is not None and one.take.beeped is not None
    )
    return [
        Figure(
            name=f"messages left on machines that were found ({len(found)})",
            value=len(after) / len(found) * 100,
            unit="%",
        ),
        Figure(
            name="messages that begin after the beep",
            value=sum(seconds >= 0 for seconds in after) / len(after) * 100,
            unit="%",
            aim="100",
        ),
        Figure(name="message begins after the beep, p50", value=percentile(after, 0.5) * 1000, unit="ms"),
    ]
