"""Debtors whom the law lets be called at the hour the test runs, whatever hour that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.cases.model import Creditor, Jurisdiction, PartyRole
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.creditors import ensure_order
from core.kernel.access import PROGRAM
from core.kernel.bus import Bus
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork, Work
from core.parties.model import Phone, PhoneKind
from core.parties.service import NewParty, NewPhone
from core.people.model import User

#: Four hours apart at most, so that in one of them it is always between ten and six.
_ROUND_THE_CLOCK = (
    "Pacific/Honolulu",
    "America/Los_Angeles",
    "America/New_York",
    "Atlantic/Azores",
    "Europe/Moscow",
    "Asia/Yekaterinburg",
    "Asia/Irkutsk",
    "Pacific/Auckland",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Debtor:
    """One debtor of one case, with one telephone."""

    case_id: int
    party_id: int
    phone_id: int
    phone: str
    zone: ZoneInfo


def lawful_zone(now: datetime) -> str:
    """A zone where it is the middle of the day."""
    return next(name for name in _ROUND_THE_CLOCK if 10 <= now.astimezone(ZoneInfo(name)).hour < 18)


async def enlist(url: str, count: int, *, owner: str) -> Sequence[Debtor]:
    """Add Russian debtors to the demo's first creditor, as cases of the user with the login ``owner``."""
    database = Database(url)
    try:
        async with UnitOfWork(database, Bus()).write() as work:
            now = datetime.now(UTC)
            collector = (await work.session.scalars(select(User).where(User.login == owner))).one()
            wanted = select(Creditor).where(Creditor.jurisdiction == Jurisdiction.RU).order_by(Creditor.id).limit(1)
            creditor = (await work.session.scalars(wanted)).one()
            order = await ensure_order(work, PROGRAM, creditor.id, "FAULTS", now.date(), at=now, name="Faults")
            return [await _one(work, order.id, collector.id, n, now) for n in range(count)]
    finally:
        await database.close()


async def _one(work: Work, order_id: int, collector_id: int, n: int, now: datetime) -> Debtor:
    zone, number = lawful_zone(now), f"+790000003{n:02}"
    phone = NewPhone(raw=number, region="", kind=PhoneKind.MOBILE, source="creditor", timezone=zone)
    party = NewParty(name=f"Лесной Пример {n}", language="ru", timezone=zone, phones=(phone,), source="creditor")
    claim = NewClaim(number="1", principal=Decimal(5000), due_on=(now - timedelta(days=90)).date())
    new = NewCase(
        order_id=order_id,
        number=f"F{n:03}",
        people=(NewPerson(party=party, role=PartyRole.DEBTOR),),
        claims=(claim,),
        collector_id=collector_id,
    )
    case = await open_case(work, PROGRAM, new, at=now)
    own = (await work.session.scalars(select(Phone).where(Phone.party_id == case.debtor_id))).one()
    return Debtor(case_id=case.id, party_id=own.party_id, phone_id=own.id, phone=number, zone=ZoneInfo(zone))
