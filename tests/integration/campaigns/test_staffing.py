"""Whoever sets a campaign up puts to work in it only whom his right reaches, and dismisses nobody he does not see."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from callcenter.app.adapters.sounds import OwnRecordings
from callcenter.campaigns.errors import CampaignMoves
from callcenter.campaigns.model import Campaign
from callcenter.campaigns.service import CampaignData, CampaignService
from callcenter.campaigns.staffing import Named, named_in
from core.audit.model import AuditEntry
from core.cases.queries.lists import ListQuery
from core.kernel.clock import ManualClock
from core.kernel.errors import Invalid
from core.kernel.uow import UnitOfWork
from tests.factories.dialling import FakeQueues
from tests.factories.people import Cast


@pytest.fixture
def campaigns(uow: UnitOfWork, clock: ManualClock) -> CampaignService:
    return CampaignService(uow, clock, FakeQueues(), OwnRecordings())


async def _named(uow: UnitOfWork, campaign_id: int) -> Named:
    async with uow.read() as session:
        return await named_in(session, await session.get_one(Campaign, campaign_id))


async def test_nobody_out_of_reach_is_put_to_work(uow: UnitOfWork, cast: Cast, campaigns: CampaignService) -> None:
    maria = await cast.actor(uow, "maria")
    anna, diego = cast.users["anna"], cast.users["diego"]
    south, mine = cast.units["south"], cast.units["north-a"]
    fine = CampaignData(name="Spring", users=(anna,), units=(mine,), unit_id=mine)
    for wrong, field in (
        (replace(fine, users=(anna, diego)), "user"),
        (replace(fine, users=(9999,)), "user"),
        (replace(fine, units=(mine, south)), "unit"),
        (replace(fine, units=(9999,)), "unit"),
        (replace(fine, unit_id=south), "unit_id"),
    ):
        with pytest.raises(Invalid) as refused:
            await campaigns.create(maria, wrong)
        assert set(refused.value.fields) == {field}
    made = await campaigns.create(maria, fine)
    for wrong in (replace(fine, units=(mine, south)), replace(fine, unit_id=south)):
        with pytest.raises(Invalid):
            await campaigns.edit(maria, made, wrong)
    assert await _named(uow, made) == fine.named


async def test_who_is_named_already_stays_and_the_trail_says_who_came(
    uow: UnitOfWork, cast: Cast, campaigns: CampaignService
) -> None:
    admin, maria = await cast.actor(uow, "admin"), await cast.actor(uow, "maria")
    north, south = cast.units["north"], cast.units["south"]
    data = CampaignData(name="Spring", users=(cast.users["diego"],), units=(south,), unit_id=north)
    made = await campaigns.create(admin, data)
    wider = replace(data, users=(*data.users, cast.users["anna"]), units=(*data.units, north))
    await campaigns.edit(maria, made, wider)
    assert await _named(uow, made) == wider.named
    async with uow.read() as session:
        changed = select(AuditEntry.changes).where(AuditEntry.action == "campaigns.changed")
        changes = (await session.scalars(changed)).one()
    assert changes == {
        "users": [sorted(data.users), sorted(wider.users)],
        "units": [sorted(data.units), sorted(wider.units)],
    }


async def test_a_campaign_that_is_over_follows_no_filter(
    uow: UnitOfWork, cast: Cast, campaigns: CampaignService
) -> None:
    admin = await cast.actor(uow, "admin")
    made = await campaigns.create(admin, CampaignData(name="Spring"))
    await campaigns.end(admin, made)
    with pytest.raises(CampaignMoves):
        await campaigns.follow_filter(admin, made, ListQuery(), "all")
    async with uow.read() as session:
        assert (await session.get_one(Campaign, made)).filter is None
