"""Steering calls that go on: hang up, hold, transfer."""

from callcenter.calls.access import call_for
from callcenter.calls.errors import BadNumber, NoPhone, NotInCall
from callcenter.calls.ports import Staff, Telephony
from callcenter.calls.rights import CONTROL
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork


class CallControl:
    """What one does in a call, one's own or one in reach. Orders are given once and never repeated."""

    def __init__(self, uow: UnitOfWork, clock: Clock, *, telephony: Telephony, staff: Staff) -> None:
        self._uow = uow
        self._clock = clock
        self._telephony = telephony
        self._staff = staff

    async def hang_up(self, actor: Actor, call_id: int) -> None:
        """End the call. Raises ``NotInCall`` when it is over."""
        await self._steer(actor, call_id, "calls.hang_up")
        await self._telephony.hang_up(call_id)

    async def hold(self, actor: Actor, call_id: int) -> None:
        """Music for the other side; ``unhold`` rings the collector back."""
        await self._steer(actor, call_id, "calls.hold")
        await self._telephony.hold(call_id)

    async def unhold(self, actor: Actor, call_id: int) -> None:
        """Ring the actor back into a held call. Raises ``NoPhone``."""
        async with self._uow.read() as session:
            endpoint = await self._staff.endpoint(session, actor.user_id)
        if endpoint is None:
            raise NoPhone
        await self._steer(actor, call_id, "calls.unhold")
        await self._telephony.ring_back(call_id, endpoint)

    async def transfer(self, actor: Actor, call_id: int, target: str, *, attended: bool = False) -> None:
        """Send the other side to ``target`` (an extension or a queue), asking there first when ``attended``."""
        if not (target.isascii() and target.isalnum() and len(target) <= 20):
            raise BadNumber
        await self._steer(actor, call_id, "calls.transfer", target)
        if attended:
            await self._telephony.attended_transfer(call_id, target)
        else:
            await self._telephony.blind_transfer(call_id, target)

    async def _steer(self, actor: Actor, call_id: int, action: str, target: str | None = None) -> None:
        """Check rights and that the call goes on, and leave a trace before the order is given."""
        async with self._uow.write() as work:
            row = await call_for(work.session, actor, CONTROL, call_id)
            if row.ended_at is not None:
                raise NotInCall
            record(work, actor, action, ("call", call_id), {"target": (None, target)}, at=self._clock.now())
