import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.errors import UnreadableAudio
from recordings.wav import PCM16, PLAIN_HEADER, header, layout, read_track

SOUND = np.arange(1, 2001, dtype=PCM16)


def unclosed(rate: int = 8000) -> bytes:
    """What a writer leaves that died before it filled in the sizes."""
    whole = bytearray(header(rate, len(SOUND)) + SOUND.tobytes())
    whole[4:8] = whole[40:44] = bytes(4)
    return bytes(whole)


def test_our_header_is_what_the_standard_library_reads(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(header(16000, len(SOUND)) + SOUND.tobytes())
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (16000, 1, len(SOUND))


@given(st.sampled_from([8000, 16000]), st.booleans(), st.data())
def test_any_truncation_gives_every_whole_sample_before_the_tear(rate: int, closed: bool, data: st.DataObject) -> None:
    whole = header(rate, len(SOUND)) + SOUND.tobytes() if closed else unclosed(rate)
    torn = whole[: data.draw(st.integers(0, len(whole)))]
    found = layout(torn[:4096], len(torn))
    assert found.frames == max(0, len(torn) - PLAIN_HEADER) // 2
    if found.frames:
        assert found.rate == rate
        samples = np.frombuffer(torn, PCM16, count=found.frames, offset=found.offset)
        assert (samples == SOUND[: found.frames]).all()


@given(st.binary(max_size=200))
def test_no_bytes_can_do_worse_than_be_refused(data: bytes) -> None:
    try:
        found = layout(data, len(data))
    except UnreadableAudio:
        return
    assert 0 <= found.frames * 2 <= max(0, len(data) - found.offset)


@given(st.binary(max_size=60).map(lambda tail: b"RIFF\0\0\0\0WAVE" + tail))
def test_no_chunk_list_can_point_outside_the_file(data: bytes) -> None:
    test_no_bytes_can_do_worse_than_be_refused.hypothesis.inner_test(data)  # type: ignore[attr-defined]


def test_chunks_before_and_after_the_sound_are_passed_over(tmp_path: Path) -> None:
    plain = header(8000, len(SOUND))
    extra = b"LIST" + (3).to_bytes(4, "little") + b"abc\0"
    path = tmp_path / "a.wav"
    path.write_bytes(plain[:36] + extra + plain[36:] + SOUND.tobytes() + extra)
    track = read_track(path)
    assert (track.samples == SOUND).all()
    assert track.seconds == pytest.approx(0.25)


@pytest.mark.parametrize("change", [(20, 7), (22, 2), (34, 8)], ids=["mu-law", "stereo", "8 bit"])
def test_other_formats_are_refused(change: tuple[int, int]) -> None:
    at, value = change
    head = bytearray(header(8000, 10))
    head[at : at + 2] = value.to_bytes(2, "little")
    with pytest.raises(UnreadableAudio):
        layout(bytes(head), 64)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.wav").write_bytes(header(8000, 1) + b"ab")
    (tmp_path / "link.wav").symlink_to(tmp_path / "secret.wav")
    with pytest.raises(OSError, match="symbolic"):
        read_track(tmp_path / "link.wav")
