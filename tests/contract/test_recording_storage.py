"""What every recording storage promises. A new driver joins by adding itself to the fixture."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.errors import MissingObject, RecordingFault, UnsafeName, UnsupportedStorage
from recordings.storage import CHUNK, LocalStorage, Storage, check_key, open_storage, recording_key

KEY = "04/d2/1234.opus"
CONTENT = bytes(range(256)) * 1000


@pytest.fixture(params=["folder"])
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"file://{tmp_path}/with%20space/store")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


def replace(source: Path) -> None:
    source.write_bytes(b"new")


async def content(storage: Storage, key: str, start: int = 0, stop: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in storage.read(key, start, stop)])


async def test_what_was_put_is_read(storage: Storage, source: Path) -> None:
    await storage.put(KEY, source)
    assert await content(storage, KEY) == CONTENT
    assert await storage.size(KEY) == len(CONTENT)


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (5, 5), (CHUNK - 1, CHUNK + 1), (255_990, None), (10, 10**9)])
async def test_a_part_is_read(storage: Storage, source: Path, start: int, stop: int | None) -> None:
    await storage.put(KEY, source)
    assert await content(storage, KEY, start, stop) == CONTENT[start:stop]


async def test_chunks_are_bounded(storage: Storage, source: Path) -> None:
    await storage.put(KEY, source)
    assert max([len(chunk) async for chunk in storage.read(KEY)]) <= CHUNK


async def test_putting_again_replaces(storage: Storage, source: Path) -> None:
    await storage.put(KEY, source)
    replace(source)
    await asyncio.gather(*(storage.put(KEY, source) for _ in range(5)))
    assert await content(storage, KEY) == b"new"


async def test_a_reader_keeps_what_it_began_to_read(storage: Storage, source: Path) -> None:
    await storage.put(KEY, source)
    reader = storage.read(KEY)
    first = await anext(reader)
    replace(source)
    await storage.put(KEY, source)
    assert first + b"".join([chunk async for chunk in reader]) == CONTENT


async def test_what_is_not_there_is_missing(storage: Storage, source: Path) -> None:
    with pytest.raises(MissingObject):
        await storage.size(KEY)
    with pytest.raises(MissingObject):
        await content(storage, KEY)
    await storage.delete(KEY)
    await storage.put(KEY, source)
    await storage.delete(KEY)
    with pytest.raises(MissingObject):
        await storage.size(KEY)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        "./a",
        "a/",
        "A/b",
        "a\\b",
        "a\0",
        "a\n",
        "%2e%2e/x",
        "~/x",
        "ы",
        "-x",
    ],
)
async def test_unsafe_keys_are_refused(storage: Storage, source: Path, key: str) -> None:
    for action in (storage.put(key, source), storage.size(key), content(storage, key), storage.delete(key)):
        with pytest.raises(UnsafeName):
            await action


@pytest.mark.slow
@given(st.text())
def test_no_key_that_passes_leads_out(text: str) -> None:
    try:
        key = check_key(text)
    except RecordingFault:
        return
    assert Path("/store", key).resolve().is_relative_to("/store")


@given(st.integers(0, 2**62))
def test_every_recording_has_a_safe_key_of_its_own(recording_id: int) -> None:
    key = check_key(recording_key(recording_id))
    assert key.rsplit("/", 1)[1] == f"{recording_id}.opus"


async def test_links_planted_in_the_folder_are_not_followed(tmp_path: Path, source: Path) -> None:
    storage = LocalStorage(tmp_path / "store")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_bytes(b"secret")
    (tmp_path / "store" / "04").symlink_to(tmp_path / "outside")
    (tmp_path / "store" / "plain").symlink_to(tmp_path / "outside" / "x")
    with pytest.raises(UnsafeName):
        await storage.put("04/x", source)
    with pytest.raises(UnsafeName):
        await content(storage, "04/x")
    with pytest.raises(MissingObject):
        await content(storage, "plain")


async def test_nothing_half_written_stays(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path / "store")
    with pytest.raises(FileNotFoundError):
        await storage.put(KEY, tmp_path / "no such file")
    (tmp_path / "store" / "tmp1.part").write_bytes(b"left by a crash")
    assert storage.sweep_parts() == 1
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("url", ["s3://bucket", "file://host/path", "file:relative", "/path", ""])
def test_other_storages_are_named_as_unsupported(url: str) -> None:
    with pytest.raises(UnsupportedStorage):
        open_storage(url)
