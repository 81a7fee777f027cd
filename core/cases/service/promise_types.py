"""The directory of promise types as shipped: an agency edits it, adds to it, or switches types off."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import altered, record
from core.cases import rights
from core.cases.errors import PromiseTypeKeyTaken
from core.cases.model import PromiseType
from core.cases.service.promises import STANDARD
from core.kernel.access import Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, mark, msg
from core.kernel.uow import Work


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeData:
    """What may be said of a promise type; see :class:`core.cases.model.PromiseType`."""

    name: str
    position: int
    grace_days: int = 1
    threshold_percent: Decimal = Decimal(100)
    max_days: int | None = None
    max_amount: Decimal | None = None
    active: bool = True


#: Shipped types by key.
SHIPPED = {
    STANDARD: TypeData(name=mark("Promise to pay"), position=1),
    "partial": TypeData(name=mark("Part payment"), position=2, grace_days=1, threshold_percent=Decimal(80), max_days=7),
    "payday": TypeData(name=mark("On payday"), position=3, grace_days=3, max_days=35),
    "settlement": TypeData(name=mark("Settlement in one sum"), position=4, grace_days=0, max_days=30),
}


async def promise_types(session: AsyncSession, *, active_only: bool = True) -> Sequence[PromiseType]:
    """The types in their order."""
    statement = select(PromiseType).order_by(PromiseType.position, PromiseType.id)
    return (await session.scalars(statement.where(PromiseType.active) if active_only else statement)).all()


async def add_type(work: Work, actor: Actor, key: str, data: TypeData, *, at: datetime) -> PromiseType:
    """Add a type of the agency's own. Raises ``PromiseTypeKeyTaken`` or ``Invalid``."""
    actor.require(rights.WORKLISTS)
    _check(data)
    if await work.session.scalar(select(PromiseType.id).where(PromiseType.key == key)) is not None:
        raise PromiseTypeKeyTaken(key=key)
    row = PromiseType(key=key, **asdict(data))
    work.session.add(row)
    await work.session.flush()
    record(work, actor, "promise_type.added", ("promise_type", row.id), {"name": (None, data.name)}, at=at)
    return row


async def change_type(work: Work, actor: Actor, type_id: int, data: TypeData, *, at: datetime) -> PromiseType:
    """Change a type; promises taken before keep what was agreed. Raises ``NotFound`` or ``Invalid``."""
    actor.require(rights.WORKLISTS)
    _check(data)
    row = await work.session.get(PromiseType, type_id)
    if row is None:
        raise NotFound()
    changes = altered(row, asdict(data))
    record(work, actor, "promise_type.changed", ("promise_type", type_id), changes, at=at)
    return row


def _check(data: TypeData) -> None:
    faults: dict[str, Message] = {}
    if not Decimal(0) < data.threshold_percent <= Decimal(100):
        faults["threshold_percent"] = msg("Enter a percentage above 0 and up to 100.")
    if not 0 <= data.grace_days <= 30:
        faults["grace_days"] = msg("Enter a number from 0 to 30.")
    if data.max_days is not None and not 1 <= data.max_days <= 366:
        faults["max_days"] = msg("Enter a number from 1 to 366.")
    if data.max_amount is not None and data.max_amount <= 0:
        faults["max_amount"] = msg("Enter a sum above zero.")
    if faults:
        raise Invalid(faults)


async def ship_promise_types(work: Work) -> None:
    """Add the shipped types that are missing. What the agency changed stays as it is."""
    known = set((await work.session.scalars(select(PromiseType.key))).all())
    work.session.add_all(PromiseType(key=key, **asdict(data)) for key, data in SHIPPED.items() if key not in known)
    await work.session.flush()
