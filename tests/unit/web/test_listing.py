"""A list's addresses reproduce exactly what is seen, and change exactly what was asked."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import screens
from web.pages.listing import CURSORS, Filter, FilterKind, ListView

NAMES = st.sampled_from(["q", "stage", "sort", "after", "before", "col", "sum-from", "sum-to"])
QUERIES = st.lists(st.tuples(NAMES, st.text(min_size=1)), max_size=8).map(tuple)


def parameters(address: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(address).query, keep_blank_values=True, errors="surrogatepass")


def view(query: tuple[tuple[str, str], ...]) -> ListView:
    return replace(screens.case_list(1), query=query)


@given(QUERIES, st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_change_touches_nothing_else_and_starts_at_the_first_page(
    query: tuple[tuple[str, str], ...], value: str
) -> None:
    query = tuple((name, text.encode("utf-8", "ignore").decode()) for name, text in query)
    found = parameters(view(query).href(stage=value))
    assert found == [pair for pair in query if pair[0] not in ("stage", *CURSORS)] + [("stage", value)]


def test_a_range_is_taken_off_with_both_its_ends() -> None:
    shown = view((("sum-from", "10"), ("sum-to", "20"), ("q", "a b&c")))
    taken_off = shown.without(Filter(key="sum", label="", kind=FilterKind.RANGE))
    assert parameters(taken_off) == [("q", "a b&c")]


def test_a_second_click_turns_the_order_round() -> None:
    shown = view(())
    column = shown.columns[0]
    assert shown.sorted_by(column) == "/cases?sort=case"
    assert replace(shown, sort="case").sorted_by(column) == "/cases?sort=-case"
    assert replace(shown, sort="-case").direction(column) == "descending"


def test_next_page_keeps_search_and_filters() -> None:
    shown = view((("q", "x"), ("after", "old")))
    assert parameters(shown.href(after="new")) == [("q", "x"), ("after", "new")]
