"""What debtors sound like: tones, a greeting, an answering machine, as G.711 µ-law at 8 kHz, the trunk's codec."""

import numpy as np
from numpy.typing import NDArray

RATE = 8000


def tone(hertz: int, seconds: int = 1) -> bytes:
    """A sine of ``hertz`` at half volume; whole seconds of whole hertz repeat without a click."""
    return encode(0.5 * np.sin(2 * np.pi * hertz * _times(seconds)))


def greeting(patience: int = 60) -> bytes:
    """Somebody who says a word, and then waits for one for ``patience`` seconds."""
    return tone(440)[: RATE * 6 // 10] + encode(np.zeros(patience * RATE))


def machine(seconds: int = 4) -> bytes:
    """An answering machine: ``seconds`` of syllables on a gliding voice, then a beep of 1,400 Hz for half a second."""
    times = _times(seconds)
    glide = 2 * np.pi * (140 * times - 20 * np.cos(2 * np.pi * 0.7 * times) / (2 * np.pi * 0.7))
    voice = sum(np.sin(n * glide) / n for n in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 3.5 * times), 0, None) ** 0.5
    return encode(0.25 * voice * syllables) + tone(1400)[: RATE // 2]


def _times(seconds: int) -> NDArray[np.float64]:
    return np.arange(seconds * RATE) / RATE


def encode(samples: NDArray[np.float64]) -> bytes:
    """Samples within ±1 as µ-law bytes (ITU-T G.711: sign, three bits of exponent, four of mantissa, inverted)."""
    pcm = np.clip(np.rint(samples * 32767), -32635, 32635).astype(np.int32)
    magnitude = np.abs(pcm) + 132
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    code = np.where(pcm < 0, 0x80, 0) | (exponent << 4) | mantissa
    return bytes((~code & 0xFF).astype(np.uint8))
