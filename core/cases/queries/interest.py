"""Interest as it was agreed: terms by group, with the rates they read."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import AccrualBlock, Claim, DayRule, InterestGroup, InterestTerm, Rate, RateKind, RateTable
from core.cases.rules.interest import Days, Rates, Term
from core.kernel.access import Actor
from core.kernel.among import Among


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
    for block in await session.scalars(select(AccrualBlock).where(Among(AccrualBlock.case_id, case_ids))):
        found[block.case_id].append(Days(block.from_on, block.until_on))
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class TableLine:
    """A rate table in the directory: its last rate and since when, and how many interest groups read it."""

    table: RateTable
    last: Rate | None
    groups: int


async def rate_tables(session: AsyncSession, actor: Actor) -> list[TableLine]:
    """Every rate table, by name."""
    actor.require(rights.INTEREST)
    newest = select(Rate.table_id, func.max(Rate.valid_from).label("day")).group_by(Rate.table_id).subquery()
    last = select(Rate).join(newest, (newest.c.table_id == Rate.table_id) & (newest.c.day == Rate.valid_from))
    by_table = {rate.table_id: rate for rate in await session.scalars(last)}
    read = select(InterestTerm.table_id, func.count(InterestTerm.group_id.distinct()).label("n")).group_by(
        InterestTerm.table_id
    )
    groups = {row.table_id: row.n for row in await session.execute(read)}
    tables = await session.scalars(select(RateTable).order_by(RateTable.name, RateTable.id))
    return [TableLine(table=table, last=by_table.get(table.id), groups=groups.get(table.id, 0)) for table in tables]


async def history_of(session: AsyncSession, actor: Actor, table_id: int) -> Sequence[Rate]:
    """The rates of a table, the newest first."""
    actor.require(rights.INTEREST)
    listed = select(Rate).where(Rate.table_id == table_id).order_by(Rate.valid_from.desc())
    return (await session.scalars(listed)).all()


async def group_names(session: AsyncSession) -> list[tuple[int, str]]:
    """The interest groups in use, by name: to choose from."""
    used = select(InterestGroup.id, InterestGroup.name).where(InterestGroup.active).order_by(InterestGroup.name)
    return [(row.id, row.name) for row in await session.execute(used)]


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupLine:
    """An interest group in the directory, with its terms and the number of claims that bear interest by it."""

    group: InterestGroup
    terms: Sequence[Term]
    claims: int


async def interest_groups(session: AsyncSession, actor: Actor) -> list[GroupLine]:
    """Every interest group, by name."""
    actor.require(rights.INTEREST)
    groups = (await session.scalars(select(InterestGroup).order_by(InterestGroup.name))).all()
    terms = await terms_of(session, [group.id for group in groups])
    counted = select(Claim.interest_group_id, func.count().label("n")).where(Claim.interest_group_id.is_not(None))
    by_group = counted.group_by(Claim.interest_group_id)
    claims = {row.interest_group_id: row.n for row in await session.execute(by_group)}
    return [GroupLine(group=group, terms=terms.get(group.id, ()), claims=claims.get(group.id, 0)) for group in groups]
