"""The front desk: who may hear what, ranges, marks, archives, and the trail each leaves."""

import csv
import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from callcenter.calls.recorded import AudioAsked, Reply
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import DomainError, Forbidden, NotFound
from recordings.errors import BadMark, NotReady, SoundMissing
from recordings.intake import Intake
from recordings.ports import CallMark
from recordings.service import RecordingsDesk
from recordings.storage import LocalStorage, recording_key
from tests.integration.recordings.conftest import FakeCalls, Recorded, Trail, actor

ALL_RIGHTS = ("recordings.listen", "recordings.download", "recordings.annotate")
OWNER = actor(1, Scope.OWN, *ALL_RIGHTS)
STRANGER = actor(2, Scope.OWN, *ALL_RIGHTS)
SUPERVISOR = actor(3, Scope.ALL, *ALL_RIGHTS, "recordings.moderate")
CLERK = actor(4, Scope.ALL, "cases.view")


@pytest.fixture
async def recording_id(intake: Intake, recorded: Recorded, calls: FakeCalls) -> int:
    """A recording of call 77, which only its owner and the supervisor may see."""
    calls.known["1763740000.1"] = 77
    calls.seen = {1: {77}, 2: {78}}
    recorded.lay("1763740000.1", seconds=4)
    (files,) = recorded.spool.finished()
    await intake.take(recorded.spool, files)
    return 1


async def body(reply: Reply) -> bytes:
    return b"".join([chunk async for chunk in reply.body])


async def test_the_sound_whole_and_in_parts(desk: RecordingsDesk, recording_id: int) -> None:
    whole = await desk.audio(OWNER, recording_id, AudioAsked())
    sound = await body(whole)
    assert (whole.status, whole.headers["Content-Type"]) == (200, "audio/ogg; codecs=opus")
    assert sound.startswith(b"OggS")
    assert int(whole.headers["Content-Length"]) == len(sound)
    part = await desk.audio(OWNER, recording_id, AudioAsked(range="bytes=100-299", if_range=whole.headers["ETag"]))
    assert (part.status, part.headers["Content-Range"]) == (206, f"bytes 100-299/{len(sound)}")
    assert await body(part) == sound[100:300]
    beyond = await desk.audio(OWNER, recording_id, AudioAsked(range="bytes=99999999-"))
    assert (beyond.status, beyond.headers["Content-Range"], await body(beyond)) == (416, f"bytes */{len(sound)}", b"")
    head = await desk.audio(OWNER, recording_id, AudioAsked(range="bytes=0-9", head=True))
    assert (head.status, head.headers["Content-Length"], await body(head)) == (200, str(len(sound)), b"")


async def test_a_download_has_a_plain_name(desk: RecordingsDesk, recording_id: int) -> None:
    reply = await desk.audio(OWNER, recording_id, AudioAsked(download=True))
    name = reply.headers["Content-Disposition"].removeprefix('attachment; filename="').removesuffix('"')
    assert name.endswith("-1.opus")
    assert name.replace("-", "").replace(".", "").isalnum()


async def test_one_play_is_one_look_whatever_it_asks_for_first(
    desk: RecordingsDesk, recording_id: int, trail: Trail, clock: ManualClock
) -> None:
    for asked in ("bytes=500-", "bytes=0-", "bytes=900-"):
        await desk.audio(OWNER, recording_id, AudioAsked(range=asked))
        clock.advance(timedelta(minutes=4))
    await desk.audio(SUPERVISOR, recording_id, AudioAsked())
    clock.advance(timedelta(minutes=6))
    await desk.audio(OWNER, recording_id, AudioAsked())
    await desk.audio(OWNER, recording_id, AudioAsked(download=True))
    assert await trail.actions() == [
        ("user1", "recordings.listen"),
        ("user3", "recordings.listen"),
        ("user1", "recordings.listen"),
        ("user1", "recordings.download"),
    ]
    assert {(kind, number) for _, _, kind, number in await trail.entries()} == {("recording", "1")}


@pytest.mark.parametrize(("who", "error"), [(STRANGER, NotFound), (CLERK, Forbidden)], ids=["stranger", "clerk"])
async def test_others_get_nothing(
    who: Actor, error: type[DomainError], desk: RecordingsDesk, recording_id: int, trail: Trail
) -> None:
    asks: list[Callable[[], Awaitable[object]]] = [
        lambda: desk.get(who, recording_id),
        lambda: desk.audio(who, recording_id, AudioAsked()),
        lambda: desk.audio(who, recording_id, AudioAsked(download=True)),
        lambda: desk.peaks(who, recording_id),
        lambda: desk.marks(who, recording_id),
        lambda: desk.add_mark(who, recording_id, 0, "bookmark", "here"),
        lambda: desk.link(who, recording_id),
        lambda: desk.export(who, [recording_id]),
        lambda: desk.get(OWNER, recording_id + 1),
    ]
    for ask in asks[:-1]:
        with pytest.raises(error):
            await ask()
    with pytest.raises(NotFound):
        await asks[-1]()
    assert await trail.entries() == []


async def test_lists_show_only_what_one_may_hear(desk: RecordingsDesk, recording_id: int) -> None:
    assert [view.id for view in (await desk.of_calls(OWNER, [77, 78]))[77]] == [recording_id]
    assert await desk.of_calls(STRANGER, [77, 78]) == {}


async def test_a_recording_without_a_call_is_for_those_who_see_everything(
    desk: RecordingsDesk, intake: Intake, recorded: Recorded, calls: FakeCalls
) -> None:
    calls.seen = {1: {77}}
    recorded.lay("1763740000.9")
    (files,) = recorded.spool.finished()
    await intake.take(recorded.spool, files)
    assert (await desk.get(SUPERVISOR, 1)).call_id is None
    with pytest.raises(NotFound):
        await desk.get(OWNER, 1)


async def test_peaks_speech_and_view(desk: RecordingsDesk, recording_id: int) -> None:
    drawn = await desk.peaks(OWNER, recording_id)
    assert (drawn["duration_ms"], drawn["silences"], drawn["pauses"]) == (4000, [], [])
    assert [len(channel) for channel in drawn["channels"]] == [1600, 1600]  # type: ignore[attr-defined]
    json.dumps(drawn)
    view = await desk.get(OWNER, recording_id)
    assert view.playable
    assert view.speech is not None
    assert view.speech.both == 1.0


async def test_marks_of_talking_and_of_listening_stand_in_order(
    desk: RecordingsDesk, recording_id: int, calls: FakeCalls, clock: ManualClock, trail: Trail
) -> None:
    calls.bookmarks = [CallMark(at_ms=1500, label="promise here", author_id=1, created_at=clock.now())]
    late = await desk.add_mark(OWNER, recording_id, 3000, "comment", "  well said ")
    await desk.add_mark(SUPERVISOR, recording_id, 500, "bookmark", "greeting")
    found = await desk.marks(OWNER, recording_id)
    assert [(mark.at_ms, mark.kind, mark.text) for mark in found] == [
        (500, "bookmark", "greeting"),
        (1500, "bookmark", "promise here"),
        (3000, "comment", "well said"),
    ]
    assert late.id is not None
    with pytest.raises(Forbidden):
        await desk.delete_mark(OWNER, found[0].id or 0)
    await desk.delete_mark(SUPERVISOR, late.id)
    assert len(await desk.marks(OWNER, recording_id)) == 2
    assert [action for _, action in await trail.actions()] == [
        "recordings.mark",
        "recordings.mark",
        "recordings.unmark",
    ]


@pytest.mark.parametrize(
    ("at_ms", "kind", "text"), [(-1, "bookmark", "x"), (4001, "bookmark", "x"), (0, "song", "x"), (0, "comment", " ")]
)
async def test_a_mark_needs_words_and_a_place(
    at_ms: int, kind: str, text: str, desk: RecordingsDesk, recording_id: int
) -> None:
    with pytest.raises(BadMark):
        await desk.add_mark(OWNER, recording_id, at_ms, kind, text)


async def test_a_link_is_for_one_recording_and_user(
    desk: RecordingsDesk, recording_id: int, clock: ManualClock
) -> None:
    word = await desk.link(OWNER, recording_id, minutes=10)
    grant = desk.open_link(word)
    assert (grant.recording_id, grant.user_id) == (recording_id, 1)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(NotFound):
        desk.open_link(word)


async def test_an_archive_carries_its_manifest_and_tells_what_was_changed(
    desk: RecordingsDesk, intake: Intake, recorded: Recorded, calls: FakeCalls, recording_id: int, trail: Trail,
    tmp_path: Path,
) -> None:  # fmt: skip
    for number in (2, 3):
        calls.known[f"1763740000.{number}"] = 77
        recorded.lay(f"1763740000.{number}", seconds=1)
        for files in recorded.spool.finished():
            await intake.take(recorded.spool, files)
    with (tmp_path / "store" / recording_key(2)).open("r+b") as file:
        file.seek(200)
        file.write(b"changed")
    (tmp_path / "store" / recording_key(3)).unlink()
    reply = await desk.export(OWNER, [1, 2, 3, 4])
    with zipfile.ZipFile(io.BytesIO(await body(reply))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        manifest = json.loads(archive.read("manifest.json"))
        table = list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode())))
    assert sorted(names[-2:]) == ["manifest.csv", "manifest.json"]
    assert [line["check"] for line in table] == sorted(["ok", "changed", "missing"], key=[
        line["check"] for line in manifest["recordings"]].index)  # fmt: skip
    assert {(int(line["recording_id"]), line["check"]) for line in table} == {(1, "ok"), (2, "changed"), (3, "missing")}
    assert len(names) == 4
    assert [action for _, action in await trail.actions()] == ["recordings.download"] * 3


async def test_a_lost_file_is_named_as_such(desk: RecordingsDesk, recording_id: int, storage: LocalStorage) -> None:
    await storage.delete(recording_key(recording_id))
    with pytest.raises(SoundMissing):
        await desk.audio(OWNER, recording_id, AudioAsked())


async def test_what_failed_cannot_be_played(desk: RecordingsDesk, intake: Intake, recorded: Recorded) -> None:
    (recorded.root / "done" / "1763740000.1-r.wav").write_bytes(b"nothing")
    (files,) = recorded.spool.finished()
    await intake.take(recorded.spool, files)
    with pytest.raises(NotReady):
        await desk.audio(PROGRAM, 1, AudioAsked())
