"""The wire: bytes to messages, whatever arrives.

panoramisk's protocol keeps the book of open actions; its reading is replaced, because a letter split over two reads, a
doubled header or an endless line must neither lose a good event nor close the link.
"""

import codecs
from asyncio import Transport
from collections import deque
from collections.abc import Collection
from typing import Any, Protocol

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

_END = "\r\n\r\n"
_EOL = "\r\n"
_EVENT = "Event: "

MESSAGE_LIMIT = 256 * 1024
"""Characters of one message; a longer one is skipped as a whole (Asterisk's own are under 10 kB)."""

LINE_LIMIT = 32 * 1024
"""Characters of one header line; a longer one is left out of its message."""


class Session(Protocol):
    """Who owns the wire. None of these may raise."""

    def heard(self, headers: dict[str, str]) -> None:
        """An event: header names in lower case, of a doubled header the first value."""

    def lost(self, error: Exception | None) -> None:
        """The link is gone, once."""


class _Everything:
    """Every action is forgetable: panoramisk repeats the others after a reconnect, which would dial a debtor twice."""

    def __contains__(self, _: object) -> bool:
        return True


class _Factory:
    """What panoramisk's protocol expects of its manager, without the manager's own reconnecting and replaying."""

    forgetable_actions = _Everything()

    def __init__(self) -> None:
        self.awaiting_actions: deque[Action] = deque()


class Wire(AMIProtocol):  # type: ignore[misc] # panoramisk is untyped
    """One connection to Asterisk's manager port. Events of other kinds than ``kinds`` (None: of all) are passed over
    unread: they are the longest, and a telephone rings behind them."""

    def __init__(self, session: Session, kinds: Collection[str] | None = None) -> None:
        self._session = session
        self._kinds = kinds
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._skipping = False
        self._over = False
        self.skipped = 0
        self.received = 0

    def connection_made(self, transport: Transport) -> None:
        super().connection_made(transport)
        self.encoding = "utf-8"
        self.factory = _Factory()

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        *messages, self._rest = (self._rest + self._decoder.decode(data)).split(_END)
        for message in messages:
            if self._skipping:
                self._skipping = False
            elif len(message) > MESSAGE_LIMIT:
                self.skipped += 1
            else:
                self._message(message)
        if len(self._rest) > MESSAGE_LIMIT:
            self.skipped += not self._skipping
            self._skipping = True
            self._rest = self._rest[-len(_END) + 1 :]

    def _message(self, text: str) -> None:
        if self._kinds is not None and text.startswith(_EVENT) and _kind(text) not in self._kinds:
            return
        headers = parse(text)
        # An event that bears an action's id may overtake the answer: given to the action, it would be taken for it.
        if "event" in headers:
            self._session.heard(headers)
        elif "response" in headers:
            self.handle_message(Message(headers))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._over:
            self._over = True
            self.close()
            self._session.lost(exc)

    def abort(self) -> None:
        """Drop the link at once, without waiting for a far end that may be gone."""
        self.transport.abort()

    def order(self, headers: dict[str, Any]) -> Action:
        """Send an action; its future holds the first answer. ``as_list=False`` keeps panoramisk from guessing lists."""
        action = Action(headers)
        self.send(action, as_list=False)
        return action

    def forget(self, action: Action) -> None:
        """Stop waiting for an answer that did not come."""
        self.responses.pop(action.id, None)


def _kind(event: str) -> str:
    return event[len(_EVENT) : end if (end := event.find(_EOL)) >= 0 else None]


def parse(text: str) -> dict[str, str]:
    """The headers of one message. Lines that are no headers (the greeting, noise) are passed over.

    The first of doubled headers wins: Asterisk writes its own before those that a user event or a variable adds.
    """
    headers: dict[str, str] = {}
    for line in text.split(_EOL):
        name, colon, value = line.partition(": ")  # as Asterisk writes; a colon may come earlier, and bare
        if not colon or ":" in name:
            name, colon, value = line.partition(":")
            value = value.removeprefix(" ")
        if colon and len(line) <= LINE_LIMIT:
            headers.setdefault(name.lower(), value)
    return headers
