"""Lists short enough to be held whole: searched, narrowed and sorted by what their reader reads, in his language."""

from collections.abc import AsyncIterator, Iterable, Sequence

from starlette.requests import Request
from starlette.responses import Response

from core.kernel.i18n import msg, translator
from web.export import Value, cell_value, export
from web.lists import Asked
from web.page import language_of
from web.pages.listing import Filter, FilterKind, Option, Row, State, StateCell, TextCell

ON = State(word=msg("in use"), icon="circle-check")
OFF = State(word=msg("switched off"), icon="circle-off")
_STATES = {"on": ON, "off": OFF}
#: Narrows a list whose rows have a ``state`` that is ``ON`` or ``OFF``.
IN_USE = Filter(
    key="state",
    label=msg("State"),
    kind=FilterKind.SELECT,
    options=tuple(Option(value=key, label=state.word) for key, state in _STATES.items()),
)


def narrowed(request: Request, wanted: Asked, rows: Iterable[Row]) -> list[Row]:
    """Of ``rows`` those with all the words that are searched in their texts, and in the state that is asked for; in
    the order of the column asked for, what has nothing there at the end. Letters count whatever their case."""
    texts = translator(language_of(request))

    def value(row: Row, column: str) -> Value:
        found = cell_value(row.cells.get(column), texts, wanted.zone)
        return found.casefold() if isinstance(found, str) else found

    def fits(row: Row) -> bool:
        said = [value(row, key) for key, cell in row.cells.items() if isinstance(cell, TextCell)]
        text = " ".join(one for one in said if isinstance(one, str))
        return all(word in text for word in wanted.search.casefold().split()) and _is_in_state(row, wanted)

    found = [row for row in rows if fits(row)]
    some = [row for row in found if value(row, wanted.sort_key) is not None]
    none = [row for row in found if value(row, wanted.sort_key) is None]
    some.sort(key=lambda row: value(row, wanted.sort_key), reverse=wanted.descending)  # type: ignore[arg-type,return-value]
    return [*some, *none]


def _is_in_state(row: Row, wanted: Asked) -> bool:
    if IN_USE.key not in wanted.filters:
        return True
    state = wanted.one_of(IN_USE.key, _STATES)
    return state is None or row.cells[IN_USE.key] == StateCell(state)


async def export_rows(request: Request, wanted: Asked, rows: Sequence[Row]) -> Response:
    """The file of these rows: of the columns that are shown."""

    async def all_at_once() -> AsyncIterator[Sequence[Row]]:
        yield rows

    return await export(request, wanted.spec.key, wanted.shown, all_at_once())
