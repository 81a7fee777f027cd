"""Who may be in a call is asked anew while he is."""

from sqlalchemy import update

from callcenter.app.adapters.staff import StaffDirectory
from callcenter.app.adapters.watching import LiveCalls
from callcenter.supervision.rights import LISTEN
from core.kernel.uow import UnitOfWork
from core.people.model import User
from tests.factories.people import Cast


async def test_a_right_is_held_by_those_who_work_here_and_as_far_as_it_reaches(uow: UnitOfWork, cast: Cast) -> None:
    """Sofia is head of anna's team."""
    calls, head = LiveCalls(StaffDirectory()), cast.users["sofia"]
    async with uow.write() as work:
        assert await calls.may_hear(work.session, head, LISTEN, cast.users["anna"])
        assert not await calls.may_hear(work.session, head, LISTEN, cast.users["diego"])
        assert not await calls.may_hear(work.session, cast.users["bella"], LISTEN, cast.users["anna"])
        await work.session.execute(update(User).where(User.id == head).values(active=False))
        assert not await calls.may_hear(work.session, head, LISTEN, cast.users["anna"])
