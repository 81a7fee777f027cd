"""Reading what a report is asked for from its address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from starlette.datastructures import QueryParams

from callcenter.productivity.asking import MOST_DAYS, MOST_DIMENSIONS, Ask
from callcenter.productivity.kpis import BY_KEY, Kpi
from core.kernel.clock import read_day
from web.forms import is_position
from web.pages.reports.report_words import BY_NAMES, COMPARISONS, PERIODS, SHIPPED, Shipped

#: Filters by an id, and by a word.
ID_FILTERS = ("user", "unit", "creditor", "stage", "campaign")
WORD_FILTERS = ("queue", "direction")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """The report asked for, and the parameters of the address that reproduce it. ``filters`` are as written there."""

    ask: Ask
    period: str
    kpis: tuple[Kpi, ...]
    chart: Kpi
    compare: str
    filters: Mapping[str, str]
    pairs: tuple[tuple[str, str], ...]


def asked(query: QueryParams, today: date, zone: ZoneInfo, currencies: Sequence[str]) -> Asked:
    """What the address asks for; what is not known is ignored. Money is that of the first of ``currencies`` unless
    another is chosen. Whoever writes other days into the form than were in it
    (``was-from``, ``was-to``) means those, whatever the period said."""
    shipped = SHIPPED.get(query.get("report", ""), SHIPPED["work"])
    period = query.get("period", "today")
    edited = any(query.get(f"was-{end}", query.get(end)) != query.get(end) for end in ("from", "to"))
    period = "custom" if edited else period if period in PERIODS else "today"
    first, last = _period(period, query, today)
    by, kpis = _by(query, shipped), _kpis(query, shipped)
    filters = {name: value for name in (*ID_FILTERS, *WORD_FILTERS) if (value := _filter(name, query)) is not None}
    ask = Ask(
        first=first,
        last=last,
        zone=zone,
        by=tuple(BY_NAMES[name] for name in by),
        filters={BY_NAMES[name]: int(value) if name in ID_FILTERS else value for name, value in filters.items()},
        currency=_currency(query, currencies),
    )
    compare = query.get("compare", "")
    chosen = query.get("chart", "")
    pairs = [("period", period), *(("by", name) for name in by), *(("col", kpi.key) for kpi in kpis)]
    if period == "custom":
        pairs += [("from", first.isoformat()), ("to", last.isoformat())]
    pairs += [*filters.items()]
    pairs += [("currency", ask.currency)] if ask.currency in currencies[1:] else []
    pairs += [("compare", compare)] if compare in COMPARISONS and compare else []
    pairs += [("chart", chosen)] if chosen in BY_KEY else []
    return Asked(
        ask=ask,
        period=period,
        kpis=kpis,
        chart=BY_KEY.get(chosen, kpis[0]),
        compare=compare if compare in COMPARISONS else "",
        filters=filters,
        pairs=tuple(pairs),
    )


def _by(query: QueryParams, shipped: Shipped) -> list[str]:
    wanted = query.getlist("by") if "by" in query else list(shipped.by)
    return list(dict.fromkeys(name for name in wanted if name in BY_NAMES))[:MOST_DIMENSIONS]


def _kpis(query: QueryParams, shipped: Shipped) -> tuple[Kpi, ...]:
    chosen = [key for key in dict.fromkeys(query.getlist("col")) if key in BY_KEY]
    return tuple(BY_KEY[key] for key in chosen or shipped.figures)


def _currency(query: QueryParams, currencies: Sequence[str]) -> str:
    chosen = query.get("currency", "")
    return chosen if chosen in currencies else next(iter(currencies), "")


def _filter(name: str, query: QueryParams) -> str | None:
    value = query.get(name, "").strip()[:80]
    if name in ID_FILTERS:
        return value if is_position(value) else None
    return value or None


def _period(period: str, query: QueryParams, today: date) -> tuple[date, date]:
    match period:
        case "yesterday":
            return today - timedelta(days=1), today - timedelta(days=1)
        case "week":
            return today - timedelta(days=today.weekday()), today
        case "last_week":
            sunday = today - timedelta(days=today.isoweekday())
            return sunday - timedelta(days=6), sunday
        case "month":
            return today.replace(day=1), today
        case "last_month":
            last = today.replace(day=1) - timedelta(days=1)
            return last.replace(day=1), last
        case "custom":
            first, last = _day(query.get("from", ""), today), _day(query.get("to", ""), today)
            first, last = min(first, last), max(first, last)
            return max(first, last - timedelta(days=MOST_DAYS)), last
    return today, today


def _day(text: str, today: date) -> date:
    try:
        return read_day(text)
    except ValueError:
        return today
