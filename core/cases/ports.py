"""What cases need from outside: calls that are planned, and whether the law lets anybody be called now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.access import Actor
from core.kernel.i18n import Message


class PlannedWork(Protocol):
    """Something that plans work on cases besides tasks and promises: callbacks of the call floor."""

    async def earliest(self, session: AsyncSession, case_ids: Collection[int]) -> Mapping[int, datetime]:
        """When it next wants each of the cases; those it does not want are absent."""


class PlannedCalls(Protocol):
    """Callbacks, as questions that can be put into other questions."""

    def cases(self, until: datetime | None = None) -> Select[*tuple[Any, ...]]:
        """The ids of cases with a callback that somebody still has to make; with ``until`` begun by then."""
        ...

    def agenda(self, actor: Actor) -> Select[*tuple[Any, ...]]:
        """The open callbacks within the actor's reach that belong to a case, with the columns ``id``, ``case_id``,
        ``due_at``, ``title``, ``user_id``, ``unit_id`` and ``created_by``."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Leave:
    """Whether a case's debtor may be called now. ``left`` of ``most`` attempts remain by the scarcest limit (None: the
    law counts none); ``next_at`` is the next lawful moment when it is forbidden now."""

    allowed: bool
    left: int | None = None
    most: int | None = None
    reason: Message | None = None
    next_at: datetime | None = None


class ContactLaw(Protocol):
    """Contact law, asked about cases."""

    async def leave(self, session: AsyncSession, case_ids: Sequence[int]) -> Mapping[int, Leave]:
        """What the law says to a call about each case right now; nothing is reserved."""
        ...
