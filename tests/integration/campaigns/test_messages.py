"""Debtors answer a recorded message by a key, and what campaigns play is theirs to name."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from callcenter.app.adapters.campaigns import FloorLines
from callcenter.app.adapters.sounds import CampaignSounds
from callcenter.app.adapters.staff import StaffDirectory
from callcenter.callbacks.model import Callback
from callcenter.campaigns.errors import NothingToDial
from callcenter.campaigns.model import Campaign, EntryState, Mode
from callcenter.campaigns.service import CampaignData
from callcenter.compliance.law.terms import BlockKind
from callcenter.compliance.model import ContactBlock
from callcenter.ivr.errors import SoundInUse
from callcenter.ivr.model import IvrSound
from callcenter.ivr.service import FlowService
from core.kernel.access import PROGRAM
from core.kernel.errors import Invalid
from telephony.voice import EspeakVoice
from tests.factories.dialling import DiallingFloor

_MESSAGE: dict[str, Any] = {"mode": Mode.AGENTLESS, "message": "hello", "opt_out_key": "9", "talk_key": "1"}


async def _blocks(floor: DiallingFloor) -> list[ContactBlock]:
    async with floor.uow.read() as session:
        return list(await session.scalars(select(ContactBlock)))


async def test_who_forbids_calls_is_never_rung_again(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign(**_MESSAGE, retries={"MESSAGE": 1})
    await floor.dialler().round()
    (order,) = floor.telephony.lines
    assert (order.opt_out_key, order.talk_key, order.opted_out) == ("9", "1", "vm-goodbye")
    await floor.tell(order, "rings", "picked up", "no calls")
    (block,) = await _blocks(floor)
    assert (block.kind, block.phone, block.party_id) == (BlockKind.DO_NOT_CALL, floor.phones[0], None)
    await floor.tell(order, "rings", "picked up", "no calls", "hung up")
    assert len(await _blocks(floor)) == 1, "told again, it is no second wish"
    (attempt,), entry = await floor.made(), await floor.entry()
    assert (attempt.wish, entry.state, entry.reason) == ("no_calls", EntryState.STOPPED, "no_calls")
    await floor.campaign(**_MESSAGE)
    assert await floor.dialler().round() == 0, "nor by another campaign"


async def test_who_asks_for_somebody_and_finds_nobody_is_called_back(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    campaign_id = await floor.campaign(**_MESSAGE)
    assert floor.queues.members[campaign_id] == set(floor.users)
    await floor.dialler().round()
    await floor.tell(floor.telephony.lines[0], "rings", "picked up", "talk", "hung up")
    (attempt,) = await floor.made()
    assert (attempt.outcome, attempt.wish) == ("ABANDONED", "talk")
    async with floor.uow.read() as session:
        assert (await session.scalars(select(Callback.source_call_id))).all() == [attempt.call_id]


async def test_a_key_to_talk_needs_somebody_to_talk_to(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    with pytest.raises(NothingToDial):
        await floor.campaign(**_MESSAGE, users=())
    await floor.campaign(**{**_MESSAGE, "talk_key": None}, users=())


async def test_a_message_takes_no_collector_from_others(floor: DiallingFloor) -> None:
    await floor.open(debtors=2, agents=1)
    await floor.campaign(**_MESSAGE, lines=1, priority=9)
    await floor.campaign()
    assert await floor.dialler().round() == 2


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"message": None}, "message"),
        ({"message": "own:nothing"}, "message"),
        ({"apology": ""}, "apology"),
        ({"opt_out_key": "#"}, "opt_out_key"),
        ({"talk_key": "9"}, "talk_key"),
    ],
)
async def test_messages_and_keys_are_whole(floor: DiallingFloor, rules: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await floor.campaigns.create(PROGRAM, CampaignData(name="Spring", **{**_MESSAGE, **rules}))
    assert set(refused.value.fields) == {field}


async def test_a_recording_that_a_campaign_plays_is_kept(floor: DiallingFloor) -> None:
    async with floor.uow.write() as work:
        sound = IvrSound(
            name="u1", label="Hello", duration_ms=1, content=b"", created_at=floor.clock.now(), created_by=0
        )
        work.session.add(sound)
    data = CampaignData(name="Spring", **{**_MESSAGE, "message": "own:u1"})
    campaign_id = await floor.campaigns.create(PROGRAM, data)
    menus = FlowService(floor.uow, floor.clock, EspeakVoice(floor.uow, ()), (CampaignSounds(),))
    with pytest.raises(SoundInUse):
        await menus.delete_sound(PROGRAM, "u1")
    await floor.campaigns.end(PROGRAM, campaign_id)
    await menus.delete_sound(PROGRAM, "u1")


async def test_what_cannot_be_played_rings_nobody_and_counts_for_nobody(floor: DiallingFloor, tmp_path: Path) -> None:
    await floor.open(debtors=1, agents=0)
    campaign_id = await floor.campaign(mode=Mode.AGENTLESS, message="hello", lines=1)
    async with floor.uow.write() as work:
        gone = update(Campaign).where(Campaign.id == campaign_id).values(message="own:gone")
        await work.session.execute(gone)
    floor.lines = FloorLines(StaffDirectory(), EspeakVoice(floor.uow, [tmp_path]))
    floor.lines.calls, floor.lines.telephony = floor.calls, floor.telephony
    dialler = floor.dialler()
    assert await dialler.round() == 1
    floor.clock.advance(timedelta(minutes=3))
    await floor.calls.end_lost_orders()
    await floor.outcomes.settle_lost()
    entry, (attempt,) = await floor.entry(), await floor.made()
    assert (entry.attempts, attempt.outcome, floor.telephony.lines) == (0, "REFUSED", [])
