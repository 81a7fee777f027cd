"""Interest as it was agreed: terms by group, with the rates they read."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import AccrualBlock, DayRule, InterestTerm, Rate, RateKind, RateTable
from core.cases.rules.interest import Days, Rates, Term


async def terms_of(session: AsyncSession, group_ids: Collection[int]) -> Mapping[int, Sequence[Term]]:
    """The terms of interest groups, by group, in their order."""
    if not group_ids:
        return {}
    wanted = select(InterestTerm).where(InterestTerm.group_id.in_(group_ids))
    rows = (await session.scalars(wanted.order_by(InterestTerm.position, InterestTerm.id))).all()
    rates = await rates_of(session, {row.table_id for row in rows if row.table_id})
    found: dict[int, list[Term]] = defaultdict(list)
    for row in rows:
        found[row.group_id].append(term_of(row, rates))
    return found


def term_of(row: InterestTerm, rates: Mapping[int, Rates]) -> Term:
    """A term as the rules read it."""
    return Term(
        id=row.id,
        bases=tuple(row.bases),
        accrues_to=row.accrues_to,
        rates=rates[row.table_id] if row.table_id else None,
        percent=row.percent,
        margin=row.margin,
        day_rule=DayRule(row.day_rule),
        cap_percent=row.cap_percent,
        cap_amount=row.cap_amount,
        grace_days=row.grace_days,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


async def rates_of(session: AsyncSession, table_ids: Collection[int]) -> Mapping[int, Rates]:
    """Rate tables with all their rates."""
    if not table_ids:
        return {}
    steps = defaultdict(list)
    listed = select(Rate).where(Rate.table_id.in_(table_ids)).order_by(Rate.valid_from)
    for rate in await session.scalars(listed):
        steps[rate.table_id].append((rate.valid_from, rate.percent))
    return {
        table.id: Rates(
            name=table.name,
            kind=RateKind(table.kind),
            steps=tuple(steps[table.id]),
            clause=table.clause,
            confirmed=table.confirmed,
        )
        for table in await session.scalars(select(RateTable).where(RateTable.id.in_(table_ids)))
    }


async def blocks_of(session: AsyncSession, case_ids: Collection[int]) -> Mapping[int, Sequence[Days]]:
    """The days nothing accrues, by case."""
    found: dict[int, list[Days]] = defaultdict(list)
    for block in await session.scalars(select(AccrualBlock).where(AccrualBlock.case_id.in_(case_ids))):
        found[block.case_id].append(Days(block.from_on, block.until_on))
    return found
