"""What is said of a collector's screens comes one after the other, and nothing is left behind."""

import asyncio

from web.live.presence import ScreenPresence


class SlowScreens:
    """A database that finishes what it has begun, also when whoever asked has gone."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.written = asyncio.Event()
        self.failing = False

    async def screen_opened(self, user_id: int) -> None:
        if self.failing:
            self.failing = False
            self.begun.set()
            raise OSError("the database is away")
        self.said.append("opened")
        self.written.set()

    async def screen_closed(self, user_id: int) -> None:
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            await self.go_on.wait()
            self.said.append("closed")
            raise


async def test_a_screen_that_comes_back_has_the_last_word() -> None:
    screens = SlowScreens()
    presence = ScreenPresence(screens, grace=0)
    presence.closed(1, left=0)
    await screens.begun.wait()
    presence.opened(1)
    screens.go_on.set()
    await asyncio.wait_for(screens.written.wait(), 60)
    assert screens.said == ["closed", "opened"]
    await presence.close()


async def test_closing_waits_for_what_is_being_written() -> None:
    screens = SlowScreens()
    presence = ScreenPresence(screens, grace=0)
    presence.closed(1, left=0)
    await screens.begun.wait()
    closing = asyncio.create_task(presence.close())
    screens.go_on.set()
    await asyncio.wait_for(closing, 60)
    assert screens.said == ["closed"]


async def test_one_that_failed_is_put_right_by_the_next() -> None:
    screens = SlowScreens()
    presence = ScreenPresence(screens, grace=0)
    screens.failing = True
    presence.opened(1)
    await screens.begun.wait()
    presence.opened(1)
    await asyncio.wait_for(screens.written.wait(), 60)
    await presence.close()
