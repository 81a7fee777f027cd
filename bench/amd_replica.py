"""What Asterisk's ``AMD()`` would say of a sound: its algorithm over frames of 20 ms, to try many parameters at once.

Written from ``app_amd.c`` and ``dsp.c`` of Asterisk 22; the scenario ``amd`` prints how often the real one
says the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telephony.detection import Detection

FRAME_MS = 20
_SAMPLES = 160


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """``by``: person, machine or unsure; ``milliseconds`` of sound it took."""

    by: str
    because: str
    milliseconds: int


def loudness(ulaw: bytes) -> NDArray[np.int64]:
    """The mean amplitude of each frame of G.711 µ-law, as the silence detector reckons it."""
    samples = np.abs(_EXPANDED[np.frombuffer(ulaw, np.uint8)])
    whole = len(samples) // _SAMPLES * _SAMPLES
    return np.asarray(samples[:whole].reshape(-1, _SAMPLES).sum(axis=1) // _SAMPLES)


def judge(frames: NDArray[np.int64], rules: Detection) -> Judged:
    """The verdict, an initial silence being none."""
    voice = consecutive = silent = words = 0
    in_word, greeted = True, False
    for n, level in enumerate(frames, 1):
        now = n * FRAME_MS
        if now >= rules.total:
            return Judged(by="unsure", because="TOOLONG", milliseconds=now)
        if level < rules.threshold:
            silent += FRAME_MS
            if silent >= rules.between_words:
                in_word, consecutive = False, 0
            if not greeted and silent >= rules.initial_silence:
                return Judged(by="unsure", because="INITIALSILENCE", milliseconds=now)
            if greeted and silent >= rules.after_greeting:
                return Judged(by="person", because="HUMAN", milliseconds=now)
            continue
        silent, consecutive, voice = 0, consecutive + FRAME_MS, voice + FRAME_MS
        if consecutive >= rules.shortest_word and not in_word:
            in_word, words = True, words + 1
        because = _machine(rules, consecutive, words, voice if greeted else 0)
        if because:
            return Judged(by="machine", because=because, milliseconds=now)
        greeted = greeted or voice >= rules.shortest_word
    return Judged(by="unsure", because="HANGUP", milliseconds=len(frames) * FRAME_MS)


def _machine(rules: Detection, consecutive: int, words: int, voice: int) -> str:
    if consecutive >= rules.longest_word:
        return "MAXWORDLENGTH"
    if words > rules.words:
        return "MAXWORDS"
    return "LONGGREETING" if voice >= rules.greeting else ""


def _expanded() -> NDArray[np.int64]:
    """Every code of G.711 µ-law as a sample of 16 bits."""
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 132) << ((code >> 4) & 7)) - 132
    return np.where(code & 0x80, -magnitude, magnitude)


_EXPANDED = _expanded()
