"""Time zones as people say them: the city, in the reader's language, and how far its clocks are from UTC today."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global

from web.pages.listing import Option

#: Names that stand for another one: the same city as it was written before, or one that keeps the same time.
_ALIASES: Mapping[str, str] = get_global("zone_aliases")
_MINUTE = 60


def zone(name: str, language: str) -> str:
    """``Москва, UTC+3`` for ``Europe/Moscow``."""
    return _zone(name, language, datetime.now(UTC).date())


def minute_there(name: str) -> str:
    """The minute that begins there now, as a field of day and time has it: ``2026-12-31T23:59``."""
    return datetime.now(ZoneInfo(name)).strftime("%Y-%m-%dT%H:%M")


def zone_options(language: str) -> tuple[Option, ...]:
    """Every time zone with a city in it, by the city; names that stand for another one say which they are."""
    return _options(language, datetime.now(UTC).date())


def zones_called(text: str, language: str) -> frozenset[str]:
    """The zones that are offered with ``text`` in what they are called, or that bear it in their own name."""
    wanted = text.casefold()
    offered = zone_options(language) if wanted else ()
    return frozenset(str(one.value) for one in offered if wanted in f"{one.label}\n{one.value}".casefold())


@lru_cache(maxsize=16)
def _options(language: str, today: date) -> tuple[Option, ...]:
    names = (name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix", "right")))
    found = [Option(value=name, label=_offered(name, language, today)) for name in names]
    return (Option(value="UTC", label="UTC"), *sorted(found, key=lambda option: str(option.label).casefold()))


def _offered(name: str, language: str, today: date) -> str:
    said = _zone(name, language, today)
    return f"{said} ({name})" if name in _ALIASES else said


@lru_cache(maxsize=4096)
def _zone(name: str, language: str, today: date) -> str:
    offset = _offset(name, today)
    return offset if name == "UTC" else f"{_city(name, language)}, {offset}"


def _city(name: str, language: str) -> str:
    cities = Locale.parse(language).time_zones
    known = (cities[one].get("city") for one in _names(name) if one in cities)
    return next(filter(None, known), _ALIASES.get(name, name).partition("/")[2].replace("_", " ") or name)


def _names(name: str) -> Iterator[str]:
    """A zone's names, the given one first: the cities' names are kept under the older ones."""
    now = _ALIASES.get(name, name)
    yield from (name, now, *_older().get(now, ()))


@cache
def _older() -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for old, now in sorted(_ALIASES.items()):
        found[now].append(old)
    return found


def _offset(name: str, today: date) -> str:
    """``UTC+5:30``, as it is at noon of that day."""
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=ZoneInfo(name))
    minutes = round((noon.utcoffset() or noon - noon).total_seconds()) // _MINUTE
    hours, rest = divmod(abs(minutes), 60)
    return "UTC" + (f"{'−' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "") if minutes else "")
