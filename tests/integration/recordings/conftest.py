"""Spools with real sound, and the neighbours of the recordings room as fakes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.recorded import RecordingReady
from core.audit.model import AuditEntry
from core.audit.service import Looks
from core.kernel.access import Actor, Scope
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from recordings.audio import OpusEncoder
from recordings.intake import Intake
from recordings.links import LinkSigner
from recordings.model import Pause, Recording
from recordings.pausing import Pausing
from recordings.ports import CallMark
from recordings.service import RecordingsDesk
from recordings.spool import Place, Spool
from recordings.storage import LocalStorage
from recordings.wav import PCM16, header

DEBTOR_HZ = 440
COLLECTOR_HZ = 1000


def tone(hz: float, seconds: float, rate: int = 8000) -> bytes:
    """A sine of a quarter of full scale as a closed mono WAV."""
    samples = (8000 * np.sin(np.arange(round(seconds * rate)) * 2 * np.pi * hz / rate)).astype(PCM16)
    return header(rate, len(samples)) + samples.tobytes()


def unclosed(wav: bytes) -> bytes:
    """``wav`` as a killed writer leaves it: sizes of zero and half a sample at the end."""
    return wav[:4] + bytes(4) + wav[8:40] + bytes(4) + wav[44:] + b"\x07"


@dataclass
class Recorded:
    """One call as Asterisk leaves it."""

    spool: Spool
    root: Path

    def lay(self, uniqueid: str, seconds: float = 2, place: Place = Place.DONE, rate: int = 8000) -> None:
        """Both sides, the debtor's tone in one and the collector's in the other."""
        torn = place is not Place.DONE
        for side, hz in (("t", COLLECTOR_HZ), ("r", DEBTOR_HZ)):
            wav = tone(hz, seconds, rate)
            (self.root / place / f"{uniqueid}-{side}.wav").write_bytes(unclosed(wav) if torn else wav)

    def names(self) -> dict[str, list[str]]:
        """Every file left, by folder; empty folders are not named."""
        found = {place.value: sorted(path.name for path in (self.root / place).iterdir()) for place in Place}
        return {place: names for place, names in found.items() if names}


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    root = tmp_path / "spool"
    spool = Spool("lab", root)
    spool.prepare()
    return Recorded(spool, root)


@dataclass
class FakeCalls:
    """A call log that knows ``known`` channels; ``seen`` are the calls each user may see."""

    known: dict[str, int] = field(default_factory=dict)
    seen: dict[int, set[int]] = field(default_factory=dict)
    bookmarks: list[CallMark] = field(default_factory=list)

    async def by_uniqueid(self, session: AsyncSession, server: str, uniqueid: str) -> int | None:
        return self.known.get(uniqueid)

    def visible_ids(self, actor: Actor, right: str) -> Select[int]:
        scope = actor.require(right)
        everything = select(Recording.call_id).union(select(Pause.call_id)).subquery()
        column = everything.c.call_id
        return select(column) if scope is Scope.ALL else select(column).where(column.in_(self.seen[actor.user_id]))

    async def marks(self, session: AsyncSession, call_id: int) -> Sequence[CallMark]:
        return self.bookmarks


class Trail:
    """What stands in the audit trail."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def entries(self) -> list[tuple[str, str, str, str]]:
        """Login, action, kind and id of the subject, oldest first."""
        columns = (AuditEntry.actor_login, AuditEntry.action, AuditEntry.subject_kind, AuditEntry.subject_id)
        async with self._uow.read() as session:
            return [tuple(row) for row in (await session.execute(select(*columns).order_by(AuditEntry.id))).all()]

    async def actions(self) -> list[tuple[str, str]]:
        return [(login, action) for login, action, _, _ in await self.entries()]


@pytest.fixture
def calls() -> FakeCalls:
    return FakeCalls()


@pytest.fixture
def trail(uow: UnitOfWork) -> Trail:
    return Trail(uow)


@pytest.fixture
async def looks(uow: UnitOfWork, clock: ManualClock) -> AsyncIterator[Looks]:
    looks = Looks(uow, clock)
    task = asyncio.create_task(looks.run())
    yield looks
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "store")


@pytest.fixture
def intake(uow: UnitOfWork, clock: ManualClock, storage: LocalStorage, calls: FakeCalls, tmp_path: Path) -> Intake:
    return Intake(uow=uow, clock=clock, storage=storage, calls=calls, encoder=OpusEncoder(), scratch=tmp_path)


@pytest.fixture
def heard(bus: Bus) -> list[RecordingReady]:
    """Every announcement of a recording, as it is delivered."""
    events: list[RecordingReady] = []

    async def listen(event: RecordingReady) -> None:
        events.append(event)

    bus.subscribe(RecordingReady, listen)
    return events


def actor(user_id: int, scope: Scope, *rights: str) -> Actor:
    return Actor(user_id=user_id, login=f"user{user_id}", rights=dict.fromkeys(rights, scope))


@dataclass
class NoRecorder:
    """An exchange nobody asks."""

    async def pause_recording(self, call_id: int) -> None:
        pytest.fail(f"the recording of call {call_id} was not to be touched")

    async def resume_recording(self, call_id: int) -> None:
        pytest.fail(f"the recording of call {call_id} was not to be touched")


@pytest.fixture
def desk(uow: UnitOfWork, clock: ManualClock, storage: LocalStorage, calls: FakeCalls, looks: Looks) -> RecordingsDesk:
    return RecordingsDesk(
        uow=uow,
        clock=clock,
        storage=storage,
        calls=calls,
        looks=looks,
        links=LinkSigner("a secret of this test only"),
        pausing=Pausing(uow=uow, clock=clock, recorder=NoRecorder(), calls=calls),
    )
