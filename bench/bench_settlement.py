"""Posting and settling 100,000 payments, beside the bare inserts of the very rows that come of it."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter, process_time
from typing import TypeVar

from bench.figure import Figure
from callcenter.app.models import metadata
from core.cases.model import Case, Claim, InterestGroup, InterestTerm, Jurisdiction
from core.cases.service.appropriation import appropriate
from core.cases.service.creditors import CreditorData, add_creditor, ensure_order
from core.cases.service.openings import Opening, handover_of, post_openings
from core.kernel.access import PROGRAM
from core.kernel.bulk import insert_many, reserve_ids
from core.kernel.bus import Bus
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork, Work
from core.payments.model import AccountKind, MoneyAccount, Source
from core.payments.ports import Credited, TakenBack
from core.payments.service.effects import Effects
from core.payments.service.posting import post_and_settle_many
from core.payments.service.registering import NewPayment

T = TypeVar("T")

PAYMENTS = 100_000
_CHUNK = 1000
_NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
_TABLES = (
    "payments", "ledger_transactions", "ledger_entries", "settlements", "allocations", "case_events", "audit_entries",
)  # fmt: skip


class _Nobody:
    """Nothing is planned on the cases of the bench."""

    async def money_came(self, work: Work, credited: Sequence[Credited], *, at: datetime) -> None:
        return None

    async def money_went(self, work: Work, taken: Sequence[TakenBack], *, at: datetime) -> None:
        return None


async def _debts(uow: UnitOfWork, cases: int, *, accruing: bool) -> list[int]:
    """Cases with one claim each: principal, fixed interest, and, if ``accruing``, interest that runs on."""
    async with uow.write() as work:
        data = CreditorData(name="Bench", jurisdiction=Jurisdiction.RU, region="RU", currency="RUB")
        creditor = await add_creditor(work, PROGRAM, data, at=_NOW)
        order = await ensure_order(work, PROGRAM, creditor.id, "1", date(2026, 1, 1), at=_NOW)
        group = InterestGroup(name="Bench", created_at=_NOW)
        account = MoneyAccount(name="Bank", kind=AccountKind.BANK, number="40702810000000000001", currency="RUB")
        work.session.add_all([group, account])
        await work.session.flush()
        work.session.add(
            InterestTerm(
                group_id=group.id, bases=["principal"], accrues_to="statutory_interest", percent=Decimal("16.5")
            )
        )
        ids = list(await reserve_ids(work.session, Case, cases))
        for chunk in _chunks(ids, 5000):
            rows = [_case(number, creditor.id, order.id) for number in chunk]
            await insert_many(work.session, Case, rows)
            claims = list(await reserve_ids(work.session, Claim, len(chunk)))
            pairs = list(zip(claims, chunk, strict=True))
            await insert_many(
                work.session, Claim, [_claim(claim, case, group.id if accruing else None) for claim, case in pairs]
            )
            openings = [_opening(claim, case) for claim, case in pairs]
            await post_openings(work, PROGRAM, await handover_of(work, creditor, at=_NOW), openings)
    return ids


_AMOUNTS = {"principal": Decimal(10_000), "contractual_interest": Decimal(500)}
_DUE = date(2025, 9, 1)


def _case(number: int, creditor_id: int, order_id: int) -> dict[str, object]:
    owed = sum(_AMOUNTS.values(), Decimal(0))
    return {
        "id": number,
        "creditor_id": creditor_id,
        "order_id": order_id,
        "number": f"B-{number}",
        "state": "open",
        "priority": 0,
        "currency": "RUB",
        "opened_at": _NOW,
        "debtor_name": "",
        "open_amount": owed,
        "broken_promises": 0,
        "score": 0,
        "search_text": f"b-{number}",
    }


def _claim(claim_id: int, case_id: int, group_id: int | None) -> dict[str, object]:
    zero = dict.fromkeys(("statutory_interest", "penalty", "creditor_fees", "court_costs", "agency_fees"), Decimal(0))
    return {
        "id": claim_id,
        "case_id": case_id,
        "number": "1",
        "state": "open",
        "due_on": _DUE,
        "stated": {},
        "interest_group_id": group_id,
        **_AMOUNTS,
        **zero,
    }


def _opening(claim_id: int, case_id: int) -> Opening:
    return Opening(case_id=case_id, claim_id=claim_id, currency="RUB", due_on=_DUE, amounts=_AMOUNTS)


def _chunks(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _payment(n: int, cases: Sequence[int], count: int) -> NewPayment:
    """Of a month of statements: each case pays twice, some days apart."""
    return NewPayment(
        account_id=1,
        amount=Decimal(700 + n % 300),
        value_on=date(2026, 2, 9) + timedelta(days=n * 28 // count),
        source=Source.STATEMENT,
        doc_no=str(n),
        payer_name=f"Payer {n % len(cases)}",
        payer_account=f"408178100000{n % len(cases):08}",
        purpose=f"Payment for B-{cases[n % len(cases)]}",
        case_id=cases[n % len(cases)],
    )


def _bare_insert(filled: Path, empty: Path) -> tuple[float, float]:
    """The rows that posting and settling wrote, ready-made, inserted table by table into the same schema, once: seconds
    by the wall and of the processor."""
    source, target = sqlite3.connect(filled), sqlite3.connect(empty, isolation_level=None)
    target.execute("PRAGMA synchronous=FULL")
    target.execute("PRAGMA journal_mode=WAL")
    spent = worked = 0.0
    for table in _TABLES:
        cursor = source.execute(f"SELECT * FROM {table}")
        rows, marks = cursor.fetchall(), ", ".join("?" * len(cursor.description))
        start, began = perf_counter(), process_time()
        target.execute("BEGIN IMMEDIATE")
        target.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        target.execute("COMMIT")
        spent, worked = spent + perf_counter() - start, worked + process_time() - began
    return spent, worked


async def _schema(path: Path) -> Database:
    database = Database(f"sqlite+aiosqlite:///{path}")
    async with database.writer_engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    return database


@dataclass(frozen=True, kw_only=True, slots=True)
class _Measured:
    """Seconds by the wall and of the processor: ours, and of the bare inserts; and our slowest transaction."""

    ours: float
    bare: float
    our_work: float
    bare_work: float
    slowest: float


async def _measured(count: int, *, accruing: bool) -> _Measured:
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as folder:
        filled, empty = Path(folder) / "filled.db", Path(folder) / "empty.db"
        database = await _schema(filled)
        await (await _schema(empty)).close()
        bus = Bus()
        uow, delivery = UnitOfWork(database, bus), asyncio.create_task(bus.run())
        cases = await _debts(uow, count // 2, accruing=accruing)
        effects = Effects(appropriate, _Nobody())
        slowest, start, worked = 0.0, perf_counter(), process_time()
        for numbers in _chunks(range(count), _CHUNK):
            chunk = [_payment(n, cases, count) for n in numbers]
            began = perf_counter()
            async with uow.write() as work:
                posted = await post_and_settle_many(work, PROGRAM, chunk, effects, at=_NOW)
            slowest = max(slowest, perf_counter() - began)
            assert all(one.settled is not None and one.settled.settlement_id is not None for one in posted)
        ours, our_work = perf_counter() - start, process_time() - worked
        delivery.cancel()
        await database.close()
        bare, bare_work = await asyncio.to_thread(_bare_insert, filled, empty)
    return _Measured(ours=ours, bare=bare, our_work=our_work, bare_work=bare_work, slowest=slowest)


async def run(*, small: bool = False) -> list[Figure]:
    """Lay the debts, post and settle in chunks of a thousand, each a transaction, and do the bare work beside it."""
    count = 1_000 if small else PAYMENTS
    figures = []
    for accruing in (False, True):
        found = await _measured(count, accruing=accruing)
        debts = "debts that bear interest" if accruing else "debts"
        beside = {"unit": "s", "reference_name": "bare insert of the same rows"}
        figures += [
            Figure(
                name=f"posting and settling {count:,} payments on {debts}",
                value=found.ours,
                reference=found.bare,
                aim="within 5x",
                **beside,
            ),
            Figure(name="the same in processor time", value=found.our_work, reference=found.bare_work, **beside),
            Figure(name=f"slowest transaction of {_CHUNK:,} of them", value=found.slowest * 1000, unit="ms"),
        ]
    return figures
