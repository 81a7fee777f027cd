"""When a case is rung again and at which number: properties that hold whatever the clocks and results."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callcenter.campaigns.machines import Heard
from callcenter.campaigns.rules import (
    ABANDONED,
    MESSAGE,
    TALKED,
    VOICEMAIL,
    Fate,
    Hours,
    Number,
    Patience,
    Tally,
    abandoned_share,
    after_refusals,
    allotted,
    counted,
    hours_away,
    in_order,
    next_attempt,
    outcome_of,
)

ZONES = st.sampled_from(
    ("Europe/Moscow", "Europe/Warsaw", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo")
).map(ZoneInfo)
MOMENTS = st.integers(0, 364 * 1440).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    opens = draw(st.integers(0, 1438))
    return Hours(
        opens=opens,
        closes=draw(st.integers(opens + 1, 1440)),
        weekdays=draw(st.frozensets(st.integers(1, 7), min_size=1)),
    )


@st.composite
def patience(draw: st.DrawFn) -> Patience:
    return Patience(
        retries=draw(st.dictionaries(st.sampled_from(("NA", "BUSY", "VM")), st.integers(0, 5000))),
        most_a_day=draw(st.integers(1, 5)),
        most_in_total=draw(st.integers(1, 9)),
    )


@given(hours(), MOMENTS, ZONES)
def test_hours_open_within_themselves_and_as_soon_as_they_can(rule: Hours, now: datetime, zone: ZoneInfo) -> None:
    opens = rule.open_at(now, zone)
    assert opens is not None
    assert opens >= now
    local = opens.astimezone(zone)
    assert local.isoweekday() in rule.weekdays
    assert local.hour * 60 + local.minute < rule.closes
    assert rule.open_at(opens, zone) == opens
    probe = now
    while probe < opens - timedelta(minutes=61):  # an hour that is skipped or comes twice is not argued about
        shown = probe.astimezone(zone)
        minute = shown.hour * 60 + shown.minute
        assert not (shown.isoweekday() in rule.weekdays and rule.opens <= minute < rule.closes)
        probe += timedelta(minutes=53)


@given(st.sampled_from(("NA", "BUSY", "VM", "OTHER")), st.integers(1, 9), patience(), hours(), MOMENTS, ZONES)
def test_no_case_is_rung_more_often_than_it_may(
    outcome: str, total: int, rule: Patience, when: Hours, now: datetime, zone: ZoneInfo
) -> None:
    today = now.astimezone(zone).date()
    tally = Tally(total=total, today=min(total, rule.most_a_day), on=today)
    at = next_attempt(outcome, tally, rule, when, now=now, zone=zone)
    if outcome not in rule.retries or total >= rule.most_in_total:
        assert at is None
        return
    assert at is not None
    assert at >= now + timedelta(minutes=rule.retries[outcome])
    assert when.open_at(at, zone) == at
    if tally.today >= rule.most_a_day:
        assert at.astimezone(zone).date() > today


@given(st.lists(st.tuples(MOMENTS, ZONES), min_size=1, max_size=20))
def test_a_tally_counts_every_attempt_once_and_starts_each_day_anew(days: list[tuple[datetime, ZoneInfo]]) -> None:
    tally = None
    made = []
    for at, zone in days:
        tally = counted(tally, at.astimezone(zone).date())
        made.append(tally.on)
        assert tally.total == len(made)
        run = 0
        while run < len(made) and made[-1 - run] == tally.on:
            run += 1
        assert tally.today == run


_numbers = st.builds(
    Number,
    party_id=st.just(1),
    phone=st.integers(10**10, 10**11).map(lambda n: f"+{n}"),
    confirmed=st.booleans(),
    mobile=st.booleans(),
    attempts=st.integers(0, 50),
    contacts=st.integers(0, 50),
    tried=st.integers(0, 3),
    dead=st.booleans(),
)


@given(st.lists(_numbers, max_size=8, unique_by=lambda one: one.phone))
def test_numbers_take_turns_and_dead_ones_are_left_alone(numbers: list[Number]) -> None:
    order = in_order(numbers)
    assert not any(one.dead for one in order)
    assert sorted(order, key=lambda one: one.phone) == sorted(
        (one for one in numbers if not one.dead), key=lambda one: one.phone
    )
    assert [one.tried for one in order] == sorted(one.tried for one in order)


@given(st.one_of(st.none(), st.integers(0, 23)), MOMENTS, ZONES)
def test_an_hour_is_never_more_than_half_a_day_away(best: int | None, now: datetime, zone: ZoneInfo) -> None:
    away = hours_away(best, now, zone)
    assert 0 <= away <= 12
    assert (away == 0) == (best == now.astimezone(zone).hour)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.frozensets(st.integers(1, 9))), unique_by=lambda pair: pair[0]),
    st.frozensets(st.integers(1, 9)),
)
def test_every_collector_works_for_one_campaign_and_the_first_has_all_of_its_own(
    campaigns: list[tuple[int, frozenset[int]]], free: frozenset[int]
) -> None:
    shares = allotted(campaigns, free)
    given_out = [user for users in shares.values() for user in users]
    assert len(given_out) == len(set(given_out))
    assert set(given_out) == free & {user for _, staff in campaigns for user in staff}
    if campaigns:
        assert set(shares[campaigns[0][0]]) == free & campaigns[0][1]


def _heard(by: str, *, hung_up: bool = False) -> Heard:
    return Heard(by=by, because="", milliseconds=900, hung_up=hung_up)


def test_what_an_attempt_came_to() -> None:
    at = datetime(2026, 3, 11, tzinfo=UTC)
    assert outcome_of(Fate(call_id=1)) is None
    assert outcome_of(Fate(call_id=1, ended_at=at, result="BUSY")) == "BUSY"
    assert outcome_of(Fate(call_id=1, ended_at=at, picked_up_at=at, result="ABANDONED")) == ABANDONED
    assert outcome_of(Fate(call_id=1, ended_at=at, picked_up_at=at, heard=_heard("machine"))) == VOICEMAIL
    assert outcome_of(Fate(call_id=1, ended_at=at, picked_up_at=at, played=True)) == MESSAGE
    assert outcome_of(Fate(call_id=1, ended_at=at, picked_up_at=at, played=True, heard=_heard("unsure"))) == MESSAGE
    early = Fate(call_id=1, ended_at=at, picked_up_at=at, played=True, heard=_heard("unsure", hung_up=True))
    assert outcome_of(early) == ABANDONED
    assert outcome_of(Fate(call_id=1, ended_at=at, picked_up_at=at, connected_at=at)) == TALKED
    said = Fate(call_id=1, ended_at=at, picked_up_at=at, connected_at=at, result="RPC-PTP", said=True)
    assert outcome_of(said) == "RPC-PTP"
    nobody_there = Fate(call_id=1, ended_at=at, picked_up_at=at, result="NA", said=True)
    assert outcome_of(nobody_there) == ABANDONED, "no result said later makes it another"
    assert outcome_of(Fate(call_id=1, ended_at=at, result="NIS", said=True)) == "NIS"
    assert outcome_of(Fate(call_id=1, ended_at=at, not_in_service=True, result="FAIL")) == "NIS"


def test_nobody_answered_nobody_was_abandoned() -> None:
    assert abandoned_share(0, 0) == 0.0
    assert abandoned_share(3, 100) == 0.03


@given(st.integers(1, 600), patience(), hours(), MOMENTS, ZONES)
def test_refusals_rest_ever_longer_within_the_hours_and_end(
    refusals: int, rule: Patience, open_hours: Hours, now: datetime, zone: ZoneInfo
) -> None:
    whole_day = Hours(opens=0, closes=1440, weekdays=frozenset(range(1, 8)))
    at = after_refusals(refusals, rule, open_hours, now=now, zone=zone)
    assert (at is None) == (refusals >= rule.most_in_total)
    if at is None:
        return
    rested = after_refusals(refusals, rule, whole_day, now=now, zone=zone)
    earlier = after_refusals(max(1, refusals - 1), rule, whole_day, now=now, zone=zone)
    assert rested is not None
    assert earlier is not None
    assert now + timedelta(minutes=1) <= earlier <= rested <= now + timedelta(hours=1)
    assert at >= rested
    assert open_hours.open_at(at, zone) == at
