"""A place in memory for what thousands of databases write: none of them has to wait for a disk."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_SHARED_MEMORY, _ENOUGH = Path("/dev/shm"), 2 * 2**30


def roomy() -> Path | None:
    """Where folders are kept in memory; None where there is too little of it, and the usual place has to do."""
    enough = _SHARED_MEMORY.is_dir() and shutil.disk_usage(_SHARED_MEMORY).free > _ENOUGH
    return _SHARED_MEMORY if enough else None


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder in memory where there is enough of it."""
    with tempfile.TemporaryDirectory(prefix="cc-test-", dir=roomy()) as folder:
        yield Path(folder)
