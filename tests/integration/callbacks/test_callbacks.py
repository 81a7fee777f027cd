"""A callback is never lost: it is reminded of, called, passed on, moved by law, closed by whoever calls first."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.callbacks.errors import BadCallbackPhone, BadWindow, CallbackNotFound, CallbackTaken
from callcenter.callbacks.events import CallbackDue, CallbackEvent, CallbackMoved, CallbackSoon
from callcenter.callbacks.model import Callback, CallbackState, Origin
from callcenter.callbacks.ports import DialRefused
from callcenter.callbacks.queries import CallbackQuery, count_due, due_callbacks, list_callbacks
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.ticker import CallbackTicker
from core.kernel.access import Actor, Scope
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.errors import Conflict
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import DEBTOR, at, collector
from tests.integration.callbacks.conftest import FakeDialler, FakeLaw, FakePresence
from tests.integration.callbacks.news import news, plan, row_of, tell


async def test_reminded_then_due_then_called_by_a_click(
    uow: UnitOfWork,
    service: CallbackService,
    ticker: CallbackTicker,
    clock: ManualClock,
    dialler: FakeDialler,
    bus: Bus,
    told: list[CallbackEvent],
) -> None:
    callback_id = await service.plan(collector(), plan())
    clock.set(at(3600) - timedelta(minutes=5))
    await ticker.tick()
    clock.set(at(3600))
    await ticker.tick()
    await ticker.tick()
    await bus.drained()
    assert [type(event) for event in told if isinstance(event, CallbackSoon | CallbackDue)] == [
        CallbackSoon,
        CallbackDue,
    ]
    async with uow.read() as session:
        assert [one.id for one in await due_callbacks(session, collector())] == [callback_id]
        assert not await due_callbacks(session, collector(2))
    call_id = await service.take(collector(), callback_id)
    assert dialler.calls == {f"callback:{callback_id}:1": call_id}
    await tell(uow, service, news(call_id, "outbound", ended=True, contact=True))
    row = await row_of(uow, callback_id)
    assert (row.state, row.call_id) == (CallbackState.DONE, call_id)


async def test_of_two_clicks_and_the_automatic_one_only_one_calls(
    uow: UnitOfWork,
    service: CallbackService,
    ticker: CallbackTicker,
    clock: ManualClock,
    dialler: FakeDialler,
    presence: FakePresence,
) -> None:
    callback_id = await service.plan(collector(), plan(automatic=True, user_id=1))
    presence.users = {1}
    clock.set(at(3600))
    boss = collector(2, Scope.ALL)
    outcomes = await asyncio.gather(
        service.take(collector(), callback_id), service.take(boss, callback_id), ticker.tick(), return_exceptions=True
    )
    assert len(dialler.calls) == 1
    assert sum(isinstance(outcome, CallbackTaken) for outcome in outcomes) >= 1


async def test_automatic_dialling_waits_for_the_owner_and_tries_again_within_the_window(
    uow: UnitOfWork,
    service: CallbackService,
    ticker: CallbackTicker,
    clock: ManualClock,
    dialler: FakeDialler,
    presence: FakePresence,
) -> None:
    callback_id = await service.plan(collector(), plan(automatic=True))
    clock.set(at(3600))
    await ticker.tick()
    assert not dialler.calls
    presence.users = {1}
    await ticker.tick()
    (call_id,) = dialler.calls.values()
    await tell(uow, service, news(call_id, "outbound", ended=True, at=clock.now()))
    assert (await row_of(uow, callback_id)).state == CallbackState.DUE
    await ticker.tick()
    assert len(dialler.calls) == 1
    clock.advance(service.patience.retry_after)
    await ticker.tick()
    assert len(dialler.calls) == 2
    clock.set(at(7100))
    await tell(uow, service, news(1001, "outbound", ended=True, at=clock.now()))
    assert (await row_of(uow, callback_id)).state == CallbackState.MISSED


async def test_it_survives_death_between_claiming_and_dialling(
    uow: UnitOfWork, service: CallbackService, ticker: CallbackTicker, clock: ManualClock, presence: FakePresence
) -> None:
    callback_id = await service.plan(collector(), plan())
    async with uow.write() as work:
        row = await work.session.get_one(Callback, callback_id)
        assert await service.claim(work, row, Callback.state == CallbackState.PLANNED, 1) is not None
    clock.advance(timedelta(minutes=6))
    await ticker.tick()
    assert (await row_of(uow, callback_id)).state == CallbackState.PLANNED
    clock.set(at(3600))
    await ticker.tick()
    assert (await row_of(uow, callback_id)).state == CallbackState.DUE


@pytest.mark.parametrize("refused", [False, True])
async def test_what_was_tried_before_its_time_is_called_when_that_comes(
    uow: UnitOfWork,
    service: CallbackService,
    ticker: CallbackTicker,
    dialler: FakeDialler,
    presence: FakePresence,
    refused: bool,
) -> None:
    callback_id = await service.plan(collector(), plan(automatic=True))
    before = await row_of(uow, callback_id)
    if refused:
        dialler.refusal = DialRefused(Conflict(), rule="test.night", next_allowed_at=at(1800))
        with pytest.raises(Conflict):
            await service.take(collector(), callback_id)
    else:
        call_id = await service.take(collector(), callback_id)
        await tell(uow, service, news(call_id, "outbound", ended=True))
    tried, presence.users = len(dialler.calls), {1}
    await ticker.tick()
    row = await row_of(uow, callback_id)
    assert (row.state, row.window_start, row.window_end) == ("planned", before.window_start, before.window_end)
    assert len(dialler.calls) == tried


async def test_who_could_not_call_leaves_it_to_whose_it_was(
    uow: UnitOfWork, service: CallbackService, ticker: CallbackTicker, clock: ManualClock, dialler: FakeDialler
) -> None:
    mine = await service.plan(collector(), plan(user_id=1))
    clock.set(at(3600))
    await ticker.tick()
    dialler.refusal = DialRefused(Conflict())
    with pytest.raises(Conflict):
        await service.take(collector(2, Scope.ALL), mine)
    row = await row_of(uow, mine)
    assert (row.state, row.user_id) == (CallbackState.DUE, 1)


async def test_a_call_that_was_ordered_before_death_is_not_made_again(
    uow: UnitOfWork,
    service: CallbackService,
    ticker: CallbackTicker,
    clock: ManualClock,
    dialler: FakeDialler,
    presence: FakePresence,
) -> None:
    callback_id = await service.plan(collector(), plan(automatic=True))
    async with uow.write() as work:
        row = await work.session.get_one(Callback, callback_id)
        await service.claim(work, row, Callback.state == CallbackState.PLANNED, 1)
    dialler.calls[f"callback:{callback_id}:1"] = 1234
    presence.users = {1}
    clock.set(at(3600))
    await ticker.tick()
    row = await row_of(uow, callback_id)
    assert (row.state, row.call_id) == (CallbackState.DIALLING, 1234)
    assert len(dialler.calls) == 1
    await tell(uow, service, news(1234, "outbound", ended=True, contact=True))
    assert (await row_of(uow, callback_id)).state == CallbackState.DONE


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
async def test_a_talk_about_one_case_leaves_what_was_promised_about_another(
    uow: UnitOfWork, clock: ManualClock, service: CallbackService, ticker: CallbackTicker, direction: str
) -> None:
    this, other = await service.plan(collector(), plan()), await service.plan(collector(), plan(case_id=71))
    about_nothing = await service.plan(collector(), plan(case_id=None))
    clock.set(at(3600))
    await ticker.tick()
    heard = {"answered": True, "ended": True, "contact": True}
    await tell(uow, service, news(5, direction, case_id=70, **heard))
    states = [(await row_of(uow, one)).state for one in (this, other, about_nothing)]
    assert states == [CallbackState.DONE, CallbackState.DUE, CallbackState.DONE]
    await tell(uow, service, news(6, direction, case_id=None, **heard))
    assert (await row_of(uow, other)).state == CallbackState.DUE


@pytest.mark.parametrize(("contact", "state"), [(True, CallbackState.DONE), (False, CallbackState.PLANNED)])
async def test_its_call_ends_it_even_when_nobody_noted_which_call_it_was(
    uow: UnitOfWork, service: CallbackService, clock: ManualClock, contact: bool, state: CallbackState
) -> None:
    """The program died after dialling, or the call was over before its number was written down."""
    callback_id = await service.plan(collector(), plan())
    async with uow.write() as work:
        row = await work.session.get_one(Callback, callback_id)
        await service.claim(work, row, Callback.state == CallbackState.PLANNED, 1)
    await tell(uow, service, news(7, "outbound", user_id=2, ended=True, phone="+79000000099", party_id=8))
    assert (await row_of(uow, callback_id)).state == CallbackState.DIALLING
    await tell(uow, service, news(8, "outbound", ended=True, contact=contact, party_id=None, at=clock.now()))
    assert (await row_of(uow, callback_id)).state == state


async def test_it_passes_to_the_team_when_the_owner_cannot(
    uow: UnitOfWork,
    service: CallbackService,
    ticker: CallbackTicker,
    clock: ManualClock,
    bus: Bus,
    told: list[CallbackEvent],
) -> None:
    callback_id = await service.plan(collector(), plan())
    clock.set(at(3600))
    await ticker.tick()
    clock.advance(service.patience.escalate_after)
    await ticker.tick()
    await bus.drained()
    row = await row_of(uow, callback_id)
    assert (row.user_id, row.unit_id, row.escalated_from) == (None, 5, 1)
    assert [event.escalated for event in told if isinstance(event, CallbackDue)] == [False, True]
    mate = Actor(user_id=2, login="c2", rights=collector().rights, team=frozenset({5}))
    async with uow.read() as session:
        assert [one.id for one in await due_callbacks(session, mate)] == [callback_id]
        assert not await due_callbacks(session, collector(3))
    clock.set(at(7200))
    await ticker.tick()
    assert (await row_of(uow, callback_id)).state == CallbackState.MISSED
    async with uow.read() as session:
        assert len(await due_callbacks(session, mate)) == 1


async def test_the_law_moves_it_and_the_collector_is_told(
    uow: UnitOfWork,
    service: CallbackService,
    ticker: CallbackTicker,
    clock: ManualClock,
    law: FakeLaw,
    dialler: FakeDialler,
    bus: Bus,
    told: list[CallbackEvent],
) -> None:
    law.allowed_from = at(10_000)
    callback_id = await service.plan(collector(), plan())
    row = await row_of(uow, callback_id)
    assert (row.window_start, row.window_end, row.moved_rule) == (at(10_000), at(13_600), "test.night")
    clock.set(at(10_000))
    law.allowed_from = None
    dialler.refusal = DialRefused(Conflict(), rule="test.week", next_allowed_at=at(90_000))
    with pytest.raises(Conflict):
        await service.take(collector(), callback_id)
    row = await row_of(uow, callback_id)
    assert (row.state, row.window_start, row.moved_rule) == (CallbackState.PLANNED, at(90_000), "test.week")
    await bus.drained()
    assert len([event for event in told if isinstance(event, CallbackMoved)]) == 2


async def test_a_missed_call_is_owed_once_and_calling_back_closes_it(
    uow: UnitOfWork, service: CallbackService, clock: ManualClock
) -> None:
    await tell(uow, service, news(1, ended=True, missed=True))
    await tell(uow, service, news(2, ended=True, missed=True), news(3, ended=True, missed=True, phone=None))
    async with uow.read() as session:
        (row,) = (await session.scalars(select(Callback))).all()
    assert (row.origin, row.phone, row.source_call_id, row.user_id) == (Origin.MISSED_CALL, DEBTOR, 1, None)
    async with uow.read() as session:
        assert (await list_callbacks(session, collector(2), CallbackQuery())).total == 1
    await tell(uow, service, news(4, answered=True))
    assert (await row_of(uow, row.id)).state == CallbackState.DONE


async def test_reschedule_cancel_and_reach(uow: UnitOfWork, service: CallbackService, clock: ManualClock) -> None:
    callback_id = await service.plan(collector(), plan())
    with pytest.raises(CallbackNotFound):
        await service.cancel(collector(2), callback_id, "not mine")
    await service.reschedule(collector(), callback_id, at(9000), at(9600))
    assert (await row_of(uow, callback_id)).window_start == at(9000)
    with pytest.raises(BadWindow):
        await service.reschedule(collector(), callback_id, at(-100), at(-50))
    await service.cancel(collector(), callback_id, "paid")
    with pytest.raises(CallbackTaken):
        await service.cancel(collector(), callback_id, "again")
    with pytest.raises(BadCallbackPhone):
        await service.plan(collector(), plan(phone="12"))
    async with uow.read() as session:
        assert (await list_callbacks(session, collector(), CallbackQuery())).total == 0
        assert (
            await list_callbacks(session, collector(), CallbackQuery(every_state=True, search="(900) 000"))
        ).total == 1


async def test_one_that_cannot_be_moved_on_does_not_hold_up_the_others(
    uow: UnitOfWork, clock: ManualClock, service: CallbackService, ticker: CallbackTicker, law: FakeLaw
) -> None:
    broken = await service.plan(collector(), plan(party_id=8, case_id=80))
    sound = await service.plan(collector(), plan())
    law.unknown_case = 80
    clock.set(at(3600))
    await ticker.tick()
    assert (await row_of(uow, broken)).state == CallbackState.PLANNED
    assert (await row_of(uow, sound)).state == CallbackState.DUE


async def test_the_count_is_of_what_is_listed(
    uow: UnitOfWork, clock: ManualClock, service: CallbackService, ticker: CallbackTicker
) -> None:
    await service.plan(collector(), plan())
    await service.plan(collector(), plan(user_id=None, unit_id=5, party_id=8))
    await service.plan(collector(), plan(user_id=2, party_id=9))
    clock.set(at(3600))
    await ticker.tick()
    mate = Actor(user_id=1, login="c1", rights=collector().rights, team=frozenset({5}))
    stranger = Actor(user_id=1, login="c1", rights={})
    async with uow.read() as session:
        assert await count_due(session, mate) == len(await due_callbacks(session, mate)) == 2
        assert await count_due(session, collector()) == len(await due_callbacks(session, collector())) == 1
        assert await count_due(session, stranger) == len(await due_callbacks(session, stranger)) == 0
