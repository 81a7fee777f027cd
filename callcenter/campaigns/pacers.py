"""What pacing is told: the end of every attempt once, every talk and every wrap-up, all in seconds of one scale; and
what it wants."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.campaigns.floor import FloorView
from callcenter.campaigns.machines import MACHINE, Machines
from callcenter.campaigns.model import Campaign, CampaignAttempt, Mode
from callcenter.campaigns.pacing import Pacer, Policy, Verdict, View
from callcenter.campaigns.ports import Standing
from callcenter.campaigns.rules import ABANDONED, VOICEMAIL

_WRAP_UP = "wrap_up"
_TALKING = frozenset({"talking", "hold"})
BUSY = _TALKING | {"ringing"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Attempts to start, or the ids of those to withdraw."""

    start: int
    withdraw: tuple[int, ...] = ()


class Pacers:
    """The pacers of the predictive campaigns, and how far each was told."""

    def __init__(self) -> None:
        self._pacers: dict[int, Pacer] = {}
        self._policies: dict[int, Policy] = {}
        self._staffed: dict[int, int] = {}
        self._answered: set[int] = set()
        self._ended: set[int] = set()
        self._before: Mapping[int, Standing] = {}
        self._talks: dict[int, datetime] = {}
        self.flying: frozenset[int] = frozenset()
        """The attempts under way at the last look: how they end is asked for by their ids."""

    def unknown(self, floor: FloorView) -> list[int]:
        """The predictive campaigns without a pacer, to be told what their last hour was."""
        return [one.id for one in _predictive(floor) if one.id not in self._pacers]

    def learn(self, floor: FloorView, past: Iterable[CampaignAttempt] = ()) -> None:
        """Tell what happened since the last look; ``past`` are ended attempts of campaigns that were unknown."""
        campaigns = {one.id: one for one in _predictive(floor)}
        for one in campaigns.values():
            self._keep(one)
        for attempt in (*past, *floor.landed, *floor.flights):
            campaign = campaigns.get(attempt.campaign_id)
            if campaign is not None and attempt.id not in self._ended:
                self._tell(self._pacers[campaign.id], attempt, campaign.machines != Machines.OFF)
        self.flying = frozenset(one.id for one in floor.flights)
        self._answered &= self.flying
        self._ended = {one.id for one in floor.landed if one.ended_at is not None and one.ended_at >= floor.at}
        self._learn_collectors(floor, campaigns)

    def decide(self, floor: FloorView, campaign: Campaign, users: list[int], idle: int) -> Wanted:
        """What to do now."""
        flying = floor.flying(campaign.id)
        view = self._view(floor, flying, users, idle)
        self._staffed[campaign.id] = view.staffed
        move = self._pacers[campaign.id].decide(view)
        return Wanted(start=move.start, withdraw=tuple(_ringing(flying)[place].id for place in move.withdraw))

    def verdict(self, campaign_id: int) -> Verdict | None:
        """What can be promised to the collectors of the campaign; None while too little is known."""
        staffed, pacer = self._staffed.get(campaign_id), self._pacers.get(campaign_id)
        return pacer.verdict(staffed) if pacer is not None and staffed else None

    def _keep(self, campaign: Campaign) -> None:
        policy = Policy(
            ceiling=campaign.ceiling,
            ring_limit=float(campaign.ring_seconds),
            connect_limit=float(campaign.connect_seconds),
            most_per_agent=campaign.most_per_agent,
            withdraws=campaign.withdraws,
        )
        known = self._pacers.get(campaign.id)
        if known is None:
            self._pacers[campaign.id] = Pacer(policy)
        elif self._policies[campaign.id] != policy:
            known.change(policy)
        self._policies[campaign.id] = policy

    def _tell(self, pacer: Pacer, attempt: CampaignAttempt, detected: bool) -> None:
        """Where machines are told from people, who answered is known when he is judged or the call is over."""
        picked_up, ended, taken = attempt.picked_up_at, attempt.ended_at, attempt.connected_at is not None
        human = picked_up is not None and (taken or not _is_machine(attempt))
        certain = taken or ended is not None or not detected or attempt.answered_by is not None
        if picked_up is not None and human and certain and attempt.id not in self._answered:
            self._answered.add(attempt.id)
            pacer.answered(picked_up.timestamp(), _seconds(attempt.at, picked_up))
            if attempt.connected_at is not None:
                pacer.connected(attempt.connected_at.timestamp())
        if ended is None:
            return
        self._ended.add(attempt.id)
        if attempt.id not in self._answered:
            pacer.unanswered(ended.timestamp(), _seconds(attempt.at, picked_up or ended))
        elif attempt.outcome == ABANDONED:
            pacer.abandoned(ended.timestamp())

    def _learn_collectors(self, floor: FloorView, campaigns: Collection[int]) -> None:
        for user in {*self._before, *floor.standing}:
            worked_in = [one for one in campaigns if user in floor.staff[one]]
            before, now = self._before.get(user), floor.standing.get(user)
            until = now.since if now is not None else floor.at
            if before is not None and _over(before, now, frozenset({_WRAP_UP})):
                for campaign_id in worked_in:
                    self._pacers[campaign_id].wrapped(_seconds(before.since, until))
            if before is not None and _over(before, now, _TALKING):
                began = self._talks.pop(user, before.since)
                for campaign_id in worked_in:
                    self._pacers[campaign_id].talked(_seconds(began, until))
            if now is not None and now.state in _TALKING:
                self._talks.setdefault(user, now.since)
        self._before = floor.standing

    def _view(self, floor: FloorView, flying: Sequence[CampaignAttempt], users: list[int], idle: int) -> View:
        states = [floor.standing[user] for user in users]
        return View(
            now=floor.at.timestamp(),
            idle=idle,
            talking=_past(floor, (self._talks.get(one.user_id, one.since) for one in states if one.state in BUSY)),
            wrapping=_past(floor, (one.since for one in states if one.state == _WRAP_UP)),
            ringing=_past(floor, (one.at for one in _ringing(flying))),
            waiting=sum(
                one.picked_up_at is not None and one.connected_at is None and not _is_machine(one) for one in flying
            ),
        )


def _ringing(flying: Iterable[CampaignAttempt]) -> list[CampaignAttempt]:
    """Those withdrawn a moment ago included, as long as they may still be answered."""
    return [one for one in flying if one.picked_up_at is None]


def _is_machine(attempt: CampaignAttempt) -> bool:
    return attempt.answered_by == MACHINE or attempt.outcome == VOICEMAIL


def _predictive(floor: FloorView) -> list[Campaign]:
    return [one for one in floor.campaigns if one.mode == Mode.PREDICTIVE]


def _over(before: Standing, now: Standing | None, states: frozenset[str]) -> bool:
    """Whether what a collector did is over: putting a debtor on hold does not end the talk, another call does."""
    if before.state not in states:
        return False
    return now is None or now.state not in states or now.call_id != before.call_id


def _seconds(since: datetime, until: datetime) -> float:
    """Never less than nothing: the exchange's clock and the program's may differ."""
    return max(0.0, (until - since).total_seconds())


def _past(floor: FloorView, moments: Iterable[datetime]) -> tuple[float, ...]:
    """What is said to begin after now (by another clock) begins now."""
    return tuple(min(one, floor.at).timestamp() for one in moments)
