"""Every screen gets what is for it, in order, once; a slow one is dropped and comes back without a gap."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.access import Actor, Scope
from core.kernel.clock import ManualClock
from tests.fakes.floor import START
from web.live.hub import MEMORY, QUEUE_LENGTH, Audience, Hub, Screen

RIGHT = "agents.view"


def reader(user_id: int, scope: Scope | None = None, team: int | None = None, language: str = "en") -> Screen:
    rights = {RIGHT: scope} if scope is not None else {}
    units = frozenset({team} if team is not None else ())
    return Screen(Actor(user_id=user_id, login="", rights=rights, team=units, department=units, language=language))


def to(*users: int) -> Audience:
    return Audience(user_ids=frozenset(users))


async def received(screen: Screen) -> list[dict[str, object]]:
    """What waits for the screen, up to the sign put behind it."""
    screen.put('{"seq":-1}')
    got: list[dict[str, object]] = []
    while (text := await screen.next()) is not None and (message := json.loads(text))["seq"] != -1:
        got.append(message)
    return got


@pytest.fixture
def hub() -> Hub:
    return Hub(ManualClock(START))


async def test_messages_go_to_those_they_are_for_and_in_order(hub: Hub) -> None:
    anna, boris = reader(1), reader(2)
    for screen in (anna, boris):
        assert not hub.connect(screen, None)
    for number, audience in enumerate((to(1), to(2), to(1, 2), Audience(everybody=True))):
        hub.publish("test", audience, lambda _language, n=number: {"n": n})  # type: ignore[misc]
    mine = await received(anna)
    assert [message["n"] for message in mine] == [0, 2, 3]
    assert [message["n"] for message in await received(boris)] == [1, 2, 3]
    assert [message["seq"] for message in mine] == [hub.seq - 3, hub.seq - 1, hub.seq]
    assert set(mine[0]) == {"seq", "type", "at", "n"}


@given(st.data())
async def test_a_screen_that_comes_back_misses_nothing_and_gets_nothing_twice(data: st.DataObject) -> None:
    hub, first = Hub(ManualClock(START)), reader(1)
    hub.connect(first, None)
    owners = data.draw(st.lists(st.integers(1, 2), min_size=1, max_size=40))
    cut = data.draw(st.integers(0, len(owners)))
    seen: list[object] = []
    for user in owners[:cut]:
        hub.publish("test", to(user), lambda _language: {})
    seen += [message["seq"] for message in await received(first)]
    hub.disconnect(first)
    after = hub.seq
    for user in owners[cut:]:
        hub.publish("test", to(user), lambda _language: {})
    back = reader(1)
    assert hub.connect(back, after)
    seen += [message["seq"] for message in await received(back)]
    start = hub.seq - len(owners)
    assert seen == [start + number for number, user in enumerate(owners, start=1) if user == 1]


async def test_who_was_away_too_long_gets_a_snapshot(hub: Hub) -> None:
    old = hub.seq
    for _ in range(MEMORY + 1):
        hub.publish("test", to(1), lambda _language: {})
    assert not hub.connect(reader(1), old)
    assert not hub.connect(reader(1), hub.seq + 1)
    assert hub.connect(reader(1), hub.seq)


async def test_after_a_restart_old_numbers_mean_nothing(hub: Hub) -> None:
    hub.publish("test", to(1), lambda _language: {})
    reborn = Hub(ManualClock(START + timedelta(seconds=30)))
    reborn.publish("test", to(1), lambda _language: {})
    assert not reborn.connect(reader(1), hub.seq)


async def test_a_slow_screen_is_dropped_and_the_others_go_on(hub: Hub) -> None:
    slow, quick = reader(1), reader(2)
    hub.connect(slow, None)
    hub.connect(quick, None)
    for _ in range(QUEUE_LENGTH + 10):
        hub.publish("test", to(1, 2), lambda _language: {})
        assert await quick.next() is not None
    assert slow.dropped
    assert await slow.next() is None


@pytest.mark.parametrize(
    ("scope", "team", "seen"),
    [(Scope.ALL, None, True), (Scope.TEAM, 5, True), (Scope.TEAM, 6, False), (Scope.OWN, 5, False), (None, 5, False)],
)
def test_rights_and_reach_decide(scope: Scope | None, team: int | None, seen: bool) -> None:
    audience = Audience(user_ids=frozenset({1}), unit_ids=frozenset({5}), right=RIGHT)
    assert audience.fits(reader(9, scope, team).actor) is seen
    assert audience.fits(reader(1).actor)


async def test_a_message_is_written_once_for_every_language(hub: Hub) -> None:
    made: list[str] = []

    def content(language: str) -> dict[str, object]:
        made.append(language)
        return {"word": language}

    screens = [reader(1), reader(1), reader(1, language="pl")]
    for screen in screens:
        hub.connect(screen, None)
    hub.publish("test", to(1), content)
    assert [(await received(screen))[0]["word"] for screen in screens] == ["en", "en", "pl"]
    assert sorted(made) == ["en", "pl"]


def test_everybody_with_a_right_is_nobody_without_it() -> None:
    audience = Audience(right=RIGHT, everybody=True)
    assert audience.fits(reader(9, Scope.OWN).actor)
    assert not audience.fits(reader(9).actor)


async def test_what_is_for_a_right_is_sent_to_nobody_without_it(hub: Hub) -> None:
    holder, other = reader(1, Scope.OWN), reader(2)
    for screen in (holder, other):
        hub.connect(screen, None)
    hub.publish("test", Audience(right=RIGHT, everybody=True), lambda _language: {})
    assert len(await received(holder)) == 1
    assert not await received(other)


async def test_who_missed_more_than_a_screen_holds_gets_a_snapshot_and_is_not_dropped(hub: Hub) -> None:
    before = hub.seq
    for _ in range(QUEUE_LENGTH + 1):
        hub.publish("test", to(1), lambda _language: {})
    back = reader(1)
    assert not hub.connect(back, before)
    assert not back.dropped
    assert hub.connect(reader(1), before + 1)
