"""Attempts of the dialler: chosen, reserved and written in one transaction, then ordered; given up while they ring."""

from collections.abc import Collection, Sequence

from sqlalchemy import select, update

from callcenter.campaigns.model import Campaign, CampaignAttempt, CampaignState
from callcenter.campaigns.ports import LineOrder
from callcenter.campaigns.reserving import LOOKS, For, Reserving
from callcenter.campaigns.terms import order_of
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work


class Attempts:
    """Makes the attempts of campaigns that the program dials."""

    def __init__(self, uow: UnitOfWork, clock: Clock, reserving: Reserving) -> None:
        self._uow = uow
        self._clock = clock
        self._reserving = reserving

    async def take(self, campaign_id: int, user_id: int | None = None) -> LineOrder | None:
        """Reserve the next attempt of a running campaign, for a collector who waits; None when nothing may be dialled
        now. The order is to be sent at once. Between two looks others may write."""
        for _ in range(LOOKS):
            async with self._uow.write() as work:
                order, put_off = await self._look(work, campaign_id, user_id)
            if order is not None or not put_off:
                return order
        return None

    async def withdraw(self, attempt_ids: Collection[int]) -> Sequence[int]:
        """Give attempts up that still ring; the calls to be hung up, each of which is told once: those that somebody
        has answered, or that are over or given up already, are not among them."""
        if not attempt_ids:
            return ()
        attempt = CampaignAttempt
        ringing = (attempt.picked_up_at.is_(None), attempt.ended_at.is_(None), attempt.withdrawn_at.is_(None))
        given_up = update(attempt).where(attempt.id.in_(attempt_ids), *ringing).values(withdrawn_at=self._clock.now())
        async with self._uow.write() as work:
            return (await work.session.scalars(given_up.returning(attempt.call_id))).all()

    async def _look(self, work: Work, campaign_id: int, user_id: int | None) -> tuple[LineOrder | None, int]:
        """The first of the next entries that may be dialled, and how many before it were put off."""
        campaign, put_off = await _running(work, campaign_id), 0
        if campaign is None:
            return None, 0
        whom = For(campaign=campaign, user_id=user_id)
        for one in await self._reserving.candidates(work.session, campaign):
            if not await self._reserving.hold(work, one):
                continue
            wanted, leave = await self._reserving.reserve(work, whom, one)
            if wanted is not None and leave.call_id is not None:
                self._reserving.write(work, whom, one, wanted, leave.call_id)
                return order_of(campaign, leave.call_id, wanted.phone, leave.show_number), put_off
            put_off += 1
        return None, put_off


async def _running(work: Work, campaign_id: int) -> Campaign | None:
    """The campaign, if it still runs: a pause holds from the next attempt on. The lock makes a pause wait for the
    attempt that is being written, and the attempt for the pause."""
    held = select(Campaign).where(Campaign.id == campaign_id, Campaign.state == CampaignState.RUNNING)
    return await work.session.scalar(held.with_for_update(read=True))
