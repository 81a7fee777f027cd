"""Pure decisions of campaigns: when a case is rung again, at which number, and what an attempt came to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from callcenter.campaigns.machines import MACHINE, TALK, Heard
from core.kernel.localtime import edges, local_day, minute_of_day

#: Results that the program gives by itself.
ABANDONED, MESSAGE, VOICEMAIL, NOT_IN_SERVICE, TALKED, UNKNOWN = "ABANDONED", "MESSAGE", "VM", "NIS", "TALK", "FAIL"
#: The exchange did not take the order: nobody was rung.
REFUSED = "REFUSED"
#: The rest after a refused order doubles from the first to what a failed call rests, or to the second.
_FIRST_REST, _LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
#: Two weeks: in the first a clock change may leave out all the hours of the only day.
_DAYS_AHEAD, _DAY_MINUTES = 15, 1440


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """When a campaign dials, by the debtor's own clock: minutes of the day, ISO days of the week."""

    opens: int
    closes: int
    weekdays: frozenset[int]

    def open_at(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """The first moment from ``now`` on (aware) at which it dials, in UTC; None when there is no such moment.

        What the debtor's clock shows decides: an hour that a clock change leaves out is not there, and one that comes
        twice counts twice.
        """
        if self._is_open(now, zone):
            return now
        today, bounds = local_day(now, zone), frozenset({self.opens, self.closes % _DAY_MINUTES})
        for ahead in range(_DAYS_AHEAD):
            for edge in edges(today + timedelta(days=ahead), bounds, zone):
                if edge > now and self._is_open(edge, zone):
                    return edge
        return None

    def _is_open(self, at: datetime, zone: ZoneInfo) -> bool:
        weekday = local_day(at, zone).isoweekday()
        return weekday in self.weekdays and self.opens <= minute_of_day(at, zone) < self.closes


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How often a case is rung: minutes until the next attempt by result, at most so many attempts a day of the
    debtor's and in total."""

    retries: Mapping[str, int]
    most_a_day: int
    most_in_total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """The attempts made so far, the last one included; ``today`` those of the debtor's day ``on``."""

    total: int
    today: int
    on: date


def counted(before: Tally | None, on: date) -> Tally:
    """The tally after one more attempt on the debtor's day ``on``."""
    if before is None:
        return Tally(total=1, today=1, on=on)
    return Tally(total=before.total + 1, today=before.today + 1 if before.on == on else 1, on=on)


def next_attempt(
    outcome: str, tally: Tally, patience: Patience, hours: Hours, *, now: datetime, zone: ZoneInfo
) -> datetime | None:
    """When the case is rung again after ``outcome`` (aware UTC), or None when it is over.

    Who has had his attempts of the day is rung on the next one.
    """
    minutes = patience.retries.get(outcome)
    if minutes is None or tally.total >= patience.most_in_total:
        return None
    at = now + timedelta(minutes=minutes)
    if tally.today >= patience.most_a_day and at.astimezone(zone).date() <= tally.on:
        tomorrow = tally.on + timedelta(days=1)
        at = max(at, datetime.combine(tomorrow, time(), zone).astimezone(ZoneInfo("UTC")))
    return hours.open_at(at, zone)


def after_refusals(
    refusals: int, patience: Patience, hours: Hours, *, now: datetime, zone: ZoneInfo
) -> datetime | None:
    """When a case is tried again after so many orders in a row that the exchange refused (aware UTC), or None when
    that is over: after as many as it may be rung in total. Each rest is twice the one before, up to that of a call
    that failed."""
    if refusals >= patience.most_in_total:
        return None
    failed = patience.retries.get(UNKNOWN)
    longest = max(_FIRST_REST, timedelta(minutes=failed)) if failed is not None else _LONGEST_REST
    doublings = min(refusals - 1, _LONGEST_REST // _FIRST_REST)
    return hours.open_at(now + min(_FIRST_REST * 2**doublings, longest), zone)


def over_for_today(tally: Tally | None, patience: Patience, today: date) -> bool:
    """Whether the debtor's day has seen all the attempts it may."""
    return tally is not None and tally.on == today and tally.today >= patience.most_a_day


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A number of somebody who owes. ``tried`` counts this campaign's attempts at it, ``attempts`` and ``contacts``
    all there ever were; ``dead`` once this campaign heard that it is not in service."""

    party_id: int
    phone: str
    confirmed: bool
    mobile: bool
    attempts: int
    contacts: int
    tried: int = 0
    dead: bool = False


def in_order(numbers: Sequence[Number]) -> list[Number]:
    """The numbers to try, the best first: those tried least by this campaign, then confirmed ones, then by how often
    somebody was reached there (a number never tried counts as one in two), then mobiles."""
    alive = [one for one in numbers if not one.dead]
    return sorted(
        alive,
        key=lambda one: (
            one.tried,
            not one.confirmed,
            -(one.contacts + 1) / (one.attempts + 2),
            not one.mobile,
            one.phone,
        ),
    )


def hours_away(best: int | None, now: datetime, zone: ZoneInfo) -> int:
    """How many hours lie between now and the debtor's best hour of the day, 0 to 12; 6 when no hour is known as best,
    which is what a random one would be away."""
    if best is None:
        return 6
    apart = abs(now.astimezone(zone).hour - best) % 24
    return min(apart, 24 - apart)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """What is known of a call that a campaign ordered. Times are aware UTC.

    ``refused``: certainly never made. ``result`` is the call's code, ``said`` whether a person gave it. ``heard``: who
    answered. ``played``: the recording was played to whoever answered.
    """

    call_id: int
    picked_up_at: datetime | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    user_id: int | None = None
    result: str | None = None
    said: bool = False
    refused: bool = False
    heard: Heard | None = None
    played: bool = False
    not_in_service: bool = False


def outcome_of(fate: Fate) -> str | None:
    """The result an attempt came to; None while it is under way. Of a talk without a result only that it was one. That
    who answered found nobody is a fact, whatever is said of the call afterwards: it counts against the ceiling."""
    if fate.ended_at is None:
        return None
    if fate.refused:
        return REFUSED
    if fate.picked_up_at is not None and fate.connected_at is None:
        return _of_nobody(fate)
    if fate.said and fate.result:
        return fate.result
    if fate.connected_at is not None:
        return TALKED
    return NOT_IN_SERVICE if fate.not_in_service else fate.result or UNKNOWN


def _of_nobody(fate: Fate) -> str:
    """Picked up, and no collector was there. Who hung up before he was judged heard nothing at all; who asked for
    somebody to talk to found nobody."""
    if fate.heard is not None and fate.heard.by == MACHINE:
        return VOICEMAIL
    if fate.heard is not None and fate.heard.wish == TALK:
        return ABANDONED
    heard_nothing = fate.heard is not None and fate.heard.hung_up
    return MESSAGE if fate.played and not heard_nothing else ABANDONED


def abandoned_share(abandoned: int, answered: int) -> float:
    """Of the calls that a human answered, how many found nobody: the figure that the ceiling bounds."""
    return abandoned / answered if answered else 0.0


def ends_at(left: int, per_hour: float, now: datetime) -> datetime | None:
    """When a list with ``left`` cases is through at ``per_hour`` cases an hour; None when nothing moves."""
    return now + timedelta(hours=left / per_hour) if per_hour > 0 and left else None


def allotted(campaigns: Sequence[tuple[int, Collection[int]]], free: Collection[int]) -> dict[int, list[int]]:
    """Campaign → its free collectors, each given to the first campaign (in the order given: by priority) that has
    something to dial and lists him."""
    left = set(free)
    shares: dict[int, list[int]] = {}
    for campaign_id, staff in campaigns:
        shares[campaign_id] = sorted(left & set(staff))
        left -= set(shares[campaign_id])
    return shares
