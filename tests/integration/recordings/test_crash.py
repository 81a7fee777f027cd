"""Killed with -9 anywhere between file and recording: the next run ends with exactly one of each."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from core.kernel.uow import UnitOfWork
from recordings.audio import sha256_of
from recordings.model import PLAYABLE, Recording, Waveform
from tests.integration.recordings import dying
from tests.integration.recordings.conftest import Recorded

ROOT = Path(__file__).parents[3]
STEPS = [
    "before the row",
    "row",
    "encoding",
    "encoded",
    "half stored",
    "stored",
    "ready",
    "half discarded",
    "discarded",
]


def run(url: str, folder: Path, step: str) -> int:
    command = [sys.executable, "-m", dying.__name__, url, str(folder), step]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False).returncode


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
async def test_a_rerun_ends_with_one_recording_and_one_file(
    step: str, database_url: str, uow: UnitOfWork, recorded: Recorded, tmp_path: Path
) -> None:
    recorded.lay("1763740000.1", seconds=90)
    assert run(database_url, tmp_path, step) == -signal.SIGKILL
    assert run(database_url, tmp_path, "") == 0
    async with uow.read() as session:
        (row,) = (await session.scalars(select(Recording))).all()
        assert len((await session.scalars(select(Waveform))).all()) == 1
    stored = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert [sha256_of(path) for path in stored] == [row.sha256]
    assert row.state in PLAYABLE
    assert row.duration_ms == 90_000
    assert recorded.names() == {}
