"""Voices, tones, noises and music, all from a seed, at 8 kHz within ±1."""

import io
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import soundfile

from telephony.lab.tone import RATE
from tests.answers.take import Sound

VARIANTS = ("m1", "m2", "m3", "m4", "m7", "f1", "f2", "f3", "f4", "f5")
#: What a telephone lets through, Hz.
_BAND = (250.0, 3500.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """A voice of espeak-ng: its language, words a minute, pitch of 0 to 99."""

    language: str
    variant: str
    speed: int
    pitch: int


@cache
def say(voice: Voice, text: str) -> Sound:
    """The words through a telephone, as loud as speech on a good line, without silence around them. Raises
    ``RuntimeError`` where there is no espeak-ng."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise RuntimeError("espeak-ng is missing: run 'apt-get install espeak-ng'")
    name = {"en": "en-gb"}.get(voice.language, voice.language)
    command = [program, "-v", f"{name}+{voice.variant}", "-s", str(voice.speed), "-p", str(voice.pitch), "--stdout"]
    done = subprocess.run([*command, text], capture_output=True, check=True)
    wide, rate = soundfile.read(io.BytesIO(done.stdout), dtype="float64")
    return loud(_trimmed(_narrow(wide, rate)), -20)


def _narrow(wide: Sound, rate: int) -> Sound:
    """The telephone's band of it, at its rate."""
    spectrum = np.fft.rfft(wide)
    hertz = np.fft.rfftfreq(len(wide), 1 / rate)
    spectrum[(hertz < _BAND[0]) | (hertz > _BAND[1])] = 0
    length = round(len(wide) * RATE / rate)
    return np.asarray(np.fft.irfft(spectrum[: length // 2 + 1], length) * RATE / rate)


def _trimmed(sound: Sound) -> Sound:
    heard = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    return sound[heard[0] : heard[-1] + 1]


def loud(sound: Sound, decibels: float) -> Sound:
    """With that root mean square of full scale."""
    rms = float(np.sqrt(np.mean(sound**2)))
    return sound * (10 ** (decibels / 20) / rms) if rms else sound


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE))


def beep(hertz: float, seconds: float) -> Sound:
    return loud(np.sin(2 * np.pi * hertz * _times(seconds)), -16)


def ringing(seconds: float) -> Sound:
    """The last of a ringing tone (425 Hz), which some networks still send after the answer."""
    return loud(np.sin(2 * np.pi * 425 * _times(seconds)), -22)


def information_tones() -> Sound:
    """The three rising tones before an operator's announcement (ITU-T E.180)."""
    return np.concatenate([loud(np.sin(2 * np.pi * hertz * _times(0.33)), -20) for hertz in (950, 1400, 1800)])


def noise(rng: np.random.Generator, seconds: float, colour: float = 0.0) -> Sound:
    """White (0) to pink (1) noise of the telephone's band."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(hertz < _BAND[0]) | (hertz > _BAND[1])] = 0
    spectrum[1:] /= hertz[1:] ** (colour / 2)
    return np.asarray(np.fft.irfft(spectrum, count))


def music(rng: np.random.Generator, seconds: float) -> Sound:
    """A simple tune: notes of a scale with overtones that die away."""
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12)
    notes: list[Sound] = []
    while sum(map(len, notes)) < seconds * RATE:
        times = _times(float(rng.choice([0.2, 0.3, 0.4])))
        pitch = float(rng.choice(scale))
        note = sum(np.sin(2 * np.pi * pitch * n * times) / n**2 for n in (1, 2, 3, 4))
        notes.append(np.asarray(note) * np.exp(-3 * times))
    return np.concatenate(notes)[: round(seconds * RATE)]


def talk(voices: Sequence[Voice], texts: Sequence[str], seconds: float) -> Sound:
    """Voices that go on talking, one over another: a television, people in a room."""
    heard = np.zeros(round(seconds * RATE))
    for at, voice in enumerate(voices):
        said = np.concatenate([say(voice, text) for text in texts])
        heard += np.roll(np.resize(said, len(heard)), at * 3 * RATE)
    return heard


def over(sound: Sound, under: Sound) -> Sound:
    """One sound with another beneath it, which lasts as long."""
    return np.clip(sound + np.resize(under, len(sound)), -1, 1)


def _times(seconds: float) -> Sound:
    return np.arange(round(seconds * RATE)) / RATE
