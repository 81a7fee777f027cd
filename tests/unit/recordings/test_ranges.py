import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.ranges import Decision, Part, Unsatisfiable, Whole, decide

ETAG = '"abc"'
WHOLE, NOTHING = Whole.WHOLE, Unsatisfiable.UNSATISFIABLE


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (None, WHOLE),
        ("bytes=0-", Part(0, 1000)),
        ("bytes=0-0", Part(0, 1)),
        ("bytes=200-499", Part(200, 500)),
        ("bytes=999-5000", Part(999, 1000)),
        ("bytes=-1", Part(999, 1000)),
        ("bytes=-5000", Part(0, 1000)),
        ("BYTES = 5-6", Part(5, 7)),
        ("bytes=1000-", NOTHING),
        ("bytes=-0", NOTHING),
        ("bytes=" + "9" * 5000 + "-", NOTHING),
        ("bytes=0-" + "9" * 5000, Part(0, 1000)),
        ("bytes=5000-6000, 10-19", Part(10, 20)),
        ("bytes=0-1,\t5-6", Part(0, 2)),
        ("bytes=" + ",".join(["0-1"] * 21), WHOLE),
        ("bytes=9-5", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=", WHOLE),
        ("bytes", WHOLE),
        ("bytes=a-b", WHOLE),
        ("bytes=0x1-5", WHOLE),
        ("bytes=+1-5", WHOLE),
        ("bytes=٣-٥", WHOLE),
        ("bytes=0-1,x", WHOLE),
        ("lines=0-1", WHOLE),
        ("", WHOLE),
    ],
)
def test_ranges_as_the_standard_says(field: str | None, expected: Decision) -> None:
    assert decide(field, None, ETAG, 1000) == expected


@pytest.mark.parametrize(
    ("if_range", "part"),
    [(ETAG, True), ('"other"', False), ('W/"abc"', False), ("abc", False), ("Wed, 21 Oct 2015 07:28:00 GMT", False)],
)
def test_a_range_holds_only_for_the_same_strong_tag(if_range: str, part: bool) -> None:
    assert (decide("bytes=0-9", if_range, ETAG, 1000) == Part(0, 10)) is part


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_every_plain_range_is_the_slice_of_the_bytes(first: int, length: int, size: int) -> None:
    last = first + length
    found = decide(f"bytes={first}-{last}", None, ETAG, size)
    assert found == (Part(first, min(last + 1, size)) if first < size else NOTHING)


@given(st.text(alphabet="bytes=0123456789-, \tx") | st.text(), st.integers(0, 5000))
def test_no_field_leads_outside_the_file(field: str, size: int) -> None:
    found = decide(field, None, ETAG, size)
    if isinstance(found, Part):
        assert 0 <= found.start < found.stop <= size
