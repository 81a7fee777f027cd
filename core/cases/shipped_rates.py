"""Rates and groups the program comes with. Nothing here has been confirmed by a lawyer: the interface says so.

Rates after the last one listed have to be entered; so have all price indices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from core.cases.model import (
    Component,
    DayRule,
    InterestGroup,
    InterestTerm,
    Jurisdiction,
    Rate,
    RateKind,
    RateTable,
)
from core.kernel.uow import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class ShippedTable:
    """A rate table: ISO day → percent."""

    key: str
    name: str
    kind: RateKind
    jurisdiction: Jurisdiction
    clause: str
    rates: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ShippedTerm:
    """A term on the principal into statutory interest: by a table's key and margin, or at a rate of its own."""

    table: str | None = None
    percent: Decimal | None = None
    margin: Decimal = Decimal(0)
    day_rule: DayRule
    valid_from: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ShippedGroup:
    """The interest for delay by the law of a jurisdiction."""

    jurisdiction: Jurisdiction
    name: str
    terms: Sequence[ShippedTerm]


RU_KEY_RATE = ShippedTable(
    key="ru_key_rate",
    name="Ключевая ставка Банка России",
    kind=RateKind.ANNUAL,
    jurisdiction=Jurisdiction.RU,
    clause="ГК РФ, ст. 395 п. 1 (с 01.08.2016)",
    rates={
        "2016-06-14": "10.5",
        "2016-09-19": "10",
        "2017-03-27": "9.75",
        "2017-05-02": "9.25",
        "2017-06-19": "9",
        "2017-09-18": "8.5",
        "2017-10-30": "8.25",
        "2017-12-18": "7.75",
        "2018-02-12": "7.5",
        "2018-03-26": "7.25",
        "2018-09-17": "7.5",
        "2018-12-17": "7.75",
        "2019-06-17": "7.5",
        "2019-07-29": "7.25",
        "2019-09-09": "7",
        "2019-10-28": "6.5",
        "2019-12-16": "6.25",
        "2020-02-10": "6",
        "2020-04-27": "5.5",
        "2020-06-22": "4.5",
        "2020-07-27": "4.25",
        "2021-03-22": "4.5",
        "2021-04-26": "5",
        "2021-06-15": "5.5",
        "2021-07-26": "6.5",
        "2021-09-13": "6.75",
        "2021-10-25": "7.5",
        "2021-12-20": "8.5",
        "2022-02-14": "9.5",
        "2022-02-28": "20",
        "2022-04-11": "17",
        "2022-05-04": "14",
        "2022-05-27": "11",
        "2022-06-14": "9.5",
        "2022-07-25": "8",
        "2022-09-19": "7.5",
        "2023-07-24": "8.5",
        "2023-08-15": "12",
        "2023-09-18": "13",
        "2023-10-30": "15",
        "2023-12-18": "16",
        "2024-07-29": "18",
        "2024-09-16": "19",
        "2024-10-28": "21",
        "2025-06-09": "20",
        "2025-07-28": "18",
        "2025-09-15": "17",
        "2025-10-27": "16.5",
    },
)
PL_REFERENCE_RATE = ShippedTable(
    key="pl_reference_rate",
    name="Stopa referencyjna NBP",
    kind=RateKind.ANNUAL,
    jurisdiction=Jurisdiction.PL,
    clause="k.c., art. 481 § 2 (stopa referencyjna + 5,5 pp, od 01.01.2016)",
    rates={
        "2015-03-05": "1.5",
        "2020-03-18": "1",
        "2020-04-09": "0.5",
        "2020-05-29": "0.1",
        "2021-10-07": "0.5",
        "2021-11-04": "1.25",
        "2021-12-09": "1.75",
        "2022-01-05": "2.25",
        "2022-02-09": "2.75",
        "2022-03-09": "3.5",
        "2022-04-07": "4.5",
        "2022-05-06": "5.25",
        "2022-06-09": "6",
        "2022-07-08": "6.5",
        "2022-09-08": "6.75",
        "2023-09-07": "6",
        "2023-10-05": "5.75",
        "2025-05-08": "5.25",
        "2025-07-03": "5",
        "2025-09-04": "4.75",
        "2025-10-09": "4.5",
        "2025-11-06": "4.25",
    },
)
UA_INFLATION = ShippedTable(
    key="ua_inflation",
    name="Індекс інфляції (до попереднього місяця)",
    kind=RateKind.MONTHLY_INDEX,
    jurisdiction=Jurisdiction.UA,
    clause="ЦКУ, ст. 625 ч. 2; позики: п. 18 прикінцевих положень (з 24.02.2022 не нараховується)",
    rates={},
)
TABLES = (RU_KEY_RATE, PL_REFERENCE_RATE, UA_INFLATION)
GROUPS = (
    ShippedGroup(
        jurisdiction=Jurisdiction.RU,
        name="ГК РФ, ст. 395",
        terms=(ShippedTerm(table=RU_KEY_RATE.key, day_rule=DayRule.ACTUAL, valid_from=date(2016, 8, 1)),),
    ),
    ShippedGroup(
        jurisdiction=Jurisdiction.PL,
        name="k.c., art. 481",
        terms=(
            ShippedTerm(
                table=PL_REFERENCE_RATE.key,
                margin=Decimal("5.5"),
                day_rule=DayRule.FIXED_365,
                valid_from=date(2016, 1, 1),
            ),
        ),
    ),
    ShippedGroup(
        jurisdiction=Jurisdiction.UA,
        name="ЦКУ, ст. 625",
        terms=(
            ShippedTerm(percent=Decimal(3), day_rule=DayRule.ACTUAL),
            ShippedTerm(table=UA_INFLATION.key, day_rule=DayRule.ACTUAL),
        ),
    ),
)


async def ship_rates(work: Work, *, at: datetime) -> None:
    """Add the shipped tables and groups that are missing. What the agency changed stays as it is."""
    known = {table.key: table.id for table in await work.session.scalars(select(RateTable))}
    for shipped in TABLES:
        if shipped.key not in known:
            known[shipped.key] = await _table(work, shipped)
    names = set(await work.session.scalars(select(InterestGroup.name)))
    for group in GROUPS:
        if group.name not in names:
            await _group(work, group, known, at)


async def _table(work: Work, shipped: ShippedTable) -> int:
    table = RateTable(
        key=shipped.key,
        name=shipped.name,
        kind=shipped.kind,
        jurisdiction=shipped.jurisdiction,
        clause=shipped.clause,
    )
    work.session.add(table)
    await work.session.flush()
    work.session.add_all(
        Rate(table_id=table.id, valid_from=date.fromisoformat(day), percent=Decimal(percent))
        for day, percent in shipped.rates.items()
    )
    return table.id


async def _group(work: Work, shipped: ShippedGroup, tables: Mapping[str, int], at: datetime) -> None:
    group = InterestGroup(name=shipped.name, created_at=at)
    work.session.add(group)
    await work.session.flush()
    work.session.add_all(
        InterestTerm(
            group_id=group.id,
            position=position,
            bases=[Component.PRINCIPAL.value],
            accrues_to=Component.STATUTORY_INTEREST,
            table_id=tables[term.table] if term.table else None,
            percent=term.percent,
            margin=term.margin,
            day_rule=term.day_rule,
            valid_from=term.valid_from,
        )
        for position, term in enumerate(shipped.terms)
    )
