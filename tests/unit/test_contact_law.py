"""Contact law by example: what each jurisdiction says, calendars against the published ones, zones, texts."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.compliance import texts
from callcenter.compliance.decision import Decision, Verdict
from callcenter.compliance.facts import Block, CaseStanding, Contact, ContactFacts, Outcome, Question, blocks_of
from callcenter.compliance.law import PROFILES
from callcenter.compliance.law.days import DayType, Easter, easter
from callcenter.compliance.law.ru import CALENDAR as RUSSIAN
from callcenter.compliance.law.terms import (
    BlockKind,
    Channel,
    Counts,
    Jurisdiction,
    Limit,
    Opening,
    Scope,
    Window,
    WindowKind,
)
from callcenter.compliance.rules import decide
from core.kernel.localtime import instants
from core.parties import zones
from core.parties.regions import zones_of_address
from core.parties.zones import DebtorZone, ZoneSource

PHONE = "+74950000001"
HOME = {
    Jurisdiction.RU: "Europe/Moscow",
    Jurisdiction.UA: "Europe/Kyiv",
    Jurisdiction.PL: "Europe/Warsaw",
    Jurisdiction.US: "America/New_York",
    Jurisdiction.NONE: "Europe/London",
}


def moment(jurisdiction: Jurisdiction, text: str) -> datetime:
    """A local wall time in the jurisdiction's own zone."""
    (zone,) = DebtorZone((HOME[jurisdiction],), ZoneSource.EXPLICIT).zones()
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def ask(
    jurisdiction: Jurisdiction,
    now: str,
    *history: tuple[str, Outcome],
    channel: Channel = Channel.CALL,
    blocks: tuple[Block, ...] = (),
) -> Decision:
    zone = DebtorZone((HOME[jurisdiction],), ZoneSource.EXPLICIT)
    contacts = [
        Contact(
            at=moment(jurisdiction, at), channel=channel, outcome=outcome, party_id=1, debts=frozenset({5}), phone=PHONE
        )
        for at, outcome in history
    ]
    question = Question(party_id=1, channel=channel, zone=zone, debts=frozenset({5}), phone=PHONE, blocks=blocks)
    return decide(question, contacts, PROFILES[jurisdiction], moment(jurisdiction, now))


ANSWERED, UNANSWERED, LIVE = Outcome.ANSWERED, Outcome.UNANSWERED, Outcome.LIVE


@pytest.mark.parametrize(
    ("jurisdiction", "now", "allowed_at"),
    [
        ("RU", "2026-03-11 07:59:59", "2026-03-11 08:00"),
        ("RU", "2026-03-11 22:00", "2026-03-12 08:00"),
        ("RU", "2026-03-13 22:00", "2026-03-14 09:00"),
        ("RU", "2026-03-14 20:00", "2026-03-15 09:00"),
        ("RU", "2026-03-09 08:30", "2026-03-09 09:00"),  # a Monday of rest
        ("RU", "2026-12-31 20:30", "2027-01-01 09:00"),
        ("UA", "2026-03-13 20:00", "2026-03-16 09:00"),
        ("UA", "2026-03-11 08:59", "2026-03-11 09:00"),
        ("UA", "2026-12-24 21:00", "2026-12-28 09:00"),
        ("PL", "2026-03-11 22:30", "2026-03-12 06:00"),
        ("PL", "2026-04-06 07:00", "2026-04-06 08:00"),  # Easter Monday
        ("US", "2026-03-07 21:00", "2026-03-08 08:00"),  # the night the clocks go forward
        ("US", "2026-10-31 21:00", "2026-11-01 08:00"),  # and back
        ("NONE", "2026-03-08 03:00", "2026-03-08 03:00"),
    ],
)
def test_hours(jurisdiction: str, now: str, allowed_at: str) -> None:
    where = Jurisdiction(jurisdiction)
    decision = ask(where, now)
    assert decision.next_allowed_at == moment(where, allowed_at)
    assert decision.allowed == (moment(where, now) == moment(where, allowed_at))


@pytest.mark.parametrize(
    ("jurisdiction", "now", "history", "rule_id", "allowed_at"),
    [
        ("RU", "2026-03-11 12:00", [("2026-03-11 09:00", ANSWERED)], "ru.calls.day", "2026-03-12 08:00"),
        ("RU", "2026-03-11 12:00", [("2026-03-11 11:59", LIVE)], "ru.calls.day", "2026-03-12 08:00"),
        ("RU", "2026-03-11 12:00", [("2026-03-11 11:59", UNANSWERED)] * 3, None, "2026-03-11 12:00"),
        (
            "RU",
            "2026-03-12 12:00",
            [("2026-03-09 10:00", ANSWERED), ("2026-03-10 10:00", ANSWERED)],
            "ru.calls.week",
            "2026-03-16 08:00",
        ),
        (
            "RU",
            "2026-03-31 12:00",
            [(f"2026-03-{day:02} 10:00", ANSWERED) for day in range(3, 27, 3)],
            "ru.calls.month",
            "2026-04-01 08:00",
        ),
        ("UA", "2026-03-11 12:00", [("2026-03-11 09:30", ANSWERED)], None, "2026-03-11 12:00"),
        ("UA", "2026-03-13 12:00", [("2026-03-13 09:30", ANSWERED)] * 2, "ua.interactions.day", "2026-03-16 09:00"),
        ("US", "2026-03-11 12:00", [("2026-03-11 09:00", ANSWERED)], "us.conversation.7_days", "2026-03-18 08:00"),
        ("US", "2026-03-11 12:00", [("2026-03-09 09:00", UNANSWERED)] * 6, None, "2026-03-11 12:00"),
        ("US", "2026-03-11 12:00", [("2026-03-09 09:00", UNANSWERED)] * 7, "us.calls.7_days", "2026-03-16 08:00"),
        (
            "PL",
            "2026-03-11 12:00",
            [("2026-03-11 09:00", UNANSWERED)] * 4,
            "pl.unanswered.debtor.day",
            "2026-03-12 06:00",
        ),
        ("NONE", "2026-03-11 12:00", [("2026-03-11 09:00", ANSWERED)] * 20, None, "2026-03-11 12:00"),
    ],
)
def test_limits(
    jurisdiction: str, now: str, history: list[tuple[str, Outcome]], rule_id: str | None, allowed_at: str
) -> None:
    where = Jurisdiction(jurisdiction)
    decision = ask(where, now, *history)
    assert decision.rule_id == rule_id
    assert decision.next_allowed_at == moment(where, allowed_at)


def test_the_rule_that_binds_longest_is_named_and_all_are_listed() -> None:
    decision = ask(Jurisdiction.RU, "2026-03-10 23:00", ("2026-03-09 10:00", ANSWERED), ("2026-03-10 10:00", ANSWERED))
    assert [one.rule_id for one in decision.findings] == ["ru.calls.week", "ru.hours", "ru.calls.day"]
    assert decision.rule_id == "ru.calls.week"
    never = ask(Jurisdiction.RU, "2026-03-10 23:00", blocks=(Block(kind=BlockKind.BANKRUPT),))
    assert never.rule_id == "ru.block.bankrupt"
    assert never.next_allowed_at is None


def test_until_is_when_the_hours_close() -> None:
    assert ask(Jurisdiction.RU, "2026-03-11 12:00").until == moment(Jurisdiction.RU, "2026-03-11 22:00")
    assert ask(Jurisdiction.NONE, "2026-03-11 12:00").until is None


@pytest.mark.parametrize(
    ("known", "likeliest"),
    [
        ({"phone": "+79161234567"}, "Europe/Moscow"),
        ({"phone": "+79161234567", "address": ("Asia/Vladivostok",)}, "Asia/Vladivostok"),
        ({"country": "US"}, "America/New_York"),
        ({"address": ("Australia/Perth", "Australia/Sydney", "Australia/Darwin")}, "Australia/Darwin"),
        ({}, "UTC"),
    ],
)
def test_the_likeliest_of_the_candidate_zones(known: dict[str, object], likeliest: str) -> None:
    """For what is no matter of law: the one most people keep, else the middle."""
    assert zones.resolve(**known).likeliest().key == likeliest  # type: ignore[arg-type]


@pytest.mark.parametrize(("day", "bound"), [(10, True), (11, False)])
def test_a_suspension_ends_with_its_last_day_where_the_debtor_is(day: int, bound: bool) -> None:
    facts = ContactFacts(jurisdiction=Jurisdiction.US, case=CaseStanding.SUSPENDED, suspended_until=date(2026, 12, 10))
    zone = zones.resolve(explicit="America/Los_Angeles")
    late = datetime(2026, 12, day, 20, tzinfo=ZoneInfo("America/Los_Angeles"))
    blocks = blocks_of(facts, zone, late.astimezone(UTC))
    assert [one.kind for one in blocks] == [BlockKind.CASE_SUSPENDED] * bound


def test_most_restrictive_of_the_candidate_zones() -> None:
    zone = zones.resolve(phone="+79000000001", country="RU")
    assert zone.source is ZoneSource.CANDIDATES
    question = Question(party_id=1, channel=Channel.CALL, zone=zone, phone="+79000000001")
    noon_in_moscow = datetime(2026, 3, 11, 9, tzinfo=UTC)
    decision = decide(question, [], PROFILES[Jurisdiction.RU], noon_in_moscow)
    assert decision.allowed
    assert decision.until == datetime(2026, 3, 11, 10, tzinfo=UTC)  # ten in the evening in Kamchatka
    evening = decide(question, [], PROFILES[Jurisdiction.RU], noon_in_moscow + timedelta(hours=2))
    assert evening.next_allowed_at == datetime(2026, 3, 12, 6, tzinfo=UTC)  # eight in the morning in Kaliningrad
    assert evening.zone == "Asia/Sakhalin"  # where it has just struck ten


@pytest.mark.parametrize(
    ("known", "names", "source"),
    [
        ({"explicit": "Asia/Omsk", "phone": "+74950000001"}, ("Asia/Omsk",), ZoneSource.EXPLICIT),
        ({"of_phone": "Asia/Omsk", "phone": "+74950000001"}, ("Asia/Omsk",), ZoneSource.PHONE),
        ({"phone": "+74950000001", "address": ("Asia/Omsk",)}, ("Europe/Moscow",), ZoneSource.PREFIX),
        ({"phone": "+79000000001", "address": ("Asia/Omsk",)}, ("Asia/Omsk",), ZoneSource.ADDRESS),
        ({"phone": "+74012000001"}, ("Europe/Kaliningrad",), ZoneSource.PREFIX),
        ({"phone": "+12125550123"}, ("America/New_York",), ZoneSource.PREFIX),
        ({"phone": "+380500000001"}, ("Europe/Kyiv",), ZoneSource.PREFIX),
        ({"explicit": "Mars/Olympus", "phone": "+48220000001"}, ("Europe/Warsaw",), ZoneSource.PREFIX),
        ({"country": "PL"}, ("Europe/Warsaw",), ZoneSource.CANDIDATES),
        ({}, ("UTC",), ZoneSource.CANDIDATES),
        ({"phone": "not a number"}, ("UTC",), ZoneSource.CANDIDATES),
    ],
)
def test_zone_by_the_best_source(known: dict[str, object], names: tuple[str, ...], source: ZoneSource) -> None:
    assert zones.resolve(**known) == DebtorZone(names, source)  # type: ignore[arg-type]


def test_a_mobile_may_be_anywhere_in_its_country_and_only_there() -> None:
    found = zones.zones_of_phone("+79000000001")
    assert {"Europe/Kaliningrad", "Europe/Moscow", "Asia/Kamchatka"} <= set(found)
    assert not {"Asia/Almaty", "Europe/Bucharest"} & set(found)
    assert "America/New_York" in zones.zones_of_phone("+18005550123")


def days_of_rest(jurisdiction: Jurisdiction, year: int) -> set[str]:
    """Days off that are no ordinary Saturday or Sunday."""
    calendar = PROFILES[jurisdiction].calendar
    every = (date(year, 1, 1) + timedelta(days=n) for n in range(365 + (year % 4 == 0)))
    return {f"{day:%m-%d}" for day in every if day.weekday() < 5 and calendar.day_type(day) is not DayType.WORKING}


def test_published_calendars() -> None:
    new_year = {"01-01", "01-02", "01-05", "01-06", "01-07", "01-08"}
    assert days_of_rest(Jurisdiction.RU, 2026) == new_year | {
        "01-09", "02-23", "03-09", "05-01", "05-11", "06-12", "11-04", "12-31",
    }  # fmt: skip
    assert days_of_rest(Jurisdiction.RU, 2025) == {
        "01-01", "01-02", "01-03", "01-06", "01-07", "01-08", "05-01", "05-02", "05-08", "05-09", "06-12", "06-13",
        "11-03", "11-04", "12-31",
    }  # fmt: skip
    assert RUSSIAN.day_type(date(2025, 11, 1)) is DayType.WORKING
    assert days_of_rest(Jurisdiction.PL, 2026) == {
        "01-01", "01-06", "04-06", "05-01", "06-04", "11-11", "12-24", "12-25",
    }  # fmt: skip
    assert days_of_rest(Jurisdiction.UA, 2026) == {
        "01-01", "03-09", "04-13", "05-01", "05-08", "06-01", "07-15", "08-24", "10-01", "12-25", "06-29",
    }  # fmt: skip
    assert days_of_rest(Jurisdiction.US, 2026) == set()


def test_a_holiday_on_a_weekend_moves_by_law_where_no_decree_has_spoken() -> None:
    assert {"05-03", "05-10", "06-14"} <= days_of_rest(Jurisdiction.RU, 2027)
    assert "01-11" not in days_of_rest(Jurisdiction.RU, 2027)


def test_easter() -> None:
    assert [easter(year, Easter.WESTERN) for year in (2024, 2025, 2026, 2027)] == [
        date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28),
    ]  # fmt: skip
    assert [easter(year, Easter.ORTHODOX) for year in (2024, 2025, 2026, 2027)] == [
        date(2024, 5, 5), date(2025, 4, 20), date(2026, 4, 12), date(2027, 5, 2),
    ]  # fmt: skip


def test_skipped_and_repeated_local_times() -> None:
    (york,) = DebtorZone(("America/New_York",), ZoneSource.EXPLICIT).zones()
    assert instants(date(2026, 3, 8), 150, york) == (datetime(2026, 3, 8, 7, tzinfo=UTC),)
    assert instants(date(2026, 11, 1), 90, york) == (
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    )


def test_a_minor_comes_of_age_on_the_birthday_where_he_is() -> None:
    zone = DebtorZone(("Europe/Moscow", "Asia/Kamchatka"), ZoneSource.CANDIDATES)
    facts = ContactFacts(jurisdiction=Jurisdiction.RU, born=date(2008, 2, 29))
    (block,) = blocks_of(facts, zone, datetime(2026, 2, 28, 12, tzinfo=UTC))
    assert block == Block(kind=BlockKind.MINOR, ends_at=datetime(2026, 2, 28, 21, tzinfo=UTC))
    assert blocks_of(facts, zone, datetime(2026, 2, 28, 21, tzinfo=UTC)) == ()


def test_every_rule_has_an_id_of_its_own_and_a_clause() -> None:
    rules = [rule for profile in PROFILES.values() for rule in profile.rules()]
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.clause for rule in rules)
    assert all({rule.kind for rule in profile.blocks} == set(BlockKind) for profile in PROFILES.values())


@given(
    counts=st.sampled_from(Counts),
    kind=st.sampled_from(WindowKind),
    inbound=st.booleans(),
    maximum=st.integers(0, 9),
)
def test_every_reason_reads_as_a_sentence(counts: Counts, kind: WindowKind, inbound: bool, maximum: int) -> None:
    limit = Limit(
        id="x",
        clause="x",
        confirmed=True,
        channels=frozenset(Channel),
        window=Window(kind, 7),
        maximum=maximum,
        counts=counts,
        scope=Scope.DEBTOR,
        inbound=inbound,
    )
    for message in (texts.spent(limit, 3), texts.tally(limit, 3)):
        assert "{" not in str(message)
    for day in DayType:
        assert "{" not in str(texts.outside_hours(day, Opening(480, 1440), 30))
        assert "{" not in str(texts.outside_hours(day, None, 30))
    assert all(str(texts.blocked(one)) for one in BlockKind)


def test_a_decision_survives_storage() -> None:
    decision = ask(
        Jurisdiction.RU, "2026-03-14 23:00", ("2026-03-14 10:00", ANSWERED), blocks=(Block(kind=BlockKind.HOSPITAL),)
    )
    assert decision.verdict is Verdict.DENY
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(decision)), Decision) == decision


@pytest.mark.parametrize(
    ("region", "zone"),
    [
        ("Томская область", "Asia/Tomsk"),
        ("Омская обл.", "Asia/Omsk"),
        ("Костромская область", "Europe/Moscow"),
        ("Ямало-Ненецкий автономный округ", "Asia/Yekaterinburg"),
        ("Ненецкий автономный округ", "Europe/Moscow"),
        ("Пермский край, Коми-Пермяцкий округ", "Asia/Yekaterinburg"),
        ("Республика Коми", "Europe/Moscow"),
        ("г. Санкт-Петербург", "Europe/Moscow"),
        ("Республика Саха (Якутия)", "Asia/Srednekolymsk"),
        ("Сахалинская область", "Asia/Sakhalin"),
        ("Краснодарский край", "Europe/Moscow"),
        ("КРАСНОЯРСКИЙ КРАЙ", "Asia/Krasnoyarsk"),
        ("Приморский край", "Asia/Vladivostok"),
    ],
)
def test_zone_of_a_russian_region(region: str, zone: str) -> None:
    assert zone in zones_of_address("RU", region)
    assert zones_of_address("RU", region) == zones_of_address(None, region)
    assert len(zones_of_address("RU", region)) == (3 if "Якутия" in region else 1)


def test_zone_of_an_address_elsewhere() -> None:
    assert zones_of_address("PL", "mazowieckie") == ("Europe/Warsaw",)
    assert zones_of_address("RU", "unknown") == zones.zones_of_country("RU")
    assert zones_of_address(None, None) == ()
