"""The accounts money comes to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import altered, record
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.i18n import Message, msg
from core.kernel.uow import Work
from core.payments import rights
from core.payments.errors import AccountTaken, BadAccount
from core.payments.model import AccountKind, MoneyAccount, Payment


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountData:
    """What is known of an account; see :class:`core.payments.model.MoneyAccount`."""

    name: str
    kind: AccountKind
    number: str
    currency: str
    bank: str = ""
    creditor_id: int | None = None
    active: bool = True


async def list_accounts(session: AsyncSession, *, active_only: bool = False) -> Sequence[MoneyAccount]:
    """The accounts by name. That the house has them is no secret within it."""
    statement = select(MoneyAccount).order_by(MoneyAccount.name, MoneyAccount.id)
    return (await session.scalars(statement.where(MoneyAccount.active) if active_only else statement)).all()


async def add_account(work: Work, actor: Actor, data: AccountData, *, at: datetime) -> MoneyAccount:
    """Enter an account. Raises ``AccountTaken`` or ``BadAccount``."""
    actor.require(rights.SETUP)
    await _check(work, data, None)
    account = MoneyAccount(**asdict(data))
    work.session.add(account)
    await work.session.flush()
    record(work, actor, "account.added", ("account", account.id), {"number": (None, data.number)}, at=at)
    return account


async def edit_account(work: Work, actor: Actor, account_id: int, data: AccountData, *, at: datetime) -> None:
    """Change an account; its currency and kind stay once money has come. Raises ``AccountTaken`` or ``BadAccount``."""
    actor.require(rights.SETUP)
    account = await work.session.get(MoneyAccount, account_id)
    if account is None:
        raise NotFound()
    await _check(work, data, account_id)
    fixed = (account.currency, account.kind) != (data.currency, data.kind)
    if fixed and await work.session.scalar(select(Payment.id).where(Payment.account_id == account_id).limit(1)):
        raise BadAccount({"currency": msg("Money has come to this account: its currency and kind stay.")})
    record(work, actor, "account.changed", ("account", account_id), altered(account, asdict(data)), at=at)


async def _check(work: Work, data: AccountData, account_id: int | None) -> None:
    faults: dict[str, Message] = {}
    for name in ("name", "number"):
        if not getattr(data, name).strip():
            faults[name] = msg("This field is needed.")
    if len(data.currency) != _ISO_4217:
        faults["currency"] = msg("Use the three letters of the currency.")
    if faults:
        raise BadAccount(faults)
    same = select(MoneyAccount.id).where(MoneyAccount.number == data.number, MoneyAccount.currency == data.currency)
    if await work.session.scalar(same) not in (None, account_id):
        raise AccountTaken(number=data.number, currency=data.currency)


_ISO_4217 = 3
