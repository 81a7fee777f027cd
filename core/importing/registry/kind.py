"""The registry of a creditor: rows that become cases with their debtors and claims."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Creditor, Order, Stage
from core.cases.service.creditors import ensure_order
from core.importing import workbook
from core.importing.errors import NotAWorkbook
from core.importing.model import ImportBatch, OnExisting
from core.importing.ports import Verdict
from core.importing.reader import Line
from core.importing.reading import Fault, Reading
from core.importing.registry import snapshot
from core.importing.registry.fields import TARGETS
from core.importing.registry.rows import RegistryRow
from core.importing.registry.rules import judge
from core.importing.registry.writer import Destination, write_rows
from core.importing.rights import REGISTRIES
from core.importing.targets import Target
from core.kernel.access import PROGRAM
from core.kernel.errors import DomainError, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work
from core.people.model import User

_decode = msgspec.json.Decoder(RegistryRow).decode


class RegistryJudge:
    """The dry run of a registry."""

    def __init__(self, creditor_id: int, on_existing: OnExisting, reading: Reading) -> None:
        self.reading = reading
        self._creditor_id = creditor_id
        self._on_existing = on_existing

    async def verdicts(self, session: AsyncSession, lines: Sequence[Line]) -> Sequence[Verdict]:
        rows = [_decode(line.data) for line in lines]
        there = await snapshot.of_cases(session, self._creditor_id, rows)
        return [judge(row, there.claim_of(row), there.debtor_of(row), self._on_existing) for row in rows]


class RegistryWriter:
    """A registry on its way into the cases."""

    def __init__(self, where: Destination) -> None:
        self._where = where

    async def write(self, work: Work, rows: Sequence[str], at: datetime) -> Mapping[int, int]:
        return await write_rows(work, self._where, [_decode(row) for row in rows], at)


class RegistryKind:
    """What importing cases brings along."""

    door = REGISTRIES
    opener = ""
    fewest = 10
    targets: Mapping[str, Target] = TARGETS
    row_reader = "core.importing.registry.rows:read_row"

    def lacking(self, filled: Collection[str]) -> Sequence[str]:
        """The required ones, and a name in one column or in several."""
        needed = [key for key, target in TARGETS.items() if target.required and key not in filled]
        return needed if {"name", "surname"} & set(filled) else [*needed, "name"]

    def twice(self, first: int) -> Fault:
        return Fault.of("number", msg("The same case and claim stand in row {row} already.", row=first))

    def refused(self) -> Fault:
        told = msg("The database refused this row. Somebody may have entered the same just now.")
        return Fault.of("number", told)

    def inspect(self, path: Path) -> None:
        workbook.inspect(path)

    def unreadable(self, reason: Fault) -> DomainError:
        return NotAWorkbook()

    async def saved_mapping(self, session: AsyncSession, batch: ImportBatch) -> Mapping[str, str]:
        creditor = await session.get(Creditor, batch.creditor_id) if batch.creditor_id else None
        if creditor is None:
            raise NotFound()
        return creditor.import_mapping

    async def save_mapping(self, work: Work, batch: ImportBatch, mapping: Mapping[str, str]) -> None:
        creditor = await work.session.get_one(Creditor, batch.creditor_id)
        creditor.import_mapping = {**creditor.import_mapping, **mapping}

    async def judge(self, session: AsyncSession, batch: ImportBatch) -> RegistryJudge:
        creditor = await session.get_one(Creditor, batch.creditor_id)
        columns = {int(index): target for index, target in batch.columns.items()}
        reading = Reading(columns=columns, region=creditor.region, currency=creditor.currency)
        return RegistryJudge(creditor.id, OnExisting(batch.on_existing), reading)

    async def begin(self, work: Work, batch: ImportBatch, at: datetime) -> None:
        """The order that the cases will stand on."""
        assert batch.creditor_id is not None, "registries come from creditors"
        await ensure_order(work, PROGRAM, batch.creditor_id, batch.order_number, at.date(), at=at)

    async def writer(self, session: AsyncSession, batch: ImportBatch) -> RegistryWriter:
        order = select(Order.id).where(Order.creditor_id == batch.creditor_id, Order.number == batch.order_number)
        first_stage = select(Stage.id).where(Stage.active).order_by(Stage.position, Stage.id).limit(1)
        where = Destination(
            batch_id=batch.id,
            creditor=await session.get_one(Creditor, batch.creditor_id),
            order_id=(await session.scalars(order)).one(),
            stage_id=await session.scalar(first_stage),
            unit_id=await session.scalar(select(User.unit_id).where(User.id == batch.created_by_id)),
            on_existing=OnExisting(batch.on_existing),
            source=batch.file_name[:120],
        )
        return RegistryWriter(where)
