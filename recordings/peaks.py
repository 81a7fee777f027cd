"""What a player draws and a quality review counts: peaks, silences, and who spoke when. Pure, over whole tracks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.wav import Samples

BUCKETS = 1600
"""Columns drawn for one recording: more than a wide screen shows, about 3 kB for both sides."""

FRAME_MS = 20
SPEECH_DBFS = -42.0
"""A 20 ms frame louder than this (RMS, full scale 16 bit) counts as speech; line noise and comfort noise stay
below -50."""

BRIDGE_MS = 300
"""A pause shorter than this lies inside a sentence and stays speech."""

SILENCE_MS = 700
"""Only silences of both sides at least this long are worth skipping."""

Voice = NDArray[np.bool_]


def peaks(samples: Samples, buckets: int = BUCKETS) -> bytes:
    """The loudest sample of each of ``buckets`` equal stretches, 0 to 255 of full scale, one byte each.

    A track shorter than the buckets gives one byte a sample.
    """
    count = min(buckets, len(samples))
    if count == 0:
        return b""
    edges = np.linspace(0, len(samples), count, endpoint=False).astype(np.int64)
    high = np.maximum.reduceat(samples, edges).astype(np.int32)
    low = np.minimum.reduceat(samples, edges).astype(np.int32)
    loudest = np.maximum(high, -low)
    return np.minimum(np.ceil(loudest / 128.5), 255).astype(np.uint8).tobytes()


def voice(samples: Samples, rate: int) -> Voice:
    """For every 20 ms frame whether somebody speaks, short pauses bridged. The last, partial frame counts as a
    whole one."""
    frame = max(1, rate * FRAME_MS // 1000)
    whole = len(samples) // frame
    levels = _mean_squares(samples[: whole * frame].reshape(whole, frame))
    if len(samples) % frame:
        levels = np.append(levels, _mean_squares(samples[whole * frame :].reshape(1, -1)))
    loud = levels > (32768.0 * 10 ** (SPEECH_DBFS / 20)) ** 2
    for start, stop in _runs(~loud):
        if start > 0 and stop < len(loud) and (stop - start) * FRAME_MS < BRIDGE_MS:
            loud[start:stop] = True
    return loud


def _mean_squares(frames: NDArray[np.int16]) -> NDArray[np.float64]:
    """In slices: a whole hour as floats would be a quarter of a gigabyte."""
    result = np.empty(len(frames))
    for start in range(0, len(frames), 4096):
        part = frames[start : start + 4096].astype(np.float32)
        result[start : start + 4096] = np.einsum("ij,ij->i", part, part) / max(1, part.shape[1])
    return result


def _runs(flags: Voice) -> list[tuple[int, int]]:
    """Half-open stretches of frames in which ``flags`` holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Speech:
    """Shares of the recording (0 to 1): each side speaking, both at once, neither; and the silences of both, in ms."""

    debtor: float
    collector: float
    both: float
    neither: float
    silences: tuple[tuple[int, int], ...]


def speech(debtor: Voice, collector: Voice) -> Speech:
    """Compare the two sides' voice frames, which must be equally many."""
    total = max(1, len(debtor))
    neither = ~(debtor | collector)
    silences = tuple(
        (start * FRAME_MS, stop * FRAME_MS) for start, stop in _runs(neither) if (stop - start) * FRAME_MS >= SILENCE_MS
    )
    return Speech(
        debtor=float(debtor.sum() / total),
        collector=float(collector.sum() / total),
        both=float((debtor & collector).sum() / total),
        neither=float(neither.sum() / total),
        silences=silences,
    )
