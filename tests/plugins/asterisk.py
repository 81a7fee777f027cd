"""One private Asterisk for the test session, with short patience, and what its files say."""

import asyncio
import csv
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import soundfile

from telephony.lab import Lab, LabError, LabOptions
from telephony.provisioning import CDR_COLUMNS, CEL_COLUMNS, Phone

T = TypeVar("T")

PHONES = tuple(
    Phone(extension=extension, password=f"phone-{extension}-secret", name=name)
    for extension, name in (
        ("201", "Ганна Коваль"),
        ("202", "Игорь Пример"),
        ("203", "Anna Wzorowa"),
        ("204", "Sam Sample"),
        ("205", "Олена Зразок"),
        ("206", "Tom O'Test"),
    )
)
OPTIONS = LabOptions(ring_seconds=3, queue_seconds=8, silence_seconds=1, lost_seconds=30)


@pytest.fixture(scope="session")
def asterisk_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running Asterisk with the phones 201 to 206: rings 3 s each, queues 8 s, gives up a silent phone after 1 s (a
    desk phone after 3 s), holds a customer whose collector vanished for 30 s.
    """
    with started(tmp_path_factory.mktemp("asterisk")) as lab:
        yield lab


@contextmanager
def started(folder: Path, options: LabOptions = OPTIONS, phones: Sequence[Phone] = PHONES) -> Iterator[Lab]:
    """A lab of its own in ``folder`` while the block runs."""
    lab = Lab(folder)
    try:
        lab.up(phones, options)
    except LabError as error:
        pytest.fail(str(error))
    try:
        yield lab
    finally:
        lab.down()


@pytest.fixture(autouse=True)
def _tools_of_the_telephone(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("asterisk"):
        for program, package in (("sipp", "sip-tester"), ("baresip", "baresip-core")):
            if shutil.which(program) is None:
                pytest.fail(f"{program} is missing: run 'apt-get install {package}'")


async def eventually(look: Callable[[], T], *, seconds: float = 60) -> T:
    """What ``look`` gives once that is true; for facts that only files and consoles tell."""
    deadline = time.monotonic() + seconds
    while not (seen := await asyncio.to_thread(look)):
        assert time.monotonic() < deadline, "it never happened"
        await asyncio.sleep(0.05)
    return seen


def tone_share(file: Path, hertz: float) -> float:
    """The share of 100 ms windows of a recording whose loudest frequency is ``hertz`` (± 10 Hz)."""
    samples, rate = soundfile.read(file, dtype="float64")
    width = rate // 10
    windows = samples[: len(samples) // width * width].reshape(-1, width) * np.hanning(width)
    spectrum = np.abs(np.fft.rfft(windows, axis=1))
    loudest = spectrum.argmax(axis=1) * rate / width
    loud = spectrum.max(axis=1) > 1
    return float(np.mean((np.abs(loudest - hertz) <= 10) & loud))


def length(file: Path) -> float:
    """The seconds a recording lasts."""
    return float(soundfile.info(file).duration)


def cdr_rows(lab: Lab) -> list[dict[str, str]]:
    """Asterisk's call records, oldest first, by column."""
    return _rows(lab.cdr_file, CDR_COLUMNS)


def cel_rows(lab: Lab) -> list[dict[str, str]]:
    """Asterisk's channel events, oldest first, by column."""
    return _rows(lab.cel_file, CEL_COLUMNS)


def _rows(file: Path, columns: Mapping[str, str]) -> list[dict[str, str]]:
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as lines:
        return [dict(zip(columns, row, strict=True)) for row in csv.reader(lines)]
