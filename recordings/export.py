"""A selection of recordings as one zip archive, made while it is sent: memory stays at a chunk, whatever its size."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from recordings.errors import MissingObject
from recordings.model import Recording
from recordings.storage import Storage
from recordings.stream import file_name

MEDIA_TYPE = "application/zip"


class _Sink(io.RawIOBase):
    """What the archive writes into, to be taken away piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


async def archive(storage: Storage, recordings: Sequence[Recording], made_at: datetime) -> AsyncIterator[bytes]:
    """The archive's bytes: each sound file, then ``manifest.json`` and ``manifest.csv``.

    The manifest's ``check`` says what was found on the way out: ``ok``, ``changed`` when the bytes no longer have the
    SHA-256 they were stored with, ``missing`` when the storage has lost the file.
    """
    sink, lines = _Sink(), []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as target:
        for recording in recordings:
            digest = hashlib.sha256()
            try:
                async for chunk in _member(target, sink, storage, recording, digest):
                    yield chunk
            except MissingObject:
                lines.append(_line(recording, "missing"))
                continue
            lines.append(_line(recording, "ok" if digest.hexdigest() == recording.sha256 else "changed"))
        _write(target, "manifest.json", _json(lines, made_at), made_at)
        _write(target, "manifest.csv", _csv(lines), made_at)
        yield sink.take()
    yield sink.take()


async def _member(
    target: zipfile.ZipFile, sink: _Sink, storage: Storage, recording: Recording, digest: Any
) -> AsyncIterator[bytes]:
    key = recording.storage_key or ""
    await storage.size(key)
    info = _info(file_name(recording), recording.started_at or recording.created_at)
    info.file_size = recording.bytes or 0
    with target.open(info, "w") as member:
        async for chunk in storage.read(key):
            digest.update(chunk)
            member.write(chunk)
            yield sink.take()


def _write(target: zipfile.ZipFile, name: str, text: str, at: datetime) -> None:
    target.writestr(_info(name, at), text.encode())


def _info(name: str, at: datetime) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))


def _line(recording: Recording, check: str) -> dict[str, object]:
    return {
        "file": file_name(recording),
        "recording_id": recording.id,
        "call_id": recording.call_id,
        "server": recording.server,
        "uniqueid": recording.uniqueid,
        "started_at": recording.started_at.isoformat() if recording.started_at else None,
        "duration_ms": recording.duration_ms,
        "bytes": recording.bytes,
        "sha256": recording.sha256,
        "check": check,
    }


def _json(lines: Sequence[dict[str, object]], made_at: datetime) -> str:
    return json.dumps({"made_at": made_at.isoformat(), "recordings": lines}, indent=1)


def _csv(lines: Sequence[dict[str, object]]) -> str:
    text = io.StringIO()
    table = csv.DictWriter(text, lines[0].keys() if lines else ())
    table.writeheader()
    table.writerows(lines)
    return text.getvalue()
