"""The use cases of callbacks over fakes of whoever dials, of the law, and of who is free."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.events import CallbackEvent
from callcenter.callbacks.ports import DialRefused, LawAnswer
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.ticker import CallbackTicker
from core.kernel.access import Actor
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.errors import NotFound
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork
from core.people.model import Role, Unit, User
from tests.fakes.floor import START


@dataclass
class FakeDialler:
    """Remembers what it dialled; refuses as the law or the exchange would."""

    calls: dict[str, int] = field(default_factory=dict)
    refusal: DialRefused | None = None

    async def dial(self, actor: Actor, *, phone: str, case_id: int | None, party_id: int | None, key: str) -> int:
        await asyncio.sleep(0)
        if self.refusal is not None:
            raise self.refusal
        return self.calls.setdefault(key, 1000 + len(self.calls))

    async def dialled(self, user_id: int, *, key: str) -> int | None:
        return self.calls.get(key)


@dataclass
class FakeLaw:
    """Forbids everything before a moment; may not know a case (any more)."""

    allowed_from: datetime | None = None
    unknown_case: int | None = None

    async def may_call(
        self, session: AsyncSession, *, party_id: int | None, case_id: int | None, phone: str, at: datetime
    ) -> LawAnswer:
        if case_id is not None and case_id == self.unknown_case:
            raise NotFound
        if self.allowed_from is None or at >= self.allowed_from:
            return LawAnswer(allowed=True)
        return LawAnswer(
            allowed=False, rule="test.night", reason=msg("It is night there."), next_allowed_at=self.allowed_from
        )


@dataclass
class FakePresence:
    """Who is free, as a test says."""

    users: set[int] = field(default_factory=set)

    async def free(self, session: AsyncSession, user_ids: Collection[int]) -> set[int]:
        return self.users & set(user_ids)


@pytest.fixture
def dialler() -> FakeDialler:
    return FakeDialler()


@pytest.fixture
def law() -> FakeLaw:
    return FakeLaw()


@pytest.fixture
def presence() -> FakePresence:
    return FakePresence()


@pytest.fixture
async def service(uow: UnitOfWork, clock: ManualClock, dialler: FakeDialler, law: FakeLaw) -> CallbackService:
    """Collector 1 and 2 work in team 5."""
    async with uow.write() as work:
        work.session.add_all([Role(id=1, name="Collectors"), Unit(id=5, name="Soft")])
        await work.session.flush()
        for user in (1, 2):
            work.session.add(User(id=user, login=f"c{user}", password_hash="", role_id=1, unit_id=5, created_at=START))
    return CallbackService(uow, clock, dialler=dialler, law=law)


@pytest.fixture
def ticker(uow: UnitOfWork, clock: ManualClock, service: CallbackService, presence: FakePresence) -> CallbackTicker:
    return CallbackTicker(uow, clock, callbacks=service, presence=presence)


@pytest.fixture
def told(bus: Bus) -> list[CallbackEvent]:
    events: list[CallbackEvent] = []

    async def remember(event: CallbackEvent) -> None:
        events.append(event)

    bus.subscribe(CallbackEvent, remember)
    return events
