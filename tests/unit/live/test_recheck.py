"""Looking again at many sessions together."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import cast

import pytest

from core.people.service.logins import Identity
from web.live.recheck import Recheck

HOLDERS = {token: cast(Identity, object()) for token in "ab"}


class Door:
    """Knows everybody but strangers; ``asked`` are the questions it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.broken = False

    async def identify_all(self, held_tokens: Collection[str]) -> Mapping[str, Identity]:
        self.asked.append(sorted(held_tokens))
        if self.broken:
            raise OSError("the database is away")
        return {token: HOLDERS[token] for token in held_tokens if token in HOLDERS}


@asynccontextmanager
async def checking(door: Door) -> AsyncIterator[Recheck]:
    recheck = Recheck(door, gather=0.01)
    task = asyncio.create_task(recheck.run())
    try:
        yield recheck
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_questions_of_a_moment_are_asked_together_and_answered_each() -> None:
    door = Door()
    async with checking(door) as recheck:
        found = await asyncio.gather(*(recheck.identify(token) for token in ("a", "stranger", "b", "a")))
        assert found == [HOLDERS["a"], None, HOLDERS["b"], HOLDERS["a"]]
        assert door.asked == [["a", "b", "stranger"]]
        assert await recheck.identify("a") is HOLDERS["a"]
    assert door.asked == [["a", "b", "stranger"], ["a"]]


async def test_a_look_that_fails_fails_for_those_who_asked_and_nobody_later() -> None:
    door = Door()
    async with checking(door) as recheck:
        door.broken = True
        with pytest.raises(OSError, match="away"):
            await recheck.identify("a")
        door.broken = False
        assert await recheck.identify("a") is HOLDERS["a"]


async def test_one_who_leaves_takes_nobody_with_him() -> None:
    door = Door()
    async with checking(door) as recheck:
        leaving, staying = (asyncio.create_task(recheck.identify("a")) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        assert await staying is HOLDERS["a"]
