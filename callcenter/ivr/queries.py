"""Reading menus."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.ivr.errors import NoSuchFlow, NoSuchSound
from callcenter.ivr.flow import AnyStep, Flow, Hours, ToQueue, loaded
from callcenter.ivr.model import IvrFlow, IvrQueue, IvrSound, IvrVersion
from callcenter.ivr.rights import VIEW
from core.kernel.access import Actor
from core.kernel.paging import Listing, Wish, fetch_listing


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowView:
    """A menu with the version callers hear (None: none) and the codes of the queues it stands before."""

    row: IvrFlow
    version: IvrVersion | None
    queues: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundView:
    """A recording without its sound."""

    name: str
    label: str
    duration_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowQuery(Wish):
    """Which menus: ``search`` is part of a name; ``heard`` those that callers hear, or those that are drafts."""

    heard: bool | None = None


_ORDERS: Mapping[str, ColumnElement[Any]] = {
    "name": IvrFlow.name.expression,
    "changed": IvrFlow.changed_at.expression,
}
_HEARD = (
    select(IvrQueue.queue, IvrVersion.content)
    .join(IvrFlow, IvrFlow.id == IvrQueue.flow_id)
    .join(IvrVersion, IvrVersion.id == IvrFlow.version_id)
)


async def list_flows(session: AsyncSession, actor: Actor) -> list[FlowView]:
    """Every menu, by name."""
    actor.require(VIEW)
    rows = (await session.scalars(select(IvrFlow).order_by(IvrFlow.name, IvrFlow.id))).all()
    return await _views(session, rows)


async def page_of_flows(session: AsyncSession, actor: Actor, query: FlowQuery) -> Listing[FlowView]:
    """A page of menus. Raises ``Invalid`` for a damaged cursor."""
    actor.require(VIEW)
    wanted = select(IvrFlow)
    if query.search:
        wanted = wanted.where(IvrFlow.name.icontains(query.search, autoescape=True))
    if query.heard is not None:
        wanted = wanted.where(IvrFlow.version_id.is_not(None) if query.heard else IvrFlow.version_id.is_(None))
    found = await fetch_listing(session, wanted, _ORDERS, IvrFlow.id.expression, query)
    return found.of(await _views(session, [row.IvrFlow for row in found.rows]))


async def get_flow(session: AsyncSession, actor: Actor, flow_id: int) -> FlowView:
    """A menu. Raises ``NoSuchFlow``."""
    actor.require(VIEW)
    row = await session.get(IvrFlow, flow_id)
    if row is None:
        raise NoSuchFlow
    return (await _views(session, [row]))[0]


async def _views(session: AsyncSession, rows: Sequence[IvrFlow]) -> list[FlowView]:
    """The menus as they are seen, their versions and queues in a question each."""
    heard = select(IvrVersion).where(IvrVersion.id.in_([row.version_id for row in rows if row.version_id is not None]))
    versions = {version.id: version for version in await session.scalars(heard)}
    before = select(IvrQueue).where(IvrQueue.flow_id.in_([row.id for row in rows])).order_by(IvrQueue.queue)
    queues: dict[int, list[str]] = defaultdict(list)
    for one in await session.scalars(before):
        queues[one.flow_id].append(one.queue)
    return [FlowView(row=row, version=versions.get(row.version_id or 0), queues=tuple(queues[row.id])) for row in rows]


async def stands_before(session: AsyncSession, actor: Actor) -> dict[str, IvrFlow]:
    """The menus that stand before queues, heard or not, by the codes of the queues."""
    actor.require(VIEW)
    rows = await session.execute(select(IvrQueue.queue, IvrFlow).join(IvrFlow, IvrFlow.id == IvrQueue.flow_id))
    return {row.queue: row.IvrFlow for row in rows}


async def heard_before(session: AsyncSession) -> dict[str, Flow]:
    """The menus that callers hear first, by the codes of their queues."""
    return {queue: loaded(content) for queue, content in await session.execute(_HEARD)}


async def list_sounds(session: AsyncSession, actor: Actor) -> Sequence[SoundView]:
    """Every recording, by label."""
    actor.require(VIEW)
    columns = select(IvrSound.name, IvrSound.label, IvrSound.duration_ms)
    rows = await session.execute(columns.order_by(IvrSound.label, IvrSound.name))
    return [SoundView(name=row.name, label=row.label, duration_ms=row.duration_ms) for row in rows]


async def sound_content(session: AsyncSession, actor: Actor, name: str) -> bytes:
    """The WAV file of a recording. Raises ``NoSuchSound``."""
    actor.require(VIEW)
    found = await session.scalar(select(IvrSound.content).where(IvrSound.name == name))
    if found is None:
        raise NoSuchSound
    return found


async def menus_by_hours(session: AsyncSession, calendar_id: int) -> list[str]:
    """The names of the menus that go by these hours of work, as they are heard or as they are edited."""
    return await _menus_with(session, lambda step: isinstance(step, Hours) and step.calendar_id == calendar_id)


async def menus_into(session: AsyncSession, code: str) -> list[str]:
    """The names of the menus that put callers through to the queue of that code."""
    return await _menus_with(session, lambda step: isinstance(step, ToQueue) and step.queue == code)


async def _menus_with(session: AsyncSession, is_meant: Callable[[AnyStep], bool]) -> list[str]:
    heard = IvrVersion.id == IvrFlow.version_id
    wanted = select(IvrFlow.name, IvrFlow.draft, IvrVersion.content).outerjoin(IvrVersion, heard)
    return [
        name
        for name, *contents in await session.execute(wanted.order_by(IvrFlow.name, IvrFlow.id))
        if any(is_meant(step) for content in contents if content is not None for step in loaded(content).steps.values())
    ]
