"""A manager port that does what the test says: for what a real Asterisk cannot be made to do on purpose."""

import asyncio
from collections.abc import Callable
from types import TracebackType

from tests.fakes.queue_members import QueueMembers

Answer = Callable[[dict[str, str]], str | None]

LISTS = {
    "CoreShowChannels": "CoreShowChannelsComplete",
    "BridgeList": "BridgeListComplete",
    "QueueStatus": "QueueStatusComplete",
    "DeviceStateList": "DeviceStateListComplete",
}


class AmiServer:
    """``answer`` may take over an action: text to send back, or None to stay silent. ``heard`` are all actions."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.heard: list[dict[str, str]] = []
        self.answer = answer
        self.links = 0
        self.silent: set[str] = set()
        self.members = QueueMembers()
        self.changed = asyncio.Condition()
        self._writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> "AmiServer":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def say(self, data: bytes) -> None:
        """Send bytes as they are to whoever is connected."""
        for writer in self._writers:
            writer.write(data)

    def event(self, **headers: object) -> None:
        self.say(("".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n").encode())

    def actions(self, name: str) -> list[dict[str, str]]:
        return [each for each in self.heard if each["Action"] == name]

    async def until(self, condition: Callable[[], bool], timeout: float = 60) -> None:
        """Wait for an action or a link after which the condition holds."""
        async with asyncio.timeout(timeout), self.changed:
            await self.changed.wait_for(condition)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.links += 1
        self._writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        try:
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                await self._act(dict(line.split(": ", 1) for line in text.split("\r\n") if ": " in line), writer)
        except (asyncio.IncompleteReadError, OSError):
            return
        finally:
            writer.transport.abort()

    async def _act(self, action: dict[str, str], writer: asyncio.StreamWriter) -> None:
        self.heard.append(action)
        reply = self._reply(action)
        if reply is not None:
            writer.write(reply.encode())
        async with self.changed:
            self.changed.notify_all()

    def _reply(self, action: dict[str, str]) -> str | None:
        if action["Action"] in self.silent:
            return None
        if self.answer is not None and (told := self.answer(action)):
            return told
        reply = f"Response: Success\r\nActionID: {action['ActionID']}\r\nMessage: done\r\n\r\n"
        reply += self.members.ordered(action)
        if action["Action"] == "PlayDTMF":
            told = {"Event": "UserEvent", "UserEvent": "CallcenterRecorder", "Uniqueid": action["Channel"]}
            reply += "".join(f"{key}: {value}\r\n" for key, value in told.items()) + "\r\n"
        if end := LISTS.get(action["Action"]):
            if action["Action"] == "QueueStatus":
                reply += self.members.listed(action["ActionID"])
            reply += f"Event: {end}\r\nActionID: {action['ActionID']}\r\n\r\n"
        return reply
