"""When the interpreter looks for cycles: by itself only among what is young, the rest in rounds that are kept short.

A full round stops everything for as long as all there is takes to look through: 0.2 s with 500 screens, several times a
minute while phones ring. Here what has survived a round is set aside (``gc.freeze``) and not looked through again, so
that a round takes as long as what has come since the last one. What dies in a cycle after it was set aside is found
once an hour.
"""

import asyncio
import gc

#: New objects before a look at the young ones, looks before one at the middle-aged; old ones are left to the rounds.
_THRESHOLDS = (5_000, 5, 1_000_000)
_ROUND_SECONDS = 20.0
_ROUNDS_TO_ALL = 180


def begin() -> None:
    """Set aside all that stands now, for as long as the process lives."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)


async def run() -> None:
    """Go the rounds until cancelled."""
    while True:
        for _ in range(_ROUNDS_TO_ALL):
            await asyncio.sleep(_ROUND_SECONDS)
            gc.collect()
            gc.freeze()
        gc.unfreeze()
