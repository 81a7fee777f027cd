"""A report read, with all that is needed to show it on a page, in a file or for print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import QueryParams

from callcenter.calls.rights import VIEW as CALLS_VIEW
from callcenter.productivity import drill
from callcenter.productivity.asking import Ask, By, Part, answers, shifted
from callcenter.productivity.kpis import Family, Kpi, Unit, value
from callcenter.productivity.names import Names, house_currency, names
from callcenter.productivity.ports import RawFigures
from callcenter.productivity.report import PENETRATION_DAYS, Counters, Figures, Parts, read
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.i18n import Message, msg, translator
from web.pages.formats import day as day_text
from web.pages.formats import month as month_text
from web.pages.reports.charts import Bar, Chart, chart
from web.pages.reports.report_ask import Asked, asked
from web.pages.reports.report_words import DIRECTIONS, WEEKDAYS, reads

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
            then = value(kpi, before.get(self._then_parts(line.parts), {})).value if self.then else None
            now = value(kpi, line.counters).value
            parts = zip(self.asked.ask.by, line.parts, strict=True)
            name = " · ".join(self.text(self.name(by, one)) for by, one in parts)
            bars.append(Bar(name=name, reads=reads(kpi, now, self.language, self.currency), value=now, then=then))
        ordered = bars if self.asked.ask.clocked else sorted(bars, key=lambda bar: -(bar.value or Decimal(-1)))
        return chart(kpi.label, ordered)

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
        known = self.names.get(by, {})
        return known.get(one, f"{one}") if isinstance(one, int) else one

    def _then_parts(self, parts: Parts) -> Parts:
        """The line of the other period that this one is compared with: the same, or the day as far into it."""
        assert self.then_ask is not None
        ask = self.asked.ask
        return tuple(
            self.then_ask.first + (one - ask.first) if isinstance(one, date) and by is By.DAY else one
            for by, one in zip(ask.by, parts, strict=True)
        )

    def _shown(self, kpi: Kpi, counters: Counters, before: Counters | None, parts: Mapping[By, Part]) -> Shown:
        if not answers(kpi, self.asked.ask) or _too_long(kpi, self.asked.ask):
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


def _too_long(kpi: Kpi, ask: Ask) -> bool:
    """Whether different cases are not counted for a period like this."""
    return "cases_called" in kpi.over and ask.last - ask.first >= timedelta(days=PENETRATION_DAYS)


def _made_of(kpi: Kpi, over: Any, under: Any) -> str | None:
    """Both numbers of a share of counted things."""
    counted = kpi.unit is Unit.PERCENT and under and kpi.families <= {Family.CALLS, Family.CASES}
    return f"{int(over)} / {int(under)}" if counted else None


async def read_report(session: AsyncSession, me: Actor, raw: RawFigures, query: QueryParams, clock: Clock) -> Report:
    """What the address asks for, as the actor may see it. Raises ``Forbidden`` without the right to figures."""
    zone, now = ZoneInfo(me.timezone), clock.now()
    wanted = asked(query, now.astimezone(zone).date(), zone, await house_currency(session))
    counters = {name for kpi in wanted.kpis for name in (*kpi.counters, kpi.counter) if name}
    figures = await read(session, me, raw, wanted.ask, counters, now=now)
    then_ask = shifted(wanted.ask, wanted.compare)
    then = await read(session, me, raw, then_ask, counters, now=now) if then_ask else None
    known = {by: await names(session, by) for by in (By.USER, By.UNIT, By.CREDITOR, By.STAGE)}
    return Report(
        asked=wanted,
        figures=figures,
        then=then,
        then_ask=then_ask,
        names=known,
        language=me.language,
        opens=me.may(CALLS_VIEW),
    )
