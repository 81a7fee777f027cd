"""The dialler reserves before it dials, dials nobody twice, and puts every case where its result belongs."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, update

from callcenter.callbacks.model import Callback, CallbackState
from callcenter.calls.model import Call
from callcenter.campaigns.errors import CampaignMoves, NothingToDial
from callcenter.campaigns.filling import fill
from callcenter.campaigns.model import Campaign, CampaignAttempt, CampaignState, EntryState, Mode
from callcenter.campaigns.pacing import Move, Pacer, View
from callcenter.campaigns.queries import EntryQuery, entries, figures
from callcenter.campaigns.rights import EDIT, VIEW
from callcenter.campaigns.service import CampaignData
from callcenter.compliance.model import AttemptState, ContactAttempt
from core.cases.model import Case
from core.cases.queries.lists import ListQuery
from core.cases.rights import MASS
from core.cases.rights import VIEW as CASES
from core.cases.service.mass import Mass
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.errors import Invalid
from core.people.model import User
from tests.factories.dialling import DiallingFloor, Over


async def test_progressive_rings_one_debtor_for_each_collector_who_waits(floor: DiallingFloor) -> None:
    await floor.open(debtors=5, agents=2)
    campaign_id = await floor.campaign()
    dialler = floor.dialler()
    assert await dialler.round() == 2
    assert await dialler.round() == 0, "both collectors have somebody ringing for them"
    assert [order.queue for order in floor.telephony.lines] == [f"campaign-{campaign_id}"] * 2
    assert len({order.phone for order in floor.telephony.lines}) == 2
    assert {one.user_id for one in await floor.made()} == set(floor.users)
    await floor.tell(floor.telephony.lines[0], "rings", "busy")
    assert await dialler.round() == 1


async def test_a_result_says_when_the_case_is_rung_again(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign(retries={"BUSY": 10, "NA": 120}, most_a_day=3, most_in_total=4)
    dialler = floor.dialler()
    for step, minutes, attempts in (("busy", 10, 1), ("no answer", 120, 2)):
        assert await dialler.round() == 1
        await floor.tell(floor.telephony.lines[-1], "rings", step)
        entry = await floor.entry()
        assert (entry.state, entry.attempts) == (EntryState.WAITING, attempts)
        assert entry.next_at == floor.clock.now() + timedelta(minutes=minutes)
        floor.clock.advance(timedelta(minutes=minutes))
    assert await dialler.round() == 1
    await floor.tell(floor.telephony.lines[-1], "rings", "busy")
    entry = await floor.entry()
    assert entry.next_at.date() == floor.clock.now().date() + timedelta(days=1), "three today are enough"
    floor.clock.advance(timedelta(hours=24))
    await dialler.round()
    await floor.tell(floor.telephony.lines[-1], "rings", "busy")
    assert (await floor.entry()).state == EntryState.DONE


async def test_a_talk_waits_for_its_result(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign()
    await floor.dialler().round()
    await floor.tell(floor.telephony.lines[0], "rings", "picked up", "connected", "hung up", user=floor.users[0])
    entry, (attempt,) = await floor.entry(), await floor.made()
    assert (entry.state, attempt.outcome, attempt.user_id) == (EntryState.TALKED, "TALK", floor.users[0])
    assert attempt.picked_up_at is not None
    assert attempt.connected_at is not None
    async with floor.uow.read() as session:
        call = await session.get_one(Call, attempt.call_id)
        assert (call.campaign_id, call.needs_result) == (attempt.campaign_id, True)


async def test_who_answers_and_finds_nobody_is_owed_a_call(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign()
    dialler = floor.dialler()
    await dialler.round()
    await floor.tell(floor.telephony.lines[0], "rings", "picked up", "hung up")
    (attempt,) = await floor.made()
    assert attempt.outcome == "ABANDONED"
    async with floor.uow.read() as session:
        owed = (await session.scalars(select(Callback))).one()
        call = await session.get_one(Call, attempt.call_id)
        contact = (await session.scalars(select(ContactAttempt))).one()
    assert (owed.case_id, owed.phone, owed.source_call_id) == (floor.cases[0].id, floor.phones[0], attempt.call_id)
    assert owed.state in (CallbackState.PLANNED, CallbackState.DUE)
    assert call.result_code == "ABANDONED"
    assert contact.state == AttemptState.ANSWERED, "to the law the debtor was reached"
    floor.clock.advance(timedelta(hours=30))
    assert await dialler.round() == 0, "the callback has him now"


async def test_who_no_longer_matches_leaves_and_comes_back_with_his_attempts(floor: DiallingFloor) -> None:
    await floor.open(debtors=2, agents=1)
    campaign_id = await floor.campaign(retries={"BUSY": 600})
    dialler = floor.dialler()
    await dialler.round()
    await floor.tell(floor.telephony.lines[0], "rings", "busy")
    rests_until = (await floor.entry(0)).next_at

    async def meant(query: ListQuery) -> None:
        async with floor.uow.write() as work:
            row = await work.session.get_one(Campaign, campaign_id)
            await fill(work, PROGRAM, row, query, floor.clock.now(), live=True)

    await meant(ListQuery(within=(Case.id == floor.cases[1].id,)))
    gone = await floor.entry(0)
    assert (gone.state, gone.reason, gone.attempts) == (EntryState.STOPPED, "gone", 1)
    assert (await floor.entry(1)).state == EntryState.WAITING
    await meant(ListQuery())
    back = await floor.entry(0)
    assert (back.state, back.attempts, back.next_at) == (EntryState.WAITING, 1, rests_until)


async def test_a_chosen_case_stays_whatever_the_filter_means(floor: DiallingFloor) -> None:
    """One that a filter had brought before, or taken off, as well."""
    await floor.open(debtors=3, agents=1)
    campaign_id = await floor.campaign()
    mass = Mass(floor.uow, floor.clock)
    rights = {EDIT: Scope.ALL, CASES: Scope.ALL, MASS: Scope.ALL}
    manager = Actor(user_id=floor.users[0], login="agent0", rights=rights)

    async def meant(*numbers: int) -> None:
        query = ListQuery(within=(Case.id.in_([floor.cases[n].id for n in numbers]),))
        async with floor.uow.write() as work:
            row = await work.session.get_one(Campaign, campaign_id)
            await fill(work, PROGRAM, row, query, floor.clock.now(), live=True)

    async def chosen(*numbers: int) -> int:
        run_id = await mass.choose(manager, [floor.cases[n].id for n in numbers])
        return await floor.campaigns.add_cases(manager, campaign_id, run_id)

    await meant(0)
    assert await chosen(0, 1) == 1
    await meant(2)
    states = [(await floor.entry(n)).state for n in range(3)]
    assert states == [EntryState.WAITING] * 3
    await meant()
    assert (await floor.entry(2)).state == EntryState.STOPPED


async def test_a_pause_holds_at_once(floor: DiallingFloor) -> None:
    await floor.open(debtors=3, agents=2)
    campaign_id = await floor.campaign()
    await floor.campaigns.pause(PROGRAM, campaign_id)
    assert await floor.attempts.take(campaign_id) is None
    assert await floor.dialler().round() == 0
    with pytest.raises(CampaignMoves):
        await floor.campaigns.pause(PROGRAM, campaign_id)
    await floor.campaigns.start(PROGRAM, campaign_id)
    floor.clock.advance(timedelta(seconds=5))
    assert await floor.dialler().round() == 2
    await floor.campaigns.end(PROGRAM, campaign_id)
    with pytest.raises(CampaignMoves):
        await floor.campaigns.start(PROGRAM, campaign_id)


async def test_the_more_important_campaign_has_the_collectors(floor: DiallingFloor) -> None:
    await floor.open(debtors=4, agents=2)
    low = await floor.campaign(name="Low", priority=0)
    high = await floor.campaign(name="High", priority=5)
    await floor.dialler().round()
    assert [order.queue for order in floor.telephony.lines] == [f"campaign-{high}"] * 2
    await floor.campaigns.pause(PROGRAM, high)
    for order in floor.telephony.lines[:2]:
        await floor.tell(order, "rings", "busy")
    await floor.dialler().round()
    assert [order.queue for order in floor.telephony.lines[2:]] == [f"campaign-{low}"] * 2


async def test_paid_cases_leave_the_list(floor: DiallingFloor) -> None:
    await floor.open(debtors=2, agents=2)
    campaign_id = await floor.campaign()
    async with floor.uow.write() as work:
        await floor.campaigns.stop_cases(work, [floor.cases[0].id], "paid")
    assert await floor.dialler().round() == 1
    assert (await floor.entry(0)).state == EntryState.STOPPED
    assert floor.queues.members[campaign_id] == set(floor.users)


async def test_a_campaign_needs_cases_and_collectors(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    with pytest.raises(NothingToDial):
        await floor.campaign(users=())
    await floor.campaign(users=(), mode=Mode.AGENTLESS, message="hello")
    assert await floor.dialler().round() == 1
    assert floor.telephony.lines[0].message == "hello"
    assert CampaignState.DRAFT in set(CampaignState)


async def test_predictive_asks_pacing_with_what_the_floor_is(
    floor: DiallingFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    views: list[View] = []
    told: list[str] = []

    def decide(self: Pacer, view: View) -> Move:
        views.append(view)
        return Move(start=3 - len(view.ringing))

    for name in ("answered", "unanswered", "abandoned", "connected"):
        monkeypatch.setattr(Pacer, name, lambda self, *_args, name=name: told.append(name))
    monkeypatch.setattr(Pacer, "decide", decide)
    await floor.open(debtors=6, agents=1)
    await floor.campaign(mode=Mode.PREDICTIVE, ceiling=0.03)
    dialler = floor.dialler()
    assert await dialler.round() == 3
    assert (views[0].idle, views[0].ringing, views[0].waiting) == (1, (), 0)
    lost, busy, taken = floor.telephony.lines
    await floor.tell(taken, "rings", "picked up", "connected", user=floor.users[0])
    await floor.tell(lost, "rings", "picked up")
    assert await dialler.round() == 2
    assert (views[1].idle, len(views[1].talking), len(views[1].ringing), views[1].waiting) == (0, 1, 1, 1)
    await floor.tell(lost, "rings", "picked up", "hung up")
    await floor.tell(busy, "rings", "busy")
    await dialler.round()
    assert sorted(told) == ["abandoned", "answered", "answered", "connected", "unanswered"]


async def test_what_is_withdrawn_is_hung_up_once_and_only_while_it_rings(
    floor: DiallingFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked again until the exchange has ended it, the order is given once; who has answered is not hung up on."""
    monkeypatch.setattr(Pacer, "decide", lambda self, view: Move(start=3 - len(view.ringing)))
    await floor.open(debtors=3, agents=1)
    campaign_id = await floor.campaign(mode=Mode.PREDICTIVE, retries={"NA": 30})
    dialler = floor.dialler()
    assert await dialler.round() == 3
    rings, answers, over = floor.telephony.lines
    await floor.tell(answers, "rings", "picked up")
    await floor.tell(over, "rings", "busy")
    monkeypatch.setattr(Pacer, "decide", lambda self, view: Move(withdraw=tuple(range(len(view.ringing)))))
    await floor.rounds(dialler, 3)
    assert floor.telephony.commands == [("withdraw", rings.call_id, "")]
    assert not await floor.attempts.withdraw([one.id for one in await floor.made()]), "what was seen is past"
    await floor.tell(rings, "rings", "hung up")
    made = {one.call_id: one for one in await floor.made()}
    assert (made[rings.call_id].recalled, made[rings.call_id].outcome) == (True, "NA")
    assert not made[answers.call_id].recalled
    entry = await floor.entry(floor.phones.index(rings.phone))
    assert (entry.state, entry.attempts) == (EntryState.WAITING, 1), "it rang, so it counts, and is tried again"
    async with floor.uow.read() as session:
        now = (await figures(session, [campaign_id], floor.clock.now()))[campaign_id]
    assert (now.attempts, now.withdrawn) == (3, 1)


async def test_who_answers_while_he_is_withdrawn_is_put_through(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=1)
    await floor.campaign()
    await floor.dialler().round()
    (order,) = floor.telephony.lines
    (attempt,) = await floor.made()
    assert await floor.attempts.withdraw([attempt.id]) == [order.call_id]
    await floor.tell(order, "rings", "picked up", "connected", "hung up", user=floor.users[0])
    (attempt,) = await floor.made()
    assert (attempt.outcome, attempt.recalled) == ("TALK", False)


@pytest.mark.parametrize("withdraws", [True, False])
async def test_a_line_that_rings_for_a_collector_who_left_is_hung_up(floor: DiallingFloor, withdraws: bool) -> None:
    await floor.open(debtors=2, agents=2)
    await floor.campaign(withdraws=withdraws)
    dialler = floor.dialler()
    assert await dialler.round() == 2
    gone, _stays = await floor.made()
    assert gone.user_id is not None
    await floor.agents.sign_out(PROGRAM, gone.user_id, "shift over")
    await floor.rounds(dialler, 2)
    assert floor.telephony.commands == [("withdraw", gone.call_id, "")] * withdraws


@pytest.mark.parametrize("another", [True, False])
async def test_a_line_that_rings_for_a_collector_who_took_another_call_is_hung_up(
    floor: DiallingFloor, another: bool
) -> None:
    """His own may be with him before the attempt says so."""
    await floor.open(debtors=1, agents=1)
    await floor.campaign(withdraws=True)
    dialler = floor.dialler()
    assert await dialler.round() == 1
    (attempt,) = await floor.made()
    call_id = attempt.call_id + 1 if another else attempt.call_id
    async with floor.uow.write() as work:
        await floor.agents.followed(work, [Over(floor.clock.now(), call_id, {floor.users[0]: "talking"})])
    await floor.rounds(dialler, 2)
    assert floor.telephony.commands == [("withdraw", attempt.call_id, "")] * another


async def test_an_end_that_is_written_late_is_told_to_pacing(
    floor: DiallingFloor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call ends at the exchange before its end is written; a look in between must not lose it."""
    told: list[str] = []
    monkeypatch.setattr(Pacer, "unanswered", lambda self, *_args: told.append("unanswered"))
    monkeypatch.setattr(Pacer, "decide", lambda self, view: Move(start=1 - len(view.ringing)))
    await floor.open(debtors=1, agents=1)
    campaign_id = await floor.campaign(mode=Mode.PREDICTIVE)
    dialler = floor.dialler()
    assert await dialler.round() == 1
    ended = floor.clock.now() + timedelta(seconds=1)
    floor.clock.advance(timedelta(seconds=2))
    await dialler.round()
    await floor.campaigns.pause(PROGRAM, campaign_id)
    async with floor.uow.write() as work:
        await work.session.execute(update(CampaignAttempt).values(ended_at=ended, outcome="BUSY"))
    for _ in range(2):
        await dialler.round()
    assert told == ["unanswered"]


async def test_the_queue_is_served_by_whoever_works_in_the_campaign_now(floor: DiallingFloor) -> None:
    """Who leaves is no longer counted by the dialler, and his phone is rung no more."""
    await floor.open(debtors=1, agents=2)
    campaign_id = await floor.campaign()
    async with floor.uow.write() as work:
        await work.session.execute(update(User).where(User.id == floor.users[0]).values(active=False))
    await floor.campaigns.refresh()
    assert floor.queues.members[campaign_id] == {floor.users[1]}


async def test_a_result_that_is_corrected_holds(floor: DiallingFloor) -> None:
    """Whoever promised to pay is not rung again because "no answer" was pressed first."""
    await floor.open(debtors=1, agents=1)
    campaign_id = await floor.campaign(retries={"NA": 10})
    await floor.dialler().round()
    (order,) = floor.telephony.lines
    await floor.tell(order, "rings", "picked up", "connected", "hung up", user=floor.users[0])
    for code, state in (("NA", EntryState.WAITING), ("RPC-PTP", EntryState.DONE)):
        async with floor.uow.write() as work:
            said = update(Call).where(Call.id == order.call_id).values(result_code=code, result_by=floor.users[0])
            await work.session.execute(said)
            await floor.outcomes.followed(work, [SimpleNamespace(call_id=order.call_id, campaign_id=campaign_id)])
        assert (await floor.entry()).state == state


async def test_nobody_out_of_reach_is_named_in_a_campaign(floor: DiallingFloor) -> None:
    await floor.open(debtors=1, agents=2)
    own = Actor(user_id=floor.users[0], login="agent0", rights={EDIT: Scope.OWN, VIEW: Scope.OWN, CASES: Scope.OWN})
    with pytest.raises(Invalid):
        await floor.campaigns.create(own, CampaignData(name="Theirs", users=tuple(floor.users)))
    made = await floor.campaigns.create(own, CampaignData(name="Own", users=(own.user_id,)))
    both = CampaignData(name="Both", users=tuple(floor.users))
    await floor.campaigns.edit(PROGRAM, made, both)
    await floor.campaigns.edit(own, made, both)  # who was named by others may stay
    async with floor.uow.write() as work:
        await fill(work, PROGRAM, await work.session.get_one(Campaign, made), ListQuery(), floor.clock.now())
    async with floor.uow.read() as session:
        assert (await entries(session, own, made, EntryQuery())).total == 0, "a foreign debtor's name is not shown"
        assert (await entries(session, PROGRAM, made, EntryQuery())).total == 1
