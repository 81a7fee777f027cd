"""Lists are filled from several sides at once, and hold no more than they say."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import select, update

from callcenter.campaigns import filling
from callcenter.campaigns.filling import fill
from callcenter.campaigns.machines import NO_CALLS
from callcenter.campaigns.model import Campaign, CampaignEntry, EntryState
from callcenter.campaigns.queries import EntryQuery, entries
from callcenter.campaigns.rights import VIEW
from callcenter.campaigns.service import CampaignData
from callcenter.compliance.law.terms import BlockKind
from callcenter.compliance.registry import Registry
from core.cases.model import Jurisdiction
from core.cases.queries.lists import ListQuery
from core.cases.rights import VIEW as CASES
from core.kernel.access import PROGRAM, Actor, Scope
from tests.factories.dialling import DiallingFloor


async def _filled(floor: DiallingFloor, campaign_id: int, meeting: asyncio.Barrier | None = None) -> int:
    async with floor.uow.write() as work:
        row = await work.session.get_one(Campaign, campaign_id)
        added = await fill(work, PROGRAM, row, ListQuery(), floor.clock.now())
        if meeting is not None:
            with suppress(TimeoutError, asyncio.BrokenBarrierError):
                await asyncio.wait_for(meeting.wait(), 0.2)
        return added


async def test_two_who_fill_a_list_at_the_same_moment_add_each_case_once(floor: DiallingFloor) -> None:
    await floor.open(debtors=3, agents=0)
    campaign_id = await floor.campaigns.create(PROGRAM, CampaignData(name="Spring"))
    meeting = asyncio.Barrier(2)
    added = await asyncio.gather(*(_filled(floor, campaign_id, meeting) for _ in range(2)))
    async with floor.uow.read() as session:
        listed = (await session.scalars(select(CampaignEntry.case_id))).all()
    assert sorted(listed) == [case.id for case in floor.cases]
    assert sorted(added)[-1] == 3


async def test_a_list_holds_no_more_than_it_may(floor: DiallingFloor) -> None:
    await floor.open(debtors=3, agents=0)
    campaign_id = await floor.campaigns.create(PROGRAM, CampaignData(name="Spring"))
    with patch.object(filling, "MOST", 2):
        assert await _filled(floor, campaign_id) == 2
        assert await _filled(floor, campaign_id) == 0


@pytest.mark.parametrize(("begun", "found"), [("c00", 3), ("debtor 1", 1), ("%", 0), ("C_0", 0)])
async def test_a_list_is_searched_by_what_was_typed(floor: DiallingFloor, begun: str, found: int) -> None:
    await floor.open(debtors=3, agents=0)
    campaign_id = await floor.campaigns.create(PROGRAM, CampaignData(name="Spring"))
    await _filled(floor, campaign_id)
    reader = Actor(user_id=1, login="x", rights={VIEW: Scope.ALL, CASES: Scope.ALL})
    async with floor.uow.read() as session:
        assert (await entries(session, reader, campaign_id, EntryQuery(search=begun))).total == found


async def test_who_sleeps_does_not_stand_before_who_is_awake(floor: DiallingFloor) -> None:
    await floor.open(debtors=50, agents=1, zone="Asia/Vladivostok")
    await floor.enlist(1, Jurisdiction.NONE, "Europe/London")
    await floor.campaign(opens=10 * 60, closes=20 * 60)
    assert await floor.dialler().round() == 1
    assert [order.phone for order in floor.telephony.lines] == [floor.phones[50]]


async def test_who_left_for_something_of_no_known_end_is_asked_about_again_in_a_day(floor: DiallingFloor) -> None:
    """Until then, or at once when he is added again; who asked for no more calls stays off."""
    await floor.open(debtors=2, agents=1)
    await floor.campaign(opens=0, closes=1440, weekdays=tuple(range(1, 8)))
    dialler, registry = floor.dialler(), Registry(floor.clock)
    async with floor.uow.write() as work:
        block = await registry.block(work, PROGRAM, BlockKind.DO_NOT_CALL, basis="a letter", case_id=floor.cases[0].id)
        silent = update(CampaignEntry).where(CampaignEntry.case_id == floor.cases[1].id)
        await work.session.execute(silent.values(state=EntryState.STOPPED, reason=NO_CALLS))
    assert await dialler.round() == 0
    async with floor.uow.write() as work:
        await registry.lift(work, PROGRAM, block.id, "withdrawn")
    await floor.campaigns.refresh()
    assert await dialler.round() == 0
    floor.clock.advance(timedelta(days=1, minutes=1))
    await floor.campaigns.refresh()
    assert (await floor.entry()).state == EntryState.WAITING
    assert (await floor.entry(1)).state == EntryState.STOPPED
    assert await dialler.round() == 1
