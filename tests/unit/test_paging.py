"""Cursors: what a list gave out leads on, what somebody made up is refused before the database sees it."""

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, String, column

from core.kernel import paging
from core.kernel.errors import Invalid
from core.kernel.paging import Sort
from core.kernel.types import Amount, UtcDateTime

COLUMNS = [Column("at", UtcDateTime()), Column("sum", Amount()), Column("name", String()), Column("count", Integer())]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)


def cursor(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.slow
@pytest.mark.parametrize("sorted_by", COLUMNS, ids=lambda one: one.name)
@given(content=_JSON | st.lists(st.sampled_from(["", "t", "d", "n"]) | _JSON, min_size=3, max_size=3))
def test_whatever_is_made_up_is_read_or_refused(sorted_by: Column[object], content: object) -> None:
    sort = Sort(column=sorted_by, id=column("id", Integer))
    try:
        found = paging._decode(cursor(content), sort)
    except Invalid:
        return
    assert found.value is None or type(found.value) is sorted_by.type.python_type


@pytest.mark.parametrize(
    ("sorted_by", "content"),
    [
        (COLUMNS[0], ["t", "2026-03-11T12:00:00", 1]),
        (COLUMNS[0], ["t", "2026-03-11T12:00:00+03:00", 1]),
        (COLUMNS[0], ["", 5, 1]),
        (COLUMNS[1], ["n", "NaN", 1]),
        (COLUMNS[1], ["n", "1e400", 1]),
        (COLUMNS[1], ["n", "0.00001", 1]),
        (COLUMNS[2], ["", "\x00", 1]),
        (COLUMNS[2], ["", "\ud800", 1]),
        (COLUMNS[3], ["", True, 1]),
        (COLUMNS[3], ["", 10**30, 1]),
        (COLUMNS[3], ["", 1, 10**30]),
    ],
)
def test_what_no_row_can_be_compared_with_is_refused(sorted_by: Column[object], content: object) -> None:
    with pytest.raises(Invalid):
        paging._decode(cursor(content), Sort(column=sorted_by, id=column("id", Integer)))


def test_nesting_without_end_is_refused() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 200_000).decode()
    with pytest.raises(Invalid):
        paging._decode(deep, Sort(column=COLUMNS[3], id=column("id", Integer)))


@pytest.mark.parametrize(
    ("sorted_by", "content", "value"),
    [
        (COLUMNS[0], ["t", "2026-03-11T12:00:00+00:00", 7], datetime(2026, 3, 11, 12, tzinfo=UTC)),
        (COLUMNS[1], ["n", "1500.5000", 7], Decimal("1500.50")),
        (COLUMNS[2], ["", "Łoś", 7], "Łoś"),
        (COLUMNS[3], ["", None, 7], None),
    ],
)
def test_what_lists_give_out_is_read(sorted_by: Column[object], content: object, value: object) -> None:
    found = paging._decode(cursor(content), Sort(column=sorted_by, id=column("id", Integer)))
    assert (found.value, found.id) == (value, 7)
