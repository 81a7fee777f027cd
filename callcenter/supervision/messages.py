"""Messages to collectors' screens, and advice in calls that go on."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.supervision.errors import NobodyMeant, NoSuchCall, NothingSaid, TooManyMessages
from callcenter.supervision.events import AdviceGiven, MessageRead, MessageSent
from callcenter.supervision.model import CoachingNote, FloorMessage, FloorReceipt
from callcenter.supervision.ports import WatchedCalls
from callcenter.supervision.rights import COACH, MESSAGE
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.bulk import insert_many
from core.kernel.clock import Clock
from core.kernel.errors import NotFound
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork, Work
from core.people.access import reaches
from core.people.model import User

LENGTH = 500
#: Messages one person may send within a minute: each stays on every screen until it is read.
_A_MINUTE = 10
#: How long a message that nobody read is still shown.
KEPT = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """A message somebody has still to read."""

    id: int
    by: str
    text: str
    sent_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A message of one's own, and how many of its receivers have read it."""

    id: int
    text: str
    sent_at: datetime
    read: int
    receivers: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """Advice that was given in a call, to the collector ``agent_id``."""

    id: int
    agent_id: int
    by: str
    text: str
    at: datetime


class Messages:
    """Everything said is a row before it is on a screen: who was away reads it when he is back."""

    def __init__(self, uow: UnitOfWork, clock: Clock, *, calls: WatchedCalls) -> None:
        self._uow = uow
        self._clock = clock
        self._calls = calls

    async def send(self, actor: Actor, text: str, user_ids: Collection[int] | None = None) -> int:
        """Say something to these collectors, or to all within reach (None). Raises ``NothingSaid``, ``NobodyMeant``,
        ``TooManyMessages``."""
        text, now = _said(text), self._clock.now()
        async with self._uow.write() as work:
            await self._not_too_many(work, actor, now)
            receivers = await _within_reach(work, actor, user_ids)
            message = FloorMessage(author_id=actor.user_id, text=text, sent_at=now)
            work.session.add(message)
            await work.session.flush()
            rows = [{"message_id": message.id, "user_id": one, "read_at": None} for one in sorted(receivers)]
            await insert_many(work.session, FloorReceipt, rows)
            told = {"text": ("", text), "receivers": (None, len(receivers))}
            record(work, actor, "supervision.message", ("floor_message", message.id), told, at=now)
            work.emit(
                MessageSent(
                    at=now,
                    message_id=message.id,
                    user_ids=frozenset(receivers),
                    by=await _name(work.session, actor),
                    text=text,
                )
            )
            return message.id

    async def read(self, actor: Actor, message_id: int) -> None:
        """The actor has read a message to him; a second time changes nothing. Raises ``NotFound``."""
        now = self._clock.now()
        async with self._uow.write(brief=True) as work:
            mine = update(FloorReceipt).where(
                FloorReceipt.message_id == message_id,
                FloorReceipt.user_id == actor.user_id,
                FloorReceipt.read_at.is_(None),
            )
            done = (await work.session.execute(mine.values(read_at=now).returning(FloorReceipt.user_id))).all()
            message = await work.session.get(FloorMessage, message_id)
            if message is None or await work.session.get(FloorReceipt, (message_id, actor.user_id)) is None:
                raise NotFound
            if done:
                read, sent = await _counts(work.session, message_id)
                work.emit(MessageRead(at=now, message_id=message_id, author_id=message.author_id, read=read, sent=sent))

    async def advise(self, actor: Actor, call_id: int, text: str) -> int:
        """Advice for the collector who is in the call now; he sees it at once. Raises ``NothingSaid``,
        ``NoSuchCall``."""
        text, now = _said(text), self._clock.now()
        async with self._uow.write() as work:
            watched = await self._calls.talking(work.session, actor, COACH, call_id)
            if watched is None:
                raise NoSuchCall
            note = CoachingNote(
                call_id=call_id, agent_id=watched.user_id, author_id=actor.user_id, text=text, written_at=now
            )
            work.session.add(note)
            await work.session.flush()
            told = {"text": ("", text), "collector_id": (None, watched.user_id)}
            record(work, actor, "supervision.coach", ("call", call_id), told, at=now)
            by = await _name(work.session, actor)
            work.emit(AdviceGiven(at=now, note_id=note.id, call_id=call_id, agent_id=watched.user_id, by=by, text=text))
            return note.id

    async def _not_too_many(self, work: Work, actor: Actor, now: datetime) -> None:
        lately = select(func.count()).where(
            FloorMessage.author_id == actor.user_id, FloorMessage.sent_at > now - timedelta(minutes=1)
        )
        if (await work.session.scalar(lately) or 0) >= _A_MINUTE:
            raise TooManyMessages


async def unread(session: AsyncSession, user_id: int, now: datetime) -> Sequence[Unread]:
    """What somebody has still to read, oldest first."""
    wanted = (
        select(FloorMessage, User)
        .join(FloorReceipt, FloorReceipt.message_id == FloorMessage.id)
        .outerjoin(User, User.id == FloorMessage.author_id)
        .where(FloorReceipt.user_id == user_id, FloorReceipt.read_at.is_(None), FloorMessage.sent_at > now - KEPT)
        .order_by(FloorMessage.id)
        .limit(20)
    )
    return [
        Unread(id=message.id, by=user.full_name if user else "", text=message.text, sent_at=message.sent_at)
        for message, user in await session.execute(wanted)
    ]


async def sent_lately(session: AsyncSession, actor: Actor) -> Sequence[Sent]:
    """One's own latest messages, newest first."""
    wanted = (
        select(FloorMessage, func.count(FloorReceipt.read_at), func.count())
        .join(FloorReceipt, FloorReceipt.message_id == FloorMessage.id)
        .where(FloorMessage.author_id == actor.user_id)
        .group_by(FloorMessage.id)
        .order_by(FloorMessage.id.desc())
        .limit(5)
    )
    return [
        Sent(id=message.id, text=message.text, sent_at=message.sent_at, read=read, receivers=receivers)
        for message, read, receivers in await session.execute(wanted)
    ]


async def advice_in(session: AsyncSession, call_ids: Collection[int]) -> Sequence[Advice]:
    """The advice given in a call, by all ids it ever had; whoever asks has been let to the call."""
    wanted = (
        select(CoachingNote, User)
        .outerjoin(User, User.id == CoachingNote.author_id)
        .where(CoachingNote.call_id.in_(call_ids))
        .order_by(CoachingNote.id)
    )
    return [
        Advice(
            id=note.id,
            agent_id=note.agent_id,
            by=user.full_name if user else "",
            text=note.text,
            at=note.written_at,
        )
        for note, user in await session.execute(wanted)
    ]


def _said(text: str) -> str:
    said = text.strip()[:LENGTH]
    if not said:
        raise NothingSaid({"text": msg(NothingSaid.text)})
    return said


async def readers_of(session: AsyncSession, actor: Actor) -> Sequence[User]:
    """Whom the actor may write to, himself left out, by name."""
    reach = reaches(actor, MESSAGE, owner=User.id)
    wanted = select(User).where(User.active, User.extension.is_not(None), User.id != actor.user_id)
    users = await session.scalars(wanted.where(*([] if reach is None else [reach])))
    return sorted(users, key=lambda user: (user.full_name, user.id))


async def _within_reach(work: Work, actor: Actor, user_ids: Collection[int] | None) -> set[int]:
    found = {user.id for user in await readers_of(work.session, actor)}
    meant = found if user_ids is None else found & set(user_ids)
    if not meant or (user_ids is not None and meant != set(user_ids)):
        raise NobodyMeant({"to": msg(NobodyMeant.text)})
    return meant


async def _counts(session: AsyncSession, message_id: int) -> tuple[int, int]:
    """How many have read the message, of how many."""
    counted = select(func.count(FloorReceipt.read_at), func.count()).where(FloorReceipt.message_id == message_id)
    read, sent = (await session.execute(counted)).one()
    return read, sent


async def _name(session: AsyncSession, actor: Actor) -> str:
    user = await session.get(User, actor.user_id)
    return user.full_name if user is not None else actor.login
