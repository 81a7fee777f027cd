"""A house that statements come in to: our accounts, debts with numbers people write, and the mechanism of imports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select

from core.cases.model import Case, Jurisdiction
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.creditors import CreditorData, add_creditor, ensure_order
from core.importing.model import BatchState, ImportBatch, OnExisting
from core.importing.queries import RowLine, rows_of
from core.importing.service import APPLY_JOB, CHECK_JOB, Imports
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.parties.model import IdKind
from core.parties.service import NewParty
from core.payments.incoming.fields import DOOR
from core.payments.incoming.kind import PaymentsKind
from core.payments.model import Allocation, MoneyAccount, Payment
from core.payments.service.desk import PaymentDesk
from core.payments.service.effects import Effects
from tests.factories import statements
from tests.integration.payments.conftest import Followers


@dataclass
class House:
    """What a test of statements works with. ``cases`` goes from a case's number to it."""

    uow: UnitOfWork
    clock: ManualClock
    imports: Imports
    desk: PaymentDesk
    folder: Path
    cases: Mapping[str, Case]

    async def bring(
        self,
        data: bytes,
        name: str = "statement.txt",
        *,
        apply: bool = True,
        on_existing: OnExisting = OnExisting.SKIP,
        options: Mapping[str, str] | None = None,
    ) -> ImportBatch:
        """Receive, check and apply a file; the batch as it is then."""
        path = self.folder / "upload"
        path.write_bytes(data)
        batch = await self.imports.receive(PROGRAM, None, path, name, kind=DOOR.kind, options=options)
        columns = {int(index): target for index, target in batch.columns.items()}
        await self.imports.check(PROGRAM, batch.id, columns, on_existing)
        await self.imports.handlers[CHECK_JOB]({"batch": batch.id})
        if apply and (await self.batch(batch.id)).state == BatchState.CHECKED:
            await self.imports.apply(PROGRAM, batch.id, valid_only=True)
            await self.imports.handlers[APPLY_JOB]({"batch": batch.id})
        return await self.batch(batch.id)

    async def batch(self, batch_id: int) -> ImportBatch:
        async with self.uow.read() as session:
            return await session.get_one(ImportBatch, batch_id)

    async def rows(self, batch_id: int) -> Sequence[RowLine]:
        async with self.uow.read() as session:
            return await rows_of(session, PROGRAM, batch_id, size=1000, door=DOOR)

    async def payments(self) -> Sequence[Payment]:
        async with self.uow.read() as session:
            return (await session.scalars(select(Payment).order_by(Payment.id))).all()

    async def settled(self, number: str) -> Decimal:
        """What stands settled on a case."""
        async with self.uow.read() as session:
            total = select(func.sum(Allocation.amount)).where(Allocation.case_id == self.cases[number].id)
            return await session.scalar(total) or Decimal(0)


#: (number, debtor, tax number, kind of the number, claim, currency)
DEBTS = (
    ("ДЛ-000123/24", "Тестова Анна Ивановна", "770000000001", IdKind.INN, "ДОГ-55501", "RUB"),
    ("77-001", "Пробный Пётр", "770000000002", IdKind.INN, "ДОГ-55502", "RUB"),
    ("77/001", "Łucja Próbna", "90010100000", IdKind.PESEL, "PL-1-2026", "PLN"),
    ("ABC-12345", "Jan Testowy", "90010100001", IdKind.PESEL, "PL-2-2026", "PLN"),
)


async def build(uow: UnitOfWork, clock: ManualClock, folder: Path) -> House:
    """The house with its accounts and debts."""
    now, cases = clock.now(), {}
    async with uow.write() as work:
        for currency, law in (("RUB", Jurisdiction.RU), ("PLN", Jurisdiction.PL)):
            data = CreditorData(name=f"Loans {currency}", jurisdiction=law, region=law.value, currency=currency)
            creditor = await add_creditor(work, PROGRAM, data, at=now)
            order = await ensure_order(work, PROGRAM, creditor.id, "2026-01", date(2026, 1, 15), at=now)
            for number, name, tax_id, kind, claim, of in DEBTS:
                if of == currency:
                    person = NewPerson(party=NewParty(name=name, ids=((kind, tax_id),)))
                    debt = NewClaim(number=claim, principal=Decimal(5000), due_on=date(2025, 11, 1))
                    new = NewCase(order_id=order.id, number=number, people=(person,), claims=(debt,))
                    cases[number] = await open_case(work, PROGRAM, new, at=now)
        work.session.add_all(
            MoneyAccount(name=number, kind="bank", number=number, currency=currency)
            for number, currency in (
                (statements.OURS, "RUB"),
                (statements.OTHER_OF_OURS, "RUB"),
                (statements.OUR_IBAN, "PLN"),
                (statements.THEIR_IBAN, "PLN"),
            )
        )
    followers = Followers()
    effects = Effects(followers.appropriate, followers)
    imports = Imports(uow, clock, folder / "imports", (PaymentsKind(uow, clock, effects),))
    return House(uow, clock, imports, PaymentDesk(uow, clock, effects), folder, cases)
