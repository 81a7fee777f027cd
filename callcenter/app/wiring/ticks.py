"""What runs again and again for as long as the house stands."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog

T = TypeVar("T")


_log = structlog.get_logger(__name__)


def every(seconds: float, step: Callable[[], Awaitable[Any]]) -> Callable[[], Coroutine[Any, Any, None]]:
    """Take ``step`` again and again. One that fails is taken again: a database that restarts must not end the house."""

    async def run() -> None:
        while True:
            try:
                await step()
            except Exception:  # noqa: BLE001
                _log.exception("a step failed, the next round tries again", step=step.__qualname__)
            await asyncio.sleep(seconds)

    return run


def on_change(
    seconds: float, look: Callable[[], T], tell: Callable[[T], None]
) -> Callable[[], Coroutine[Any, Any, None]]:
    """Tell whenever ``look`` sees something else than ``seconds`` ago."""

    async def run() -> None:
        before = look()
        while True:
            await asyncio.sleep(seconds)
            now = look()
            if now != before:
                tell(now)
                before = now

    return run
