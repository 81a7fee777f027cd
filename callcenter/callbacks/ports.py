"""What callbacks need from elsewhere on the floor."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.kernel.access import Actor
from core.kernel.errors import DomainError
from core.kernel.i18n import Message


class DialRefused(Exception):
    """The call cannot be made. ``error`` is what to tell a person; ``next_allowed_at`` is set when the law says
    when."""

    def __init__(self, error: DomainError, *, rule: str | None = None, next_allowed_at: datetime | None = None) -> None:
        super().__init__(error.code)
        self.error = error
        self.rule = rule
        self.next_allowed_at = next_allowed_at


class Dialler(Protocol):
    """Places the call of a callback."""

    async def dial(self, actor: Actor, *, phone: str, case_id: int | None, party_id: int | None, key: str) -> int:
        """The id of the call. The same ``key`` is the same call. Raises ``DialRefused``."""

    async def dialled(self, user_id: int, *, key: str) -> int | None:
        """The id of the call that the user has under ``key``; None when there never was one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LawAnswer:
    """Whether a call would be lawful; if not, by which rule, why, and from when (None: not foreseeable)."""

    allowed: bool
    rule: str | None = None
    reason: Message | None = None
    next_allowed_at: datetime | None = None


class Law(Protocol):
    """Contact law, asked without reserving anything."""

    async def may_call(
        self, session: AsyncSession, *, party_id: int | None, case_id: int | None, phone: str, at: datetime
    ) -> LawAnswer: ...


class Presence(Protocol):
    """Who is free for a call."""

    async def free(self, session: AsyncSession, user_ids: Collection[int]) -> set[int]: ...


class CallNews(Protocol):
    """What the call log tells its followers, as far as callbacks need it."""

    @property
    def at(self) -> datetime: ...
    @property
    def call_id(self) -> int: ...
    @property
    def direction(self) -> str: ...
    @property
    def phone(self) -> str | None: ...
    @property
    def party_id(self) -> int | None: ...
    @property
    def case_id(self) -> int | None: ...
    @property
    def user_id(self) -> int | None: ...
    @property
    def answered(self) -> bool: ...
    @property
    def ended(self) -> bool: ...
    @property
    def missed(self) -> bool: ...
    @property
    def contact(self) -> bool: ...
