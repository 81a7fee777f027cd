"""A call floor to measure on: collectors with sessions, debtors whose numbers ring, each with a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import insert, select, update

from bench.rings import caller_of
from callcenter.agents.directory import ship_reasons
from callcenter.app.presets import install
from callcenter.app.schema import migrate
from callcenter.calls.directory import ship_results
from core.cases.model import Case, CaseParty, Claim, Creditor, Order, PartyRole
from core.cases.service.openings import Opening, handover_of, post_openings
from core.kernel.access import PROGRAM
from core.kernel.bus import Bus
from core.kernel.clock import SystemClock
from core.kernel.db import Database
from core.kernel.i18n import translator
from core.kernel.phones import tail_key
from core.kernel.uow import UnitOfWork, Work
from core.parties.model import Party, PartyKind, Phone
from core.people import tokens
from core.people.model import Unit, User, UserSession

_NO_PASSWORD = "!"
_FIRST_EXTENSION = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Seat:
    """A collector with a browser that has logged in."""

    extension: str
    token: str


async def furnish(url: str, collectors: int, debtors: int) -> Sequence[Seat]:
    """Make the database at ``url`` with so many collectors and debtors; every debtor's case is somebody's."""
    database = Database(url)
    await migrate(database)
    try:
        async with UnitOfWork(database, Bus()).write() as work:
            roles = await install(work, translator("en"))
            await ship_results(work)
            await ship_reasons(work)
            seats = await collectors_at_work(work, collectors, roles["collector"])
            await debtors_with_cases(work, debtors, collectors)
    finally:
        await database.close()
    return seats


async def furnish_with(url: str, collectors: int, others: Mapping[str, int]) -> Mapping[str, Sequence[Seat]]:
    """A floor without debtors: so many collectors, and so many of other roles, by the key of the role."""
    database = Database(url)
    await migrate(database)
    try:
        async with UnitOfWork(database, Bus()).write() as work:
            roles = await install(work, translator("en"))
            await ship_reasons(work)
            seats = {"collector": await collectors_at_work(work, collectors, roles["collector"])}
            for role, count in others.items():
                first = sum(map(len, seats.values()))
                seats[role] = await collectors_at_work(work, count, roles[role], first=first)
                await _beside_the_collectors(work, first + 1)
    finally:
        await database.close()
    return seats


async def _beside_the_collectors(work: Work, first_id: int) -> None:
    """Put those from ``first_id`` on into the unit of the collectors, without telephones."""
    unit = await work.session.scalar(select(User.unit_id).where(User.id == 1))
    await work.session.execute(update(User).where(User.id >= first_id).values(unit_id=unit, extension=None))


async def collectors_at_work(work: Work, count: int, role_id: int, *, first: int = 0) -> list[Seat]:
    """Collectors with extensions from 1000 on and live sessions; ids from 1 on, after the ``first`` so many."""
    now = SystemClock().now()
    unit = Unit(name="Floor")
    work.session.add(unit)
    await work.session.flush()
    extensions = range(_FIRST_EXTENSION + first, _FIRST_EXTENSION + first + count)
    seats = [Seat(extension=str(extension), token=tokens.fresh()) for extension in extensions]
    users = [
        {
            "id": number,
            "login": f"collector{number}",
            "password_hash": _NO_PASSWORD,
            "role_id": role_id,
            "unit_id": unit.id,
            "extension": seat.extension,
            "created_at": now,
        }
        for number, seat in enumerate(seats, first + 1)
    ]
    sessions = [
        {
            "user_id": number,
            "token_hash": tokens.digest(seat.token),
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now + timedelta(hours=12),
        }
        for number, seat in enumerate(seats, first + 1)
    ]
    await work.session.execute(insert(User), users)
    await work.session.execute(insert(UserSession), sessions)
    return seats


async def debtors_with_cases(work: Work, count: int, collectors: int) -> None:
    """Debtors with the numbers of ``caller_of``, each with a case of one of the collectors."""
    now, ids = SystemClock().now(), range(2, count + 2)
    names = {n: f"Debtor {n:06}" for n in ids}
    parties = [
        {"id": n, "kind": PartyKind.PERSON, "name": name, "name_key": name.lower(), "created_at": now}
        for n, name in {1: "Bank", **names}.items()
    ]
    await work.session.execute(insert(Party), parties)
    work.session.add(Creditor(id=1, party_id=1, name="Bank", currency="RUB", created_at=now))
    await work.session.flush()
    work.session.add(Order(id=1, creditor_id=1, number="1", placed_on=date(2026, 1, 1), created_at=now))
    await work.session.flush()
    numbers = {n: caller_of(n - 2) for n in ids}
    phones = [
        {"party_id": n, "number": number, "tail": tail_key(str(number)), "e164": f"+{number}", "created_at": now}
        for n, number in numbers.items()
    ]
    await work.session.execute(insert(Phone), phones)
    cases = [
        {
            "id": n,
            "creditor_id": 1,
            "order_id": 1,
            "number": f"C-{n:06}",
            "currency": "RUB",
            "opened_at": now,
            "next_action_at": now,
            "debtor_id": n,
            "debtor_name": name,
            "open_amount": Decimal(1000),
            "collector_id": 1 + n % collectors,
        }
        for n, name in names.items()
    ]
    await work.session.execute(insert(Case), cases)
    owed = Decimal(1000)
    claims = [{"id": n, "case_id": n, "number": "1", "principal": owed, "stated": {"principal": "1000"}} for n in ids]
    await work.session.execute(insert(Claim), claims)
    openings = [Opening(case_id=n, claim_id=n, currency="RUB", due_on=None, amounts={"principal": owed}) for n in ids]
    creditor = await work.session.get_one(Creditor, 1)
    await post_openings(work, PROGRAM, await handover_of(work, creditor, at=now), openings)
    links = [{"case_id": n, "party_id": n, "role": PartyRole.DEBTOR} for n in ids]
    await work.session.execute(insert(CaseParty), links)
