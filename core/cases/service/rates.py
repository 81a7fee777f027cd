"""The directories of interest: rate tables with the history of their rates, and groups of terms.

A change of them changes every balance that was reckoned by them: those cases are marked, and carried forward soon.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import delete, select, update

from core.audit.service import altered, record
from core.cases import rights
from core.cases.errors import InterestNameTaken, RatesUsed
from core.cases.model import (
    COMPONENTS,
    Case,
    Claim,
    ClaimState,
    DayRule,
    InterestGroup,
    InterestTerm,
    Rate,
    RateKind,
    RateTable,
)
from core.kernel.access import Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.uow import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class TableData:
    """What is known of a rate table; ``clause`` is the source, ``confirmed`` that a lawyer has checked it."""

    name: str
    kind: RateKind = RateKind.ANNUAL
    jurisdiction: str | None = None
    clause: str = ""
    confirmed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TermData:
    """See :class:`core.cases.model.InterestTerm`."""

    bases: tuple[str, ...]
    accrues_to: str
    table_id: int | None = None
    percent: Decimal | None = None
    margin: Decimal = Decimal(0)
    day_rule: DayRule = DayRule.FIXED_365
    cap_percent: Decimal | None = None
    cap_amount: Decimal | None = None
    grace_days: int = 0
    valid_from: date | None = None
    valid_until: date | None = None


async def add_table(work: Work, actor: Actor, key: str, data: TableData, *, at: datetime) -> RateTable:
    """Add an empty rate table. Raises ``InterestNameTaken`` for a key that is there."""
    actor.require(rights.INTEREST)
    if await work.session.scalar(select(RateTable.id).where(RateTable.key == key)) is not None:
        raise InterestNameTaken(name=key)
    table = RateTable(key=key, **asdict(data))
    work.session.add(table)
    await work.session.flush()
    record(work, actor, "rates.added", ("rate_table", table.id), {"name": (None, data.name)}, at=at)
    return table


async def change_table(work: Work, actor: Actor, table_id: int, data: TableData, *, at: datetime) -> None:
    """Change what is said of a table. Its kind stays once it has rates: ``Invalid``."""
    actor.require(rights.INTEREST)
    table = await _table(work, table_id)
    listed = await work.session.scalar(select(Rate.table_id).where(Rate.table_id == table_id).limit(1))
    if table.kind != data.kind and listed is not None:
        raise Invalid({"kind": msg("This table has rates: what they mean cannot change.")})
    changes = altered(table, asdict(data))
    record(work, actor, "rates.changed", ("rate_table", table_id), changes, at=at)


async def set_rate(
    work: Work, actor: Actor, table_id: int, valid_from: date, percent: Decimal, *, at: datetime
) -> None:
    """Say which rate holds from a day on (an index: of the month that begins then). Raises ``NotFound`` or
    ``Invalid``."""
    actor.require(rights.INTEREST)
    table = await _table(work, table_id)
    if faults := _rate_faults(table, valid_from, percent):
        raise Invalid(faults)
    rate = await work.session.get(Rate, (table_id, valid_from))
    changes = {valid_from.isoformat(): (rate.percent if rate else None, percent)}
    if rate is None:
        work.session.add(Rate(table_id=table_id, valid_from=valid_from, percent=percent))
    else:
        rate.percent = percent
    record(work, actor, "rates.rate_set", ("rate_table", table_id), changes, at=at)
    await _reckon_anew(work, await _groups_reading(work, table_id))


async def remove_rate(work: Work, actor: Actor, table_id: int, valid_from: date, *, at: datetime) -> None:
    """Take a rate out of a table: the one before it goes on. Raises ``NotFound``."""
    actor.require(rights.INTEREST)
    rate = await work.session.get(Rate, (table_id, valid_from))
    if rate is None:
        raise NotFound
    await work.session.delete(rate)
    changes = {valid_from.isoformat(): (rate.percent, None)}
    record(work, actor, "rates.rate_removed", ("rate_table", table_id), changes, at=at)
    await _reckon_anew(work, await _groups_reading(work, table_id))


async def delete_table(work: Work, actor: Actor, table_id: int, *, at: datetime) -> None:
    """Delete a table that no terms read. Raises ``NotFound`` or ``RatesUsed``."""
    actor.require(rights.INTEREST)
    table = await _table(work, table_id)
    if await _groups_reading(work, table_id):
        raise RatesUsed(name=table.name)
    await work.session.execute(delete(Rate).where(Rate.table_id == table_id))
    await work.session.delete(table)
    record(work, actor, "rates.deleted", ("rate_table", table_id), {"name": (table.name, None)}, at=at)


def _rate_faults(table: RateTable, valid_from: date, percent: Decimal) -> dict[str, Message]:
    faults: dict[str, Message] = {}
    if table.kind == RateKind.MONTHLY_INDEX and valid_from.day != 1:
        faults["valid_from"] = msg("An index belongs to a month: give the month's first day.")
    if table.kind == RateKind.MONTHLY_INDEX and not 50 <= percent <= 200:
        faults["percent"] = msg("An index is near 100: 100.8 means that prices rose by 0.8 %.")
    elif percent < 0 or percent > 1000:
        faults["percent"] = msg("Give a percentage between 0 and 1000.")
    if percent != percent.quantize(Decimal("0.0001")):
        faults["percent"] = msg("Give at most four decimals.")
    return faults


async def add_group(work: Work, actor: Actor, name: str, *, at: datetime) -> InterestGroup:
    """Add a group without terms. Raises ``InterestNameTaken``."""
    actor.require(rights.INTEREST)
    await _name_free(work, name, None)
    group = InterestGroup(name=name, created_at=at)
    work.session.add(group)
    await work.session.flush()
    record(work, actor, "interest_group.added", ("interest_group", group.id), {"name": (None, name)}, at=at)
    return group


async def change_group(work: Work, actor: Actor, group_id: int, name: str, *, active: bool, at: datetime) -> None:
    """Rename a group, or switch it off: claims that have it keep it, no claim can get it."""
    actor.require(rights.INTEREST)
    group = await _group(work, group_id)
    await _name_free(work, name, group_id)
    changes = {"name": (group.name, name), "active": (group.active, active)}
    group.name, group.active = name, active
    record(work, actor, "interest_group.changed", ("interest_group", group_id), changes, at=at)


async def save_term(
    work: Work, actor: Actor, group_id: int, term_id: int | None, data: TermData, *, at: datetime
) -> InterestTerm:
    """Add a term to a group, or change one. Raises ``NotFound`` or ``Invalid``."""
    actor.require(rights.INTEREST)
    await _group(work, group_id)
    if faults := _term_faults(data):
        raise Invalid(faults)
    if data.table_id is not None:
        await _table(work, data.table_id)
    values = {**asdict(data), "bases": list(data.bases)}
    if term_id is None:
        term = InterestTerm(group_id=group_id, **values)
        work.session.add(term)
        before: dict[str, object] = {}
    else:
        term = await _term(work, group_id, term_id)
        before = {name: getattr(term, name) for name in values}
        for name, value in values.items():
            setattr(term, name, value)
    changes = {name: (before.get(name), value) for name, value in values.items()}
    record(work, actor, "interest_group.term_saved", ("interest_group", group_id), changes, at=at)
    await _reckon_anew(work, [group_id])
    return term


async def remove_term(work: Work, actor: Actor, group_id: int, term_id: int, *, at: datetime) -> None:
    """Take a term out of a group: what it accrued is owed no longer, also for the past. Raises ``NotFound``."""
    actor.require(rights.INTEREST)
    term = await _term(work, group_id, term_id)
    await work.session.delete(term)
    changes = {"accrues_to": (term.accrues_to, None)}
    record(work, actor, "interest_group.term_removed", ("interest_group", group_id), changes, at=at)
    await _reckon_anew(work, [group_id])


def _term_faults(data: TermData) -> dict[str, Message]:
    faults: dict[str, Message] = {}
    if not data.bases or not set(data.bases) <= set(COMPONENTS):
        faults["bases"] = msg("Say on what it accrues.")
    elif data.accrues_to in data.bases:
        faults["bases"] = msg("Interest does not bear interest: choose another component.")
    if (data.table_id is None) == (data.percent is None):
        faults["percent"] = msg("Give either a rate of its own or a rate table.")
    elif data.percent is not None and not 0 <= data.percent <= 1000:
        faults["percent"] = msg("Give a percentage between 0 and 1000.")
    if data.cap_percent is not None and data.cap_percent < 0:
        faults["cap_percent"] = msg("A bound is not below zero.")
    if data.cap_amount is not None and data.cap_amount < 0:
        faults["cap_amount"] = msg("A bound is not below zero.")
    if data.valid_from and data.valid_until and data.valid_until < data.valid_from:
        faults["valid_until"] = msg("The last day is before the first.")
    for name in ("percent", "margin", "cap_percent", "cap_amount"):
        value: Decimal | None = getattr(data, name)
        if value is not None and value != value.quantize(Decimal("0.0001")):
            faults[name] = msg("Give at most four decimals.")
    return faults


async def _name_free(work: Work, name: str, own_id: int | None) -> None:
    taken = await work.session.scalar(select(InterestGroup.id).where(InterestGroup.name == name))
    if taken is not None and taken != own_id:
        raise InterestNameTaken(name=name)


async def _table(work: Work, table_id: int) -> RateTable:
    table = await work.session.get(RateTable, table_id)
    if table is None:
        raise NotFound
    return table


async def _group(work: Work, group_id: int) -> InterestGroup:
    group = await work.session.get(InterestGroup, group_id)
    if group is None:
        raise NotFound
    return group


async def _term(work: Work, group_id: int, term_id: int) -> InterestTerm:
    term = await work.session.get(InterestTerm, term_id)
    if term is None or term.group_id != group_id:
        raise NotFound
    return term


async def _groups_reading(work: Work, table_id: int) -> Collection[int]:
    read = select(InterestTerm.group_id).where(InterestTerm.table_id == table_id).distinct()
    return (await work.session.scalars(read)).all()


async def _reckon_anew(work: Work, group_ids: Collection[int]) -> None:
    """Mark the cases whose balances these groups make: they are carried forward in the next round."""
    await work.session.flush()
    bearing = select(Claim.case_id).where(Claim.interest_group_id.in_(group_ids), Claim.state != ClaimState.WITHDRAWN)
    marked = update(Case).where(Case.id.in_(bearing)).values(balance_on=None)
    await work.session.execute(marked, execution_options={"synchronize_session": False})
