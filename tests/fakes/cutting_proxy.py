"""A TCP proxy that breaks links on demand: after a number of bytes, at once, or half open (alive, but mute)."""

import asyncio
from types import TracebackType


class CuttingProxy:
    """``budget`` is how many bytes may still pass from the server before the link breaks (None: no bound).

    ``mute`` lets the budget's end silence the link instead of closing it, as a router that forgot it would.
    """

    def __init__(self, host: str, port: int) -> None:
        self._far = (host, port)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.budget: int | None = None
        self.mute = False
        self.cuts = 0
        self.links = 0
        self.refusing = False
        self.cut_happened = asyncio.Event()
        self._over = asyncio.Event()
        self.port = 0

    async def __aenter__(self) -> "CuttingProxy":
        self._server = await asyncio.start_server(self._link, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.refusing = True
        self._over.set()
        while self._tasks:  # one that was just opening its way to the server is cut once it has
            self.cut()
            await asyncio.wait(self._tasks, timeout=0.05)

    def cut(self) -> None:
        """Break every link now."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def cut_after(self, count: int, *, mute: bool = False) -> None:
        self.budget, self.mute = count, mute
        self.cut_happened.clear()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            if self.refusing:
                raise OSError
            far_reader, far_writer = await asyncio.open_connection(*self._far)
        except OSError:
            writer.transport.abort()
            return
        self.links += 1
        self._writers |= {writer, far_writer}
        ways = [
            asyncio.create_task(self._pass_on(reader, far_writer, bounded=False)),
            asyncio.create_task(self._pass_on(far_reader, writer, bounded=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            writer.transport.abort()
            far_writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, bounded: bool) -> None:
        try:
            while data := await reader.read(65536):
                if bounded and self.budget is not None:
                    data, over = data[: self.budget], len(data) >= self.budget
                    self.budget -= len(data)
                    writer.write(data)
                    if over:
                        await self._break()
                        return
                else:
                    writer.write(data)
                await writer.drain()
        except OSError:
            return

    async def _break(self) -> None:
        self.budget = None
        self.cuts += 1
        self.cut_happened.set()
        if self.mute:
            await self._over.wait()
