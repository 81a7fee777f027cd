"""The bare reference of the pop: a manager's bytes piped from their socket to the websocket of the phone that rings.

``python -m bench.pipe MANAGER_PORT`` prints the port where websockets ``/EXTENSION`` are taken. Nothing is decoded,
kept or looked up; the server underneath and its settings are the product's.
"""

import asyncio
import re
import sys
from collections import defaultdict
from typing import Any

from bench.bare_server import serve

_RINGS = re.compile(rb"Event: DialBegin\r\n.*?DestChannel: PJSIP/(\d+)-.*?\r\n\r\n", re.DOTALL)
Send = Any


class Pipe:
    """Websockets by extension, and the bytes on their way to them."""

    def __init__(self) -> None:
        self._sends: dict[str, list[Send]] = defaultdict(list)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        own = self._sends[scope["path"].strip("/")]
        own.append(send)
        while (await receive())["type"] != "websocket.disconnect":
            pass
        own.remove(send)

    async def run(self, port: int) -> None:
        reader, _ = await asyncio.open_connection("127.0.0.1", port)
        waiting = b""
        while data := await reader.read(65_536):
            waiting += data
            sent = 0
            for found in _RINGS.finditer(waiting):
                for send in self._sends[found[1].decode()]:
                    await send({"type": "websocket.send", "text": waiting[sent : found.end()].decode()})
                sent = found.end()
            waiting = waiting[sent:]


if __name__ == "__main__":
    asyncio.run(serve(Pipe(), int(sys.argv[1])))
