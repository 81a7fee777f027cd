"""Two processes that post money, killed with -9 in the middle again and again: nothing is lost, nothing is half."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from decimal import Decimal

import pytest
from sqlalchemy import Executable, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Account, LedgerEntry
from core.cases.queries.balance import case_balance
from core.payments.model import Allocation, Payment
from tests.integration.payments.conftest import Till, claim, open_debt

ROUNDS, ACTS = 3, 25


async def _until_killed(process: Process, told: dict[int, Decimal]) -> None:
    """Note what it says it has done, and kill it after so many acts: in the middle of the next."""
    assert process.stdout is not None
    for _ in range(ACTS):
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().split()
        assert line, "the poster ended by itself"
        told[int(line[1])] = Decimal(line[2])
    process.kill()
    async for rest in process.stdout:  # what was still on the way was said, so it was done
        words = rest.decode().split()
        if len(words) == 3:
            told[int(words[1])] = Decimal(words[2])
    await process.wait()


async def _sums(session: AsyncSession, statement: Executable) -> dict[int, Decimal]:
    return {row[0]: row[1] for row in await session.execute(statement)}


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_nothing_is_lost_by_a_kill(till: Till, database_url: str) -> None:
    async with till.uow.write() as work:
        debts = [
            await open_debt(work, till.order_id, f"K-{n}", [claim("1", "9000.00")], till.clock.now()) for n in range(4)
        ]
    told: dict[int, Decimal] = {}
    arguments = [database_url, str(till.bank), *(str(case.id) for case in debts)]
    for _ in range(ROUNDS):
        posters = [
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.integration.payments.poster", *arguments, stdout=PIPE
            )
            for _ in range(2)
        ]
        await asyncio.gather(*(_until_killed(process, told) for process in posters))
    await till.check_books()
    async with till.uow.read() as session:
        kept = {row.id: row for row in await session.scalars(select(Payment))}
        lines = select(Allocation.payment_id, func.sum(Allocation.amount)).group_by(Allocation.payment_id)
        repaid = await _sums(session, lines)
        held = select(LedgerEntry.payment_id, func.sum(LedgerEntry.amount))
        held = held.where(LedgerEntry.account == Account.SUSPENSE).group_by(LedgerEntry.payment_id)
        suspense = await _sums(session, held)
        for case in debts:
            balance = await case_balance(session, case.id, till.clock.now().date().replace(year=2100))
            came = sum(amount for payment_id, amount in repaid.items() if kept[payment_id].case_id == case.id)
            assert balance.total == 9000 - came
    assert told.keys() <= kept.keys()
    assert len(kept) - len(told) <= 2 * ROUNDS, "at most the act in the middle of which each was killed"
    unsure = 0
    for payment_id, payment in kept.items():
        assert repaid.get(payment_id, Decimal(0)) == payment.settled
        assert suspense[payment_id] == payment.settled - payment.amount
        unsure += payment_id in told and told[payment_id] != payment.settled
    assert unsure <= 2 * ROUNDS, "what was said to be done is done"
