"""A report read, with all that is needed to show it on a page, in a file or for print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import QueryParams

from callcenter.calls.rights import VIEW as CALLS_VIEW
from callcenter.campaigns.queries import list_campaigns
from callcenter.campaigns.rights import VIEW as CAMPAIGNS_VIEW
from callcenter.productivity import drill
from callcenter.productivity.asking import Ask, By, Part, answers, shifted
from callcenter.productivity.kpis import Family, Kpi, Unit, value
from callcenter.productivity.names import Names, currencies, names
from callcenter.productivity.ports import RawFigures
from callcenter.productivity.report import Counters, Figures, Parts, read
from callcenter.queues.queries import inbound_queues
from core.kernel.access import Actor
from core.kernel.i18n import Message, msg, translator
from web.pages.floor.queues import names_of
from web.pages.formats import day as day_text
from web.pages.formats import month as month_text
from web.pages.reports.charts import Bar, Chart, chart
from web.pages.reports.report_ask import Asked, asked
from web.pages.reports.report_words import BY_LABELS, DIRECTIONS, WEEKDAYS, reads

#: Lines drawn as bars; more are read better in the table.
_MOST_BARS = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One figure on screen: what it reads, what it was before, what it is made of, the calls behind it."""

    reads: str
    then: str | None
    made_of: str | None
    href: str | None
    value: Decimal | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownLine:
    """A line: the names of its parts, and its figures."""

    names: tuple[str | Message, ...]
    figures: tuple[Shown, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A report read, with all that is needed to show it."""

    asked: Asked
    figures: Figures
    then: Figures | None
    then_ask: Ask | None
    names: Mapping[By, Names]
    currencies: Sequence[str]
    language: str
    opens: bool

    def lines(self) -> list[ShownLine]:
        """Every line in the order it is read."""
        before = {line.parts: line.counters for line in self.then.lines} if self.then else {}
        found = []
        for line in self.figures.lines:
            counters = before.get(self._then_parts(line.parts)) if self.then else None
            parts = dict(zip(self.asked.ask.by, line.parts, strict=True))
            found.append(
                ShownLine(
                    names=tuple(self.name(by, one) for by, one in parts.items()),
                    figures=tuple(self._shown(kpi, line.counters, counters, parts) for kpi in self.asked.kpis),
                )
            )
        return found if self.asked.ask.clocked else sorted(found, key=lambda line: [str(one) for one in line.names])

    def total(self) -> tuple[Shown, ...]:
        """The figures over everything."""
        counters = self.then.total if self.then else None
        return tuple(self._shown(kpi, self.figures.total, counters, {}) for kpi in self.asked.kpis)

    def chart(self, lines: Sequence[ShownLine]) -> Chart | None:
        """The bars of the figure chosen."""
        at = self.asked.kpis.index(self.asked.chart) if self.asked.chart in self.asked.kpis else 0
        kpi = self.asked.kpis[at]
        if not self.asked.ask.by or len(lines) > _MOST_BARS:
            return None
        before = {line.parts: line.counters for line in self.then.lines} if self.then else {}
        bars = []
        for line in self.figures.lines:
            counted = before.get(self._then_parts(line.parts)) if self.then else None
            then = None if counted is None else value(kpi, counted).value
            now = value(kpi, line.counters).value
            parts = zip(self.asked.ask.by, line.parts, strict=True)
            name = " · ".join(self.text(self.name(by, one)) for by, one in parts)
            bars.append(Bar(name=name, reads=reads(kpi, now, self.language, self.currency), value=now, then=then))
        ordered = bars if self.asked.ask.clocked else sorted(bars, key=lambda bar: -(bar.value or Decimal(-1)))
        return chart(kpi.label, ordered)

    def filters(self) -> list[tuple[Message, str | Message]]:
        """What the figures are narrowed to: the breakdown and the part of it."""
        return [(BY_LABELS[by], self.name(by, one)) for by, one in self.asked.ask.filters.items()]

    @property
    def currency(self) -> str:
        return self.asked.ask.currency

    def text(self, name: str | Message) -> str:
        """A name in the reader's language."""
        return translator(self.language).render(name) if isinstance(name, Message) else name

    def name(self, by: By, one: Part) -> str | Message:
        """What a part of a breakdown is called."""
        if by is By.WEEKDAY:
            return WEEKDAYS[int(str(one))]
        if by is By.HOUR:
            return f"{one:02}:00"
        if isinstance(one, date):
            return month_text(one, self.language) if by is By.MONTH else day_text(one, self.language)
        if by is By.DIRECTION:
            return DIRECTIONS.get(str(one), msg("none"))
        if not one:
            return msg("nobody") if by is By.USER else msg("none")
        return self.names.get(by, {}).get(one, f"{one}")

    def _then_parts(self, parts: Parts) -> Parts:
        """The line of the other period that this one is compared with: the same, or the day, week or month as far into
        it."""
        assert self.then_ask is not None
        first, then = self.asked.ask.first, self.then_ask.first
        return tuple(
            as_far_into(by, one, first, then) if isinstance(one, date) else one
            for by, one in zip(self.asked.ask.by, parts, strict=True)
        )

    def _shown(self, kpi: Kpi, counters: Counters, before: Counters | None, parts: Mapping[By, Part]) -> Shown:
        if not answers(kpi, self.asked.ask):
            return Shown(reads="–", then=None, made_of=None, href=None, value=None)
        now = value(kpi, counters)
        then = None if before is None or Family.CASES in kpi.families else value(kpi, before).value
        return Shown(
            reads=reads(kpi, now.value, self.language, self.currency),
            then=None if before is None else reads(kpi, then, self.language, self.currency),
            made_of=_made_of(kpi, now.over, now.under),
            href=self._href(kpi, counters, parts),
            value=now.value,
        )

    def _href(self, kpi: Kpi, counters: Counters, parts: Mapping[By, Part]) -> str | None:
        if not self.opens or kpi.counter is None or not counters.get(kpi.counter, counters.get(kpi.over[0])):
            return None
        cell = drill.Cell(counter=kpi.counter, ask=self.asked.ask, parts=parts)
        return f"/calls?{urlencode({'behind': drill.write(cell)})}"


def as_far_into(by: By, one: date, first: date, then: date) -> date:
    """The day, week (by its Monday) or month (by its first day) that lies as far into the period from ``then`` on as
    ``one`` does into the period from ``first`` on."""
    if by is By.MONTH:
        months = (one.year - first.year + then.year) * 12 + one.month - first.month + then.month - 1
        return date(months // 12, months % 12 + 1, 1)
    if by is By.WEEK:
        return one + (monday(then) - monday(first))
    return then + (one - first)


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def _made_of(kpi: Kpi, over: Any, under: Any) -> str | None:
    """Both numbers of a share of counted things."""
    counted = kpi.unit is Unit.PERCENT and under and kpi.families <= {Family.CALLS, Family.CASES}
    return f"{int(over)} / {int(under)}" if counted else None


async def read_report(
    session: AsyncSession, me: Actor, raw: RawFigures, query: QueryParams, *, now: datetime, due: datetime | None = None
) -> Report:
    """What the address asks for, as the actor may see it; with ``due`` as of the day on which it was due, however late
    it is made. Raises ``Forbidden`` without the right to figures."""
    zone = ZoneInfo(me.timezone)
    today = (due or now).astimezone(zone).date()
    known_currencies = await currencies(session)
    wanted = asked(query, today, zone, known_currencies)
    counters = {name for kpi in wanted.kpis for name in (*kpi.counters, kpi.counter) if name}
    figures = await read(session, me, raw, wanted.ask, counters, now=now)
    then_ask = shifted(wanted.ask, wanted.compare)
    then = await read(session, me, raw, then_ask, counters, now=now) if then_ask else None
    known: dict[By, Names] = {by: await names(session, by) for by in (By.USER, By.UNIT, By.CREDITOR, By.STAGE)}
    campaigns = await list_campaigns(session, me) if me.may(CAMPAIGNS_VIEW) else ()
    known[By.CAMPAIGN] = {one.id: one.name for one in campaigns}
    queues = names_of(await inbound_queues(session))
    known[By.QUEUE] = dict((*queues.items(), *((one.queue, one.name) for one in campaigns)))
    return Report(
        asked=wanted,
        figures=figures,
        then=then,
        then_ask=then_ask,
        names=known,
        currencies=known_currencies,
        language=me.language,
        opens=me.may(CALLS_VIEW),
    )
