"""Pacing is told every end once and rightly, whatever the clocks of exchange and program say."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import floor

import pytest

from callcenter.campaigns.budget import HOUR, Budget
from callcenter.campaigns.floor import FloorView
from callcenter.campaigns.model import Campaign, CampaignAttempt, Mode
from callcenter.campaigns.pacers import Pacers
from callcenter.campaigns.pacing import Move, Pacer, Policy, View
from callcenter.campaigns.ports import Standing

_START = datetime(2026, 3, 2, 10, tzinfo=UTC)


def _at(seconds: float) -> datetime:
    return _START + timedelta(seconds=seconds)


def _campaign(**rules: object) -> Campaign:
    plain = {
        "ceiling": 0.03,
        "ring_seconds": 25,
        "connect_seconds": 2,
        "most_per_agent": 3.0,
        "machines": "off",
        "withdraws": True,
    }
    return Campaign(id=1, mode=Mode.PREDICTIVE, **(plain | rules))


def _attempt(number: int = 1, **known: object) -> CampaignAttempt:
    return CampaignAttempt(id=number, campaign_id=1, entry_id=number, call_id=number, **({"at": _at(0)} | known))


def _floor(
    at: float,
    *attempts: CampaignAttempt,
    campaign: Campaign | None = None,
    standing: Mapping[int, Standing] | None = None,
) -> FloorView:
    one: Sequence[Campaign] = [campaign or _campaign()]
    return FloorView(
        at=_at(at),
        campaigns=one,
        due=frozenset({1}),
        staff={1: frozenset({7})},
        standing=standing or {},
        flights=[each for each in attempts if each.ended_at is None],
        landed=[each for each in attempts if each.ended_at is not None],
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for name in ("answered", "unanswered", "abandoned", "talked", "wrapped"):
        monkeypatch.setattr(Pacer, name, lambda self, *args, name=name: found.append((name, *args[-1:])))
    return found


def test_a_machine_is_never_told_as_an_answer(told: list[tuple[object, ...]]) -> None:
    """Until it is known whether a person answered, nothing is: machines must not make the ceiling wider."""
    pacers, campaign = Pacers(), _campaign(machines="hang_up")
    picked_up = _attempt(picked_up_at=_at(8))
    pacers.learn(_floor(9, picked_up, campaign=campaign))
    assert told == []
    picked_up.ended_at, picked_up.outcome = _at(11), "VM"
    pacers.learn(_floor(12, picked_up, campaign=campaign))
    assert told == [("unanswered", 8.0)]


def test_a_person_is_an_answer_as_soon_as_he_is_judged_one(told: list[tuple[object, ...]]) -> None:
    pacers, campaign = Pacers(), _campaign(machines="hang_up")
    person, machine = _attempt(picked_up_at=_at(8)), _attempt(2, picked_up_at=_at(8))
    person.answered_by, machine.answered_by = "unsure", "machine"
    floor = _floor(10, person, machine, campaign=campaign)
    pacers.learn(floor)
    assert told == [("answered", 8.0)]
    assert pacers._view(floor, campaign, [], []).waiting == 1, "a machine waits for nobody"


def test_an_end_is_told_once(told: list[tuple[object, ...]]) -> None:
    """An exchange whose clock is ahead shows the same end at two looks."""
    pacers = Pacers()
    lost = _attempt(picked_up_at=_at(8), ended_at=_at(30), outcome="ABANDONED")
    pacers.learn(_floor(12, lost), [lost])
    pacers.learn(_floor(13, lost))
    assert [name for name, *_ in told] == ["answered", "abandoned"]


def test_a_clock_that_is_behind_gives_no_negative_seconds(told: list[tuple[object, ...]]) -> None:
    Pacers().learn(_floor(1, _attempt(picked_up_at=_at(-5)), _attempt(2, ended_at=_at(-3), outcome="BUSY")))
    assert sorted(told) == [("answered", 0.0), ("unanswered", 0.0)]


def test_a_hold_does_not_end_the_talk(told: list[tuple[object, ...]]) -> None:
    pacers = Pacers()
    for at, state, since in ((5, "talking", 0), (65, "hold", 60), (95, "talking", 90), (121, "wrap_up", 120)):
        pacers.learn(_floor(at, standing={7: Standing(user_id=7, state=state, since=_at(since), call_id=3)}))
    pacers.learn(_floor(141, standing={7: Standing(user_id=7, state="available", since=_at(140), call_id=None)}))
    assert told == [("talked", 120.0), ("wrapped", 20.0)]


def _is(state: str, since: float, call_id: int | None = None) -> dict[int, Standing]:
    return {7: Standing(user_id=7, state=state, since=_at(since), call_id=call_id)}


def test_a_talk_without_a_wrap_up_is_told_as_one_of_no_length(told: list[tuple[object, ...]]) -> None:
    pacers = Pacers()
    for at, state, since in (
        (5, "talking", 0),
        (60.1, "available", 60),
        (60.6, "available", 60),
        (61, "available", 60),
    ):
        pacers.learn(_floor(at, standing=_is(state, since, 3 if state == "talking" else None)))
    assert told == [("talked", 60.0), ("wrapped", 0.0)]
    for at, state, since in (
        (70, "talking", 65),
        (80.1, "available", 80),
        (80.2, "wrap_up", 80.05),
        (90, "available", 90),
    ):
        pacers.learn(_floor(at, standing=_is(state, since, 4 if state == "talking" else None)))
    assert told[2:] == [("talked", 15.0), ("wrapped", pytest.approx(9.95))]
    for at, call in ((100, 5), (130, 6)):
        pacers.learn(_floor(at, standing=_is("talking", at - 1, call)))
    assert told[4:] == [("talked", 30.0), ("wrapped", 0.0)]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[View]:
    found: list[View] = []
    monkeypatch.setattr(Pacer, "decide", lambda self, view: found.append(view) or Move())
    return found


def test_who_is_free_is_seen_at_once_but_for_the_moment_before_a_wrap_up(seen: list[View]) -> None:
    pacers, campaign = Pacers(), _campaign()
    for at, state, since in (
        (5, "wrap_up", 0),
        (6.1, "available", 6),
        (20, "talking", 10),
        (30.1, "available", 30),
        (30.6, "available", 30),
    ):
        floor_now = _floor(at, campaign=campaign, standing=_is(state, since, 3 if state == "talking" else None))
        pacers.learn(floor_now)
        pacers.decide(floor_now, campaign, [7])
    assert [one.idle for one in seen] == [0, 1, 0, 0, 1]


def test_a_debtor_whom_a_collector_has_does_not_wait_and_does_not_ring(seen: list[View]) -> None:
    """States are written by another hand than attempts, sooner or later."""
    pacers, campaign = Pacers(), _campaign()
    attempts = (_attempt(1, picked_up_at=_at(4)), _attempt(2), _attempt(3, picked_up_at=_at(4)), _attempt(4))
    for call_id in (1, 2, None):
        floor_now = _floor(5, *attempts, campaign=campaign, standing=_is("ringing", 4, call_id))
        pacers.learn(floor_now)
        pacers.decide(floor_now, campaign, [7])
    assert [(one.waiting, len(one.ringing)) for one in seen] == [(1, 2), (2, 1), (2, 2)]


def test_while_nothing_is_known_no_more_rings_than_there_are_free() -> None:
    view = View(now=100.0, idle=2, talking=(99.0,), wrapping=(), ringing=(95.0, 98.0, 92.0), waiting=1)
    assert Pacer(Policy(ceiling=0.03, withdraws=True)).decide(view) == Move(withdraw=(1, 0))
    assert Pacer(Policy(ceiling=0.03)).decide(view) == Move()


def test_another_ceiling_keeps_what_the_hour_holds() -> None:
    pacer = Pacer(Policy(ceiling=0.03))
    for n in range(100):
        pacer.answered(float(n), 5.0)
    pacer.abandoned(101.0)
    assert floor(pacer._budget.left(102.0, 0.65)) == 2
    pacer.change(Policy(ceiling=0.01))
    assert floor(pacer._budget.left(102.0, 0.65)) == 0


def test_the_budget_may_be_told_in_any_order() -> None:
    late, right = Budget(0.03), Budget(0.03)
    answers = [float(n) for n in range(0, 3000, 20)]
    for at in reversed(answers):
        late.answered(at)
    for at in answers:
        right.answered(at)
    for budget in (late, right):
        budget.abandoned(2000.0)
        budget.abandoned(1000.0)
    for now in (3000.0, HOUR + 500, HOUR + 1500, HOUR + 2500):
        assert late.left(now, 0.65) == right.left(now, 0.65)
