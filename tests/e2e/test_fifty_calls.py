"""Fifty mixed scenarios on real parts: after each the call log agrees, call by call, with Asterisk's CEL and CDR."""

import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.agreement import Account, cdr_since, endpoint, faults, told_by_asterisk, told_by_product
from tests.e2e.floor import SEATS, Floor, Seat, opened
from tests.e2e.scenarios import SCENARIOS, Told
from tests.plugins.asterisk import eventually

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180),
]
SETTLED_SECONDS = 6


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def floor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Floor]:
    async with opened(tmp_path_factory.mktemp("fifty") / "call centre") as floor:
        yield floor


@pytest.mark.parametrize("name", SCENARIOS)
async def test_the_log_agrees(floor: Floor, name: str) -> None:
    since = time.time()
    before = {seat.login: len(seat.heard) for seat in floor.seats.values()}
    try:
        told = await SCENARIOS[name](floor)
        await floor.idle()
    except BaseException:
        await floor.clear()
        raise
    true = told_by_asterisk(floor.lab, since)
    logged = await _settled(floor, since, len(true))
    wrong = faults(logged, true, cdr_since(floor.lab, since), held=told.held)
    assert not wrong, "\n".join(wrong)
    assert sorted(call.phone or "" for call in logged) == sorted(phone or "" for phone in told.phones)
    assert _who_talked(logged) == told.talked
    for seat in floor.seats.values():
        _popped_right(seat, before[seat.login], logged, true, told)
        await _nothing_stands(seat)
    await floor.rested()


async def _settled(floor: Floor, since: float, count: int) -> list[Account]:
    """The log once it has ended as many calls as there were, or after a while whatever it says."""
    database = floor.product.folder / "callcenter.db"

    def look() -> list[Account]:
        calls = told_by_product(database, since)
        return calls if len(calls) == count and all(call.ended for call in calls) else []

    try:
        return await eventually(look, seconds=SETTLED_SECONDS)
    except AssertionError:
        return told_by_product(database, since)


def _who_talked(calls: list[Account]) -> frozenset[str]:
    return frozenset(party.user or "nobody" for call in calls for party in call.collectors() if party.talk > 0.2)


def _popped_right(seat: Seat, since: int, logged: list[Account], true: list[Account], told: Told) -> None:
    """He was shown the calls that rang him, and no others."""
    shown = set[int]()
    for message in seat.heard[since:]:
        offers = message.get("offers", []) if message["type"] == "snapshot" else [message]
        shown |= {offer["call_id"] for offer in offers if message["type"] in ("snapshot", "call.offered")}
    became = {merged: call.call_id for call in logged for merged in call.merged}
    shown = {became.get(call_id) or call_id for call_id in shown}
    rang = set[int]()
    for call in logged:
        twin = next(other for other in true if other.names & call.names)
        own = [
            party
            for party in twin.parties.values()
            if SEATS.get(endpoint(party.channel).removesuffix("d")) == seat.login
        ]
        if any(party.rung for party in own) and call.call_id is not None:
            rang.add(call.call_id)
    assert shown <= rang, f"{seat.login} was shown a call that was not his"
    assert told.away or shown == rang, f"{seat.login} was not shown a call that rang him"


async def _nothing_stands(seat: Seat) -> None:
    await seat.free()
    await expect(seat.page.locator("[data-act=answer]")).to_have_count(0)
    cards = seat.page.locator(".pop-card")
    await expect(cards, f"{seat.login} still sees {await cards.all_inner_texts()}").to_have_count(0)
    assert await seat.standing() == []
