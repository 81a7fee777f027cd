"""A process that posts, settles and withdraws until it is killed: ``poster URL ACCOUNT CASE…``.

It writes a line after each commit: what was done to which payment, and how much of it is settled now.
"""

import asyncio
import random
import sys
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from core.cases.service.appropriation import appropriate
from core.kernel.access import PROGRAM
from core.kernel.bus import Bus
from core.kernel.clock import SystemClock
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork, Work
from core.payments.model import Source
from core.payments.ports import Credited, TakenBack
from core.payments.service.desk import PaymentDesk
from core.payments.service.effects import Effects
from core.payments.service.orders import SettleOrder
from core.payments.service.registering import NewPayment


class Nobody:
    """Nothing is planned on these cases."""

    async def money_came(self, work: Work, credited: Sequence[Credited], **_at: object) -> None:
        return None

    async def money_went(self, work: Work, taken: Sequence[TakenBack], **_at: object) -> None:
        return None


def _said(what: str, payment_id: int, settled: Decimal) -> None:
    sys.stdout.write(f"{what} {payment_id} {settled}\n")
    sys.stdout.flush()


async def post(url: str, account: int, cases: Sequence[int]) -> None:
    """Go on until the end of the process."""
    clock, chance = SystemClock(), random.Random()
    desk = PaymentDesk(UnitOfWork(Database(url), Bus()), clock, Effects(appropriate, Nobody()))
    while True:
        new = NewPayment(
            account_id=account,
            amount=Decimal(chance.randint(1, 900)) / 100,
            value_on=(clock.now() - timedelta(days=chance.randint(0, 30))).date(),
            source=Source.API,
            doc_no=chance.randbytes(8).hex(),
            case_id=chance.choice(cases),
        )
        payment_id = await desk.register(PROGRAM, new)
        _said("registered", payment_id, Decimal(0))
        done = await desk.settle(PROGRAM, SettleOrder(payment_id=payment_id))
        _said("settled", payment_id, new.amount - done.result.remainder)
        if done.settlement_id is not None and chance.random() < 0.4:
            await desk.withdraw(PROGRAM, done.settlement_id, "a mistake")
            _said("withdrawn", payment_id, Decimal(0))


if __name__ == "__main__":
    asyncio.run(post(sys.argv[1], int(sys.argv[2]), [int(one) for one in sys.argv[3:]]))
