"""A machine that answers is no debtor, and whoever may be a person is treated as one."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.callbacks.model import Callback
from callcenter.calls.model import Call
from callcenter.campaigns.machines import Machines
from callcenter.campaigns.model import EntryState, Mode
from callcenter.campaigns.queries import figures
from callcenter.campaigns.service import CampaignData
from callcenter.compliance.model import AttemptState, ContactAttempt
from core.kernel.access import PROGRAM
from core.kernel.errors import Invalid
from core.kernel.phones import as_key
from core.parties.model import Phone
from tests.factories.dialling import DiallingFloor


async def test_a_machine_is_no_debtor(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign(machines=Machines.HANG_UP, retries={"VM": 240})
    await floor.dialler().round()
    (order,) = floor.telephony.lines
    assert (order.machines, order.machine_message) == ("hang_up", None)
    await floor.tell(order, "rings", "picked up", "machine", "hung up")
    (attempt,), entry = await floor.made(), await floor.entry()
    assert (attempt.outcome, attempt.answered_by, attempt.judged_ms) == ("VM", "machine", 2400)
    assert (entry.state, entry.next_at) == (EntryState.WAITING, floor.clock.now() + timedelta(minutes=240))
    async with floor.uow.read() as session:
        assert (await session.scalars(select(Callback))).first() is None
        assert (await session.get_one(Call, attempt.call_id)).result_code == "VM"
        contact = (await session.scalars(select(ContactAttempt))).one()
        live = (await figures(session, [attempt.campaign_id], floor.clock.now()))[attempt.campaign_id]
    assert contact.state == AttemptState.NOT_ANSWERED, "nobody was talked to"
    assert (live.machines, live.answered, live.abandoned, live.machine_share) == (1, 0, 0, 1.0)


async def test_a_message_left_on_a_machine_reaches_the_debtor(floor: DiallingFloor) -> None:
    await floor.open(debtors=2, agents=1)
    await floor.campaign(machines=Machines.MESSAGE, machine_message="ring-us-back")
    dialler = floor.dialler()
    await dialler.round()
    (order,) = floor.telephony.lines
    assert order.machine_message == "ring-us-back"
    await floor.tell(order, "rings", "picked up", "machine")
    assert await dialler.round() == 1, "nobody waits while the machine is talked to"
    await floor.tell(order, "rings", "picked up", "machine", "message left", "hung up")
    attempt, _ = await floor.made()
    assert (attempt.outcome, attempt.message_left) == ("VM", True)
    async with floor.uow.read() as session:
        contact = await session.scalar(select(ContactAttempt).where(ContactAttempt.call_id == attempt.call_id))
    assert contact is not None
    assert contact.state == AttemptState.ANSWERED


async def test_whoever_is_not_surely_a_machine_is_a_person(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign(machines=Machines.HANG_UP)
    await floor.dialler().round()
    (order,) = floor.telephony.lines
    await floor.tell(order, "rings", "picked up", "unsure", "connected", "hung up", user=floor.users[0])
    (attempt,) = await floor.made()
    assert (attempt.outcome, attempt.answered_by) == ("TALK", "unsure")


async def test_who_hangs_up_before_he_is_judged_was_abandoned(floor: DiallingFloor) -> None:
    """He heard nothing at all, in whatever kind of campaign."""
    await floor.open(debtors=1, agents=1)
    await floor.campaign(mode=Mode.AGENTLESS, message="hello", machines=Machines.HANG_UP)
    await floor.dialler().round()
    await floor.tell(floor.telephony.lines[0], "rings", "picked up", "hung up unjudged", "hung up")
    (attempt,) = await floor.made()
    assert attempt.outcome == "ABANDONED"
    async with floor.uow.read() as session:
        assert (await session.scalars(select(Callback))).first() is None, "nobody is there to call back"


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"machines": Machines.MESSAGE}, "machine_message"),
        ({"machines": Machines.MESSAGE, "machine_message": "no sound!"}, "machine_message"),
        ({"machines": Machines.HANG_UP, "connect_seconds": 1}, "connect_seconds"),
    ],
)
async def test_rules_about_machines_are_whole(floor: DiallingFloor, rules: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await floor.campaigns.create(PROGRAM, CampaignData(name="Spring", **rules))
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize(("phone", "rests"), [("+447700900123", True), ("+79000000199", False)])
async def test_a_number_rests_where_the_law_says_so_after_a_machine(
    floor: DiallingFloor, phone: str, rests: bool
) -> None:
    """Ofcom: within 24 hours only for a collector who is certainly there."""
    await floor.open(debtors=1, agents=1)
    async with floor.uow.write() as work:
        row = (await work.session.scalars(select(Phone))).one()
        row.e164, row.number, row.timezone = phone, as_key(phone), "Europe/London"
    always = {"opens": 0, "closes": 1440, "retries": {"VM": 0}, "most_a_day": 9, "machines": Machines.HANG_UP}
    campaign_id = await floor.campaign(mode=Mode.AGENTLESS, message="hello", lines=1, **always)
    dialler = floor.dialler()
    await dialler.round()
    await floor.tell(floor.telephony.lines[0], "rings", "picked up", "machine", "hung up")
    met_at = (await floor.made())[0].at
    assert await dialler.round() == (0 if rests else 1)
    if not rests:
        return
    entry = await floor.entry()
    assert (entry.state, entry.reason) == (EntryState.WAITING, "machine_rest")
    assert entry.next_at == met_at + timedelta(hours=24)
    await floor.campaigns.pause(PROGRAM, campaign_id)
    await floor.campaign(mode=Mode.PROGRESSIVE, **always)
    assert await floor.dialler().round() == 1, "dialled for a collector who waits"
