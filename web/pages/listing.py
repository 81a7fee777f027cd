"""The shape of every list on screen, as data: what ``_list.html`` draws and the query string that reproduces it.

A page module fills a :class:`ListView` from its own query; nothing here asks a database. Parameters of the query
string: ``q`` search, ``sort`` (a column's key, ``-`` before it for descending), ``after``/``before`` cursors, ``col``
(repeated: the columns shown, in order), ``saved`` (the saved filter in use), and one name for each filter
(``NAME-from`` and ``NAME-to`` for ranges and dates).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from urllib.parse import urlencode

from core.kernel.i18n import Message
from core.kernel.money import Money

Text = Message | str
"""A message waits for the reader's language; a plain string is data and is shown as it is."""

CURSORS = ("after", "before")


class Tone(StrEnum):
    """How a state is underlined. ``LAW`` (red) is for the law and for loss only."""

    PLAIN = "plain"
    LIVE = "live"
    ACT = "act"
    ALERT = "alert"
    LAW = "law"


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """A state of something: always a word and an icon (a Tabler icon's name), never colour alone."""

    word: Text
    icon: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class TextCell:
    """Words or a plain number; ``href`` makes it a link, ``note`` stands under it in small type."""

    kind: ClassVar[str] = "text"
    text: Text | int | None
    href: str | None = None
    note: Text | None = None


@dataclass(frozen=True, slots=True)
class NumberCell:
    """A number with decimals, which stays one in a file."""

    kind: ClassVar[str] = "number"
    number: Decimal | None


@dataclass(frozen=True, slots=True)
class MoneyCell:
    kind: ClassVar[str] = "money"
    money: Money | None
    strong: bool = False


@dataclass(frozen=True, slots=True)
class TimeCell:
    """A moment (aware UTC). With ``zone`` it is shown in that IANA zone, the reader's own time on hover."""

    kind: ClassVar[str] = "time"
    at: datetime | None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class DayCell:
    kind: ClassVar[str] = "day"
    day: date | None


@dataclass(frozen=True, slots=True)
class DurationCell:
    kind: ClassVar[str] = "duration"
    seconds: float | None


@dataclass(frozen=True, slots=True)
class StateCell:
    kind: ClassVar[str] = "state"
    state: State | None


@dataclass(frozen=True, slots=True)
class PhoneCell:
    """A number (E.164) with its call button; ``case_id`` is the case the call is for."""

    kind: ClassVar[str] = "phone"
    number: str | None
    phone_id: int | None = None
    case_id: int | None = None


@dataclass(frozen=True, slots=True)
class RecordingCell:
    """Plays a recording in place, from the addresses below ``base`` if they are not its usual ones."""

    kind: ClassVar[str] = "recording"
    recording_id: int | None
    base: str | None = None


@dataclass(frozen=True, slots=True)
class ZoneCell:
    """A time zone (IANA), by its city."""

    kind: ClassVar[str] = "zone"
    name: str | None


Cell = (
    TextCell
    | NumberCell
    | MoneyCell
    | TimeCell
    | DayCell
    | DurationCell
    | StateCell
    | PhoneCell
    | RecordingCell
    | ZoneCell
)


class Align(StrEnum):
    START = "start"
    END = "end"


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    key: str
    label: Text
    align: Align = Align.START
    sortable: bool = False
    visible: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """``cells`` by column key. ``href`` is what opening the row means; ``id`` is what a mass action receives."""

    id: str
    cells: Mapping[str, Cell]
    href: str | None = None


class FilterKind(StrEnum):
    TEXT = "text"
    SELECT = "select"
    DATE = "date"
    RANGE = "range"
    BOOL = "bool"


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    value: str
    label: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """One thing to filter by. ``value`` is what is set now; for DATE and RANGE it is the lower end and ``until`` the
    upper. A SELECT may hold several values (``choices``) when ``many`` is set."""

    key: str
    label: Text
    kind: FilterKind = FilterKind.TEXT
    options: tuple[Option, ...] = ()
    value: str = ""
    until: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names of this filter in the query string."""
        ranged = self.kind in (FilterKind.DATE, FilterKind.RANGE)
        return (f"{self.key}-from", f"{self.key}-to") if ranged else (self.key,)

    @property
    def active(self) -> bool:
        return bool(self.value or self.until or self.choices)

    def shown(self) -> tuple[Text, ...]:
        """What the chip says behind the label."""
        if self.kind is FilterKind.SELECT:
            chosen = self.choices or (self.value,)
            return tuple(option.label for option in self.options if option.value in chosen)
        return tuple(part for part in (self.value, self.until) if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedFilter:
    """A view somebody saved: the query string to open it with, and who may see it."""

    id: int
    name: str
    query: str
    mine: bool = True
    shared: bool = False
    active: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """A file of exactly what is seen. ``href`` answers with a download."""

    label: Text
    href: str
    icon: str = "file-spreadsheet"


@dataclass(frozen=True, kw_only=True, slots=True)
class MassAction:
    """Posts the chosen rows (``id`` repeated, or ``all=1`` with the query) to ``href``; ``confirm`` is asked first,
    ``download`` says that a file is the answer."""

    label: Text
    href: str
    icon: str = "checks"
    confirm: Text | None = None
    download: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EmptyState:
    """What an empty list says, and what to do about it."""

    title: Text
    hint: Text
    action: Text | None = None
    action_href: str | None = None
    icon: str = "inbox"


@dataclass(frozen=True, kw_only=True, slots=True)
class ListView:
    """A list, whole. ``key`` names it for saved filters and remembered columns, ``path`` is its address and ``query``
    the parameters that reproduce it. ``total`` is None where counting would cost more than it tells."""

    key: str
    title: Text
    path: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: EmptyState
    query: tuple[tuple[str, str], ...] = ()
    filters: tuple[Filter, ...] = ()
    search: str | None = None
    search_hint: Text = ""
    sort: str = ""
    total: int | None = None
    total_is_at_least: bool = False
    next_cursor: str | None = None
    previous_cursor: str | None = None
    saved: tuple[SavedFilter, ...] = ()
    save_href: str | None = None
    may_share: bool = False
    exports: tuple[Export, ...] = ()
    actions: tuple[MassAction, ...] = ()
    create: Text | None = None
    create_href: str | None = None

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.visible)

    @property
    def active_filters(self) -> tuple[Filter, ...]:
        return tuple(item for item in self.filters if item.active)

    @property
    def narrowed(self) -> bool:
        """Whether a search or filter hides something."""
        return bool(self.search) or bool(self.active_filters)

    @property
    def query_string(self) -> str:
        return urlencode(self.query)

    def kept(self, *without: str) -> tuple[tuple[str, str], ...]:
        """The parameters a form has to carry on, less those it sets itself and the cursors."""
        dropped = {*without, *CURSORS}
        return tuple((name, value) for name, value in self.query if name not in dropped)

    def href(self, **changes: str | Iterable[str] | None) -> str:
        """The address of this list with some parameters changed; ``None`` removes one. A change starts at the first
        page unless it names a cursor; ``__`` in a name stands for ``-``."""
        named = {name.replace("__", "-"): value for name, value in changes.items()}
        pairs = list(self.kept(*named))
        for name, value in named.items():
            if value is not None:
                pairs += [(name, one) for one in ((value,) if isinstance(value, str) else value)]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def without(self, item: Filter) -> str:
        """The address with one filter taken off."""
        return self.href(**dict.fromkeys(item.names))

    def cleared(self) -> str:
        """The address with no search and no filter."""
        return self.href(q=None, saved=None, **{name: None for item in self.filters for name in item.names})

    def direction(self, column: Column) -> str | None:
        """``ascending`` or ``descending`` when the list is sorted by this column (the words of ``aria-sort``)."""
        return {column.key: "ascending", f"-{column.key}": "descending"}.get(self.sort)

    def sorted_by(self, column: Column) -> str:
        """The address sorted by this column; a second click turns the order round."""
        return self.href(sort=f"-{column.key}" if self.sort == column.key else column.key)
