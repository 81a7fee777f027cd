"""The dialler: looks at the floor, asks pacing how many attempts to start or which to withdraw, and does so one by one.

It holds nothing that matters: what is in flight and what is due is read anew each round, and who was dialled is known
from rows that were written before. Only what pacing has learned dies with the process.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from callcenter.campaigns.attempts import Attempts
from callcenter.campaigns.floor import AVAILABLE, BUSY, WRAP_UP, FloorView, Seen, ended_since, look
from callcenter.campaigns.model import Campaign, Mode
from callcenter.campaigns.outcomes import Outcomes
from callcenter.campaigns.pacers import SETTLED, Pacers, Turn
from callcenter.campaigns.pacing import Verdict
from callcenter.campaigns.ports import Collectors, Lines
from callcenter.campaigns.rules import allotted
from core.kernel.clock import Clock
from core.kernel.events import Event
from core.kernel.patience import at_most
from core.kernel.uow import UnitOfWork

#: A round at least this often; what happens on the floor calls for one at once.
_ROUND_SECONDS = 0.5
#: On a busy floor something happens all the time: what happens meanwhile is looked at together.
_BREATH_SECONDS = 0.1
#: Who waits longer for the database dials for a floor that is no more.
_PATIENCE_SECONDS = 2.0
#: Between two rounds at most so many attempts of one campaign begin, so that a pause is soon felt.
_MOST_A_ROUND = 20
#: How far back a campaign new to this process is looked at: what was abandoned in the last hour counts for the ceiling.
_LOOK_BACK = timedelta(hours=1)
#: How soon after the start the exchange has the campaign's queue.
_QUEUE_READY = timedelta(seconds=3)
_log = structlog.get_logger(__name__)


class Dialler:
    """Dials for every running campaign."""

    def __init__(
        self,
        uow: UnitOfWork,
        clock: Clock,
        *,
        attempts: Attempts,
        outcomes: Outcomes,
        lines: Lines,
        collectors: Collectors,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._attempts = attempts
        self._outcomes = outcomes
        self._lines = lines
        self._collectors = collectors
        self._wake = asyncio.Event()
        self._looked_at = clock.now()
        self._pacers = Pacers()

    def on_change(self, _event: Event) -> None:
        """Something happened on the floor: look now."""
        self._wake.set()

    async def run(self) -> None:
        """Dial until cancelled. A round that fails is taken again: a database that restarts must not end the house."""
        while True:
            try:
                with at_most(_PATIENCE_SECONDS):
                    await self.round()
            except Exception:  # noqa: BLE001
                _log.exception("a round of the dialler failed, the next one tries again")
            await asyncio.sleep(_BREATH_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _ROUND_SECONDS - _BREATH_SECONDS)
            self._wake.clear()

    async def round(self) -> int:
        """Look once, and start what may be started; how many attempts."""
        await self._outcomes.settle_lost()
        now = self._clock.now()
        async with self._uow.read() as session:
            floor = await look(session, self._collectors, Seen(at=self._looked_at, flying=self._pacers.flying), now)
            past = await ended_since(session, self._pacers.unknown(floor), now - _LOOK_BACK)
        self._pacers.learn(floor, past)
        self._looked_at = now
        if not self._lines.up():
            return 0
        return sum([await self._dial_for(floor, campaign, users) for campaign, users in _shares(floor)])

    async def _dial_for(self, floor: FloorView, campaign: Campaign, users: list[int]) -> int:
        """What goes wrong in one campaign does not keep the others from dialling."""
        try:
            return await self._dial(floor, campaign, users)
        except Exception:  # noqa: BLE001
            _log.exception("a campaign could not be dialled for, the next round tries again", campaign=campaign.id)
            return 0

    async def _dial(self, floor: FloorView, campaign: Campaign, users: list[int]) -> int:
        """Withdraw and start attempts of one campaign; how many were started."""
        turn = self._turn(floor, campaign, users)
        for call_id in await self._attempts.withdraw(turn.withdraw):
            await self._lines.withdraw(call_id)
        if campaign.id not in floor.due or campaign.started_at is None or floor.at < campaign.started_at + _QUEUE_READY:
            return 0
        idle = [user for user in users if _is_idle(floor, user)]
        started = 0
        for n in range(min(turn.start, _MOST_A_ROUND)):
            for_whom = idle[n] if campaign.mode == Mode.PROGRESSIVE else None
            order = await self._attempts.take(campaign.id, for_whom)
            if order is None:
                break
            await self._lines.send(order)
            started += 1
        return started

    def _turn(self, floor: FloorView, campaign: Campaign, users: list[int]) -> Turn:
        if campaign.mode == Mode.AGENTLESS:
            return Turn(start=max(0, campaign.lines - len(floor.flying(campaign.id))))
        if campaign.mode == Mode.PROGRESSIVE:
            idle = sum(_is_idle(floor, user) for user in users)
            return Turn(start=idle, withdraw=_deserted(floor, campaign) if campaign.withdraws else ())
        return self._pacers.decide(floor, campaign, users)

    def verdict(self, campaign_id: int) -> Verdict | None:
        """What can be promised to a predictive campaign; None while too little is known of it."""
        return self._pacers.verdict(campaign_id)


def _shares(floor: FloorView) -> list[tuple[Campaign, list[int]]]:
    """Each campaign with the collectors who are its own now, those reserved for a line left out. One that plays a
    message is dialled for without any, even where debtors may ask for them."""
    reserved = floor.reserved()
    present = _present(floor)
    busy = {one.campaign_id for one in floor.flights}
    moving = (one for one in floor.campaigns if one.id in floor.due or one.id in busy)
    wanting = [(one.id, floor.staff[one.id]) for one in moving if one.mode != Mode.AGENTLESS]
    shares = allotted(wanting, present - set(reserved))
    return [(one, shares.get(one.id, [])) for one in floor.campaigns]


def _present(floor: FloorView) -> set[int]:
    return {user for user, one in floor.standing.items() if one.state in (AVAILABLE, WRAP_UP, *BUSY)}


def _deserted(floor: FloorView, campaign: Campaign) -> tuple[int, ...]:
    """The attempts that ring for a collector who has left or has another call."""
    free = {user for user, one in floor.standing.items() if one.state == AVAILABLE} | {None}
    ringing = (one for one in floor.flying(campaign.id) if one.picked_up_at is None)
    return tuple(one.id for one in ringing if one.user_id not in free and one.call_id not in floor.taken())


def _is_idle(floor: FloorView, user: int) -> bool:
    one = floor.standing[user]
    return one.state == AVAILABLE and floor.at - one.since >= SETTLED
