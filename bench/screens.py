"""Many screens in a process of their own: connects every websocket it is told of and notes when which caller came.

``python -m bench.screens MARK``: one JSON line on standard input, ``[[url, cookie], …]``; prints ``connected`` when all
are, and after the next line on standard input a JSON object from the caller's number to when (monotonic seconds) a
message with MARK first ended on it.
"""

import asyncio
import json
import re
import sys
import time
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

_CALLER = re.compile(r"\b79\d{9}\b")
_AT_ONCE = 25


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


def _first(heard: list[tuple[float, str]], mark: str) -> dict[str, float]:
    when: dict[str, float] = {}
    for at, text in heard:
        if mark in text and (found := _CALLER.findall(text)):
            when.setdefault(found[-1], at)
    return when


async def connected(wanted: list[tuple[str, str]]) -> list[ClientConnection]:
    """A websocket for each address and cookie, in their order."""
    gate = asyncio.Semaphore(_AT_ONCE)
    return await asyncio.gather(*(_open(url, cookie, gate) for url, cookie in wanted))


async def main(mark: str) -> None:
    wanted: list[tuple[str, str]] = json.loads(await asyncio.to_thread(sys.stdin.readline))
    screens = await connected(wanted)
    heard: list[tuple[float, str]] = []
    listening = [asyncio.create_task(_listen(screen, heard)) for screen in screens]
    print("connected", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print(json.dumps(_first(heard, mark)), flush=True)
    for task in listening:
        task.cancel()
    await asyncio.gather(*listening, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
