"""Contact law against a brute-force oracle: random histories, jurisdictions, zones, clock changes and calendars."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.compliance.facts import Block, Contact, Outcome, Question
from callcenter.compliance.law import PROFILES
from callcenter.compliance.law.days import Calendar, DayType
from callcenter.compliance.law.terms import (
    PER_DAY,
    PER_MONTH,
    PER_WEEK,
    BlockKind,
    Channel,
    Counts,
    Hours,
    Jurisdiction,
    Limit,
    Opening,
    Profile,
    Scope,
    Severity,
    rolling,
)
from callcenter.compliance.rules import decide
from core.parties.zones import DebtorZone, ZoneSource
from tests.unit.compliance_oracle import MINUTE, Oracle

SCAN_MINUTES = 9 * 24 * 60
EXAMPLES = 200

ZONES = (
    "Europe/Moscow",
    "Asia/Kamchatka",
    "Europe/Kaliningrad",
    "Europe/Kyiv",
    "Europe/Warsaw",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Australia/Lord_Howe",  # changes by half an hour
    "Africa/Cairo",  # skips midnight in spring, repeats the hour before it in autumn
    "America/Havana",  # skips and repeats the hour after midnight
    "Asia/Beirut",
    "America/Santiago",
    "America/Scoresbysund",
    "Pacific/Chatham",
)

CHANGES = tuple(
    datetime(*parts, tzinfo=UTC)
    for parts in (
        (2026, 3, 8, 7),
        (2026, 3, 29, 1),
        (2026, 10, 25, 1),
        (2026, 11, 1, 6),
        (2026, 4, 23, 22),
        (2026, 10, 29, 21),
        (2026, 4, 4, 15),
        (2026, 10, 3, 15),
        (2026, 3, 28, 22),
        (2026, 10, 24, 21),
        (2026, 4, 5, 3),
        (2026, 9, 6, 4),
        (2026, 3, 8, 5),
        (2026, 11, 1, 5),
    )
)

phones = st.sampled_from(("+79000000001", "+79000000002", None))
debts = st.frozensets(st.sampled_from((11, 12, 13)), max_size=3)
seconds = st.integers(0, 59)


@st.composite
def moments(draw: st.DrawFn) -> datetime:
    """Whole minutes of 2026: anywhere, or within two days of a change of clocks."""
    if draw(st.booleans()):
        return draw(st.sampled_from(CHANGES)) + draw(st.integers(-2880, 2880)) * MINUTE
    return datetime(2026, 1, 1, tzinfo=UTC) + draw(st.integers(0, 525_000)) * MINUTE


openings = st.one_of(
    st.none(),
    st.tuples(st.integers(0, 1440), st.integers(0, 1440))
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: Opening(min(pair), max(pair))),
    st.sampled_from((Opening(0, 1440), Opening(60, 180), Opening(150, 1440), Opening(0, 90), Opening(480, 1320))),
)
channels = st.sampled_from((Channel.CALL, Channel.MESSAGE))
channel_sets = st.frozensets(channels, min_size=1)
severities = st.sampled_from((Severity.DENY, Severity.DENY, Severity.DENY, Severity.WARN))


@st.composite
def invented(draw: st.DrawFn) -> Profile:
    """A profile no country has: any hours, any windows, any calendar."""
    dates = st.dates(date(2026, 1, 1), date(2026, 12, 31))
    hours = tuple(
        Hours(
            id=f"h{index}",
            clause="",
            confirmed=True,
            channels=draw(channel_sets),
            working=draw(openings),
            weekend=draw(openings),
            holiday=draw(openings),
            severity=draw(severities),
        )
        for index in range(draw(st.integers(0, 2)))
    )
    limits = tuple(
        Limit(
            id=f"l{index}",
            clause="",
            confirmed=True,
            channels=draw(channel_sets),
            window=draw(st.sampled_from((PER_DAY, PER_WEEK, PER_MONTH, rolling(1), rolling(3), rolling(7)))),
            maximum=draw(st.integers(0, 4)),
            counts=draw(st.sampled_from(Counts)),
            scope=draw(st.sampled_from(Scope)),
            inbound=draw(st.booleans()),
            severity=draw(severities),
        )
        for index in range(draw(st.integers(0, 3)))
    )
    days = draw(st.dictionaries(dates, st.sampled_from(DayType), max_size=8))
    return Profile(
        jurisdiction=Jurisdiction.NONE,
        country=None,
        calendar=Calendar(clause="", days=days),
        hours=hours,
        limits=limits,
        blocks=PROFILES[Jurisdiction.NONE].blocks,
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[Question, list[Contact], Profile, datetime]:
    now = draw(moments())
    profile = draw(st.one_of(st.sampled_from(tuple(PROFILES.values())), invented()))
    history = draw(
        st.lists(
            st.builds(
                lambda ago, **rest: Contact(at=now - timedelta(seconds=ago), **rest),
                ago=st.one_of(st.integers(0, 3 * 86_400), st.integers(0, 33 * 86_400)),
                channel=channels,
                outcome=st.sampled_from(Outcome),
                party_id=st.sampled_from((1, 1, 1, 2)),
                debts=debts,
                phone=phones,
                inbound=st.sampled_from((False, False, False, True)),
            ),
            max_size=14,
        )
    )
    blocks = draw(
        st.one_of(
            st.just(()),
            st.tuples(
                st.builds(
                    Block,
                    kind=st.sampled_from(BlockKind),
                    ends_at=st.one_of(st.none(), st.integers(-600, 6000).map(lambda ahead: now + ahead * MINUTE)),
                )
            ),
        )
    )
    names = tuple(draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True)))
    question = Question(
        party_id=1,
        channel=draw(channels),
        zone=DebtorZone(names, ZoneSource.EXPLICIT),
        debts=draw(debts),
        phone=draw(phones),
        blocks=blocks,
    )
    return question, history, profile, now


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(situations())
def test_verdict_and_next_allowed_moment_agree_with_the_oracle(
    situation: tuple[Question, list[Contact], Profile, datetime],
) -> None:
    question, history, profile, now = situation
    oracle = Oracle(question, history, profile)
    decision = decide(question, history, profile, now)

    assert decision.allowed == oracle.allowed(now)
    expected = oracle.first_allowed(now, SCAN_MINUTES)
    if expected is not None:
        assert decision.next_allowed_at == expected
    elif decision.next_allowed_at is not None:
        assert decision.next_allowed_at >= now + SCAN_MINUTES * MINUTE
        assert oracle.allowed(decision.next_allowed_at)
        assert not oracle.allowed(decision.next_allowed_at - MINUTE)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(situations())
def test_the_end_of_the_allowed_time_agrees_with_the_oracle(
    situation: tuple[Question, list[Contact], Profile, datetime],
) -> None:
    question, history, profile, now = situation
    decision = decide(question, history, profile, now)
    if not decision.allowed:
        assert decision.until is None
        return
    expected = Oracle(question, history, profile).first_denied(now, 3 * 24 * 60)
    if expected is not None:
        assert decision.until == expected
    else:
        assert decision.until is None or decision.until >= now + timedelta(days=3)


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(situations(), seconds)
def test_moments_within_a_minute_are_answered_alike(
    situation: tuple[Question, list[Contact], Profile, datetime], second: int
) -> None:
    question, history, profile, now = situation
    whole = decide(question, history, profile, now)
    part = decide(question, history, profile, now + timedelta(seconds=second))
    assert part.verdict == whole.verdict or any(
        block.ends_at is not None and now < block.ends_at <= now + MINUTE for block in question.blocks
    )
    if not whole.allowed:
        assert part.next_allowed_at == whole.next_allowed_at


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None)
@given(situations())
def test_another_contact_never_brings_the_next_moment_nearer(
    situation: tuple[Question, list[Contact], Profile, datetime],
) -> None:
    question, history, profile, now = situation
    before = decide(question, history, profile, now).next_allowed_at
    one_more = Contact(
        at=now, channel=question.channel, outcome=Outcome.LIVE, party_id=1, debts=question.debts, phone=question.phone
    )
    after = decide(question, [*history, one_more], profile, now).next_allowed_at
    assert after is None or (before is not None and after >= before)
