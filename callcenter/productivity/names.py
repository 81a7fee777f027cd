"""The names behind the ids of a report."""

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.productivity.asking import By, Part
from callcenter.productivity.model import RollupDay
from core.cases.model import Case, Creditor
from core.cases.queries import lists
from core.kernel.i18n import Message
from core.people.model import Unit, User
from core.planning.queries import company

Names = Mapping[Part, str | Message]
"""What the parts of a breakdown are called."""


async def names(session: AsyncSession, by: By) -> Names:
    """Everything a breakdown may be of, by id, in its order. Who works here and for whom is no secret in the house."""
    if by is By.USER:
        order = (User.surname, User.first_name, User.login)
        return {one.id: one.full_name for one in await session.scalars(select(User).order_by(*order))}
    if by is By.UNIT:
        return {one.id: one.name for one in await session.scalars(select(Unit).order_by(Unit.name))}
    if by is By.CREDITOR:
        return {one.id: one.name for one in await lists.creditors(session)}
    if by is By.STAGE:
        return {one.id: one.name for one in await lists.stages(session)}
    return {}


async def currencies(session: AsyncSession) -> list[str]:
    """The currency the house reckons in, where it has said so, those of its creditors, the first creditor's first, and
    others in which there is money or debt of earlier times; none before there is any."""
    known = await company(session)
    creditors = select(Creditor.currency).group_by(Creditor.currency).order_by(func.min(Creditor.id))
    found = [known.currency if known is not None else "", *await session.scalars(creditors)]
    earlier = [*await _in_use(session, RollupDay.currency), *await _in_use(session, Case.currency)]
    return list(dict.fromkeys(one for one in [*found, *sorted(earlier)] if one))


async def _in_use(session: AsyncSession, column: InstrumentedAttribute[str]) -> list[str]:
    """The few values of an indexed column, each found behind the one before: rows are far more, and are not read."""
    found = [""]
    while (behind := await session.scalar(select(func.min(column)).where(column > found[-1]))) is not None:
        found.append(behind)
    return found[1:]
