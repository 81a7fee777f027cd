import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.spool import OrphanRule, Pair, Place, Side, Spool, SpoolFile, parse_name


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool("lab", tmp_path)
    spool.prepare()
    return spool


def lay(root: Path, place: Place, *names: str) -> None:
    for name in names:
        (root / place / name).write_bytes(b"x")


@pytest.mark.parametrize("name", ["1763740000.12-r.wav", "lab-1763740000.12-t.wav", "out-7034123456789-c-r.wav"])
def test_ids_are_names(name: str) -> None:
    assert parse_name(name) is not None


@pytest.mark.parametrize(
    "name",
    [
        "../etc-r.wav",
        "..-r.wav",
        "a..b-r.wav",
        "a/b-r.wav",
        ".hidden-r.wav",
        "-r.wav",
        "a-x.wav",
        "a-r.wav\n",
        "a-r.wav.part",
        "a-r.WAV",
        "ы-r.wav",
        "a b-r.wav",
        "$(id)-r.wav",
        "a\0-r.wav",
        "a;b-r.wav",
        "x" * 200 + "-r.wav",
    ],
)
def test_anything_else_is_not(name: str) -> None:
    assert parse_name(name) is None


@given(st.text())
def test_a_parsed_name_never_leaves_its_folder(text: str) -> None:
    found = parse_name(text)
    if found:
        assert Path("/spool", text).parent == Path("/spool")
        assert text == f"{found[0]}-{found[1]}.wav"
        assert ".." not in text


def test_links_folders_and_foreign_files_are_passed_over(spool: Spool, tmp_path: Path) -> None:
    done = tmp_path / Place.DONE
    (tmp_path / "secret").write_bytes(b"secret")
    (done / "a-r.wav").symlink_to(tmp_path / "secret")
    os.link(tmp_path / "secret", done / "b-r.wav")
    (done / "c-r.wav").mkdir()
    lay(tmp_path, Place.DONE, "notes.txt")
    assert spool.finished() == ()


def test_sides_of_a_channel_belong_together(spool: Spool, tmp_path: Path) -> None:
    lay(tmp_path, Place.DONE, "a-r.wav", "a-t.wav", "b-t.wav")
    lay(tmp_path, Place.MONITOR, "b-r.wav", "live-r.wav", "live-t.wav")
    a, b = sorted(spool.finished(), key=lambda pair: pair.uniqueid)
    assert (a.sides, a.whole, a.cut_off) == ("rt", True, False)
    assert (b.sides, b.whole) == ("t", False)
    assert spool.stranded_partner(b).sides == "rt"
    assert not spool.stranded_partner(b).cut_off


def test_adopted_files_are_known_as_cut_off(spool: Spool, tmp_path: Path) -> None:
    lay(tmp_path, Place.MONITOR, "a-r.wav", "a-t.wav")
    (pair,) = spool.unfinished()
    spool.adopt(pair)
    (adopted,) = spool.finished()
    assert (adopted.cut_off, adopted.sides, spool.unfinished()) == (True, "rt", ())
    spool.refuse(adopted)
    assert spool.finished() == ()
    assert len(list((tmp_path / Place.REFUSED).iterdir())) == 2


@given(st.booleans(), st.floats(0, 100))
def test_only_the_quiet_files_of_dead_channels_are_orphans(alive: bool, quiet: float) -> None:
    path = Path("a-r.wav")
    file = SpoolFile(uniqueid="a", side=Side.HEARD, place=Place.MONITOR, path=path, modified=1000.0, bytes=1)
    live = frozenset({"a"}) if alive else frozenset({"b"})
    adopted = OrphanRule(quiet_seconds=30).orphaned(Pair(uniqueid="a", files=(file,)), live, 1000.0 + quiet)
    assert adopted == (not alive and quiet >= 30)
