"""Reading the WAV files Asterisk leaves, also those whose writer died before it wrote the sizes.

Asterisk writes a 44-byte header with sizes of zero and fills them in when it closes the file. After a crash the
sizes are therefore wrong and the end may be torn in mid-sample. Nothing is mended on disk: the layout is worked
out anew from what is really there, so a reading can be repeated at any time and never makes a file worse.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recordings.errors import UnreadableAudio

PCM16 = np.dtype("<i2")
Samples = NDArray[np.int16]

HEAD_BYTES = 4096
"""How much of a file is searched for its chunks; Asterisk's own header is 44 bytes."""

DEFAULT_RATE = 8000
PLAIN_HEADER = 44
_PCM = 1
_EXTENSIBLE = 0xFFFE


@dataclass(frozen=True, kw_only=True, slots=True)
class WavLayout:
    """Where the samples lie: ``rate`` in Hz, ``offset`` in bytes, ``frames`` that are whole. Mono, 16 bit,
    little-endian."""

    rate: int
    offset: int
    frames: int


def layout(head: bytes, size: int) -> WavLayout:
    """Work out the layout of a mono PCM16 file of ``size`` bytes from its first bytes.

    The header's sizes are believed only when they are plausible: not zero and not beyond the end of the file. A file
    torn inside its header holds no sound and has no frames. Raises ``UnreadableAudio`` for what is no mono PCM16 WAV
    at all.
    """
    if size < PLAIN_HEADER and b"RIFF".startswith(head[:4]):
        return WavLayout(rate=DEFAULT_RATE, offset=size, frames=0)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise UnreadableAudio(reason="not a WAV file")
    rate, at = DEFAULT_RATE, 12
    while at + 8 <= len(head):
        name, length = head[at : at + 4], int.from_bytes(head[at + 4 : at + 8], "little")
        at += 8
        if name == b"data":
            available = max(0, size - at)
            told = length if 0 < length <= available else available
            return WavLayout(rate=rate, offset=at, frames=told // PCM16.itemsize)
        if name == b"fmt ":
            rate = _rate(head[at : at + 16])
        at += length + (length & 1)
    raise UnreadableAudio(reason="no data chunk")


def _rate(fmt: bytes) -> int:
    if len(fmt) < 16:
        raise UnreadableAudio(reason="torn format chunk")
    code, channels, rate, _, _, bits = struct.unpack("<HHIIHH", fmt)
    if code not in (_PCM, _EXTENSIBLE) or channels != 1 or bits != 16 or not 4000 <= rate <= 192_000:
        raise UnreadableAudio(reason="not 16-bit mono PCM")
    return int(rate)


def header(rate: int, frames: int) -> bytes:
    """A correct 44-byte header for ``frames`` mono 16-bit samples at ``rate`` Hz."""
    length = frames * 2
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + length,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        1,
        rate,
        rate * 2,
        2,
        16,
        b"data",
        length,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """One side of a call: its samples (mapped from the file, not in memory) and their ``rate`` in Hz."""

    rate: int
    samples: Samples

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


def read_track(path: Path) -> Track:
    """Map the samples of ``path``. Symbolic links are refused (``OSError``); raises ``UnreadableAudio`` as
    ``layout``."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        found = layout(file.read(HEAD_BYTES), os.fstat(file.fileno()).st_size)
        if found.frames == 0:
            return Track(rate=found.rate, samples=np.zeros(0, PCM16))
        mapped = np.memmap(file, dtype=PCM16, mode="r", offset=found.offset, shape=(found.frames,))
    return Track(rate=found.rate, samples=mapped)
