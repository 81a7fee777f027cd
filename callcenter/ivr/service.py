"""Menus as use cases: written as drafts, published as versions, withdrawn."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import delete, func, select

from callcenter.ivr.checking import faults
from callcenter.ivr.errors import FlowFaulty, FlowInUse, FlowMoved, NoSuchFlow, NoSuchSound, SoundInUse
from callcenter.ivr.events import MenusChanged
from callcenter.ivr.flow import Flow, Language, ToQueue, loaded, prompt_of, stored
from callcenter.ivr.model import IvrFlow, IvrQueue, IvrSound, IvrVersion
from callcenter.ivr.ports import Players, Voice
from callcenter.ivr.rights import EDIT
from callcenter.ivr.walk import Line
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import Invalid
from core.kernel.i18n import LANGUAGES, msg
from core.kernel.uow import UnitOfWork, Work


class FlowService:
    """Use cases of menus and their recordings."""

    def __init__(self, uow: UnitOfWork, clock: Clock, voice: Voice, others: Sequence[Players] = ()) -> None:
        self._uow = uow
        self._clock = clock
        self._voice = voice
        self._others = others

    async def create(self, actor: Actor, name: str, language: str) -> int:
        """A new menu that puts everybody through; its id. Nobody hears it yet."""
        actor.require(EDIT)
        draft = Flow(entry="s1", language=language, steps={"s1": ToQueue()})
        async with self._uow.write() as work:
            now = self._clock.now()
            row = IvrFlow(name=name, draft=stored(draft), changed_at=now)
            work.session.add(row)
            await work.session.flush()
            record(work, actor, "ivr.added", ("menu", row.id), {"name": (None, name)}, at=now)
            return row.id

    async def save(self, actor: Actor, flow_id: int, name: str, flow: Flow, seen: str | None = None) -> str:
        """Keep what is being edited, faults and all; its mark. ``seen`` is the mark of what the editor began with.

        Raises ``NoSuchFlow``, ``FlowMoved`` when it is another one by now, ``Invalid`` for a language nobody speaks.
        """
        actor.require(EDIT)
        if flow.language not in LANGUAGES:
            raise Invalid({"language": msg("Choose one of the list.")})
        async with self._uow.write() as work:
            row, now = await _found(work, flow_id, seen), self._clock.now()
            changes = {"name": (row.name, name), "steps": (row.draft, stored(flow))}
            row.name, row.draft, row.changed_at = name, stored(flow), now
            record(work, actor, "ivr.changed", ("menu", row.id), changes, at=now)
            return row.mark

    async def publish(self, actor: Actor, flow_id: int, seen: str | None = None) -> int:
        """Let callers hear the menu as it is now, or with ``seen`` as it was saved; the version's number. Calls in an
        older version go on in it.

        Raises ``NoSuchFlow``, ``FlowMoved`` when it is another one by now, ``FlowFaulty``, ``SpeechFailed``.
        """
        actor.require(EDIT)
        async with self._uow.read() as session:
            row = await session.get(IvrFlow, flow_id)
            if row is None:
                raise NoSuchFlow
            flow, mark = loaded(row.draft), row.mark
        if seen not in (None, mark):
            raise FlowMoved
        if found := faults(flow):
            raise FlowFaulty(found)
        await self._voice.say(lines_of(flow))  # so that no caller waits for it
        async with self._uow.write() as work:
            return await self._publish(work, actor, await _found(work, flow_id, mark), flow)

    async def _publish(self, work: Work, actor: Actor, row: IvrFlow, flow: Flow) -> int:
        flow_id, now = row.id, self._clock.now()
        last = await work.session.scalar(select(func.max(IvrVersion.number)).where(IvrVersion.flow_id == flow_id)) or 0
        version = IvrVersion(
            flow_id=flow_id, number=last + 1, content=stored(flow), published_at=now, published_by=actor.user_id
        )
        work.session.add(version)
        await work.session.flush()
        row.version_id = version.id
        work.emit(MenusChanged(at=now))
        record(work, actor, "ivr.published", ("menu", flow_id), {"version": (None, version.number)}, at=now)
        return version.number

    async def withdraw(self, actor: Actor, flow_id: int) -> None:
        """Let nobody hear the menu any more: callers go straight to their queues. Raises ``NoSuchFlow``."""
        actor.require(EDIT)
        async with self._uow.write() as work:
            row = await _found(work, flow_id)
            row.version_id = None
            work.emit(MenusChanged(at=self._clock.now()))
            record(work, actor, "ivr.withdrawn", ("menu", flow_id), at=self._clock.now())

    async def delete(self, actor: Actor, flow_id: int) -> None:
        """Remove a menu nobody hears. Raises ``NoSuchFlow``, ``FlowInUse``."""
        actor.require(EDIT)
        async with self._uow.write() as work:
            row = await _found(work, flow_id)
            if row.version_id is not None:
                raise FlowInUse
            for kind in (IvrQueue, IvrVersion):
                await work.session.execute(delete(kind).where(kind.flow_id == flow_id))
            await work.session.delete(row)
            record(work, actor, "ivr.removed", ("menu", flow_id), {"name": (row.name, None)}, at=self._clock.now())

    async def set_queues(self, actor: Actor, flow_id: int, queues: Collection[str]) -> None:
        """Have the callers of exactly these queues, by their codes, hear the menu first; what they heard before they
        hear no more. Raises ``NoSuchFlow``."""
        actor.require(EDIT)
        async with self._uow.write() as work:
            await _found(work, flow_id)
            was = sorted(await work.session.scalars(select(IvrQueue.queue).where(IvrQueue.flow_id == flow_id)))
            gone = (IvrQueue.flow_id == flow_id) | IvrQueue.queue.in_(queues)
            await work.session.execute(delete(IvrQueue).where(gone))
            work.session.add_all(IvrQueue(queue=code, flow_id=flow_id) for code in sorted(set(queues)))
            changes = {"queues": (was, sorted(set(queues)))}
            work.emit(MenusChanged(at=self._clock.now()))
            record(work, actor, "ivr.queues", ("menu", flow_id), changes, at=self._clock.now())

    async def add_sound(self, actor: Actor, label: str, content: bytes) -> str:
        """Keep an own recording; its name. The same sound again gets the new label. Raises ``BadSound``."""
        actor.require(EDIT)
        sound = await self._voice.read(content)
        async with self._uow.write() as work:
            now = self._clock.now()
            known = await work.session.get(IvrSound, sound.name)
            if known is not None:
                known.label = label
            else:
                work.session.add(
                    IvrSound(
                        name=sound.name,
                        label=label,
                        duration_ms=sound.duration_ms,
                        content=sound.content,
                        created_at=now,
                        created_by=actor.user_id,
                    )
                )
            record(work, actor, "ivr.sound_added", ("menu_sound", sound.name), {"name": (None, label)}, at=now)
        return sound.name

    async def delete_sound(self, actor: Actor, name: str) -> None:
        """Remove a recording that nobody plays. Raises ``NoSuchSound``, ``SoundInUse``."""
        actor.require(EDIT)
        async with self._uow.write() as work:
            row = await work.session.get(IvrSound, name)
            if row is None:
                raise NoSuchSound
            drafts = (await work.session.scalars(select(IvrFlow.draft))).all()
            heard = select(IvrVersion.content).where(IvrVersion.id.in_(select(IvrFlow.version_id)))
            if any(_plays(content, name) for content in (*drafts, *(await work.session.scalars(heard)))):
                raise SoundInUse
            if any([await one.play(work.session, name) for one in self._others]):
                raise SoundInUse
            await work.session.delete(row)
            changes = {"name": (row.label, None)}
            record(work, actor, "ivr.sound_removed", ("menu_sound", name), changes, at=self._clock.now())


def lines_of(flow: Flow) -> list[Line]:
    """Everything of its own that a menu may say."""
    found: list[Line] = []
    for step in flow.steps.values():
        prompt = prompt_of(step)
        spoken = step.choices.values() if isinstance(step, Language) else flow.languages
        found += [Line(one, prompt) for one in spoken if prompt is not None and prompt.speaks(one)]
    return found


def _plays(content: Any, name: str) -> bool:
    prompts = (prompt_of(step) for step in loaded(content).steps.values())
    return any(prompt is not None and name in prompt.sounds.values() for prompt in prompts)


async def _found(work: Work, flow_id: int, seen: str | None = None) -> IvrFlow:
    """The menu, kept from others until the end of the transaction; with ``seen`` only as it was then."""
    row = await work.session.get(IvrFlow, flow_id, with_for_update=True)
    if row is None:
        raise NoSuchFlow
    if seen not in (None, row.mark):
        raise FlowMoved
    return row
