"""From the two sides of a call to one stored stereo file: Opus in Ogg, debtor left, collector right.

The encoder is a child process fed through a pipe, so the event loop only hands over blocks, memory stays bounded
however long the call was, and a hung encoder is killed by its time-out.
"""

import asyncio
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recordings.errors import EncoderFailed
from recordings.wav import PCM16, Samples, Track

BLOCK_SECONDS = 20
BIT_RATE = "48k"
"""48 kbit/s in "audio" mode keeps the sides 70 dB apart at 8 kHz; "voip" mode couples them to within 30 dB."""

COMPLEXITY = "2"
"""Of 0 to 10. A call is ready sooner than at 5; at 1 artefacts come within 38 dB of a tone at 16 kHz."""

NICENESS = 10
CODEC = "opus"
CHANNELS = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Stereo:
    """Both sides at one rate and one length. ``left`` is what the debtor said, ``right`` what the debtor heard."""

    rate: int
    left: Samples
    right: Samples

    @property
    def duration_ms(self) -> int:
        return round(len(self.left) * 1000 / self.rate)


def pair(debtor: Track | None, collector: Track | None) -> Stereo:
    """Bring two sides to one rate and the length of the longer one; a missing or short side is silent."""
    tracks = [track for track in (debtor, collector) if track is not None and len(track.samples)]
    rate = max((track.rate for track in tracks), default=8000)
    sides = [_at_rate(track, rate) for track in (debtor, collector)]
    length = max(len(side) for side in sides)
    left, right = (_padded(side, length) for side in sides)
    return Stereo(rate=rate, left=left, right=right)


def _at_rate(track: Track | None, rate: int) -> Samples:
    if track is None or not len(track.samples):
        return np.zeros(0, PCM16)
    if track.rate == rate:
        return track.samples
    wanted = round(len(track.samples) * rate / track.rate)
    at = np.arange(wanted) * (track.rate / rate)
    resampled: Samples = np.interp(at, np.arange(len(track.samples)), track.samples).astype(PCM16)
    return resampled


def _padded(samples: Samples, length: int) -> Samples:
    missing = length - len(samples)
    return samples if missing == 0 else np.concatenate([samples, np.zeros(missing, PCM16)])


def interleaved(stereo: Stereo) -> Iterator[bytes]:
    """The two sides as blocks of interleaved 16-bit frames."""
    step = stereo.rate * BLOCK_SECONDS
    for start in range(0, len(stereo.left), step):
        left, right = stereo.left[start : start + step], stereo.right[start : start + step]
        yield np.stack([left, right], axis=1).astype(PCM16, copy=False).tobytes()


class OpusEncoder:
    """Runs ``ffmpeg``, at most ``at_once`` of them, each at most ``seconds`` long, at a low priority."""

    def __init__(self, *, program: str = "ffmpeg", at_once: int = 2, seconds: float = 300) -> None:
        self._program = program
        self._slots = asyncio.Semaphore(at_once)
        self._seconds = seconds

    async def encode(self, stereo: Stereo, target: Path) -> None:
        """Write ``stereo`` to ``target``, replacing it. Raises ``EncoderFailed``; what was half written is then
        removed."""
        async with self._slots:
            process = await self._start(stereo.rate, target)
            try:
                async with asyncio.timeout(self._seconds):
                    problem = await _feed(process, stereo)
            except TimeoutError:
                problem = "timed out"
            finally:
                await _end(process)
        if process.returncode != 0 or problem:
            await asyncio.to_thread(target.unlink, missing_ok=True)
            raise EncoderFailed(reason=problem or f"exit status {process.returncode}")

    async def _start(self, rate: int, target: Path) -> asyncio.subprocess.Process:
        source = ["-f", "s16le", "-ar", str(rate), "-ac", str(CHANNELS), "-i", "pipe:0"]
        opus = ["-c:a", "libopus", "-application", "audio", "-b:a", BIT_RATE, "-compression_level", COMPLEXITY]
        safe = ["-hide_banner", "-loglevel", "error", "-nostats", "-y", "-protocol_whitelist", "pipe,file"]
        target_args = ["-map_metadata", "-1", "-f", "ogg", f"file:{target}"]
        try:
            process = await asyncio.create_subprocess_exec(
                self._program,
                *safe,
                *source,
                *opus,
                *target_args,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except FileNotFoundError as missing:
            raise EncoderFailed(reason=f"{self._program} is not installed (apt-get install ffmpeg)") from missing
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
        return process


async def _feed(process: asyncio.subprocess.Process, stereo: Stereo) -> str:
    """Pour the sound in and wait for the end; what the encoder complained about, if anything."""
    assert process.stdin is not None
    with suppress(BrokenPipeError, ConnectionResetError):
        for block in interleaved(stereo):
            process.stdin.write(block)
            await process.stdin.drain()
    process.stdin.close()
    _, complaint = await process.communicate()
    return complaint.decode("utf-8", "replace").strip()[:500]


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
