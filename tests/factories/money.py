"""Money that came: an account, and a payment of which a part is settled on a case."""

import secrets
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.kernel.access import PROGRAM
from core.kernel.uow import UnitOfWork
from core.payments.model import AccountKind, MoneyAccount, Source
from core.payments.service.desk import PaymentDesk
from core.payments.service.orders import SettleOrder
from core.payments.service.registering import NewPayment


@dataclass(frozen=True, slots=True)
class Paid:
    payment: int
    settlement: int


async def money_account(uow: UnitOfWork, currency: str = "RUB") -> int:
    """An account of the agency's at a bank."""
    async with uow.write() as work:
        number = f"40702{secrets.randbelow(10**15):015}"
        account = MoneyAccount(name="Main", kind=AccountKind.BANK, number=number, currency=currency)
        work.session.add(account)
        await work.session.flush()
        return account.id


async def part_paid(uow: UnitOfWork, desk: PaymentDesk, case_id: int, on: date) -> Paid:
    """A payment of 100 matched to the case, 40 of it settled."""
    new = NewPayment(
        account_id=await money_account(uow),
        amount=Decimal(100),
        value_on=on,
        source=Source.STATEMENT,
        doc_no="7",
        payer_name="Payer",
        purpose="a debt",
        case_id=case_id,
    )
    payment_id = await desk.register(PROGRAM, new)
    done = await desk.settle(PROGRAM, SettleOrder(payment_id=payment_id, amount=Decimal(40)))
    assert done.settlement_id is not None
    return Paid(payment_id, done.settlement_id)


async def receipted(uow: UnitOfWork, desk: PaymentDesk, case_id: int, on: date) -> int:
    """A payment on the case that somebody has a receipt for; its id."""
    new = NewPayment(
        account_id=await money_account(uow),
        amount=Decimal(100),
        value_on=on,
        source=Source.MANUAL,
        receipt_no=secrets.token_hex(4),
        case_id=case_id,
    )
    return await desk.register(PROGRAM, new)
