import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recordings.audio import interleaved, pair
from recordings.wav import PCM16, Track

lengths = st.integers(0, 700)


def ramp(length: int, rate: int = 8000, sign: int = 1) -> Track:
    return Track(rate=rate, samples=(np.arange(1, length + 1) * sign).astype(PCM16))


@given(lengths, lengths)
def test_unequal_sides_are_merged_to_the_longer_and_the_rest_is_silence(debtor: int, collector: int) -> None:
    stereo = pair(ramp(debtor), ramp(collector, sign=-1))
    mixed = np.frombuffer(b"".join(interleaved(stereo)), PCM16).reshape(-1, 2)
    assert len(mixed) == max(debtor, collector)
    assert (mixed[:debtor, 0] == ramp(debtor).samples).all()
    assert (mixed[:collector, 1] == ramp(collector, sign=-1).samples).all()
    assert not mixed[debtor:, 0].any()
    assert not mixed[collector:, 1].any()


@given(st.integers(1, 400), st.integers(1, 400))
def test_a_slower_side_is_brought_to_the_faster_rate(debtor: int, collector: int) -> None:
    stereo = pair(ramp(debtor, rate=8000), ramp(collector, rate=16000))
    assert stereo.rate == 16000
    assert len(stereo.left) == len(stereo.right) == max(2 * debtor, collector)


def test_a_missing_side_is_silent() -> None:
    stereo = pair(None, ramp(160))
    assert stereo.duration_ms == 20
    assert not stereo.left.any()
    assert (stereo.right == ramp(160).samples).all()


def test_a_long_call_is_handed_over_in_blocks() -> None:
    stereo = pair(ramp(8000 * 45), None)
    assert [len(block) for block in interleaved(stereo)] == [640_000, 640_000, 160_000]
