"""Reading queues."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.queues.errors import NoSuchQueue
from callcenter.queues.model import Queue, QueueKind, QueueMember, QueueNumber, QueueStage
from callcenter.queues.ports import QueueSpec
from callcenter.queues.rights import VIEW
from callcenter.queues.rules import Membership
from core.kernel.access import Actor
from core.kernel.paging import Listing, Wish, fetch_listing
from core.people.model import User

_PHONES = (User.active, User.extension.is_not(None))
_ORDERS: Mapping[str, ColumnElement[Any]] = {
    "kind": Queue.kind.expression,
    "name": Queue.name.expression,
    "code": Queue.code.expression,
    "service": Queue.service_seconds.expression,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueQuery(Wish):
    """Which queues: ``search`` is part of a name or a code, or means those whose code is among ``codes``."""

    codes: Sequence[str] = ()
    kind: str | None = None
    strategy: str | None = None
    active: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody with a telephone, and the level at which he serves a queue (None: he does not)."""

    user_id: int
    name: str
    extension: str
    level: int | None


async def list_queues(session: AsyncSession, actor: Actor, query: QueueQuery) -> Listing[tuple[Queue, int]]:
    """A page of queues, each with how many serve it. Raises ``Invalid`` for a damaged cursor."""
    actor.require(VIEW)
    wanted = select(Queue).where(*_conditions(query))
    found = await fetch_listing(session, wanted, _ORDERS, Queue.id.expression, query)
    served: dict[str, int] = {}
    for one in await memberships(session, active_only=False):
        served[one.queue] = served.get(one.queue, 0) + 1
    return found.of([(row.Queue, served.get(row.Queue.code, 0)) for row in found.rows])


def _conditions(query: QueueQuery) -> list[ColumnElement[bool]]:
    exact = ((Queue.kind, query.kind), (Queue.strategy, query.strategy), (Queue.active, query.active))
    found: list[ColumnElement[bool]] = [column == value for column, value in exact if value is not None]
    if query.search:
        named = [column.icontains(query.search, autoescape=True) for column in (Queue.name, Queue.code)]
        found.append(or_(*named, Queue.code.in_(query.codes)))
    return found


async def get_queue(session: AsyncSession, actor: Actor, queue_id: int) -> Queue:
    """A queue. Raises ``NoSuchQueue``."""
    actor.require(VIEW)
    row = await session.get(Queue, queue_id)
    if row is None:
        raise NoSuchQueue
    return row


async def inbound_queues(session: AsyncSession) -> Sequence[Queue]:
    """The queues callers may be sent to, by name."""
    wanted = select(Queue).where(Queue.kind == QueueKind.INBOUND, Queue.active).order_by(Queue.code)
    return (await session.scalars(wanted)).all()


async def people_of(session: AsyncSession, queue: Queue | None) -> list[Person]:
    """Everybody with a telephone, by name, with his level in the queue."""
    users = await session.scalars(select(User).where(*_PHONES).order_by(User.surname, User.first_name, User.id))
    levels = await _levels(session, queue) if queue is not None else {}
    return [
        Person(user_id=user.id, name=user.full_name, extension=user.extension or "", level=levels.get(user.id))
        for user in users
    ]


async def _levels(session: AsyncSession, queue: Queue) -> Mapping[int, int]:
    serving = await memberships(session, active_only=False)
    return {one.user_id: one.penalty for one in serving if one.queue == queue.code}


async def callers_of(session: AsyncSession, queue: Queue | None) -> tuple[list[str], frozenset[int]]:
    """The numbers and the stages that lead to a queue."""
    if queue is None:
        return [], frozenset()
    numbers = select(QueueNumber.number).where(QueueNumber.queue_id == queue.id).order_by(QueueNumber.number)
    stages = select(QueueStage.stage_id).where(QueueStage.queue_id == queue.id)
    return list(await session.scalars(numbers)), frozenset(await session.scalars(stages))


async def specs(session: AsyncSession) -> list[QueueSpec]:
    """Every queue in use as the exchange is told of it."""
    rows = await session.scalars(select(Queue).where(Queue.active).order_by(Queue.code))
    return [
        QueueSpec(
            code=row.code,
            strategy=row.strategy,
            weight=row.weight,
            ring_seconds=row.ring_seconds,
            service_seconds=row.service_seconds,
            wrap_up_seconds=row.wrap_up_seconds,
            announce_seconds=row.announce_seconds,
        )
        for row in rows
    ]


async def memberships(session: AsyncSession, *, active_only: bool = True) -> list[Membership]:
    """Who serves which queue: those named, and of queues that everybody serves all with a telephone who are not kept
    out."""
    queues = {row.id: row for row in await session.scalars(select(Queue)) if row.active or not active_only}
    users = (await session.execute(select(User.id, User.extension).where(*_PHONES))).all()
    phones = {user_id: extension for user_id, extension in users if extension is not None}
    levels = {(row.id, user_id): 0 for row in queues.values() if row.everybody for user_id in phones}
    for member in await session.scalars(select(QueueMember)):
        if member.active:
            levels[member.queue_id, member.user_id] = member.penalty
        else:
            levels.pop((member.queue_id, member.user_id), None)
    return [
        Membership(queue=queues[queue_id].code, user_id=user_id, extension=phones[user_id], penalty=level)
        for (queue_id, user_id), level in sorted(levels.items())
        if queue_id in queues and user_id in phones
    ]
