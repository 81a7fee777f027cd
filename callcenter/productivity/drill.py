"""A figure's address: which calls are behind it, written so that the call log can open them. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from callcenter.productivity.asking import MOST_DAYS, Ask, By, Part, spans_of
from callcenter.productivity.kpis import KPIS
from callcenter.productivity.ports import Behind
from core.kernel.clock import read_day

_LETTERS: Mapping[By, str] = {
    By.USER: "u",
    By.UNIT: "n",
    By.CREDITOR: "c",
    By.STAGE: "s",
    By.CAMPAIGN: "p",
    By.DIRECTION: "d",
    By.HOUR: "h",
    By.WEEKDAY: "w",
    By.DAY: "D",
    By.WEEK: "W",
    By.MONTH: "M",
    By.QUEUE: "q",
}
_BY = {letter: by for by, letter in _LETTERS.items()}
_TEXTS = {By.QUEUE, By.DIRECTION}
_DATES = {By.DAY, By.WEEK, By.MONTH}
#: What calls can be behind.
_COUNTERS = frozenset(kpi.counter for kpi in KPIS if kpi.counter)
_ZONE = re.compile(r"[A-Za-z_+\-0-9/]{1,40}")
#: An id as far as a database keeps it.
_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One figure of a report: what it counts, of which line."""

    counter: str
    ask: Ask
    parts: Mapping[By, Part]

    def behind(self) -> Behind:
        """The calls it is made of."""
        own: dict[str, int | str] = {by.value: value for by, value in self.ask.filters.items()}
        own |= {by.value: self.parts[by] for by in self.ask.columns if by in self.parts}  # type: ignore[misc]
        return Behind(counter=self.counter, spans=spans_of(self.ask, self.parts), dimensions=own)


def write(cell: Cell) -> str:
    """The cell as text."""
    ask = cell.ask
    known: dict[By, Part] = {**ask.filters, **cell.parts}
    parts = [f"{_LETTERS[by]}{quote(str(value), safe='')}" for by, value in sorted(known.items())]
    return "|".join([cell.counter, ask.first.isoformat(), ask.last.isoformat(), ask.zone.key, *parts])


def read(text: str) -> Cell:
    """The cell written by :func:`write`; ``ValueError`` for anything else."""
    counter, first, last, zone, *parts = text.split("|")
    if counter not in _COUNTERS or not _ZONE.fullmatch(zone):
        raise ValueError(text)
    known = dict(_read_part(part) for part in parts)
    try:
        place = ZoneInfo(zone)
    except (OSError, KeyError) as error:
        raise ValueError(zone) from error
    begin, end = read_day(first), read_day(last)
    if not timedelta() <= end - begin <= timedelta(days=MOST_DAYS):
        raise ValueError(text)
    return Cell(
        counter=counter,
        ask=Ask(first=begin, last=end, zone=place, by=tuple(known)),
        parts=known,
    )


def _read_part(text: str) -> tuple[By, Part]:
    by = _BY.get(text[:1])
    if by is None:
        raise ValueError(text)
    if by in _DATES:
        day: date = read_day(text[1:])
        return by, day
    if by in _TEXTS:
        return by, unquote(text[1:])
    if not _NUMBER.fullmatch(text[1:]):
        raise ValueError(text)
    return by, int(text[1:])
