"""Sums of rights, reach, locks: properties over everything that can be given."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.access import Actor, Scope
from core.people.rules import (
    SESSION_IDLE,
    SESSION_LONGEST,
    UnitNode,
    below,
    covers,
    exceeding,
    lock_after,
    narrowed,
    password_fault,
    reach,
    session_end,
    sum_rights,
)

RIGHTS = st.sampled_from(["cases.view", "cases.edit", "calls.view", "users.edit"])
PROFILE = st.dictionaries(RIGHTS, st.sampled_from(Scope))
PROFILES = st.lists(PROFILE, max_size=5)
START = datetime(2026, 3, 11, 9, tzinfo=UTC)


@st.composite
def trees(draw: st.DrawFn) -> list[UnitNode]:
    """Forests of up to eight units, heads and deputies among users 1 to 4."""
    count = draw(st.integers(1, 8))
    people = st.none() | st.integers(1, 4)
    return [
        UnitNode(
            id=number,
            parent_id=draw(st.none() | st.integers(1, number - 1)) if number > 1 else None,
            head_id=draw(people),
            deputy_id=draw(people),
        )
        for number in range(1, count + 1)
    ]


@given(PROFILES)
def test_the_sum_is_the_union_with_the_widest_scope(profiles: list[dict[str, Scope]]) -> None:
    total = sum_rights(profiles)
    assert set(total) == {right for profile in profiles for right in profile}
    for right, scope in total.items():
        assert scope == max(profile[right] for profile in profiles if right in profile)


@given(PROFILES, PROFILE)
def test_one_more_profile_never_takes_a_right_away(profiles: list[dict[str, Scope]], more: dict[str, Scope]) -> None:
    before, after = sum_rights(profiles), sum_rights([*profiles, more])
    assert all(after[right] >= scope for right, scope in before.items())


@given(PROFILES)
def test_the_order_of_profiles_does_not_matter(profiles: list[dict[str, Scope]]) -> None:
    assert sum_rights(profiles) == sum_rights(reversed(profiles)) == sum_rights([*profiles, *profiles])


@given(PROFILE, st.sets(RIGHTS | st.just("unknown.right")))
def test_a_token_never_gets_more_than_its_user(held: dict[str, Scope], wanted: set[str]) -> None:
    assert not exceeding(narrowed(held, wanted), held)
    assert set(narrowed(held, wanted)) == set(held) & wanted


@given(PROFILE, PROFILE)
def test_exceeding_names_exactly_what_is_too_much(given_: dict[str, Scope], held: dict[str, Scope]) -> None:
    beyond = exceeding(given_, held)
    for right, scope in given_.items():
        assert (right in beyond) == (held.get(right, 0) < scope)


@given(trees(), st.integers(1, 4), st.integers(0, 9))
def test_reach_against_walking_up_from_every_unit(units: list[UnitNode], user: int, own: int) -> None:
    parents = {unit.id: unit.parent_id for unit in units}

    def upwards(unit_id: int) -> list[int]:
        line = [unit_id]
        while (parent := parents[line[-1]]) is not None:
            line.append(parent)
        return line

    led = {unit.id for unit in units if user in (unit.head_id, unit.deputy_id)}
    team = {one for one in parents if one == own or led & set(upwards(one))}
    tops = {upwards(one)[-1] for one in team}
    department = {one for one in parents if upwards(one)[-1] in tops}
    assert reach(units, user, own) == (team, department)


@given(trees(), st.sets(st.integers(1, 8)))
def test_below_holds_its_roots_and_grows_with_them(units: list[UnitNode], roots: set[int]) -> None:
    assert roots <= below(units, roots)
    assert all(below(units, {root}) <= below(units, roots) for root in roots)


def test_a_tree_that_bites_its_tail_ends() -> None:
    ring = [UnitNode(id=1, parent_id=2), UnitNode(id=2, parent_id=1)]
    assert below(ring, [1]) == {1, 2}
    assert reach(ring, 5, 1)[0] == {1}


@given(st.sampled_from(Scope), st.none() | st.integers(1, 3), st.none() | st.integers(1, 6))
def test_covers_widens_with_the_scope(scope: Scope, owner: int | None, unit: int | None) -> None:
    def reached(held: Scope) -> bool:
        me = Actor(
            user_id=1,
            login="me",
            rights={"cases.view": held},
            team=frozenset({1, 2}),
            department=frozenset({1, 2, 3, 4}),
        )
        return covers(me, "cases.view", owner_id=owner, unit_id=unit)

    oracle = {
        Scope.OWN: owner == 1,
        Scope.TEAM: owner == 1 or unit in {1, 2},
        Scope.DEPARTMENT: owner == 1 or unit in {1, 2, 3, 4},
        Scope.ALL: True,
    }
    assert reached(scope) == oracle[scope]
    assert all(reached(wider) for wider in Scope if wider >= scope and reached(scope))


def test_without_the_right_nothing_is_covered() -> None:
    nobody = Actor(user_id=1, login="me", rights={})
    assert not covers(nobody, "cases.view", owner_id=1, unit_id=None)


@given(st.integers(0, 1000))
def test_locks_grow_and_end(failures: int) -> None:
    now, then = lock_after(failures), lock_after(failures + 1)
    assert (now is None) == (failures <= 4)
    assert (now or timedelta()) <= (then or timedelta()) <= timedelta(hours=1)


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(hours=20)))
def test_a_session_ends_when_idle_and_in_any_case(used_after: timedelta) -> None:
    end = session_end(START, START + used_after)
    assert end <= START + SESSION_LONGEST
    assert end <= START + used_after + SESSION_IDLE


@pytest.mark.parametrize(
    ("password", "fits"),
    [
        ("correct horse battery", True),
        ("правильная лошадь", True),
        ("short", False),
        ("x" * 201, False),
        ("my name is ANNA", False),
        ("abababababab", False),
    ],
)
def test_what_a_password_must_be(password: str, fits: bool) -> None:
    assert (password_fault(password, "anna") is None) == fits
