import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recordings.peaks import BUCKETS, SILENCE_MS, peaks, speech, voice
from recordings.wav import PCM16

tracks = arrays(PCM16, st.integers(0, 3000), elements=st.integers(-32768, 32767))


def tone(seconds: float, rate: int = 8000, level: float = 0.25) -> np.ndarray:
    return (32767 * level * np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * 440 / rate)).astype(PCM16)


def hush(seconds: float, rate: int = 8000) -> np.ndarray:
    return np.zeros(round(seconds * rate), PCM16)


@given(tracks, st.integers(1, 50))
def test_the_loudest_peak_is_the_loudest_sample(samples: np.ndarray, buckets: int) -> None:
    drawn = peaks(samples, buckets)
    assert len(drawn) == min(buckets, len(samples))
    if len(samples):
        loudest = np.abs(samples.astype(int)).max()
        assert abs(max(drawn) - loudest / 32768 * 255) <= 1


def test_peaks_are_where_the_sound_is() -> None:
    drawn = peaks(np.concatenate([hush(1), tone(1), hush(1)]), 30)
    assert set(drawn[:10]) == set(drawn[21:]) == {0}
    assert min(drawn[10:20]) > 60


def test_speech_is_told_from_silence_and_pauses_within_a_sentence_are_bridged() -> None:
    debtor = voice(np.concatenate([tone(1), hush(0.2), tone(0.8), hush(4)]), 8000)
    collector = voice(np.concatenate([hush(1.5), tone(2.5), hush(2)]), 8000)
    found = speech(debtor, collector)
    assert (round(found.debtor, 2), round(found.collector, 2)) == (0.33, 0.42)
    assert (round(found.both, 2), round(found.neither, 2)) == (0.08, 0.33)
    assert found.silences == ((4000, 6000),)


@given(tracks, tracks)
def test_shares_add_up_and_silences_are_long_enough(left: np.ndarray, right: np.ndarray) -> None:
    length = max(len(left), len(right))
    sides = [voice(np.pad(side, (0, length - len(side))), 8000) for side in (left, right)]
    found = speech(*sides)
    if length:
        assert abs(found.debtor + found.collector - found.both + found.neither - 1) < 1e-9
    assert all(stop - start >= SILENCE_MS for start, stop in found.silences)


def test_one_hour_is_drawn_at_once() -> None:
    samples = np.random.default_rng(7).integers(-9000, 9000, 8000 * 3600).astype(PCM16)
    begun = time.perf_counter()
    assert len(peaks(samples)) == BUCKETS
    assert time.perf_counter() - begun < 0.5
