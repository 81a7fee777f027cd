"""Campaigns on a real exchange: who is rung, by whom, how often, and what comes of it."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.callbacks.model import Callback
from callcenter.calls.model import Call
from callcenter.campaigns.model import CampaignEntry, EntryState
from callcenter.compliance.model import ContactAttempt
from callcenter.compliance.queries import OUTCOMES
from telephony.lab import sipp
from telephony.lab.scenarios import Answer
from tests.e2e.campaigning import Scene, opened, until_ended
from tests.plugins.asterisk import eventually
from tests.plugins.figures import Figure
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened(tmp_path, 12) as scene:
        yield scene


@pytest.mark.parametrize("mode", ["progressive", "predictive"])
async def test_campaign_with_collectors(scene: Scene, mode: str) -> None:
    """Everybody is rung once, hears a collector at once, and no contact is counted that was not made."""
    debtors = scene.debtors[:6]
    with sipp.answer(scene.lab.required().pbx.trunk, seconds=1.0, ring_seconds=0.3) as trunk:
        campaign_id = await scene.campaign(debtors, mode=mode)
        await until_ended(scene, campaign_id, 6)
        rung = Counter(event.name for event in trunk.events())
    made = await scene.attempts(campaign_id)
    assert rung["started"] == 6, "nobody is rung twice"
    assert {one.phone for one in made} == {one.phone for one in debtors}
    assert [one.outcome for one in made] == ["TALK"] * 6
    assert {one.user_id for one in made} == set(scene.desks)
    waits = [
        (one.connected_at - one.picked_up_at).total_seconds() for one in made if one.connected_at and one.picked_up_at
    ]
    assert len(waits) == 6
    assert max(waits) < 1.0, waits
    async with scene.database.read() as session:
        calls = (await session.scalars(select(Call).where(Call.campaign_id == campaign_id))).all()
        contacts = (await session.scalars(select(ContactAttempt).where(ContactAttempt.state.in_(OUTCOMES)))).all()
        states = set(await session.scalars(select(CampaignEntry.state)))
    assert {call.queue for call in calls} == {f"campaign-{campaign_id}"}
    assert {call.case_id for call in calls} == {one.case_id for one in debtors}
    assert Counter(one.party_id for one in contacts) == Counter(one.party_id for one in debtors)
    assert states == {EntryState.TALKED}


async def test_results_of_the_network_decide_what_follows(scene: Scene) -> None:
    trunk = scene.lab.required().pbx.trunk
    with sipp.answer(trunk, Answer.BUSY, ring_seconds=0.3):
        busy = await scene.campaign(scene.debtors[:2])
        await until_ended(scene, busy, 2)
    with sipp.answer(trunk, Answer.NO_ANSWER):
        silent = await scene.campaign(scene.debtors[2:4])
        await until_ended(scene, silent, 2)
    async with scene.database.read() as session:
        entries = {one.campaign_id: one for one in await session.scalars(select(CampaignEntry))}
    assert {one.outcome for one in await scene.attempts(busy)} == {"BUSY"}
    assert {one.outcome for one in await scene.attempts(silent)} == {"NA"}
    assert {entries[busy].state, entries[silent].state} == {EntryState.WAITING}
    assert entries[busy].reason == "BUSY"
    await _the_higher_comes_first(scene)


async def _the_higher_comes_first(scene: Scene) -> None:
    """Of two campaigns with the same collectors; the lower has them while the higher is paused, and when it is through.
    Both begin while the collectors are at lunch."""
    for desk in scene.desks.values():
        assert (await desk.post("/me/state", state="pause", reason="lunch")).status_code == 204
    with sipp.answer(scene.lab.required().pbx.trunk, seconds=1.5, ring_seconds=0.3):
        lower = await scene.campaign(scene.debtors[4:8])
        higher = await scene.campaign(scene.debtors[8:], priority="5")
        for desk in scene.desks.values():
            assert (await desk.post("/me/state", state="available")).status_code == 204
        await _until_made(scene, higher, 2)
        await scene.admin.post(f"/campaigns/{higher}/pause")
        await _until_made(scene, lower, 2)
        await scene.admin.post(f"/campaigns/{higher}/start")
        await until_ended(scene, higher, 4)
        await until_ended(scene, lower, 4)
    made = [(one.at, one.campaign_id) for each in (lower, higher) for one in await scene.attempts(each)]
    assert [one for _at, one in sorted(made)] == [*[higher] * 2, *[lower] * 2] * 2


async def _until_made(scene: Scene, campaign_id: int, count: int) -> None:
    """Wait for exactly so many attempts; until then collectors say at once that they are done with their calls."""

    async def made() -> bool:
        await scene.wrap_ups_end()
        return len(await scene.attempts(campaign_id)) == count

    await until(made, within=60, every=0.2)


async def test_a_phone_that_rings_for_collectors_who_left_is_hung_up(scene: Scene, figure: Figure) -> None:
    """Rather than answered by nobody: at once, counted as an attempt, and nobody is owed a call."""
    with sipp.answer(scene.lab.required().pbx.trunk, ring_seconds=5.0) as line:
        campaign_id = await scene.campaign(scene.debtors[:2], withdraws="1")
        await eventually(line.events)
        left = datetime.now(UTC)
        for desk in scene.desks.values():
            assert (await desk.post("/me/state", state="pause", reason="lunch")).status_code == 204
        await until_ended(scene, campaign_id, 2)
    made = await scene.attempts(campaign_id)
    assert [(one.recalled, one.outcome) for one in made] == [(True, "NA")] * 2
    withdrawn = [(one.withdrawn_at - left).total_seconds() for one in made if one.withdrawn_at]
    over = [(one.ended_at - left).total_seconds() for one in made if one.ended_at]
    figure("withdrawn after, s", max(withdrawn))
    figure("over after, s", max(over))
    assert max(over) < 3, "the phones ring five seconds"
    async with scene.database.read() as session:
        entries = (await session.scalars(select(CampaignEntry))).all()
        owed = (await session.scalars(select(Callback))).all()
        contacts = (await session.scalars(select(ContactAttempt))).all()
    assert [(one.state, one.attempts) for one in entries] == [(EntryState.WAITING, 1)] * 2
    assert not owed
    assert len(contacts) == 2, "contact law counts them"


async def test_who_finds_nobody_hears_why_and_is_called_back(scene: Scene) -> None:
    """A collector whose phone is not picked up: the debtor waits two seconds, hears the apology, and is owed a call."""
    trunk = scene.lab.required().pbx.trunk
    for desk in scene.desks.values():  # at lunch as soon as the line rings: nobody takes it
        await desk.post("/me/state", state="available")
    with sipp.answer(trunk, ring_seconds=1.5) as line:
        campaign_id = await scene.campaign(scene.debtors[:1])
        await eventually(line.events)
        for desk in scene.desks.values():
            assert (await desk.post("/me/state", state="pause", reason="lunch")).status_code == 204
        await until_ended(scene, campaign_id, 1)
    (attempt,) = await scene.attempts(campaign_id)
    assert attempt.outcome == "ABANDONED"
    assert attempt.picked_up_at is not None
    assert attempt.ended_at is not None
    assert 2 <= (attempt.ended_at - attempt.picked_up_at).total_seconds() < 6
    async with scene.database.read() as session:
        owed = (await session.scalars(select(Callback).where(Callback.source_call_id == attempt.call_id))).one()
    assert owed.phone == attempt.phone
