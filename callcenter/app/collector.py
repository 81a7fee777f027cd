"""When the interpreter looks for cycles: by itself only among what is young, the rest in rounds that are kept short.

A full round stops everything for as long as all there is takes to look through: 0.2 s with 500 screens, several times a
minute while phones ring. Here what has survived a round is set aside (``gc.freeze``) and not looked through again, so
that a round takes as long as what has come since the last one, and the next comes the sooner the longer this one took.
What dies in a cycle after it was set aside is found once an hour.
"""

import asyncio
import gc
import time

#: New objects before a look at the young ones, looks before one at the middle-aged; old ones are left to the rounds.
_THRESHOLDS = (5_000, 5, 1_000_000)
_ROUND_AIM = 0.01
"""Seconds a round may stop everything for."""
_LEAST_PAUSE = 0.5
_MOST_PAUSE = 20.0
_ALL_SECONDS = 3600.0


def begin() -> None:
    """Set aside all that stands now, for as long as the process lives."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


async def run() -> None:
    """Go the rounds until cancelled."""
    while True:
        await _rounds(time.monotonic() + _ALL_SECONDS)
        gc.unfreeze()


async def _rounds(until: float) -> None:
    pause = _LEAST_PAUSE
    while time.monotonic() < until:
        await asyncio.sleep(pause)
        pause = next_pause(pause, _round())


def _round() -> float:
    """Look through what has come since the last round; how many seconds it took."""
    start = time.monotonic()
    gc.collect()
    gc.freeze()
    return time.monotonic() - start


def next_pause(pause: float, took: float) -> float:
    """Seconds to the next round, when the one after ``pause`` seconds took ``took``: as many as bring it to the aim,
    and never more than twice as many as before, because work comes in bursts."""
    wanted = pause * _ROUND_AIM / took if took > 0 else _MOST_PAUSE
    return min(max(min(wanted, pause * 2), _LEAST_PAUSE), _MOST_PAUSE)
