"""The dialler: looks at the floor, asks pacing how many attempts to start, and starts them one by one.

It holds nothing that matters: what is in flight and what is due is read anew each round, and who was dialled is known
from rows that were written before. Only what pacing has learned dies with the process.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from callcenter.campaigns.attempts import Attempts
from callcenter.campaigns.floor import FloorView, look
from callcenter.campaigns.model import Campaign, CampaignAttempt, Mode
from callcenter.campaigns.pacing import Pacer, Policy, View
from callcenter.campaigns.ports import Collectors, Lines, Standing
from callcenter.campaigns.rules import ABANDONED, allotted
from core.kernel.clock import Clock
from core.kernel.events import Event
from core.kernel.uow import UnitOfWork

#: A round at least this often; what happens on the floor calls for one at once.
_ROUND_SECONDS = 0.5
#: Between two rounds at most so many attempts of one campaign begin, so that a pause is soon felt.
_MOST_A_ROUND = 20
#: How far back the first round looks for calls that ended: pacing begins with what the last hour taught.
_LOOK_BACK = timedelta(hours=1)
#: How soon after the start the exchange has the campaign's queue.
_QUEUE_READY = timedelta(seconds=3)
#: How soon after a collector is free the exchange rings him.
_SETTLED = timedelta(seconds=0.5)
_AVAILABLE, _WRAP_UP = "available", "wrap_up"
_BUSY = frozenset({"talking", "hold", "ringing"})
_log = structlog.get_logger(__name__)


class Dialler:
    """Dials for every running campaign."""

    def __init__(
        self,
        uow: UnitOfWork,
        clock: Clock,
        *,
        attempts: Attempts,
        lines: Lines,
        collectors: Collectors,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._attempts = attempts
        self._lines = lines
        self._collectors = collectors
        self._wake = asyncio.Event()
        self._looked_at = clock.now() - _LOOK_BACK
        self._pacers: dict[int, tuple[Policy, Pacer]] = {}
        self._answered: set[int] = set()
        self._before: Mapping[int, Standing] = {}

    async def on_change(self, _event: Event) -> None:
        """Something happened on the floor: look now."""
        self._wake.set()

    async def run(self) -> None:
        """Dial until cancelled. A round that fails is taken again: a database that restarts must not end the house."""
        while True:
            try:
                await self.round()
            except Exception:  # noqa: BLE001
                _log.exception("a round of the dialler failed, the next one tries again")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _ROUND_SECONDS)
            self._wake.clear()

    async def round(self) -> int:
        """Look once, and start what may be started; how many attempts."""
        await self._attempts.settle_lost()
        now = self._clock.now()
        async with self._uow.read() as session:
            floor = await look(session, self._collectors, self._looked_at, now)
        self._learn(floor)
        self._looked_at = now
        if not self._lines.up():
            return 0
        return sum([await self._dial(floor, campaign, users) for campaign, users in _shares(floor)])

    async def _dial(self, floor: FloorView, campaign: Campaign, users: list[int]) -> int:
        """Start the attempts of one campaign."""
        if campaign.id not in floor.due or campaign.started_at is None or floor.at < campaign.started_at + _QUEUE_READY:
            return 0
        idle = [user for user in users if _is_idle(floor, user)]
        started = 0
        for n in range(min(self._wanted(floor, campaign, users), _MOST_A_ROUND)):
            for_whom = idle[n] if campaign.mode == Mode.PROGRESSIVE else None
            order = await self._attempts.take(campaign.id, for_whom)
            if order is None:
                break
            await self._lines.send(order)
            started += 1
        return started

    def _wanted(self, floor: FloorView, campaign: Campaign, users: list[int]) -> int:
        flying = floor.flying(campaign.id)
        if campaign.mode == Mode.AGENTLESS:
            return max(0, campaign.lines - len(flying))
        idle = sum(_is_idle(floor, user) for user in users)
        if campaign.mode == Mode.PROGRESSIVE:
            return idle
        return self._pacer(campaign).decide(_view(floor, users, flying))

    def _pacer(self, campaign: Campaign) -> Pacer:
        policy = Policy(
            ceiling=campaign.ceiling,
            ring_limit=float(campaign.ring_seconds),
            connect_limit=float(campaign.connect_seconds),
            most_per_agent=campaign.most_per_agent,
        )
        known = self._pacers.get(campaign.id)
        if known is None or known[0] != policy:
            known = self._pacers[campaign.id] = policy, Pacer(policy)
        return known[1]

    def _learn(self, floor: FloorView) -> None:
        """Tell pacing what happened since the last look, in the order in which it happened."""
        predictive = {one.id: self._pacer(one) for one in floor.campaigns if one.mode == Mode.PREDICTIVE}
        for attempt in (*floor.landed, *floor.flights):
            if (pacer := predictive.get(attempt.campaign_id)) is not None:
                self._tell(pacer, attempt)
        self._answered &= {one.id for one in floor.flights}
        for campaign_id, pacer in predictive.items():
            for user in floor.staff[campaign_id]:
                _worked(pacer, self._before.get(user), floor.standing.get(user), floor.at)
        self._before = floor.standing

    def _tell(self, pacer: Pacer, attempt: CampaignAttempt) -> None:
        picked_up, ended = attempt.picked_up_at, attempt.ended_at
        human = picked_up is not None and attempt.outcome != "VM"
        if picked_up is not None and human and attempt.id not in self._answered:
            self._answered.add(attempt.id)
            pacer.answered(picked_up.timestamp(), (picked_up - attempt.at).total_seconds())
            if attempt.connected_at is not None:
                pacer.connected(attempt.connected_at.timestamp())
        if ended is None:
            return
        if not human:
            pacer.unanswered(ended.timestamp(), (ended - attempt.at).total_seconds())
        elif attempt.outcome == ABANDONED:
            pacer.abandoned(ended.timestamp())


def _worked(pacer: Pacer, before: Standing | None, now: Standing | None, at: datetime) -> None:
    """A collector's talk or wrap-up is over."""
    if before is None or (now is not None and now.state == before.state):
        return
    seconds = ((now.since if now is not None else at) - before.since).total_seconds()
    if before.state == "talking":
        pacer.talked(seconds)
    elif before.state == _WRAP_UP:
        pacer.wrapped(seconds)


def _shares(floor: FloorView) -> list[tuple[Campaign, list[int]]]:
    """Each campaign with the collectors who are its own now, those reserved for a line left out."""
    reserved = floor.reserved()
    present = {user for user, one in floor.standing.items() if one.state in (_AVAILABLE, _WRAP_UP, *_BUSY)}
    busy = {one.campaign_id for one in floor.flights}
    wanting = [(one.id, floor.staff[one.id]) for one in floor.campaigns if one.id in floor.due or one.id in busy]
    shares = allotted(wanting, present - set(reserved))
    return [(one, shares.get(one.id, [])) for one in floor.campaigns]


def _is_idle(floor: FloorView, user: int) -> bool:
    one = floor.standing[user]
    return one.state == _AVAILABLE and floor.at - one.since >= _SETTLED


def _view(floor: FloorView, users: list[int], flying: list[CampaignAttempt]) -> View:
    states = [floor.standing[user] for user in users]
    return View(
        now=floor.at.timestamp(),
        idle=sum(_is_idle(floor, user) for user in users),
        talking=tuple(one.since.timestamp() for one in states if one.state in _BUSY),
        wrapping=tuple(one.since.timestamp() for one in states if one.state == _WRAP_UP),
        ringing=tuple(one.at.timestamp() for one in flying if one.picked_up_at is None),
        waiting=sum(one.picked_up_at is not None and one.connected_at is None for one in flying),
    )
