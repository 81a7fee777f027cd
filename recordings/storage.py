"""Where finished recordings live, behind a port: a folder here, object storage elsewhere."""

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from recordings.errors import MissingObject, UnsafeName, UnsupportedStorage

CHUNK = 64 * 1024
_KEY = re.compile(r"[a-z0-9]+(?:[/._-][a-z0-9]+)*")
_PART = ".part"


class Storage(Protocol):
    """Objects under keys made of lower-case ids (``04/d2/1234.opus``). An object is whole or not there; putting
    one again replaces it. Any other key raises ``UnsafeName``, a key without an object ``MissingObject``."""

    async def put(self, key: str, source: Path) -> None:
        """Store a copy of ``source``; it has reached the disk when this returns."""

    async def size(self, key: str) -> int:
        """Length of the object in bytes."""

    def read(self, key: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from ``start`` up to, not including, ``stop``, in chunks."""

    async def delete(self, key: str) -> None:
        """Remove the object; removing what is not there is no error."""


def recording_key(recording_id: int) -> str:
    """The key of a recording: two levels of folders keep each below a few thousand entries."""
    shard = recording_id % 65536
    return f"{shard >> 8:02x}/{shard & 255:02x}/{recording_id}.opus"


def check_key(key: str) -> str:
    """``key`` itself when it is safe; raises ``UnsafeName`` otherwise."""
    if len(key) > 200 or not _KEY.fullmatch(key):
        raise UnsafeName(reason="not a storage key")
    return key


class LocalStorage:
    """A folder. Files appear by rename, after their bytes have been synced, so no reader ever meets half of one."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)
        self._root = root.resolve()

    async def put(self, key: str, source: Path) -> None:
        await asyncio.to_thread(self._put, self._path(key), source)

    async def size(self, key: str) -> int:
        return await asyncio.to_thread(_size, self._path(key))

    async def read(self, key: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        file = await asyncio.to_thread(_open, self._path(key))
        try:
            left = os.fstat(file.fileno()).st_size - start if stop is None else stop - start
            file.seek(start)
            while left > 0 and (chunk := await asyncio.to_thread(file.read, min(CHUNK, left))):
                left -= len(chunk)
                yield chunk
        finally:
            file.close()

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    def sweep_parts(self) -> int:
        """Remove what a crash left half written; how many. To be called before the first ``put``."""
        parts = list(self._root.glob(f"*{_PART}"))
        for part in parts:
            part.unlink(missing_ok=True)
        return len(parts)

    def _path(self, key: str) -> Path:
        path = self._root / check_key(key)
        if not path.parent.resolve().is_relative_to(self._root):
            raise UnsafeName(reason="a folder of the storage leads out of it")
        return path

    def _put(self, path: Path, source: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(suffix=_PART, dir=self._root)
        try:
            with open(handle, "wb") as target, source.open("rb") as origin:
                shutil.copyfileobj(origin, target, CHUNK)
                target.flush()
                os.fsync(target.fileno())
            Path(part).replace(path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open(path: Path) -> BinaryIO:
    try:
        return open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
    except OSError as problem:
        raise MissingObject(reason="nothing is stored under this key") from problem


def _size(path: Path) -> int:
    with _open(path) as file:
        return os.fstat(file.fileno()).st_size


def open_storage(url: str) -> LocalStorage:
    """The storage that ``RECORDINGS_URL`` names. Raises ``UnsupportedStorage`` for anything but ``file:///folder``."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise UnsupportedStorage(reason="recordings can be stored in a folder: file:///path")
    return LocalStorage(Path(unquote(parts.path)))
