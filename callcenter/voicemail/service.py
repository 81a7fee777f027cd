"""Messages as use cases: heard, answered by a callback."""

from datetime import datetime

from sqlalchemy import select, update

from callcenter.voicemail.errors import AlreadyOwed, NoSuchMessage
from callcenter.voicemail.model import Voicemail
from callcenter.voicemail.queries import MessageRow, within_reach
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.uow import Work


async def hear(work: Work, actor: Actor, message_id: int, *, heard: bool = True, at: datetime) -> None:
    """Note that a message was listened to, or (``heard`` false) that somebody still has to. Raises
    ``NoSuchMessage``."""
    reached = select(Voicemail.id).where(Voicemail.id == message_id, within_reach(actor))
    if await work.session.scalar(reached) is None:
        raise NoSuchMessage
    values = {"heard_at": at, "heard_by": actor.user_id} if heard else {"heard_at": None, "heard_by": None}
    turned = Voicemail.heard_at.is_(None) if heard else Voicemail.heard_at.is_not(None)
    changed = update(Voicemail).where(Voicemail.id == message_id, turned).values(**values).returning(Voicemail.id)
    if (await work.session.execute(changed)).first() is not None:
        changes = {"heard": (not heard, heard)}
        record(work, actor, "voicemail.heard", ("voicemail", message_id), changes, at=at)


async def owe(work: Work, actor: Actor, message: MessageRow, callback_id: int, *, at: datetime) -> None:
    """What the caller is owed from now on, in place of what the reader saw he was owed. Raises ``AlreadyOwed`` when
    that has changed meanwhile."""
    seen = Voicemail.callback_id.is_not_distinct_from(message.callback_id)
    changed = update(Voicemail).where(Voicemail.id == message.id, seen).values(callback_id=callback_id)
    if (await work.session.execute(changed.returning(Voicemail.id))).first() is None:
        raise AlreadyOwed
    changes = {"callback": (message.callback_id, callback_id)}
    record(work, actor, "voicemail.callback", ("voicemail", message.id), changes, at=at)
