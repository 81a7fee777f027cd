"""A recording over HTTP: status, header fields and body, without any web framework."""

from collections.abc import AsyncIterator

from callcenter.calls.recorded import AudioAsked, Reply
from recordings.model import Recording
from recordings.ranges import Part, Unsatisfiable, decide
from recordings.storage import Storage

MEDIA_TYPE = "audio/ogg; codecs=opus"


def reply(storage: Storage, recording: Recording, size: int, asked: AudioAsked) -> Reply:
    """Answer a request for the sound of a playable ``recording`` of ``size`` bytes."""
    assert recording.storage_key is not None
    etag = f'"{recording.sha256}"'
    decision = decide(None if asked.head else asked.range, asked.if_range, etag, size)
    headers = {"Accept-Ranges": "bytes", "ETag": etag, "Cache-Control": "private, no-store"}
    if isinstance(decision, Unsatisfiable):
        headers |= {"Content-Range": f"bytes */{size}", "Content-Length": "0"}
        return Reply(status=416, headers=headers, body=_nothing())
    part = decision if isinstance(decision, Part) else Part(0, size)
    headers |= {"Content-Type": MEDIA_TYPE, "Content-Length": str(part.stop - part.start)}
    if asked.download:
        headers["Content-Disposition"] = f'attachment; filename="{file_name(recording)}"'
    if part is decision:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    body = _nothing() if asked.head else storage.read(recording.storage_key, part.start, part.stop)
    return Reply(status=206 if part is decision else 200, headers=headers, body=body)


def file_name(recording: Recording) -> str:
    """A name made of time and ids, sortable and safe in every file system and header."""
    began = recording.started_at or recording.created_at
    return f"{began:%Y%m%d-%H%M%S}-{recording.id}.opus"


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
