"""Reading the figures of a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.productivity.ports import DayCalls
from callcenter.productivity.rights import VIEW
from callcenter.productivity.rules import Collector, Figure, bounds, figures, total
from core.kernel.access import Actor
from core.people.access import reaches
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class DayFigures:
    """A day in the viewer's zone: collectors in reach by name, and the sums over them."""

    day: date
    zone: str
    collectors: tuple[Collector, ...]
    names: Mapping[int, str]
    total: Mapping[Figure, int]


async def day_figures(session: AsyncSession, actor: Actor, calls: DayCalls, day: date) -> DayFigures:
    """The figures of the collectors in reach. Raises ``Forbidden`` without the right to figures or to the call log."""
    reach = reaches(actor, VIEW, owner=User.id)
    statement = select(User.id, User.surname, User.first_name, User.login)
    users = await session.execute(statement if reach is None else statement.where(reach))
    names = {row.id: " ".join(filter(None, (row.surname, row.first_name))) or row.login for row in users}
    since, until = bounds(day, ZoneInfo(actor.timezone))
    facts = [fact for fact in await calls.between(session, actor, since, until) if fact.user_id in names]
    found = sorted(figures(facts, since, until), key=lambda one: (names[one.day.user_id], one.day.user_id))
    shown = {one.day.user_id: names[one.day.user_id] for one in found}
    return DayFigures(day=day, zone=actor.timezone, collectors=tuple(found), names=shown, total=total(found))
