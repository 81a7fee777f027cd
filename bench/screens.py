"""Many screens in a process of their own: they keep what came, and when.

``python -m bench.screens HEALTHY``: one JSON line on standard input, ``[[url, cookie], …]``. The first HEALTHY of them
read as fast as they can; of the others every second one reads seldom, the rest never. Prints ``connected`` when all
are, and after the next line on standard input what each healthy screen heard: ``[[at, text], …]`` (monotonic seconds).
"""

import asyncio
import json
import sys
import time
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

_AT_ONCE = 25
_SELDOM_SECONDS = 2.0


async def _open(url: str, cookie: str, gate: asyncio.Semaphore) -> ClientConnection:
    headers = {"Cookie": cookie} if cookie else {}
    async with gate:
        return await connect(
            url, origin=_origin(url), additional_headers=headers, compression=None, ping_interval=None, open_timeout=60
        )


def _origin(url: str) -> Origin:
    """Where a page lives whose websocket is at ``url``."""
    parts = urlsplit(url)
    return Origin(f"http://{parts.netloc}")


async def _listen(screen: ClientConnection, heard: list[tuple[float, str]]) -> None:
    try:
        while True:
            text = await screen.recv(decode=True)
            heard.append((time.monotonic(), text))
    except ConnectionClosed:
        return


async def _linger(screen: ClientConnection, *, ever: bool) -> None:
    """Let the link fill up; one that reads seldom takes a message now and then."""
    screen.transport.pause_reading()
    while ever:
        await asyncio.sleep(_SELDOM_SECONDS)
        screen.transport.resume_reading()
        await asyncio.sleep(0)
        screen.transport.pause_reading()


async def _connected(wanted: list[tuple[str, str]]) -> list[ClientConnection]:
    """A websocket for each address and cookie, in their order."""
    gate = asyncio.Semaphore(_AT_ONCE)
    return await asyncio.gather(*(_open(url, cookie, gate) for url, cookie in wanted))


async def main(healthy: int) -> None:
    wanted: list[tuple[str, str]] = json.loads(await asyncio.to_thread(sys.stdin.readline))
    screens = await _connected(wanted)
    heard: list[list[tuple[float, str]]] = [[] for _ in range(healthy)]
    tasks = [asyncio.create_task(_listen(*pair)) for pair in zip(screens, heard, strict=False)]
    tasks += [
        asyncio.create_task(_linger(screen, ever=number % 2 == 0)) for number, screen in enumerate(screens[healthy:])
    ]
    print("connected", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(heard), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
