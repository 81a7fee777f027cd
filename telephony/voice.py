"""Sounds of menus, where an exchange finds them: read out by espeak-ng, or recordings of one's own.

A sound is a file named by what it says, so it is made once; the exchange sees only names of letters and digits.
"""

import asyncio
import hashlib
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select

from callcenter.ivr.errors import BadSound, NoSuchSound, SpeechFailed
from callcenter.ivr.model import IvrSound
from callcenter.ivr.ports import Sound
from callcenter.ivr.speaking import is_about_somebody, recording, words
from callcenter.ivr.walk import Line
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork

FOLDER = "prompts"
"""Below the spool, which program and exchange share."""
SUFFIX = ".wav"
VOICES = {"en": "en-gb", "ru": "ru", "uk": "uk", "pl": "pl"}
WORDS_A_MINUTE = "150"
LARGEST = 10 * 1024 * 1024
LONGEST_SECONDS = 180
_FORMATS = "wav,mp3,ogg"
_AS_PLAYED = ("-ar", "8000", "-ac", "1", "-c:a", "pcm_s16le", "-map_metadata", "-1", "-f", "wav")
_KEPT_SECONDS = 86_400
_SWEPT_EVERY = 200


class EspeakVoice:
    """Implements ``callcenter.ivr.ports.Voice`` for exchanges whose spools are ``spools``. At most ``at_once`` programs
    run at a time, each ``seconds`` long."""

    def __init__(self, uow: UnitOfWork, spools: Sequence[Path], *, at_once: int = 2, seconds: float = 10) -> None:
        self._uow = uow
        self._folders = [spool / FOLDER for spool in spools]
        self._slots = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self._made = 0

    @property
    def heard(self) -> bool:
        return bool(self._folders)

    async def say(self, lines: Sequence[Line]) -> list[str]:
        return list(await asyncio.gather(*(self._at_hand(line) for line in lines)))

    async def sound(self, line: Line) -> bytes:
        for folder in self._folders:
            with suppress(FileNotFoundError):
                return await asyncio.to_thread((folder / (_name(line) + SUFFIX)).read_bytes)
        return await self._content(line)

    async def read(self, content: bytes) -> Sound:
        if len(content) > LARGEST:
            raise BadSound({"file": msg("The file is larger than {most} MB.", most=LARGEST // 1024 // 1024)})
        with tempfile.TemporaryDirectory(prefix="cc-sound-") as folder:
            given, played = Path(folder, "given"), Path(folder, "played.wav")
            await asyncio.to_thread(given.write_bytes, content)
            if await self._length(given) > LONGEST_SECONDS:
                raise BadSound({"file": msg("The recording is longer than {most} seconds.", most=LONGEST_SECONDS)})
            if not await self._converted(given, played):
                raise BadSound({"file": _NO_SOUND})
            found = await asyncio.to_thread(played.read_bytes)
            seconds = await self._length(played)
        return Sound(name=f"u{_digest(found)}", duration_ms=round(seconds * 1000), content=found)

    async def _at_hand(self, line: Line) -> str:
        """The line's name, its file lying in every folder."""
        name = _name(line)
        missing = [folder for folder in self._folders if not (folder / (name + SUFFIX)).exists()]
        if missing:
            content = await self._content(line)
            await asyncio.to_thread(_put, missing, name + SUFFIX, content)
            self._made += 1
            if self._made % _SWEPT_EVERY == 0:
                await asyncio.to_thread(_sweep, self._folders)
        return name

    async def _content(self, line: Line) -> bytes:
        own = recording(line)
        if own is None:
            return await self._read_out(words(line), line.language)
        async with self._uow.read() as session:
            found = await session.scalar(select(IvrSound.content).where(IvrSound.name == own))
        if found is None:
            raise NoSuchSound
        return found

    async def _read_out(self, text: str, language: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="cc-sound-") as folder:
            spoken, played = Path(folder, "spoken.wav"), Path(folder, "played.wav")
            command = ("espeak-ng", "-v", VOICES[language], "-s", WORDS_A_MINUTE, "--stdin", "-w", str(spoken))
            code, _said, complaint = await self._run(command, text.encode())
            if code or not await self._converted(spoken, played):
                raise SpeechFailed(reason=complaint.decode(errors="replace").strip()[:200] or f"espeak-ng: {code}")
            return await asyncio.to_thread(played.read_bytes)

    async def _converted(self, given: Path, played: Path) -> bool:
        formats = ("-format_whitelist", _FORMATS, "-protocol_whitelist", "file")
        command = ("ffmpeg", "-nostdin", "-loglevel", "error", *formats, "-i", str(given), *_AS_PLAYED, str(played))
        code, _said, _complaint = await self._run(command)
        return code == 0

    async def _length(self, file: Path) -> float:
        """Seconds; raises ``BadSound`` for what is no sound."""
        formats = ("-format_whitelist", _FORMATS, "-protocol_whitelist", "file")
        shown = ("-select_streams", "a", "-show_entries", "format=duration:stream=codec_type", "-of", "json")
        code, said, _complaint = await self._run(("ffprobe", "-v", "error", *formats, *shown, str(file)))
        with suppress(ValueError, KeyError, TypeError):
            told = json.loads(said)
            if code == 0 and told["streams"]:
                return float(told["format"]["duration"])
        raise BadSound({"file": _NO_SOUND})

    async def _run(self, command: Sequence[str], fed: bytes = b"") -> tuple[int, bytes, bytes]:
        async with self._slots:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                )
            except FileNotFoundError as missing:
                reason = f"{command[0]} is not installed (apt-get install espeak-ng ffmpeg)"
                raise SpeechFailed(reason=reason) from missing
            try:
                async with asyncio.timeout(self._seconds):
                    said, complaint = await process.communicate(fed)
            except TimeoutError:
                raise SpeechFailed(reason=f"{command[0]} took too long") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            return process.returncode or 0, said, complaint


_NO_SOUND = msg("This is no sound: send a WAV, MP3 or OGG file.")


def _name(line: Line) -> str:
    """Letters and digits: ``p`` for prompts, ``v`` for sentences about somebody, ``u`` for recordings."""
    own = recording(line)
    if own is not None:
        return own
    kind = "v" if is_about_somebody(line) else "p"
    return kind + _digest(f"{VOICES[line.language]} {WORDS_A_MINUTE} {words(line)}".encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _put(folders: Sequence[Path], name: str, content: bytes) -> None:
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as draft:
            draft.write(content)
        Path(draft.name).chmod(0o644)  # the exchange is another user
        Path(draft.name).rename(folder / name)


def _sweep(folders: Sequence[Path]) -> None:
    """Remove yesterday's sums: they are hardly said twice."""
    before = time.time() - _KEPT_SECONDS
    for folder in folders:
        for file in folder.glob(f"v*{SUFFIX}"):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < before:
                    file.unlink()
