"""One click, at most one order; a refusal frees the attempt; what died on the way is never dialled."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.calls.control import CallControl
from callcenter.calls.errors import (
    BadNumber,
    CallNotFound,
    ContactForbidden,
    NoPhone,
    NotInCall,
    OrderRefused,
    TelephonyUnavailable,
)
from callcenter.calls.facts import Direction, LegOutcome
from callcenter.calls.model import Call, OrderState
from callcenter.calls.reporting import CallReporter
from callcenter.calls.service import CallService, Dial
from core.kernel.access import Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, NotFound
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import (
    DEBTOR,
    START,
    FakeFollower,
    FakeGate,
    FakeTelephony,
    answered,
    collector,
    customer,
    ended,
    incoming,
    phone_of,
    ringing,
)


class Killed(BaseException):
    """The process ends here."""


def wish(key: str = "k", **more: object) -> Dial:
    return replace(Dial(phone="8 900 000-00-01", key=key), **more)  # type: ignore[arg-type]


async def row_of(uow: UnitOfWork, call_id: int) -> Call:
    async with uow.read() as session:
        return (await session.scalars(select(Call).where(Call.id == call_id))).one()


async def test_a_click_becomes_one_order(
    service: CallService, telephony: FakeTelephony, uow: UnitOfWork, gate: FakeGate
) -> None:
    call_id = await service.dial(collector(), wish())
    (order,) = telephony.orders
    assert (order.call_id, order.endpoint, order.number, order.show_number) == (call_id, "101", DEBTOR, "+79990000000")
    row = await row_of(uow, call_id)
    assert (row.order_state, row.phase, row.party_id, row.case_id, row.user_id) == (
        OrderState.SENT,
        "dialling",
        7,
        70,
        1,
    )
    assert gate.reserved[0].case_id == 70


async def test_the_same_key_is_the_same_call(service: CallService, telephony: FakeTelephony) -> None:
    calls = await asyncio.gather(*(service.dial(collector(), wish("once")) for _ in range(5)))
    assert len(set(calls)) == 1
    assert len(telephony.orders) == 1
    assert await service.dial(collector(2), wish("once")) != calls[0]


async def test_three_racing_for_the_last_attempt_dial_once(
    service: CallService, telephony: FakeTelephony, gate: FakeGate
) -> None:
    gate.left = 1
    tries = (service.dial(collector(user), wish(f"k{user}")) for user in (1, 2, 3))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert len(telephony.orders) == 1
    assert sum(isinstance(outcome, ContactForbidden) for outcome in outcomes) == 2


async def test_the_law_says_why_and_when(service: CallService, telephony: FakeTelephony, gate: FakeGate) -> None:
    gate.left, gate.next_allowed_at = 0, START + timedelta(days=1)
    with pytest.raises(ContactForbidden) as refused:
        await service.dial(collector(), wish())
    assert (refused.value.rule, str(refused.value.reason)) == ("test.day", "Enough for today.")
    assert refused.value.next_allowed_at == START + timedelta(days=1)
    assert telephony.orders == []
    await service.dial(collector(), wish("with a reason", override_reason="the debtor asked for it"))
    assert len(telephony.orders) == 1


async def test_a_refused_order_frees_the_attempt(
    service: CallService, telephony: FakeTelephony, gate: FakeGate, uow: UnitOfWork
) -> None:
    telephony.refuse = True
    with pytest.raises(OrderRefused):
        await service.dial(collector(), wish())
    assert gate.released == [1]
    row = await row_of(uow, telephony.orders[0].call_id)
    assert (row.order_state, row.phase, row.result_code) == (OrderState.REFUSED, "ended", "FAIL")


async def test_an_order_whose_fate_is_unknown_counts_and_is_not_repeated(
    service: CallService,
    telephony: FakeTelephony,
    gate: FakeGate,
    clock: ManualClock,
    uow: UnitOfWork,
    follower: FakeFollower,
) -> None:
    telephony.dead = True
    with pytest.raises(TelephonyUnavailable):
        await service.dial(collector(), wish())
    assert gate.released == []
    clock.advance(timedelta(minutes=3))
    assert await service.end_lost_orders() == 1
    assert (await row_of(uow, telephony.orders[0].call_id)).lost
    assert gate.settled == [(1, False, None)]
    assert len(telephony.orders) == 1
    assert [(news.ended, news.contact) for news in follower.news] == [(True, False)]


async def test_death_between_commit_and_dialling_never_dials(
    service: CallService,
    telephony: FakeTelephony,
    gate: FakeGate,
    clock: ManualClock,
    uow: UnitOfWork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def die(*_order: object) -> None:
        raise Killed

    with monkeypatch.context() as killed:
        killed.setattr(service, "_send", die)
        with pytest.raises(Killed):
            await service.dial(collector(), wish())
    call_id = await service.dial(collector(), wish())
    assert (await row_of(uow, call_id)).order_state == OrderState.RESERVED
    clock.advance(timedelta(minutes=3))
    assert await service.end_lost_orders() == 1
    assert telephony.orders == []
    assert gate.released == [1]
    assert await service.end_lost_orders() == 0


async def test_nothing_is_reserved_while_the_lamp_is_off(
    service: CallService, telephony: FakeTelephony, gate: FakeGate
) -> None:
    telephony.up = False
    with pytest.raises(TelephonyUnavailable):
        await service.dial(collector(), wish())
    assert gate.reserved == []


async def test_bad_numbers_missing_phones_and_foreign_phones_are_refused(service: CallService) -> None:
    with pytest.raises(BadNumber):
        await service.dial(collector(), wish(phone="123"))
    with pytest.raises(NoPhone):
        await service.dial(collector(60), wish())
    with pytest.raises(Forbidden):
        await service.dial(collector(), wish(user_id=60))
    with pytest.raises(Forbidden):
        await service.dial(collector(1, Scope.OWN, "calls.view"), wish())


async def test_the_order_becomes_the_call_telephony_reports(
    service: CallService, reporter: CallReporter, uow: UnitOfWork, gate: FakeGate
) -> None:
    call_id = await service.dial(collector(), wish())
    base = replace(incoming(call_id), direction=Direction.OUTBOUND, queue=None, legs=(phone_of(call_id, 1),))
    both = replace(base, legs=(*base.legs, customer(call_id)))
    await reporter.report((base,))
    await reporter.report((both,))
    await reporter.report((ended(both, 30, 19, LegOutcome.NO_ANSWER),))
    row = await row_of(uow, call_id)
    assert (row.server, row.phase, row.result_code, row.case_id, row.needs_result) == ("lab", "ended", "NA", 70, False)
    assert gate.settled == [(1, False, None)]
    assert await service.end_lost_orders() == 0


async def test_an_order_that_was_merged_into_another_call_is_accounted_for(
    service: CallService, reporter: CallReporter, gate: FakeGate
) -> None:
    call_id = await service.dial(collector(), wish())
    ordered = replace(incoming(call_id), direction=Direction.OUTBOUND, queue=None, linkedids=("ordered",))
    talk = answered(ringing(ordered, 1), 1)
    await reporter.report((talk, incoming(1)))
    await reporter.report((replace(incoming(1), merged_ids=(call_id,), linkedids=("first", "ordered")),))
    assert gate.settled == [(1, True, None)]


async def test_steering_is_for_those_in_reach_and_calls_that_go_on(
    reporter: CallReporter, control: CallControl, telephony: FakeTelephony
) -> None:
    talk = answered(ringing(incoming(1), 1), 1)
    await reporter.report((talk,))
    with pytest.raises(CallNotFound):
        await control.hang_up(collector(2), 1)
    await control.hold(collector(1), 1)
    await control.unhold(collector(1), 1)
    await control.transfer(collector(1), 1, "102", attended=True)
    await control.hang_up(collector(9, Scope.ALL), 1)
    for target in ("1&2", "Local/5@x", "", "${EXTEN}"):
        with pytest.raises(BadNumber):
            await control.transfer(collector(1), 1, target)
    assert [name for name, *_ in telephony.commands] == ["hold", "ring_back", "attended_transfer", "hang_up"]
    await reporter.report((ended(talk, 60),))
    with pytest.raises(NotInCall):
        await control.hang_up(collector(1), 1)


async def test_the_law_of_somebody_else_cannot_be_borrowed(
    service: CallService, telephony: FakeTelephony, gate: FakeGate
) -> None:
    with pytest.raises(NotFound):
        await service.dial(collector(), wish(case_id=70, party_id=8, vouched=True))
    assert telephony.orders == []
    await service.dial(collector(), wish("unknown number", phone="+79000000999", case_id=70, vouched=True))
    assert [request.party_id for request in gate.reserved] == [7]
