"""Backup and restore of everything, while the server runs.

A backup is one ``.tar`` file: the database as of one moment, the secret key, and the recordings that existed then, with
a manifest of their hashes. Recordings never change once stored, so copying them after the database snapshot is safe.
"""

import asyncio
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import URL, make_url

from callcenter.app.settings import Settings
from core.kernel.errors import DomainError
from core.kernel.i18n import mark

_FORMAT = 1


class BackupFailed(DomainError):
    """The backup could not be written or read; nothing was changed."""

    code = "backup_failed"
    text = mark("The backup failed: {reason}")


async def backup(settings: Settings, target: Path) -> int:
    """Write everything into ``target``; how many bytes it has. The file appears whole or not at all."""
    if not target.parent.is_dir():
        raise BackupFailed(reason=f"there is no folder {target.parent}")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as name:
        folder = Path(name)
        await _dump(settings, folder / "database")
        return await asyncio.to_thread(_pack, settings, folder, target)


async def restore(settings: Settings, source: Path, *, replace: bool) -> None:
    """Bring back what ``source`` holds; a database that has content is only replaced when asked."""
    with tempfile.TemporaryDirectory(prefix="restore-", dir=source.parent) as name:
        folder = Path(name)
        await asyncio.to_thread(_unpack, source, folder)
        if not replace and await asyncio.to_thread(_has_content, settings):
            raise BackupFailed(reason="the database is not empty; add --replace to put the backup in its place")
        await _load(settings, folder / "database")
        await asyncio.to_thread(_put_files, settings, folder)


def _recordings(settings: Settings) -> Path:
    return Path(unquote(urlsplit(settings.recordings).path))


async def _dump(settings: Settings, target: Path) -> None:
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        await asyncio.to_thread(_copy_sqlite, Path(url.database or ""), target)
    else:
        await _run(url, "pg_dump", "--format=custom", f"--file={target}", _libpq(url))


async def _load(settings: Settings, source: Path) -> None:
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        await asyncio.to_thread(_copy_sqlite, source, Path(url.database or ""))
    else:
        flags = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
        await _run(url, "pg_restore", *flags, f"--dbname={_libpq(url)}", str(source))


def _copy_sqlite(source: Path, target: Path) -> None:
    """SQLite's online backup: consistent while others write, and one transaction on the target."""
    if not source.exists():
        raise BackupFailed(reason=f"there is no database at {source}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=30)) as new:
        old.backup(new)


def _libpq(url: URL) -> str:
    """The address for PostgreSQL's own tools. The password travels by environment: arguments are seen by everybody."""
    return URL.create("postgresql", url.username, None, url.host, url.port, url.database).render_as_string()


async def _run(url: URL, program: str, *arguments: str) -> None:
    """Run a PostgreSQL tool named on PATH."""
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(reason=f"{program} is missing: run 'apt-get install postgresql-client'")
    process = await asyncio.create_subprocess_exec(
        path,
        *arguments,
        env={**os.environ, "PGPASSWORD": url.password or ""},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    if process.returncode:
        raise BackupFailed(reason=errors.decode(errors="replace").strip().splitlines()[-1])


def _pack(settings: Settings, folder: Path, target: Path) -> int:
    recordings = _recordings(settings)
    files = sorted(path for path in recordings.rglob("*") if path.is_file()) if recordings.exists() else []
    draft = folder / "draft.tar"
    hashes = {"database": _sha256(folder / "database")}
    with tarfile.open(draft, "w") as archive:
        archive.add(folder / "database", "database")
        _ = settings.key
        if not settings.secret_key:
            archive.add(settings.data_dir / "secret.key", "secret.key")
        for path in files:
            name = f"recordings/{path.relative_to(recordings)}"
            hashes[name] = _sha256(path)
            archive.add(path, name)
        manifest = folder / "manifest.json"
        manifest.write_text(json.dumps({"format": _FORMAT, "made_at": datetime.now(UTC).isoformat(), "sha256": hashes}))
        archive.add(manifest, "manifest.json")
    os.replace(draft, target)
    return target.stat().st_size


def _unpack(source: Path, folder: Path) -> None:
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / "manifest.json").read_text())
    except (tarfile.TarError, OSError, ValueError) as error:
        raise BackupFailed(reason=f"{source} is not a whole backup ({error})") from None
    for name, expected in manifest["sha256"].items():
        if _sha256(folder / name) != expected:
            raise BackupFailed(reason=f"{name} in the backup is damaged")


def _put_files(settings: Settings, folder: Path) -> None:
    key = folder / "secret.key"
    if key.exists() and not settings.secret_key:
        os.replace(key, settings.data_dir / "secret.key")
    if (folder / "recordings").exists():
        shutil.copytree(folder / "recordings", _recordings(settings), dirs_exist_ok=True)


def _has_content(settings: Settings) -> bool:
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite":
        return True  # a server's database may be shared: never replaced unasked
    path = Path(url.database or "")
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
