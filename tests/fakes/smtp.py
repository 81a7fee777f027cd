"""A mail server that takes messages for the length of a test, and misbehaves as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """``answers`` replaces the answer to a command (``RCPT``, ``DATA``, ``.`` after the message); empty: it hangs up
    without one. ``messages`` are those that were taken, ``heard`` every command."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    messages: list[EmailMessage] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation."""
        try:
            await self._say(writer, "220 mail.example.org")
            while line := (await reader.readline()).decode().strip():
                verb = line.split()[0].upper()
                self.heard.append(verb)
                if not await self._answer(verb, reader, writer):
                    return
        except ConnectionError:
            return
        finally:
            writer.close()

    async def _answer(self, verb: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        usual = {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok")
        answer = self.answers.get(verb, usual)
        if answer:
            await self._say(writer, answer)
        if verb == "DATA" and answer.startswith("354"):
            return await self._take(reader, writer)
        return bool(answer) and verb != "QUIT"

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        text = await reader.readuntil(b"\r\n.\r\n")
        answer = self.answers.get(".", "250 taken")
        if answer.startswith("250"):
            plain = text.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
            found = message_from_bytes(plain, policy=policy.default)
            assert isinstance(found, EmailMessage)
            self.messages.append(found)
        if answer:
            await self._say(writer, answer)
        return bool(answer)

    @staticmethod
    async def _say(writer: asyncio.StreamWriter, line: str) -> None:
        writer.write(f"{line}\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """A server on a free port."""
    server = MailServer()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server
