"""One way for every list: read what is asked for from the address, and make the view from the rows found."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from starlette.datastructures import QueryParams
from starlette.requests import Request

from core.kernel.clock import read_day
from core.kernel.i18n import Message, msg
from core.kernel.paging import Listing, Page, Wish
from core.people.model import SavedView
from web.forms import is_position
from web.pages.listing import (
    CURSORS,
    Column,
    EmptyState,
    Export,
    Filter,
    FilterKind,
    ListView,
    MassAction,
    Option,
    Row,
    SavedFilter,
)
from web.security import actor
from web.state import services

T = TypeVar("T")
Line = TypeVar("Line")
W = TypeVar("W", bound=Wish)
PAGE_SIZE = 50
_CONTROL = frozenset({*CURSORS, "saved"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ListSpec:
    """What a list can show, sort and filter by, before anybody asked for anything.

    ``sort`` is the order without a wish; ``search_hint`` None means that it cannot be searched; ``export_right`` is
    what exporting needs, None means that it cannot be exported (its files are answered under ``path/export``).
    """

    key: str
    title: Message
    path: str
    columns: tuple[Column, ...]
    empty: EmptyState
    sort: str
    filters: tuple[Filter, ...] = ()
    search_hint: Message | None = None
    export_right: str | None = None

    def with_options(self, options: Mapping[str, tuple[Option, ...]]) -> "ListSpec":
        """The list with what there is to choose from, by the keys of its filters."""
        filled = tuple(replace(item, options=options.get(item.key, item.options)) for item in self.filters)
        return replace(self, filters=filled)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the address asks of a list: only columns, sorts and filters that the list has."""

    spec: ListSpec
    pairs: tuple[tuple[str, str], ...]
    search: str
    sort: str
    after: str | None
    before: str | None
    columns: tuple[Column, ...]
    filters: Mapping[str, Filter]
    zone: ZoneInfo

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns that are seen, in their order."""
        return tuple(column for column in self.columns if column.visible)

    @property
    def sort_key(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        return self.sort.startswith("-")

    def wish(self, kind: type[W], /, **filters: Any) -> W:
        """What is asked of the list, with what its ``filters`` come to in the words of the query."""
        return kind(search=self.search, sort=self.sort, after=self.after, before=self.before, size=PAGE_SIZE, **filters)

    def value(self, key: str) -> str:
        """What a filter is set to, "" for not at all."""
        return self.filters[key].value

    def number(self, key: str) -> int | None:
        """A filter's value as a number, None when it is none."""
        value = self.filters[key].value
        return int(value) if is_position(value) else None

    def one_of(self, key: str, choices: Mapping[str, T]) -> T | None:
        """What a filter's value stands for."""
        return choices.get(self.filters[key].value)

    def first_day(self, key: str) -> date | None:
        """The first day of a DATE filter, for what goes by days alone."""
        return day_of(self.filters[key].value)

    def last_day(self, key: str) -> date | None:
        """The last day of a DATE filter, included."""
        return day_of(self.filters[key].until)

    def since(self, key: str) -> datetime | None:
        """The start of the first day of a DATE filter, in the reader's zone."""
        return self._midnight(self.filters[key].value)

    def until(self, key: str) -> datetime | None:
        """The end of the last day of a DATE filter (exclusive), in the reader's zone."""
        return self._midnight(self.filters[key].until, days=1)

    def _midnight(self, text: str, days: int = 0) -> datetime | None:
        day = day_of(text)
        return None if day is None else datetime.combine(day + timedelta(days=days), time(), tzinfo=self.zone)


def day_of(text: str) -> date | None:
    """A day as an address says it (ISO 8601); None for anything else."""
    try:
        return read_day(text)
    except ValueError:
        return None


#: How many rows of a list a file takes at a time.
EXPORT_BATCH = 500


async def row_by_row(
    read: Callable[[str | None], Awaitable[Page[Line]]], row: Callable[[Line], Row]
) -> AsyncIterator[list[Row]]:
    """The rows of a whole list, page by page: ``read`` gets the cursor behind which a page begins. It opens what it
    needs for that one page, so that a slow download holds no snapshot open."""
    after: str | None = None
    while True:
        found = await read(after)
        yield [row(line) for line in found.rows]
        after = found.next
        if after is None:
            return


def asked(request: Request, spec: ListSpec, query: QueryParams | None = None) -> Asked:
    """Read the query string of ``request``, or another given as ``query``, by ``spec``; what the list does not know is
    ignored."""
    query = request.query_params if query is None else query
    filters = {item.key: _set(item, query) for item in spec.filters}
    known = {"q", "sort", "col", *_CONTROL, *(name for item in spec.filters for name in item.names)}
    sortable = {column.key for column in spec.columns if column.sortable}
    wanted = query.get("sort", "")
    return Asked(
        spec=spec,
        pairs=tuple((name, value) for name, value in query.multi_items() if name in known and value),
        search=query.get("q", "").strip()[:200] if spec.search_hint else "",
        sort=wanted if wanted.removeprefix("-") in sortable else spec.sort,
        after=query.get("after") or None,
        before=query.get("before") or None,
        columns=_chosen(spec.columns, query.getlist("col")),
        filters=filters,
        zone=ZoneInfo(actor(request).timezone),
    )


def _set(item: Filter, query: QueryParams) -> Filter:
    if item.kind in (FilterKind.DATE, FilterKind.RANGE):
        lower, upper = item.names
        return replace(item, value=query.get(lower, ""), until=query.get(upper, ""))
    if item.many:
        return replace(item, choices=tuple(value for value in query.getlist(item.key) if value))
    return replace(item, value=query.get(item.key, "").strip()[:200])


def _chosen(columns: tuple[Column, ...], keys: list[str]) -> tuple[Column, ...]:
    """The chosen columns first and in their order, then the hidden ones; as delivered when none is chosen."""
    known = {column.key: column for column in columns}
    chosen = [known[key] for key in dict.fromkeys(keys) if key in known]
    if not chosen:
        return columns
    hidden = [column for column in columns if column not in chosen]
    return (
        *(replace(column, visible=True) for column in chosen),
        *(replace(column, visible=False) for column in hidden),
    )


async def listed(
    request: Request,
    wanted: Asked,
    found: Listing[Line],
    row: Callable[[Line], Row],
    *,
    actions: tuple[MassAction, ...] = (),
    create: tuple[Message, str] | None = None,
) -> ListView:
    """The list to draw of a page that was counted; see :func:`view`."""
    return await view(
        request,
        wanted,
        map(row, found.rows),
        next_cursor=found.next,
        previous_cursor=found.previous,
        total=found.total,
        total_is_at_least=found.at_least,
        actions=actions,
        create=create,
    )


async def view(
    request: Request,
    wanted: Asked,
    rows: Iterable[Row],
    *,
    next_cursor: str | None = None,
    previous_cursor: str | None = None,
    total: int | None = None,
    total_is_at_least: bool = False,
    actions: tuple[MassAction, ...] = (),
    create: tuple[Message, str] | None = None,
) -> ListView:
    """The list to draw: ``rows`` within what was asked for, with this reader's saved views."""
    spec, me = wanted.spec, actor(request)
    label, href = create or (None, None)
    return ListView(
        key=spec.key,
        title=spec.title,
        path=spec.path,
        columns=wanted.columns,
        rows=tuple(rows),
        empty=replace(spec.empty, action=label, action_href=href) if create else spec.empty,
        query=wanted.pairs,
        filters=tuple(wanted.filters.values()),
        search=wanted.search if spec.search_hint else None,
        search_hint=spec.search_hint or "",
        sort=wanted.sort,
        total=total,
        total_is_at_least=total_is_at_least,
        next_cursor=next_cursor,
        previous_cursor=previous_cursor,
        saved=await saved_views(request, wanted.spec.key, wanted.pairs),
        save_href="/me/views",
        may_share=me.may("views.share"),
        exports=_exports(wanted) if spec.export_right and me.may(spec.export_right) else (),
        actions=actions,
        create=label,
        create_href=href,
    )


async def saved_views(request: Request, key: str, pairs: Iterable[tuple[str, str]]) -> tuple[SavedFilter, ...]:
    """The reader's own views of a list and those shared with him; ``pairs`` are the parameters seen now."""
    me = actor(request).user_id
    seen = select(SavedView).where(SavedView.list == key, or_(SavedView.user_id == me, SavedView.shared))
    async with services(request).uow.read() as session:
        rows = (await session.scalars(seen.order_by(SavedView.name, SavedView.id))).all()
    here = _canonical(pairs)
    return tuple(
        SavedFilter(
            id=row.id,
            name=row.name,
            query=row.query,
            mine=row.user_id == me,
            shared=row.shared,
            active=_canonical(parse_qsl(row.query)) == here,
        )
        for row in rows
    )


def _canonical(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pair for pair in pairs if pair[0] not in _CONTROL)


def _exports(wanted: Asked) -> tuple[Export, ...]:
    pairs = [pair for pair in wanted.pairs if pair[0] not in _CONTROL]
    sheets = urlencode([*pairs, ("format", "xlsx")])
    commas = urlencode([*pairs, ("format", "csv")])
    path = f"{wanted.spec.path}/export"
    return (
        Export(label=msg("Excel workbook"), href=f"{path}?{sheets}"),
        Export(label=msg("CSV"), href=f"{path}?{commas}", icon="file-type-csv"),
    )
