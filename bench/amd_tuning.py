"""``python -m bench.amd_tuning``: tries parameters of ``AMD()`` on the half of the recordings that is for it, and
prints the cheapest. What a fault costs is a choice, made here: a person hung up on is worth ten machines.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bench.amd_replica import judge, loudness
from telephony.detection import Detection
from tests.answers import Who, corpus

#: Costs. Somebody who talks on without a pause cannot be told from a greeting, so little is gained by trying.
LOST, TALKER_LOST, MISSED, LATE, WAITED = 10.0, 2.0, 1.0, 2.0, 10.0
"""A person, or one who talks on, taken for a machine; a machine not found; a person judged later than ``LATE_SECONDS``
after his greeting; a second that people wait for the judgement on average."""
LATE_SECONDS = 1.3


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A recording as the detector hears it."""

    frames: NDArray[np.int64]
    who: Who
    talks_on: bool
    greeted: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    cost: float
    lost: int
    talkers_lost: int
    missed: int
    late: int
    rules: Detection


def candidates() -> Iterator[Detection]:
    """Who answers on a noisy line is never judged and waits for the whole of ``total``: it ends at six seconds."""
    greetings = (1200, 1350, 1500, 1650, 1800, 2000)
    totals = (4500, 5000, 5500, 6000)
    for threshold, greeting, after, total, words in product(
        (500, 650, 800, 1000, 1300), greetings, (600, 700, 800, 900, 1000), totals, (99, 8, 6)
    ):
        yield replace(
            Detection(), threshold=threshold, greeting=greeting, after_greeting=after, total=total, words=words
        )


def tried(heard: Sequence[Heard], rules: Detection) -> Tried:
    lost = talkers_lost = missed = 0
    waits: list[float] = []
    for one in heard:
        said = judge(one.frames, rules)
        if one.who is Who.MACHINE:
            missed += said.by != "machine"
        elif said.by == "machine":
            lost, talkers_lost = lost + (not one.talks_on), talkers_lost + one.talks_on
        elif one.greeted is not None and not one.talks_on:
            waits.append(said.milliseconds / 1000 - one.greeted)
    late = sum(seconds > LATE_SECONDS for seconds in waits)
    waited = sum(waits) / len(waits) if waits else 0.0
    cost = LOST * lost + TALKER_LOST * talkers_lost + MISSED * missed + LATE * late + WAITED * waited
    return Tried(cost=cost, lost=lost, talkers_lost=talkers_lost, missed=missed, late=late, rules=rules)


def _some(rules: Sequence[Detection]) -> list[Tried]:
    heard = [
        Heard(frames=loudness(take.ulaw), who=take.who, talks_on=take.kind == "talks on", greeted=take.greeted)
        for take in corpus()
        if take.tuning
    ]
    return [tried(heard, one) for one in rules]


def main() -> None:
    every = list(candidates())
    with ProcessPoolExecutor(2) as pool:
        results = sorted((one for half in pool.map(_some, (every[::2], every[1::2])) for one in half), key=_cost)
    for one in (*results[:10], *_some([Detection()])):
        counts = f"{one.lost} lost, {one.talkers_lost} talkers lost, {one.missed} missed, {one.late} late"
        print(f"{one.cost:6.2f}  {counts}  {one.rules}")


def _cost(one: Tried) -> float:
    return one.cost


if __name__ == "__main__":
    main()
