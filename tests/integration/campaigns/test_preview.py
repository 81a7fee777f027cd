"""A preview campaign shows a case to one collector before he rings it, or passes it on."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from callcenter.calls.errors import NoPhone
from callcenter.campaigns.errors import EntryTaken, NotNow
from callcenter.campaigns.model import EntryState, Mode, Passed
from callcenter.campaigns.rights import WORK
from callcenter.compliance.law.terms import BlockKind
from callcenter.compliance.registry import Registry
from core.cases.model import Jurisdiction
from core.kernel.access import PROGRAM, Actor, Scope
from core.people.model import User
from tests.factories.dialling import DiallingFloor


def agent(floor: DiallingFloor, n: int) -> Actor:
    return Actor(user_id=floor.users[n], login=f"agent{n}", rights={WORK: Scope.OWN})


async def test_everybody_is_shown_another_case_and_rings_it_himself(floor: DiallingFloor) -> None:
    await floor.open(debtors=2, agents=3)
    await floor.campaign(mode=Mode.PREVIEW)
    shown = await asyncio.gather(*(floor.preview.show(agent(floor, n)) for n in range(3)))
    found = [one for one in shown if one is not None]
    assert len({one.entry_id for one in found}) == len(found) == 2
    first = shown.index(found[0])
    assert await floor.preview.show(agent(floor, first)) == found[0], "asked again, he is shown the same"
    call_id = await floor.preview.dial(agent(floor, first), found[0].entry_id)
    (order,) = floor.telephony.orders
    assert (order.call_id, order.endpoint) == (call_id, str(101 + first))
    with pytest.raises(EntryTaken):
        await floor.preview.dial(agent(floor, first), found[0].entry_id)
    assert len(floor.telephony.orders) == 1


async def test_all_tabs_of_a_collector_show_the_same(floor: DiallingFloor) -> None:
    await floor.open(debtors=4, agents=1)
    await floor.campaign(mode=Mode.PREVIEW)
    shown = await asyncio.gather(*(floor.preview.show(agent(floor, 0)) for _ in range(4)))
    assert shown[0] is not None
    assert set(shown) == {shown[0]}


async def test_a_case_passed_on_or_left_lying_comes_again(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=2)
    await floor.campaign(mode=Mode.PREVIEW)
    shown = await floor.preview.show(agent(floor, 0))
    assert shown is not None
    with pytest.raises(EntryTaken):
        await floor.preview.pass_on(agent(floor, 1), shown.entry_id, Passed.LATER)
    await floor.preview.pass_on(agent(floor, 0), shown.entry_id, Passed.SPOKEN)
    assert (await floor.entry()).reason == "passed_spoken"
    assert await floor.preview.show(agent(floor, 0)) is None
    floor.clock.advance(timedelta(minutes=31))
    assert await floor.preview.show(agent(floor, 1)) is not None
    floor.clock.advance(timedelta(minutes=11))
    assert await floor.preview.give_back() == 1
    assert (await floor.entry()).state == EntryState.WAITING


async def test_the_law_is_asked_when_it_is_rung(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1, jurisdiction=Jurisdiction.RU)
    await floor.campaign(mode=Mode.PREVIEW, opens=0, closes=1440)
    shown = await floor.preview.show(agent(floor, 0))
    assert shown is not None
    floor.clock.advance(timedelta(hours=9))  # midnight in Moscow; the case still lies on his screen
    with pytest.raises(NotNow):
        await floor.preview.dial(agent(floor, 0), shown.entry_id)
    entry = await floor.entry()
    assert (entry.state, entry.attempts) == (EntryState.WAITING, 0)
    assert entry.next_at > floor.clock.now()
    assert floor.telephony.orders == []


async def test_nobody_is_shown_whom_the_law_forbids_to_ring(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1, jurisdiction=Jurisdiction.RU)
    await floor.campaign(mode=Mode.PREVIEW, opens=0, closes=1440)
    floor.clock.advance(timedelta(hours=9))  # midnight in Moscow
    assert await floor.preview.show(agent(floor, 0)) is None
    entry = await floor.entry()
    assert (entry.state, entry.reason) == (EntryState.WAITING, "law")
    floor.clock.advance(entry.next_at - floor.clock.now())
    assert await floor.preview.show(agent(floor, 0)) is not None


async def test_a_paused_campaign_shows_nothing(floor: DiallingFloor) -> None:
    """What lay on a screen when the campaign was paused does not keep its collector from the next one."""
    await floor.open(debtors=1, agents=1)
    campaign_id = await floor.campaign(mode=Mode.PREVIEW)
    assert await floor.preview.show(agent(floor, 0)) is not None
    await floor.campaigns.pause(PROGRAM, campaign_id)
    assert await floor.preview.show(agent(floor, 0)) is None


async def test_nothing_is_reserved_for_who_cannot_dial(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign(mode=Mode.PREVIEW)
    shown = await floor.preview.show(agent(floor, 0))
    assert shown is not None
    async with floor.uow.write() as work:
        await work.session.execute(update(User).values(extension=None))
    with pytest.raises(NoPhone):
        await floor.preview.dial(agent(floor, 0), shown.entry_id)
    assert await floor.made() == []
    assert (await floor.entry()).attempts == 0


async def test_preview_looks_past_many_who_may_not_be_rung(floor: DiallingFloor) -> None:
    await floor.open(debtors=30, agents=1)
    await floor.campaign(mode=Mode.PREVIEW)
    async with floor.uow.write() as work:
        for case in floor.cases[:29]:
            await Registry(floor.clock).block(work, PROGRAM, BlockKind.DO_NOT_CALL, basis="a letter", case_id=case.id)
    shown = await floor.preview.show(agent(floor, 0))
    assert shown is not None
    assert shown.case_id == floor.cases[29].id
