"""A question made once finds what the same statement finds, and nothing that was not asked for."""

from sqlalchemy import select

from core.kernel.among import Among
from core.kernel.clock import ManualClock
from core.kernel.glimpse import Glimpse
from core.kernel.uow import UnitOfWork
from core.parties.model import Party, PartyKind

NAMED = (
    select(Party.id, Party.name).where(Among(Party.name, "names"), Party.kind == PartyKind.PERSON).order_by(Party.id)
)


async def test_it_answers_as_the_statement_does(uow: UnitOfWork, clock: ManualClock) -> None:
    kinds = {"Anna": PartyKind.PERSON, "Boris": PartyKind.PERSON, "Works": PartyKind.ORGANISATION}
    async with uow.write() as work:
        for name, kind in kinds.items():
            work.session.add(Party(kind=kind, name=name, name_key=name.lower(), created_at=clock.now()))
    made = Glimpse(NAMED)
    for names in ((), ("Anna",), ("Boris", "Anna", "Works", "'; --"), tuple(kinds)):
        asked = {"names": names}
        found = await uow.database.glance(lambda connection, asked=asked: made.rows(connection, asked))
        async with uow.read() as session:
            assert [tuple(row) for row in found] == [tuple(row) for row in await session.execute(NAMED, asked)]
