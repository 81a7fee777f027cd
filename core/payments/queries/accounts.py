"""Accounts money comes to."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.errors import NotFound
from core.payments.model import MoneyAccount
from core.payments.statements.lines import account_number


async def account_numbered(session: AsyncSession, number: str) -> int:
    """The id of our account of that number, however it is spaced. Raises ``NotFound``."""
    wanted = select(MoneyAccount.id).where(MoneyAccount.number == account_number(number), MoneyAccount.active)
    found = await session.scalar(wanted.order_by(MoneyAccount.id).limit(1))
    if found is None:
        raise NotFound()
    return found
