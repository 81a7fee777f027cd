"""From which day on a claim is time-barred (limitation of actions), where the creditor did not say.

The periods are shipped as the statutes were read; no lawyer has confirmed them, and what suspends a period (courts,
moratoria, martial law) is not reckoned: a day that differs is entered by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from core.cases.model.vocabulary import ClaimNature, Jurisdiction

#: How a claim's day is kept when the creditor, or somebody by hand, said it.
STATED = "stated"


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A limitation period in years. ``year_end``: it runs until the end of the calendar year it would end in.
    ``confirmed``: a lawyer has looked at it."""

    key: str
    years: int
    clause: str
    year_end: bool = False
    confirmed: bool = False


_RU = Period(key="RU_196", years=3, clause="ГК РФ, ст. 196, 200")
_UA = Period(key="UA_257", years=3, clause="ЦК України, ст. 257, 261")
#: Art. 118: three years for claims of a business or to periodic performance, else six; two years and more run until
#: the end of the calendar year.
_PL_SHORT = Period(key="PL_118_3", years=3, year_end=True, clause="KC, art. 118, 120")
_PL_LONG = Period(key="PL_118_6", years=6, year_end=True, clause="KC, art. 118, 120")
_PERIODS: Mapping[tuple[str, ClaimNature], Period] = {
    **{(Jurisdiction.RU, nature): _RU for nature in ClaimNature},
    **{(Jurisdiction.UA, nature): _UA for nature in ClaimNature},
    (Jurisdiction.PL, ClaimNature.BUSINESS): _PL_SHORT,
    (Jurisdiction.PL, ClaimNature.OTHER): _PL_LONG,
}
PERIODS: Mapping[str, Period] = {period.key: period for period in (_RU, _UA, _PL_SHORT, _PL_LONG)}


def period_of(jurisdiction: str, nature: ClaimNature) -> Period | None:
    """The period of claims of this nature; None where the law of the land is not shipped."""
    return _PERIODS.get((jurisdiction, nature))


def barred_from(period: Period, due_on: date, restarted_on: date | None = None) -> date:
    """The first day on which the claim is time-barred.

    The period runs from the day the debt was due; a later day on which it began anew (an acknowledgement, a part
    payment: GK 203, KC 123 and 124, CC 264) takes that day's place. The last day of a period of years is the one of
    the same number, or the month's last where there is none (GK 192, KC 112, CC 254).
    """
    begins = max(due_on, restarted_on or due_on)
    last = _years_later(begins, period.years)
    return (date(last.year, 12, 31) if period.year_end else last) + timedelta(days=1)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)


@dataclass(frozen=True, kw_only=True, slots=True)
class Barred:
    """``on``: the first day; ``by``: :data:`STATED` or the key of a period. Both None where nothing tells."""

    on: date | None
    by: str | None


def limitation_of(
    jurisdiction: str,
    nature: ClaimNature,
    *,
    due_on: date | None,
    stated: date | None,
    restarted_on: date | None = None,
) -> Barred:
    """What was stated; else what the law of the jurisdiction makes of the due date."""
    if stated is not None:
        return Barred(on=stated, by=STATED)
    period = period_of(jurisdiction, nature)
    if period is None or due_on is None:
        return Barred(on=None, by=None)
    return Barred(on=barred_from(period, due_on, restarted_on), by=period.key)
