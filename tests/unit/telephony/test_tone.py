"""The debtor's voice, checked against an independent decoder of the same law."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from telephony.lab import tone


def decoded(data: bytes) -> np.ndarray:
    """G.711 µ-law by the textbook's table of segments."""
    inverted = ~np.frombuffer(data, dtype=np.uint8)
    magnitude = (((inverted & 0x0F) << 3).astype(np.int32) + 132 << ((inverted >> 4) & 7)) - 132
    return np.where(inverted & 0x80, -magnitude, magnitude) / 32768


@given(st.integers(20, 3900))
def test_tone_has_its_frequency_and_no_click_at_the_seam(hertz: int) -> None:
    twice = decoded(tone.tone(hertz) * 2)
    spectrum = np.abs(np.fft.rfft(twice))
    assert spectrum.argmax() == 2 * hertz
    assert np.sqrt(np.mean(twice**2)) > 0.3


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=50))
def test_coding_is_as_exact_as_the_law_allows(samples: list[float]) -> None:
    exact = np.array(samples)
    assert np.all(np.abs(decoded(tone.encode(exact)) - exact) <= np.abs(exact) / 16 + 0.006)


def test_who_greets_says_a_word_and_waits() -> None:
    loud = np.flatnonzero(np.abs(decoded(tone.greeting(patience=5))) > 0.1)
    assert 0.5 * tone.RATE < loud[-1] < 0.7 * tone.RATE


def test_machine_ends_with_its_beep() -> None:
    beep = decoded(tone.machine())[-tone.RATE // 2 :]
    assert np.abs(np.fft.rfft(beep)).argmax() == 700
