"""A collector whose phone vanished in mid-call is rung back into it, once for each time it vanished."""

import asyncio
from collections.abc import Iterable

import structlog
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from callcenter.calls.events import CallHeld
from callcenter.calls.facts import CallState, LegState
from callcenter.calls.model import Call, Leg
from callcenter.calls.ports import Phones, Staff, Telephony
from callcenter.calls.rows import as_state
from callcenter.calls.rules import left_behind
from core.kernel.uow import UnitOfWork

#: So many legs that were ordered back are remembered; older ones belong to calls that are long over.
_REMEMBERED = 1000
_log = structlog.get_logger(__name__)


class RingBack:
    """Decides when; the exchange keeps the customer with music meanwhile. ``run`` gives the orders that events ask for.

    A phone that is there when its leg is found dead is rung at once; one that is not, when its page says it is ready.
    """

    def __init__(self, uow: UnitOfWork, *, telephony: Telephony, staff: Staff, phones: Phones) -> None:
        self._uow = uow
        self._telephony = telephony
        self._staff = staff
        self._phones = phones
        self._held: dict[int, None] = {}
        self._any_held = asyncio.Event()
        self._ordered: dict[str, None] = {}

    async def on_held(self, event: CallHeld) -> None:
        """A customer hears music: perhaps because a phone vanished."""
        if event.held:
            self._held[event.call.call_id] = None
            self._any_held.set()

    async def run(self) -> None:
        while True:
            call_id = await self._next_held()
            try:
                await self._held_now(call_id)
            except Exception:  # noqa: BLE001 - the page's own call for help is still there
                _log.exception("a held call could not be looked at", call_id=call_id)

    async def _next_held(self) -> int:
        """The call that waits longest to be looked at; one that is held again meanwhile is looked at once."""
        await self._any_held.wait()
        call_id = next(iter(self._held))
        del self._held[call_id]
        if not self._held:
            self._any_held.clear()
        return call_id

    async def _held_now(self, call_id: int) -> None:
        async with self._uow.read() as session:
            calls = await _live(session, Call.id == call_id)
        for call in calls:
            for endpoint in {leg.endpoint for leg in call.legs if leg.endpoint}:
                if self._phones.reachable(endpoint):
                    await self._ring_back([call], endpoint, page_gone=False)

    async def phone_ready(self, user_id: int, *, page_gone: bool) -> None:
        """A page has registered the user's browser phone and has no call on. ``page_gone``: it is his only page, so
        what still seems to be on at that phone was left by a page that is no more."""
        async with self._uow.read() as session:
            endpoint = await self._staff.endpoint(session, user_id)
            calls = await _live(session, Call.legs.any((Leg.user_id == user_id) & (Leg.endpoint == endpoint)))
        if endpoint is not None:
            await self._ring_back(calls, endpoint, page_gone=page_gone)

    async def _ring_back(self, calls: Iterable[CallState], endpoint: str, *, page_gone: bool) -> None:
        for call in calls:
            leg = left_behind(call, endpoint, page_gone=page_gone)
            if leg is not None and leg.uniqueid not in self._ordered:
                await self._order(call.call_id, leg, endpoint)
                return

    async def _order(self, call_id: int, leg: LegState, endpoint: str) -> None:
        """Give the order; one that was refused may be given again when there is a new reason to."""
        self._ordered[leg.uniqueid] = None
        while len(self._ordered) > _REMEMBERED:
            del self._ordered[next(iter(self._ordered))]
        try:
            await self._telephony.ring_back(call_id, endpoint)
        except (OrderRefused, TelephonyUnavailable):
            self._ordered.pop(leg.uniqueid, None)
            _log.warning("a collector could not be rung back", call_id=call_id)


async def _live(session: AsyncSession, condition: ColumnElement[bool]) -> list[CallState]:
    """Calls that go on, the newest first."""
    statement = (
        select(Call)
        .where(condition, Call.ended_at.is_(None), Call.merged_into.is_(None))
        .options(selectinload(Call.legs), selectinload(Call.links))
        .order_by(Call.started_at.desc())
    )
    return [as_state(row) for row in (await session.scalars(statement)).all()]
