"""Queues as rows, and the steward that brings an exchange into step with them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from callcenter.queues import queries
from callcenter.queues.errors import ExchangeRefused, NoSuchQueue, QueueNeeded
from callcenter.queues.events import QueuesChanged
from callcenter.queues.model import MAIN, Overflow, Queue
from callcenter.queues.ports import QueueSpec, Seat, Standing
from callcenter.queues.service import QueueData, QueueService, ship_queues
from callcenter.queues.steward import Steward
from core.audit.model import AuditEntry
from core.kernel.access import PROGRAM, Actor
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, Invalid
from core.kernel.uow import UnitOfWork
from core.people.model import User
from tests.factories.people import Cast

PLAIN = QueueData(name="Night")


@pytest.fixture
def queues(uow: UnitOfWork, clock: ManualClock) -> QueueService:
    return QueueService(uow, clock)


async def _phones(uow: UnitOfWork) -> dict[str, int]:
    async with uow.read() as session:
        rows = await session.execute(select(User.extension, User.id).where(User.extension.is_not(None), User.active))
        return {row.extension: row.id for row in rows}


async def _main(uow: UnitOfWork) -> int:
    async with uow.write() as work:
        await ship_queues(work)
        await ship_queues(work)
    async with uow.read() as session:
        return (await session.scalars(select(Queue.id).where(Queue.code == MAIN))).one()


async def _levels(uow: UnitOfWork, code: str) -> dict[int, int]:
    async with uow.read() as session:
        return {one.user_id: one.penalty for one in await queries.memberships(session) if one.queue == code}


async def test_everybody_serves_the_main_queue_unless_taken_out(
    uow: UnitOfWork, cast: Cast, queues: QueueService
) -> None:
    main, phones = await _main(uow), await _phones(uow)
    assert await _levels(uow, MAIN) == dict.fromkeys(phones.values(), 0)
    first, second, *_rest = phones.values()
    await queues.set_members(PROGRAM, main, {user: int(user == first) for user in phones.values() if user != second})
    levels = await _levels(uow, MAIN)
    assert second not in levels
    assert levels[first] == 1
    assert levels.keys() == set(phones.values()) - {second}


async def test_a_queue_is_made_changed_served_and_removed(
    uow: UnitOfWork, cast: Cast, queues: QueueService, clock: ManualClock
) -> None:
    admin = await cast.actor(uow, "admin")
    made = await queues.create(admin, "night", PLAIN)
    someone = next(iter((await _phones(uow)).values()))
    await queues.set_members(admin, made, {someone: 2})
    await queues.edit(admin, made, QueueData(name="Late", ring_seconds=9, weight=3))
    async with uow.read() as session:
        spec = next(one for one in await queries.specs(session) if one.code == "night")
    assert (spec.ring_seconds, spec.weight) == (9, 3)
    assert await _levels(uow, "night") == {someone: 2}
    await queues.delete(admin, made)
    async with uow.read() as session:
        with pytest.raises(NoSuchQueue):
            await queries.get_queue(session, admin, made)
        said = (await session.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "queue"))).all()
    assert sorted(said) == ["queues.added", "queues.changed", "queues.members", "queues.removed"]


async def test_what_makes_no_sense_is_refused(uow: UnitOfWork, cast: Cast, queues: QueueService) -> None:
    main = await _main(uow)
    night = await queues.create(PROGRAM, "night", QueueData(name="N", overflow=Overflow.QUEUE, overflow_queue_id=main))
    for code in ("night", "x", "a b", "a\nb", "[x]"):
        with pytest.raises(Invalid):
            await queues.create(PROGRAM, code, PLAIN)
    with pytest.raises(Invalid, match="circle"):
        await queues.edit(PROGRAM, main, QueueData(name="M", overflow=Overflow.QUEUE, overflow_queue_id=night))
    with pytest.raises(Invalid):
        await queues.edit(PROGRAM, night, QueueData(name="N", overflow=Overflow.QUEUE))
    with pytest.raises(QueueNeeded):
        await queues.edit(PROGRAM, main, QueueData(name="M", active=False))
    with pytest.raises(QueueNeeded):
        await queues.delete(PROGRAM, main)
    with pytest.raises(Invalid):
        await queues.set_members(PROGRAM, night, {987654: 0})
    someone = next(iter((await _phones(uow)).values()))
    with pytest.raises(Invalid):
        await queues.set_members(PROGRAM, night, {someone: 10})
    bella: Actor = await cast.actor(uow, "bella")
    with pytest.raises(Forbidden):
        await queues.create(bella, "own", PLAIN)


async def test_a_campaign_has_a_queue_while_it_runs(uow: UnitOfWork, cast: Cast, queues: QueueService) -> None:
    someone, other, *_ = (await _phones(uow)).values()
    async with uow.write() as work:
        row = await queues.open_for_campaign(work, PROGRAM, 7, QueueData(name="Spring"), {someone: 0})
        assert (row.code, row.kind) == ("campaign-7", "campaign")
    async with uow.write() as work:
        await queues.open_for_campaign(work, PROGRAM, 7, QueueData(name="Spring", weight=5), {other: 1})
        assert QueuesChanged in {type(event) for event in work.events}
    assert await _levels(uow, "campaign-7") == {other: 1}
    with pytest.raises(QueueNeeded):
        await queues.delete(PROGRAM, row.id)
    with pytest.raises(QueueNeeded):
        await queues.edit(PROGRAM, row.id, QueueData(name="Spring", active=False))
    async with uow.write() as work:
        await queues.serve_campaign(work, PROGRAM, 7, {other: 1})
        assert not work.events, "nothing changed"
        await queues.serve_campaign(work, PROGRAM, 7, {someone: 0})
    assert await _levels(uow, "campaign-7") == {someone: 0}
    async with uow.write() as work:
        await queues.close_for_campaign(work, PROGRAM, 7)
        await queues.close_for_campaign(work, PROGRAM, 7)
    assert await _levels(uow, "campaign-7") == {}


@dataclass
class FakeExchange:
    """An exchange in memory. ``refusing`` orders are not taken."""

    queues: dict[str, QueueSpec] = field(default_factory=dict)
    members: dict[Seat, Standing] | None = field(default_factory=dict)
    refusing: int = 0
    free: list[str] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    tell: Callable[[], None] = lambda: None

    def seats(self) -> Mapping[Seat, Standing] | None:
        return None if self.members is None else dict(self.members)

    def serves(self, extension: str) -> bool:
        return True

    def on_known(self, tell: Callable[[], None]) -> None:
        self.tell = tell

    async def publish(self, queues: Sequence[QueueSpec]) -> None:
        self.queues = {one.code: one for one in queues}
        await self._took()

    async def put_in(self, seat: Seat, extension: str, standing: Standing, reason: str) -> None:
        await self._set(seat, standing)

    async def take_out(self, seat: Seat) -> None:
        await self._took()
        assert self.members is not None
        del self.members[seat]

    async def pause(self, endpoint: str, *, paused: bool, reason: str) -> None:
        for seat, was in list((self.members or {}).items()):
            if seat.endpoint == endpoint:
                await self._set(seat, Standing(penalty=was.penalty, paused=paused))

    async def set_penalty(self, seat: Seat, penalty: int) -> None:
        assert self.members is not None
        await self._set(seat, Standing(penalty=penalty, paused=self.members[seat].paused))

    async def is_free(self, extension: str) -> None:
        self.free.append(extension)
        await self._took()

    async def _set(self, seat: Seat, standing: Standing) -> None:
        await self._took()
        assert self.members is not None
        self.members[seat] = standing

    async def _took(self) -> None:
        if self.refusing:
            self.refusing -= 1
            raise ExchangeRefused
        async with self.changed:
            self.changed.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60), self.changed:
            await self.changed.wait_for(condition)


@dataclass(frozen=True)
class States:
    known: Mapping[int, str]

    async def states(self, session: object) -> Mapping[int, str]:
        return self.known


@dataclass(frozen=True)
class News:
    user_id: int
    state: str


async def test_the_steward_brings_the_exchange_into_step(
    uow: UnitOfWork, bus: Bus, cast: Cast, queues: QueueService
) -> None:
    phones = await _phones(uow)
    extension, user = next(iter(phones.items()))
    exchange = FakeExchange(refusing=2)
    steward = Steward(uow, [exchange], States({user: "available"}), retry=0.01)
    bus.subscribe(QueuesChanged, steward.on_queues)
    running = asyncio.create_task(steward.run())
    seat = Seat(queue=MAIN, endpoint=extension)
    try:
        await exchange.until(lambda: len(exchange.members or {}) == 2 * len(phones))
        assert exchange.members is not None
        assert {one.endpoint for one, standing in exchange.members.items() if not standing.paused} == {
            extension,
            f"{extension}d",
        }
        steward.on_state(News(user, "wrap_up"))
        await exchange.until(lambda: (exchange.members or {})[seat].paused)
        steward.on_state(News(user, "available"))
        await exchange.until(lambda: not (exchange.members or {})[seat].paused)
        assert exchange.free == [extension]

        night = await queues.create(PROGRAM, "night", PLAIN)
        await queues.set_members(PROGRAM, night, {user: 4})
        there = Seat(queue="night", endpoint=f"{extension}d")
        await exchange.until(lambda: (exchange.members or {}).get(there) == Standing(penalty=4, paused=False))
        await queues.delete(PROGRAM, night)
        await exchange.until(lambda: "night" not in exchange.queues)

        exchange.members = {}  # it was restarted, and lists what it has
        exchange.tell()
        await exchange.until(lambda: len(exchange.members or {}) == 2 * len(phones))
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
