"""``callcenter check``: is this installation whole, and how is it mended?"""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from callcenter.app.cli_lab import lab_of
from callcenter.app.settings import AmiAddress, Settings
from core.kernel.db import Database
from recordings.storage import open_storage

_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: whether it works, what was seen, and how to mend it when it does not."""

    part: str
    ok: bool
    seen: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{'ok   ' if self.ok else 'WRONG'} {self.part}: {self.seen}" + (f" — {self.cure}" if self.cure else "")

    def as_dict(self) -> dict[str, object]:
        return {"part": self.part, "ok": self.ok, "seen": self.seen, "cure": self.cure}


async def check(settings: Settings) -> Sequence[Finding]:
    """Look at every part once. Settings that cannot be read have failed before."""
    return (
        Finding("settings", True, f"data in {settings.data_dir}"),
        await _database(settings),
        await asyncio.to_thread(_storage, settings),
        Finding("encoder", True, "ffmpeg") if shutil.which("ffmpeg") else _NO_FFMPEG,
        Finding("voice", True, "espeak-ng") if shutil.which("espeak-ng") else _NO_VOICE,
        *await _telephony(settings),
    )


_NO_FFMPEG = Finding("encoder", False, "ffmpeg is missing", "apt-get install ffmpeg")
_NO_VOICE = Finding("voice", False, "espeak-ng is missing", "apt-get install espeak-ng")


async def _database(settings: Settings) -> Finding:
    database = Database(settings.database)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), database.writer_engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return Finding("database", True, database.dialect)
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the finding
        return Finding("database", False, f"{type(error).__name__}: {error}", "see CALLCENTER_DATABASE_URL")
    finally:
        await database.close()


def _storage(settings: Settings) -> Finding:
    try:
        open_storage(settings.recordings)
    except (OSError, ValueError) as error:
        return Finding("storage", False, str(error), "see CALLCENTER_RECORDINGS_URL")
    free = shutil.disk_usage(settings.data_dir).free // 2**30
    return Finding("storage", free > 0, f"{settings.recordings}, {free} GiB free", "" if free else "make room")


async def _telephony(settings: Settings) -> list[Finding]:
    if settings.asterisk == "none":
        return [Finding("telephony", True, "switched off (CALLCENTER_ASTERISK=none)")]
    if settings.asterisk == "lab":
        return [await asyncio.to_thread(_lab, settings)]
    return [await _ami(address) for address in settings.exchanges]


def _lab(settings: Settings) -> Finding:
    running = lab_of(settings).running()
    if running is None:
        return Finding("telephony", False, "the lab is not running", "callcenter serve, or callcenter lab up")
    return Finding("telephony", True, f"lab, Asterisk {running.version}")


async def _ami(address: AmiAddress) -> Finding:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            reader, writer = await asyncio.open_connection(address.host, address.port)
            banner = (await reader.readline()).decode(errors="replace").strip()
            writer.close()
    except (OSError, TimeoutError) as error:
        cure = "is Asterisk running, and may this machine reach its manager port?"
        return Finding("telephony", False, f"{address}: {error or 'no answer'}", cure)
    is_ami = banner.startswith("Asterisk Call Manager")
    return Finding("telephony", is_ami, f"{address}: {banner}", "" if is_ami else "this is no Asterisk manager port")
