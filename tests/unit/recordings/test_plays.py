"""A play is in the trail before anything of it is heard."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from core.kernel.errors import Unavailable
from recordings.service import _Plays

_KEY, _NOW = (7, 1), datetime(2026, 3, 2, 10, tzinfo=UTC)


async def test_a_play_that_cannot_be_written_is_none() -> None:
    plays, tries = _Plays(), 0

    async def fails() -> None:
        nonlocal tries
        tries += 1
        raise Unavailable

    for _ in range(2):
        with pytest.raises(Unavailable):
            await plays.noted(_KEY, _NOW, fails)
    assert tries == 2, "the next request is a new play again"


async def test_who_asks_for_more_waits_until_it_is_written() -> None:
    plays, written, kept, served = _Plays(), 0, asyncio.Event(), []

    async def write() -> None:
        nonlocal written
        await kept.wait()
        written += 1

    async def asks(number: int) -> None:
        await plays.noted(_KEY, _NOW + timedelta(seconds=number), write)
        served.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(asks(number))
        await asyncio.sleep(0)
        assert served == []
        kept.set()
    assert (written, sorted(served)) == (1, [0, 1, 2])
    await plays.noted(_KEY, _NOW + timedelta(minutes=6), write)
    assert written == 2, "later it is another play"
