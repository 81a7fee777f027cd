"""The keys of a debtor's telephone: sent beside the voice as events of RFC 4733, over a socket of their own."""

import socket
import struct
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from telephony.lab import tone

_EVENTS = {key: number for number, key in enumerate("0123456789*#")}
_EVENT_TYPE, _VOICE_TYPE = 101, 0
_PACKET_SECONDS, _STEP = 0.02, 160
_PACKETS, _ENDS = 5, 3
_VOLUME, _END_BIT, _MARKER = 10, 0x80, 0x80
_GAP_SECONDS = 0.08
_SOURCE = 0x5EED


class Keypad:
    """Sounds for one debtor at ``media`` (to be given to his ``Ring``), towards ``target`` once that is known. Its
    packets are counted from ``first`` (RTP sequence numbers, of 16 bits). Pressing and speaking block."""

    def __init__(self, host: str, first: int = 1) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.media: tuple[str, int] = self._socket.getsockname()
        self.target: tuple[str, int] | None = None
        self._sequence, self._stamp = first, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def press(self, keys: str) -> None:
        """One key after another."""
        for key in keys:
            self._send_all(self._event(_EVENTS[key]))
            self._stamp += _STEP * (_PACKETS + _ENDS)
            time.sleep(_GAP_SECONDS)

    def speak(self, seconds: float, hertz: int = 440) -> None:
        """A tone."""
        sound = tone.tone(hertz)
        for number in range(round(seconds / _PACKET_SECONDS)):
            start = number * _STEP % (len(sound) - _STEP)
            self._send(_VOICE_TYPE, sound[start : start + _STEP], marked=number == 0)
            self._stamp += _STEP
            time.sleep(_PACKET_SECONDS)

    def _event(self, number: int) -> Iterable[bytes]:
        for count in range(1, _PACKETS + 1):
            yield struct.pack("!BBH", number, _VOLUME, count * _STEP)
        for _ in range(_ENDS):
            yield struct.pack("!BBH", number, _END_BIT | _VOLUME, _PACKETS * _STEP)

    def _send_all(self, payloads: Iterable[bytes]) -> None:
        for count, payload in enumerate(payloads):
            self._send(_EVENT_TYPE, payload, marked=count == 0)
            time.sleep(_PACKET_SECONDS)

    def _send(self, kind: int, payload: bytes, *, marked: bool) -> None:
        if self.target is None:
            raise RuntimeError("nobody has answered yet")
        head = struct.pack(
            "!BBHII", 0x80, kind | (_MARKER if marked else 0), self._sequence, self._stamp & 0xFFFFFFFF, _SOURCE
        )
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._socket.sendto(head + payload, self.target)
