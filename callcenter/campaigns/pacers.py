"""What pacing is told: the end of every attempt once, every talk and every wrap-up, all in seconds of one scale; and
what it wants."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.campaigns.floor import AVAILABLE, BUSY, TALKING, WRAP_UP, FloorView
from callcenter.campaigns.machines import MACHINE, Machines
from callcenter.campaigns.model import Campaign, CampaignAttempt, Mode
from callcenter.campaigns.pacing import Pacer, Policy, Verdict, View
from callcenter.campaigns.ports import Standing
from callcenter.campaigns.rules import ABANDONED, VOICEMAIL

SETTLED = timedelta(seconds=0.5)
"""Between a talk and its wrap-up a collector is free for a moment; who is free for longer has none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What the dialler does for a campaign now: attempts to start, or the ids of those to withdraw."""

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
        self._between: set[int] = set()
        """Collectors whose talk has just ended, and who may be free or about to wrap up."""
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

    def decide(self, floor: FloorView, campaign: Campaign, users: list[int]) -> Turn:
        """What to do now."""
        ringing = _ringing(floor, campaign)
        view = self._view(floor, campaign, ringing, users)
        self._staffed[campaign.id] = view.staffed
        move = self._pacers[campaign.id].decide(view)
        return Turn(start=move.start, withdraw=tuple(ringing[place].id for place in move.withdraw))

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
            pacers = [self._pacers[one] for one in campaigns if user in floor.staff[one]]
            before, now = self._before.get(user), floor.standing.get(user)
            until = now.since if now is not None else floor.at
            unwrapped = self._goes_without_wrap_up(before, now, floor.at)
            talked = before is not None and _over(before, now, TALKING)
            began = self._talks.pop(user, before.since) if before is not None and talked else until
            for pacer in pacers:
                if before is not None and _over(before, now, frozenset({WRAP_UP})):
                    pacer.wrapped(_seconds(before.since, until))
                if talked:
                    pacer.talked(_seconds(began, until))
                if unwrapped:
                    pacer.wrapped(0.0)
            if now is not None and now.state in TALKING:
                self._talks.setdefault(user, now.since)
        self._before = floor.standing

    def _goes_without_wrap_up(self, before: Standing | None, now: Standing | None, at: datetime) -> bool:
        """Whether it is now certain that a talk of his had no wrap-up."""
        if now is None or before is None:
            self._between -= {one.user_id for one in (now, before) if one is not None}
            return False
        if _over(before, now, TALKING) and now.state == AVAILABLE:
            self._between.add(now.user_id)
        elif _over(before, now, TALKING):
            return now.state in BUSY
        if now.user_id not in self._between or (now.state == AVAILABLE and at - now.since < SETTLED):
            return False
        self._between.discard(now.user_id)
        return now.state == AVAILABLE or now.state in BUSY

    def _view(self, floor: FloorView, campaign: Campaign, ringing: Sequence[CampaignAttempt], users: list[int]) -> View:
        states, taken = [floor.standing[user] for user in users], floor.taken()
        answered = [one for one in floor.flying(campaign.id) if one.picked_up_at is not None]
        return View(
            now=floor.at.timestamp(),
            idle=sum(one.state == AVAILABLE and one.user_id not in self._between for one in states),
            talking=_past(floor, (self._talks.get(one.user_id, one.since) for one in states if one.state in BUSY)),
            wrapping=_past(floor, (one.since for one in states if one.state == WRAP_UP)),
            ringing=_past(floor, (one.at for one in ringing)),
            waiting=sum(
                one.connected_at is None and one.call_id not in taken and not _is_machine(one) for one in answered
            ),
        )


def _ringing(floor: FloorView, campaign: Campaign) -> list[CampaignAttempt]:
    """Those withdrawn a moment ago included, as long as they may still be answered."""
    taken = floor.taken()
    return [one for one in floor.flying(campaign.id) if one.picked_up_at is None and one.call_id not in taken]


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
