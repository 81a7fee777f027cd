"""Asterisk killed under forty calls, a running dialler's among them: every call is closed and says why, nobody is rung
twice, nothing stays reserved, and the dialler goes on by itself."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.agents.model import AgentState
from callcenter.callbacks.model import Callback
from callcenter.calls.facts import Direction
from callcenter.calls.model import Call
from callcenter.campaigns.model import CampaignAttempt, CampaignEntry, EntryState
from callcenter.compliance.model import AttemptState, ContactAttempt
from telephony.lab import sipp
from tests.cel import Cel, Channel
from tests.e2e.campaigning import AGENTS, Scene, opened
from tests.e2e.logbook import calls_of, live_legs, settled
from tests.plugins.figures import Figure
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(240)]

#: Debtors of each campaign: more than are rung at once, so that some are left for afterwards.
STAFFED, PLAYING, RINGING = 6, 16, 16
LINES, CALLERS = 12, 14
RIGHT_WITHIN, DIALS_WITHIN = 15.0, 20.0
IN_CALL = {"talking", "ringing", "hold"}
MESSAGE = "demo-congrats"
#: Long enough for a dozen to ring at the same time.
RING_SECONDS = 3.0


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened(tmp_path, STAFFED + PLAYING + RINGING) as scene:
        yield scene


async def test_killed_under_forty_calls_with_the_dialler_running(scene: Scene, figure: Figure) -> None:
    cel = Cel(scene.lab.cel_file)
    with ExitStack() as debtors:
        trunk = debtors.enter_context(sipp.answer(scene.lab.required().pbx.trunk, ring_seconds=RING_SECONDS))
        campaigns = await _forty_calls(scene, debtors, cel)
        live = cel.read().live()
        going = await live_legs(scene.database)
        figure("telephones live at the kill", len(live))

        scene.lab.kill()
        killed = time.time()
        cel.end_all(killed)
        await until(lambda: _lamp(scene, up=False))
        before = {one.id for campaign in campaigns for one in await scene.attempts(campaign)}
        refused = await scene.admin.post("/calls/dial", phone="+79000009999", key="away")
        assert refused.json()["code"] in {"telephony_unavailable", "no_phone"}, refused.text

        await asyncio.to_thread(scene.lab.up)
        returned = time.monotonic()
        await until(lambda: _is_closed(scene, before), every=0.05)
        figure("every call closed after Asterisk's return, s", round(time.monotonic() - returned, 2))
        assert time.monotonic() - returned < RIGHT_WITHIN
        await until(lambda: _states_are_right(scene, cel), every=0.05)
        figure("states right after, s", round(time.monotonic() - returned, 2))
        await until(lambda: _dials_again(scene, campaigns, before), every=0.05)
        figure("every campaign dials again after, s", round(time.monotonic() - returned, 2))
        assert time.monotonic() - returned < DIALS_WITHIN

        await _until_done(scene, campaigns)
        await asyncio.to_thread(scene.lab.rx, "channel request hangup all")
        verdict = await settled(scene.database, cel, kills=[killed])
        invited = sum(event.name == "started" for event in trunk.events())
    figure("calls", verdict.calls)
    figure("calls lost", len(verdict.missing))
    figure("ghost calls", len(verdict.ghosts))
    figure("facts wrong", len(verdict.wrong))
    assert verdict.faultless, verdict
    assert len(going) >= 40
    await _cut_calls_say_so(scene, killed)
    await _nobody_is_rung_twice(scene, cel, campaigns, invited)
    await _nothing_is_held(scene)
    await _unanswered_callers_are_owed_a_call(scene)
    await _states_have_no_gap(scene)


async def _forty_calls(scene: Scene, debtors: ExitStack, cel: Cel) -> list[int]:
    """Two collectors talk for a campaign, fourteen debtors wait in the queue, twelve hear a message, twelve are being
    rung; the campaigns. Who waits longest comes first: a message is over in half a minute."""
    cast = scene.debtors
    staffed = await scene.campaign(cast[:STAFFED], **{"retry-NA": ""})
    await until(lambda: _many(cel, talking=2), every=0.02)
    pbx = scene.lab.required().pbx
    for n in range(CALLERS):
        order = sipp.Ring(caller=f"+79000005{n:03}", number=pbx.numbers[0])
        debtors.enter_context(sipp.ring(pbx.sip, pbx.trunk.host, order))
    await until(lambda: _many(cel, customers=2 + CALLERS), every=0.02)
    agentless = {"mode": "agentless", "lines": LINES, "message": MESSAGE, "user": [], "retry-NA": ""}
    playing = await scene.campaign(cast[STAFFED : STAFFED + PLAYING], name="Message", **agentless)
    await until(lambda: _many(cel, answered=2 + LINES), every=0.02)
    ringing = await scene.campaign(cast[STAFFED + PLAYING :], name="Reminder", **agentless)
    await until(lambda: _many(cel, customers=2 + 2 * LINES + CALLERS), every=0.02)
    await until(lambda: _are_logged(scene, 2 + 2 * LINES + CALLERS), every=0.02)
    return [staffed, playing, ringing]


async def _many(cel: Cel, *, customers: int = 0, answered: int = 0, talking: int = 0) -> bool:
    theirs = [one for one in _live(cel) if one.is_customer]
    return (
        len(theirs) >= customers
        and sum(one.answered is not None for one in theirs) >= answered
        and sum(one.bridged is not None for one in theirs) >= talking
    )


async def _are_logged(scene: Scene, calls: int) -> bool:
    return sum(call.ended_at is None and bool(call.legs) for call in await calls_of(scene.database)) >= calls


async def _lamp(scene: Scene, *, up: bool) -> bool:
    return (await scene.admin.snapshot())["telephony"]["up"] is up


async def _is_closed(scene: Scene, attempts: set[int]) -> bool:
    """Nothing of before the kill goes on: no call, no attempt of the dialler."""
    async with scene.database.read() as session:
        open_ones = select(CampaignAttempt.id).where(CampaignAttempt.ended_at.is_(None))
        return not attempts & set((await session.scalars(open_ones)).all())


async def _states_are_right(scene: Scene, cel: Cel) -> bool:
    """Who is in a call by Asterisk's own account is busy, nobody else is, and everybody is there."""
    busy = {AGENTS[one.extension] for one in _live(cel) if one.extension in AGENTS}
    for desk in scene.desks.values():
        state = (await desk.snapshot())["agent"]["state"]
        if (state in IN_CALL) != (desk.login in busy) or state == "offline":
            return False
    return True


def _live(cel: Cel) -> list[Channel]:
    return [cel.channels[one] for one in cel.read().live()]


async def _dials_again(scene: Scene, campaigns: Sequence[int], before: set[int]) -> bool:
    await scene.wrap_ups_end()
    return all([any(one.id not in before for one in await scene.attempts(campaign)) for campaign in campaigns])


async def _until_done(scene: Scene, campaigns: Sequence[int]) -> None:
    """Everybody on the lists was rung; what talks on is ended by whoever talks."""

    async def rung() -> bool:
        await scene.wrap_ups_end()
        async with scene.database.read() as session:
            left = select(CampaignEntry.id).where(
                CampaignEntry.state == EntryState.WAITING, CampaignEntry.attempts == 0
            )
            waiting = (await session.scalars(left)).all()
            talks = select(Call.id, Call.user_id).where(Call.ended_at.is_(None), Call.answered_at.is_not(None))
            going = (await session.execute(talks)).all()
        for call_id, user_id in going:
            if user_id in scene.desks:
                await scene.desks[user_id].post(f"/calls/{call_id}/hangup")
        return not waiting

    await until(rung, within=60, every=0.2)


async def _cut_calls_say_so(scene: Scene, killed: float) -> None:
    """What went on at the kill is closed at that moment, as lost."""
    cut = [call for call in await calls_of(scene.database) if call.started_at.timestamp() < killed and call.lost]
    assert len(cut) >= 40


async def _nobody_is_rung_twice(scene: Scene, cel: Cel, campaigns: Sequence[int], invited: int) -> None:
    """One attempt each, one channel each, and the debtors' own end counts no more."""
    made = [one for campaign in campaigns for one in await scene.attempts(campaign)]
    twice = [phone for phone, times in Counter(one.phone for one in made).items() if times > 1]
    assert not twice
    assert not cel.twice
    ordered = {f"cc-{one.call_id}-a" for one in made}
    reached = [one for one in cel.channels.values() if one.is_customer and one.uniqueid in ordered]
    assert invited <= len(ordered)
    assert len(reached) <= len(ordered)


async def _nothing_is_held(scene: Scene) -> None:
    async with scene.database.read() as session:
        dialling = select(CampaignEntry.id).where(CampaignEntry.state == EntryState.DIALLING)
        held = select(ContactAttempt.id).where(ContactAttempt.state.in_((AttemptState.RESERVED, AttemptState.PLACED)))
        assert not (await session.scalars(dialling)).all()
        assert not (await session.scalars(held)).all()


async def _unanswered_callers_are_owed_a_call(scene: Scene) -> None:
    async with scene.database.read() as session:
        owed = set((await session.scalars(select(Callback.phone))).all())
    missed = [
        call.phone
        for call in await calls_of(scene.database)
        if call.direction == Direction.INBOUND and call.answered_at is None
    ]
    assert len(missed) == CALLERS
    assert set(missed) <= owed


async def _states_have_no_gap(scene: Scene) -> None:
    async with scene.database.read() as session:
        rows = (await session.scalars(select(AgentState).order_by(AgentState.user_id, AgentState.id))).all()
    for one, other in pairwise(rows):
        assert one.user_id != other.user_id or one.ended_at == other.started_at
