"""Payments as a kind of import, beside registries of cases."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.queries.agency import agency_day
from core.importing import workbook
from core.importing.model import ImportBatch, ImportRow, OnExisting, Outcome
from core.importing.reading import Fault, Reading
from core.importing.targets import Target
from core.kernel.access import PROGRAM
from core.kernel.clock import Clock
from core.kernel.errors import DomainError, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork, Work
from core.payments.incoming.fields import DOOR, TARGETS
from core.payments.incoming.judging import Accounts, PaymentsJudge
from core.payments.incoming.matched import MatchedLine, new_payment
from core.payments.incoming.opening import TOO_LARGE
from core.payments.model import AccountKind, MoneyAccount
from core.payments.service.effects import Effects
from core.payments.service.keys import refresh_keys
from core.payments.service.posting import post_and_settle_many
from core.payments.statements.detect import MOST_BYTES
from core.payments.statements.lines import NotAStatement, StatementTooLarge

_decode = msgspec.json.Decoder(MatchedLine).decode
_ZIP = b"PK\x03\x04"


class PaymentsWriter:
    """Payments on their way into the books."""

    def __init__(self, batch_id: int, effects: Effects) -> None:
        self._batch_id = batch_id
        self._effects = effects

    async def write(self, work: Work, rows: Sequence[str], at: datetime) -> Mapping[int, int]:
        """Register them and settle those whose match was sure, each once: what came meanwhile is passed over."""
        lines = [_decode(row) for row in rows]
        payments = [new_payment(line, self._batch_id) for line in lines]
        posted = await post_and_settle_many(work, PROGRAM, payments, self._effects, at=at)
        return {line.n: one.payment_id for line, one in zip(lines, posted, strict=True)}


class PaymentsKind:
    """What importing payments brings along. ``effects`` follow the money."""

    door = DOOR
    fewest = 100
    targets: Mapping[str, Target] = TARGETS
    row_reader = "core.payments.incoming.opening:read_row"
    opener = "core.payments.incoming.opening:open_file"

    def __init__(self, uow: UnitOfWork, clock: Clock, effects: Effects) -> None:
        self._uow = uow
        self._clock = clock
        self._effects = effects

    def lacking(self, filled: Collection[str]) -> Sequence[str]:
        return [key for key, target in TARGETS.items() if target.required and key not in filled]

    def twice(self, first: int) -> Fault:
        """Never asked: alike lines are told apart by counting."""
        return Fault.of("", msg("The same payment stands in row {row} already.", row=first))

    def refused(self) -> Fault:
        return Fault.of("", msg("The database refused this row. Somebody may have entered the same just now."))

    def inspect(self, path: Path) -> None:
        if path.stat().st_size > MOST_BYTES:
            raise StatementTooLarge()
        with path.open("rb") as file:
            zipped = file.read(4) == _ZIP
        if zipped and workbook.holds_workbook(path):
            workbook.inspect(path)

    def unreadable(self, reason: Fault) -> DomainError:
        return StatementTooLarge() if reason.field == TOO_LARGE else NotAStatement(reason=reason.message)

    async def saved_mapping(self, session: AsyncSession, batch: ImportBatch) -> Mapping[str, str]:
        account = await _chosen(session, batch)
        return account.import_mapping if account else {}

    async def save_mapping(self, work: Work, batch: ImportBatch, mapping: Mapping[str, str]) -> None:
        account = await _chosen(work.session, batch)
        if account is not None:
            account.import_mapping = {**account.import_mapping, **mapping}

    async def judge(self, session: AsyncSession, batch: ImportBatch) -> PaymentsJudge:
        await refresh_keys(self._uow)
        accounts = (await session.scalars(select(MoneyAccount).where(MoneyAccount.active))).all()
        chosen = await _chosen(session, batch)
        columns = {int(index): target for index, target in batch.columns.items()}
        reading = Reading(columns=columns, region="", currency=chosen.currency if chosen else "")
        seen = await _seen(session, batch.id)
        today = await agency_day(session, self._clock.now())
        return PaymentsJudge(reading, Accounts(accounts, chosen), seen, OnExisting(batch.on_existing), today)

    async def begin(self, work: Work, batch: ImportBatch, at: datetime) -> None:
        """Nothing has to be there before the first payment."""

    async def writer(self, session: AsyncSession, batch: ImportBatch) -> PaymentsWriter:
        return PaymentsWriter(batch.id, self._effects)


async def _chosen(session: AsyncSession, batch: ImportBatch) -> MoneyAccount | None:
    """The account chosen for lines that name none; else the only one there is. Raises ``NotFound``."""
    wanted = batch.options.get("account", "")
    if wanted:
        account = await session.get(MoneyAccount, int(wanted)) if wanted.isdecimal() else None
        if account is None:
            raise NotFound()
        return account
    banks = select(MoneyAccount).where(MoneyAccount.active, MoneyAccount.kind == AccountKind.BANK).limit(2)
    found = (await session.scalars(banks)).all()
    return found[0] if len(found) == 1 else None


async def _seen(session: AsyncSession, batch_id: int) -> Counter[str]:
    """What an interrupted dry run has counted."""
    rows = select(ImportRow.data).where(
        ImportRow.batch_id == batch_id, ImportRow.outcome.in_((Outcome.NEW, Outcome.KNOWN))
    )
    lines = (_decode(data) for data in await session.scalars(rows))
    return Counter(new_payment(msgspec.structs.replace(line, occurrence=0)).fingerprint for line in lines)
