"""The bare reference of the live board: lines of the board sent to every websocket, at the board's own pace.

``python -m bench.board_pipe MANAGER_PORT`` prints the port where websockets are taken. A manager's events name phones;
for each a line of the board's length goes out with the next message. Nothing is decoded, kept or looked up, nobody's
reach is asked; a screen that does not take its message in time is let go, as by the product.
"""

import asyncio
import re
import sys
from contextlib import suppress
from typing import Any

from bench.bare_server import serve
from web.live.board import PACE_SECONDS
from web.live.endpoint import SEND_SECONDS

_CHANGES = re.compile(rb"Event: ContactStatus\r\n.*?EndpointName: (\d+)\r\n.*?ContactStatus: (\w+)\r\n\r\n", re.DOTALL)
#: A line as the product sends it.
_LINE = (
    '{{"id":{id},"name":"collector{id}","extension":"{extension}","unit_id":1,"state":"{state}","reason":null,'
    '"since":"2026-11-22T12:00:00.000000Z","call_id":null,"phone":false,"alarms":[]}}'
)
Send = Any


class Fanout:
    """Every screen, and what it has still to be sent."""

    def __init__(self) -> None:
        self._owed: dict[Send, list[str]] = {}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self._owed[send] = []
        sending = asyncio.create_task(self._serve(send))
        while (await receive())["type"] != "websocket.disconnect":
            pass
        self._owed.pop(send, None)
        sending.cancel()

    async def _serve(self, send: Send) -> None:
        with suppress(TimeoutError, RuntimeError):
            while send in self._owed:
                await asyncio.sleep(PACE_SECONDS)
                lines, self._owed[send] = self._owed[send], []
                if lines:
                    message = {"type": "websocket.send", "text": f'{{"put":{{"agents":[{",".join(lines)}]}}}}'}
                    await asyncio.wait_for(send(message), SEND_SECONDS)

    async def run(self, port: int) -> None:
        reader, _ = await asyncio.open_connection("127.0.0.1", port)
        waiting = b""
        while data := await reader.read(65_536):
            waiting += data
            done = 0
            for found in _CHANGES.finditer(waiting):
                state = "available" if found[2] == b"Reachable" else "offline"
                extension = int(found[1])
                line = _LINE.format(id=extension - 999, extension=extension, state=state)
                for owed in self._owed.values():
                    owed.append(line)
                done = found.end()
            waiting = waiting[done:]


if __name__ == "__main__":
    asyncio.run(serve(Fanout(), int(sys.argv[1])))
