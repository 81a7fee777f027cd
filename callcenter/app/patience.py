"""HTTP that does not wait for ever: a client who sends half a request and then nothing is let go."""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol


class BoundedProtocol(H11Protocol):
    """Uvicorn's own protocol, which has a limit for idle links but none for links that have begun to speak.

    A request's head must be whole ``head_seconds`` after its first byte (or after the link was opened), and its body
    must go on at least every ``body_seconds``.
    """

    head_seconds = 20.0
    body_seconds = 60.0
    _deadline: asyncio.TimerHandle | None = None
    _in_head = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        state = self.conn.their_state
        if self.transport.get_protocol() is not self or state not in (h11.IDLE, h11.SEND_BODY):
            self._set(None)
        elif state is h11.SEND_BODY:
            self._set(self.body_seconds)
        elif not self._in_head:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._set(None)
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._set(self.head_seconds)
        self._in_head = True

    def _set(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._in_head = False
        self._deadline = self.loop.call_later(seconds, self._let_go) if seconds is not None else None

    def _let_go(self) -> None:
        if self.flow.read_paused:
            self._set(self.body_seconds)  # it is our turn: what has arrived is still being worked on
        else:
            self.transport.abort()
