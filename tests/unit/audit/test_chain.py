"""The hash depends on everything it ties, and on nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.audit.rules import GENESIS_HASH, Content, chain, plain

CONTENT = Content(
    id=7,
    at=datetime(2026, 3, 11, 12, tzinfo=UTC),
    actor_id=3,
    actor_login="anna",
    action="cases.edit",
    subject_kind="case",
    subject_id="12",
    changes={"stage": ["soft", "hard"]},
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_every_part_counts() -> None:
    others = [
        replace(CONTENT, id=8),
        replace(CONTENT, at=datetime(2026, 3, 11, 12, 0, 1, tzinfo=UTC)),
        replace(CONTENT, actor_id=4),
        replace(CONTENT, actor_login="bella"),
        replace(CONTENT, action="cases.view"),
        replace(CONTENT, subject_kind="user"),
        replace(CONTENT, subject_id="13"),
        replace(CONTENT, changes={"stage": ["soft", "legal"]}),
    ]
    hashes = {chain(GENESIS_HASH, 1, one) for one in (CONTENT, *others)}
    hashes |= {chain(GENESIS_HASH, 2, CONTENT), chain("1" * 64, 1, CONTENT)}
    assert len(hashes) == len(others) + 3


@given(JSON)
def test_plain_values_survive_as_they_are(value: object) -> None:
    assert plain(value) == value


def test_other_values_become_text_that_keeps_them_exactly() -> None:
    assert plain(Decimal("10.50")) == "10.50"
    assert plain(date(2026, 1, 2)) == "2026-01-02"
    assert plain(datetime(2026, 1, 2, 3, tzinfo=UTC)) == "2026-01-02T03:00:00+00:00"
    assert plain({"b", "a"}) == ["a", "b"]
    assert plain((1, Decimal(2))) == [1, "2"]
