"""From files in the spool to a recording, with a real encoder on both databases."""

import asyncio
import io
import os
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sqlalchemy import select

from callcenter.calls.recorded import RecordingReady
from core.kernel.bus import Bus
from core.kernel.uow import UnitOfWork
from recordings.audio import OpusEncoder, pair, sha256_of
from recordings.errors import EncoderFailed
from recordings.intake import Intake
from recordings.model import Recording, Waveform
from recordings.spool import Place
from recordings.storage import LocalStorage
from recordings.wav import PCM16, Track
from tests.integration.recordings.conftest import COLLECTOR_HZ, DEBTOR_HZ, FakeCalls, Recorded
from tests.plugins.figures import Figure


async def rows(uow: UnitOfWork) -> list[Recording]:
    async with uow.read() as session:
        return list((await session.scalars(select(Recording).order_by(Recording.id))).all())


async def take_all(intake: Intake, recorded: Recorded) -> None:
    for files in recorded.spool.finished():
        await intake.take(recorded.spool, files)


def loudest_hz(samples: np.ndarray, rate: int) -> tuple[float, float]:
    """The strongest frequency, and how many dB everything further than 20 Hz from it lies below."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    at = np.fft.rfftfreq(len(samples), 1 / rate)
    best = at[spectrum.argmax()]
    rest = spectrum[np.abs(at - best) > 20].max()
    return float(best), float(20 * np.log10(spectrum.max() / rest))


def decoded(path: Path) -> tuple[np.ndarray, int]:
    """What a player hears."""
    wav = subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-i", path, "-f", "wav", "-"], check=True, capture_output=True
    ).stdout
    fixed = wav[:4] + (len(wav) - 8).to_bytes(4, "little") + wav[8:]
    at = fixed.index(b"data") + 4
    return soundfile.read(io.BytesIO(fixed[:at] + (len(wav) - at - 4).to_bytes(4, "little") + fixed[at + 4 :]))


@pytest.mark.parametrize("rate", [8000, 16000])
async def test_each_side_keeps_its_tone_over_the_whole_call(
    rate: int, intake: Intake, recorded: Recorded, uow: UnitOfWork, tmp_path: Path
) -> None:
    recorded.lay("1763740000.1", seconds=6, rate=rate)
    await take_all(intake, recorded)
    (row,) = await rows(uow)
    samples, played_rate = decoded(tmp_path / "store" / (row.storage_key or ""))
    assert len(samples) / played_rate == pytest.approx(6.0, abs=0.05)
    for channel, hz in ((0, DEBTOR_HZ), (1, COLLECTOR_HZ)):
        for second in range(6):
            piece = samples[second * played_rate + 2000 : (second + 1) * played_rate - 2000, channel]
            found, clearness = loudest_hz(piece, played_rate)
            assert found == pytest.approx(hz, abs=3)
            assert clearness > 40


async def test_the_row_tells_what_is_stored_and_the_spool_is_empty(
    intake: Intake, recorded: Recorded, uow: UnitOfWork, calls: FakeCalls, heard: list[RecordingReady], bus: Bus,
    tmp_path: Path,
) -> None:  # fmt: skip
    calls.known["1763740000.1"] = 77
    recorded.lay("1763740000.1", seconds=3)
    await take_all(intake, recorded)
    await bus.drained()
    (row,) = await rows(uow)
    stored = tmp_path / "store" / (row.storage_key or "")
    assert (row.state, row.call_id, row.duration_ms, row.sides, row.channels) == ("ready", 77, 3000, "rt", 2)
    assert (row.bytes, row.sha256) == (stored.stat().st_size, sha256_of(stored))
    assert [(event.call_id, event.recording_id) for event in heard] == [(77, row.id)]
    assert recorded.names() == {}
    async with uow.read() as session:
        drawn = await session.get_one(Waveform, row.id)
    assert len(drawn.debtor) == len(drawn.collector) == 1600
    assert (drawn.both_speak, drawn.nobody_speaks) == (1.0, 0.0)


async def test_a_call_logged_later_is_found(
    intake: Intake, recorded: Recorded, uow: UnitOfWork, calls: FakeCalls, heard: list[RecordingReady], bus: Bus
) -> None:
    recorded.lay("1763740000.1")
    await take_all(intake, recorded)
    assert await intake.link() == 0
    calls.known["1763740000.1"] = 78
    assert await intake.link() == 1
    assert await intake.link() == 0
    await bus.drained()
    assert [event.call_id for event in heard] == [None, 78]
    assert [row.call_id for row in await rows(uow)] == [78]


async def test_an_adopted_orphan_is_marked_cut_off(intake: Intake, recorded: Recorded, uow: UnitOfWork) -> None:
    recorded.lay("1763740000.1", seconds=2, place=Place.MONITOR)
    for files in recorded.spool.unfinished():
        recorded.spool.adopt(files)
    await take_all(intake, recorded)
    (row,) = await rows(uow)
    assert (row.state, row.duration_ms) == ("cut_off", 2000)


async def test_one_side_alone_is_kept_and_a_late_other_side_is_put_aside(
    intake: Intake, recorded: Recorded, uow: UnitOfWork
) -> None:
    recorded.lay("1763740000.1")
    late = (recorded.root / Place.DONE / "1763740000.1-t.wav").read_bytes()
    (recorded.root / Place.DONE / "1763740000.1-t.wav").unlink()
    await take_all(intake, recorded)
    (row,) = await rows(uow)
    assert (row.state, row.sides) == ("ready", "r")
    (recorded.root / Place.DONE / "1763740000.1-t.wav").write_bytes(late)
    await take_all(intake, recorded)
    assert recorded.names() == {"refused": ["1763740000.1-t.wav"]}
    assert len(await rows(uow)) == 1


#: What Asterisk leaves of a call that was given up: a header, and no sound.
_HEADER_ALONE = (
    b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"
    b"\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00"
)


async def test_a_call_nobody_talked_in_leaves_no_recording(intake: Intake, recorded: Recorded, uow: UnitOfWork) -> None:
    for side in "rt":
        (recorded.root / Place.DONE / f"1763740000.1-{side}.wav").write_bytes(_HEADER_ALONE)
    await take_all(intake, recorded)
    assert await rows(uow) == []
    assert recorded.names() == {}


@pytest.mark.parametrize("content", [b"#!/bin/sh\nexit 0\n", b"OggS" * 50])
async def test_what_is_no_sound_is_put_aside_and_named(
    content: bytes, intake: Intake, recorded: Recorded, uow: UnitOfWork
) -> None:
    for side in "rt":
        (recorded.root / Place.DONE / f"1763740000.1-{side}.wav").write_bytes(content)
    await take_all(intake, recorded)
    (row,) = await rows(uow)
    assert row.state == "failed"
    assert row.error
    assert recorded.names() == {"refused": ["1763740000.1-r.wav", "1763740000.1-t.wav"]}


async def test_a_failing_encoder_leaves_the_files_and_another_try_succeeds(
    uow: UnitOfWork, storage: LocalStorage, calls: FakeCalls, intake: Intake, recorded: Recorded, clock, tmp_path: Path
) -> None:
    program = tmp_path / "encoder"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
    program.chmod(0o755)
    broken = Intake(
        uow=uow, clock=clock, storage=storage, calls=calls, encoder=OpusEncoder(program=str(program)), scratch=tmp_path
    )
    recorded.lay("1763740000.1")
    with pytest.raises(EncoderFailed, match="broken"):
        await take_all(broken, recorded)
    assert len(recorded.names()["done"]) == 2
    await take_all(intake, recorded)
    assert [row.state for row in await rows(uow)] == ["ready"]


async def test_a_hung_encoder_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "encoder"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 600\n")
    program.chmod(0o755)
    sound = pair(Track(rate=8000, samples=np.zeros(800_000, PCM16)), None)
    with pytest.raises(EncoderFailed, match="timed out"):
        await OpusEncoder(program=str(program), seconds=0.5).encode(sound, tmp_path / "out")
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_missing_encoder_names_the_command_that_mends_it(tmp_path: Path) -> None:
    sound = pair(Track(rate=8000, samples=np.ones(800, PCM16)), None)
    with pytest.raises(EncoderFailed, match="apt-get install ffmpeg"):
        await OpusEncoder(program="no-such-encoder").encode(sound, tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_while_five_minutes_are_made_ready_the_loop_stays_free(
    intake: Intake, recorded: Recorded, figure: Figure
) -> None:
    recorded.lay("1763740000.1", seconds=300)
    longest, stop = 0.0, asyncio.Event()

    async def pulse() -> None:
        nonlocal longest
        while not stop.is_set():
            begun = time.perf_counter()
            await asyncio.sleep(0.01)
            longest = max(longest, time.perf_counter() - begun - 0.01)

    watching = asyncio.create_task(pulse())
    begun = time.perf_counter()
    await take_all(intake, recorded)
    took = time.perf_counter() - begun
    stop.set()
    await watching
    figure("five minutes ready after, s", round(took, 2))
    assert longest < took / 2
