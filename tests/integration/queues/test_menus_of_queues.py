"""Hours of work and queues stay as long as a menu goes by them."""

from functools import partial

import pytest
from sqlalchemy import select, update

from callcenter.app.adapters.menus_of_queues import MenusOfQueues
from callcenter.ivr.flow import Flow, HangUp, Hours, Say, ToQueue, stored
from callcenter.ivr.model import IvrFlow, IvrQueue, IvrVersion
from callcenter.queues.calendars import CalendarData, list_calendars, save_calendar
from callcenter.queues.errors import MenuKeepsHours, MenuNeedsQueue, QueueOverflows
from callcenter.queues.model import Overflow
from callcenter.queues.service import QueueData, QueueService
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.errors import Invalid
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import START


@pytest.fixture
def queues(uow: UnitOfWork, clock: ManualClock) -> QueueService:
    return QueueService(uow, clock, MenusOfQueues(clock))


async def _menu(uow: UnitOfWork, name: str, draft: Flow, heard: Flow | None = None) -> int:
    """A menu as it is edited, and as it is heard."""
    async with uow.write() as work:
        row = IvrFlow(name=name, draft=stored(draft), changed_at=START)
        work.session.add(row)
        await work.session.flush()
        if heard is not None:
            version = IvrVersion(
                flow_id=row.id, number=1, content=stored(heard), published_at=START, published_by=PROGRAM.user_id
            )
            work.session.add(version)
            await work.session.flush()
            row.version_id = version.id
        return row.id


def _by_hours(calendar_id: int) -> Flow:
    steps = {"s1": Hours(calendar_id=calendar_id, open="s2", closed="s3"), "s2": ToQueue(), "s3": HangUp()}
    return Flow(entry="s1", language="en", steps=steps)


NOTHING = Flow(entry="s1", language="en", steps={"s1": Say(next="s2"), "s2": ToQueue()})


async def test_hours_of_a_menu_stay(uow: UnitOfWork, queues: QueueService, clock: ManualClock) -> None:
    """A menu would take everybody for a caller in time once they were gone."""
    async with uow.write() as work:
        hours = CalendarData(name="Office", zone="Europe/Kyiv", week={})
        kept, free = [(await save_calendar(work, PROGRAM, None, hours, at=clock.now())).id for _ in range(2)]
    await _menu(uow, "Edited", _by_hours(kept))
    heard = await _menu(uow, "Heard", NOTHING, _by_hours(kept))
    with pytest.raises(MenuKeepsHours) as refused:
        await queues.delete_calendar(PROGRAM, kept)
    assert refused.value.params == {"menus": "Edited, Heard"}
    await queues.delete_calendar(PROGRAM, free)
    async with uow.write() as work:  # the one is withdrawn, the other changed
        await work.session.execute(update(IvrFlow).where(IvrFlow.id == heard).values(version_id=None))
        await work.session.execute(update(IvrFlow).where(IvrFlow.id != heard).values(draft=stored(NOTHING)))
    await queues.delete_calendar(PROGRAM, kept)
    async with uow.read() as session:
        assert not await list_calendars(session, PROGRAM)


async def test_a_queue_that_menus_and_queues_lead_to_stays(uow: UnitOfWork, queues: QueueService) -> None:
    sales = await queues.create(PROGRAM, "sales", QueueData(name="Sales"))
    first = await queues.create(
        PROGRAM, "first", QueueData(name="First", overflow=Overflow.QUEUE, overflow_queue_id=sales)
    )
    into = Flow(entry="s1", language="en", steps={"s1": ToQueue(queue="sales")})
    menu = await _menu(uow, "Evening", into)
    async with uow.write() as work:
        work.session.add_all(IvrQueue(queue=code, flow_id=menu) for code in ("sales", "main"))
    off = QueueData(name="Sales", active=False)
    for leave in (partial(queues.delete, PROGRAM, sales), partial(queues.edit, PROGRAM, sales, off)):
        with pytest.raises(QueueOverflows) as overflows:
            await leave()
        assert overflows.value.params == {"queues": "First"}
    await queues.delete(PROGRAM, first)
    for leave in (partial(queues.delete, PROGRAM, sales), partial(queues.edit, PROGRAM, sales, off)):
        with pytest.raises(MenuNeedsQueue) as needed:
            await leave()
        assert needed.value.params == {"menus": "Evening"}
    async with uow.write() as work:
        await work.session.execute(update(IvrFlow).values(draft=stored(NOTHING)))
    await queues.edit(PROGRAM, sales, off)
    with pytest.raises(Invalid):
        await queues.create(
            PROGRAM, "second", QueueData(name="Second", overflow=Overflow.QUEUE, overflow_queue_id=sales)
        )
    await queues.delete(PROGRAM, sales)
    async with uow.read() as session:  # a queue of that code that is made later has no menu of its own accord
        assert (await session.scalars(select(IvrQueue.queue))).all() == ["main"]
