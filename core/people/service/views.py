"""Lists as people like them, and announcements."""

from datetime import datetime

from sqlalchemy import select

from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork
from core.people.model import Announcement, SavedView, Unit
from core.people.service.common import NEEDED


class SavedViews:
    """Saving a list's query under a name, and forgetting it."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def save(self, actor: Actor, list_key: str, name: str, query: str, *, shared: bool) -> None:
        """Save or overwrite the own view of this name. ``shared`` needs ``views.share``."""
        if shared:
            actor.require("views.share")
        if not name:
            raise Invalid({"name": NEEDED})
        mine = (SavedView.user_id == actor.user_id, SavedView.list == list_key, SavedView.name == name)
        async with self._uow.write() as work:
            view = await work.session.scalar(select(SavedView).where(*mine))
            view = view or SavedView(user_id=actor.user_id, list=list_key, name=name)
            view.query, view.shared = query, shared
            work.session.add(view)

    async def forget(self, actor: Actor, view_id: int) -> str:
        """Delete an own view and return its list's key. Raises ``NotFound`` for anybody else's."""
        async with self._uow.write() as work:
            view = await work.session.get(SavedView, view_id)
            if view is None or view.user_id != actor.user_id:
                raise NotFound
            await work.session.delete(view)
            return view.list


class Announcements:
    """Messages on the home page; writing needs ``announcements.edit``."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def publish(self, actor: Actor, text: str, unit_id: int | None, until: datetime) -> int:
        """Show ``text`` to one department with all below it, or to everybody, until the aware UTC time ``until``."""
        actor.require("announcements.edit")
        now = self._clock.now()
        if not text:
            raise Invalid({"text": NEEDED})
        if until <= now:
            raise Invalid({"until": msg("Choose a time in the future.")})
        async with self._uow.write() as work:
            if unit_id is not None and await work.session.get(Unit, unit_id) is None:
                raise Invalid({"unit_id": msg("Choose a department.")})
            row = Announcement(author_id=actor.user_id, unit_id=unit_id, text=text, starts_at=now, ends_at=until)
            work.session.add(row)
            await work.session.flush()
            record(work, actor, "announcements.add", ("announcement", row.id), {"text": (None, text)}, at=now)
            return row.id

    async def withdraw(self, actor: Actor, announcement_id: int) -> None:
        """End an announcement now. Raises ``NotFound``."""
        actor.require("announcements.edit")
        now = self._clock.now()
        async with self._uow.write() as work:
            row = await work.session.get(Announcement, announcement_id, with_for_update=True)
            if row is None:
                raise NotFound
            row.ends_at = min(row.ends_at, now)
            record(work, actor, "announcements.end", ("announcement", announcement_id), at=now)
