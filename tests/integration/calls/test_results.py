"""A result is accepted with all it demands, does what it says, and is asked for until it is given."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from callcenter.calls.demands import ResultDetails
from callcenter.calls.directory import SHIPPED, ship_results
from callcenter.calls.errors import CallNotFound, CallWithoutCase, ResultIncomplete, UnknownResult
from callcenter.calls.model import Bookmark, Call, ResultCode
from callcenter.calls.ports import Agreed, Instalments, Promised
from callcenter.calls.reporting import CallReporter
from callcenter.calls.results import CallResults
from core.cases.model import Jurisdiction
from core.cases.rules.plans import Due
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.creditors import CreditorData, add_creditor, ensure_order
from core.kernel.access import PROGRAM, Scope
from core.kernel.clock import ManualClock
from core.kernel.errors import Invalid, NotFound
from core.kernel.uow import UnitOfWork
from core.parties.service import NewParty
from tests.fakes.floor import (
    DEBTOR,
    FakeCallbacks,
    FakeCases,
    FakeFollower,
    FakeGate,
    answered,
    at,
    collector,
    ended,
    incoming,
    ringing,
)

PROMISE = Promised(amount=Decimal(100), due=date(2026, 3, 20))
LATER = Agreed(start=at(3600), end=at(7200), reason="at work now", phone=None)


async def talked(reporter: CallReporter, call_id: int = 1, phone: str | None = DEBTOR) -> None:
    await reporter.report((ended(answered(ringing(incoming(call_id, phone), 1), 1), 60),))


async def some_case(uow: UnitOfWork) -> int:
    """A case nobody owns."""
    creditor = CreditorData(name="Northern Loans", jurisdiction=Jurisdiction.NONE, region="RU", currency="RUB")
    async with uow.write() as work:
        owner = await add_creditor(work, PROGRAM, creditor, at=at(0))
        order = await ensure_order(work, PROGRAM, owner.id, "1", date(2026, 1, 1), at=at(0))
        debtor = NewPerson(party=NewParty(name="Test Debtor"))
        new = NewCase(
            order_id=order.id, number="1", people=[debtor], claims=[NewClaim(number="1", principal=Decimal(5))]
        )
        return (await open_case(work, PROGRAM, new, at=at(0))).id


async def row_of(uow: UnitOfWork, call_id: int = 1) -> Call:
    async with uow.read() as session:
        return (await session.scalars(select(Call).where(Call.id == call_id))).one()


@pytest.mark.parametrize(
    ("code", "field"),
    [
        ("RPC-PTP", "promise"),
        ("RPC-PLAN", "plan"),
        ("RPC-CALLBACK", "callback"),
        ("RPC-REFUSE", "reason"),
        ("RPC-DISPUTE", "document"),
        ("DECEASED", "document"),
    ],
)
async def test_a_code_demands_what_it_needs(
    reporter: CallReporter, results: CallResults, uow: UnitOfWork, code: str, field: str
) -> None:
    await talked(reporter)
    with pytest.raises(ResultIncomplete) as refused:
        await results.result(collector(), 1, code, ResultDetails())
    assert field in refused.value.fields
    assert (await row_of(uow)).needs_result


async def test_a_promise_is_taken_and_dialling_rests_until_it_falls_due(
    reporter: CallReporter,
    results: CallResults,
    uow: UnitOfWork,
    clock: ManualClock,
    cases: FakeCases,
    gate: FakeGate,
    follower: FakeFollower,
) -> None:
    await talked(reporter)
    clock.set(at(75))
    await results.result(collector(), 1, "RPC-PTP", ResultDetails(promise=PROMISE, note="pays on Friday"))
    row = await row_of(uow)
    assert (row.result_code, row.note, row.needs_result, row.wrap_seconds) == ("RPC-PTP", "pays on Friday", False, 15)
    assert [what for what, *_ in cases.done] == ["promise", "said"]
    assert (gate.stopped[0].kind, gate.stopped[0].until) == ("pause", at(75) + timedelta(days=10))
    assert follower.news[-1].activities == {1: "idle"}


async def test_a_plan_is_taken_with_the_result(
    reporter: CallReporter, results: CallResults, cases: FakeCases, gate: FakeGate
) -> None:
    await talked(reporter)
    plan = Instalments(dues=(Due(date(2026, 3, 20), Decimal(50)), Due(date(2026, 4, 20), Decimal(50))))
    await results.result(collector(), 1, "RPC-PLAN", ResultDetails(plan=plan))
    assert ("plan", 70, plan) in cases.done
    assert gate.stopped[0].until is not None


async def test_results_mark_numbers_block_cases_and_plan_callbacks(
    reporter: CallReporter, results: CallResults, cases: FakeCases, gate: FakeGate, callbacks: FakeCallbacks
) -> None:
    for call_id in (1, 2, 3):
        await talked(reporter, call_id)
    await results.result(collector(), 1, "WRONG", ResultDetails())
    await results.result(collector(), 2, "BANKRUPT", ResultDetails(document="court decision 12/26"))
    await results.result(collector(), 3, "RPC-CALLBACK", ResultDetails(callback=LATER))
    assert ("mark_phone", 70, "wrong") in cases.done
    assert [(one.kind, one.phone, one.case_id) for one in gate.stopped[:2]] == [
        ("pause", DEBTOR, None),
        ("bankrupt", None, 70),
    ]
    assert callbacks.agreed == [LATER]
    assert gate.stopped[2].until == LATER.start


async def test_a_caller_without_a_case_must_be_linked_before_the_case_is_changed(
    reporter: CallReporter, results: CallResults, uow: UnitOfWork
) -> None:
    await talked(reporter, phone="+79000000099")
    with pytest.raises(CallWithoutCase):
        await results.result(collector(), 1, "RPC-PTP", ResultDetails(promise=PROMISE))
    case = await some_case(uow)
    with pytest.raises(NotFound):
        await results.link(collector(1, Scope.OWN, "calls.result", "cases.view"), 1, party_id=None, case_id=case)
    await results.link(collector(1, Scope.ALL, "calls.result", "cases.view"), 1, party_id=None, case_id=case)
    await results.result(collector(), 1, "RPC-PTP", ResultDetails(promise=PROMISE))
    assert (await row_of(uow)).case_id == case


async def test_only_known_codes_and_calls_in_reach(reporter: CallReporter, results: CallResults) -> None:
    await talked(reporter)
    with pytest.raises(UnknownResult):
        await results.result(collector(), 1, "NONSENSE", ResultDetails())
    with pytest.raises(CallNotFound):
        await results.result(collector(2), 1, "TPC", ResultDetails())


async def test_wrap_up_ends_by_itself_but_the_result_is_still_asked_for(
    reporter: CallReporter, results: CallResults, uow: UnitOfWork, clock: ManualClock
) -> None:
    await talked(reporter)
    clock.set(at(60) + results.wrap_limit)
    assert await results.end_long_wrap_ups() == 0
    clock.advance(timedelta(seconds=1))
    assert await results.end_long_wrap_ups() == 1
    assert await results.end_long_wrap_ups() == 0
    row = await row_of(uow)
    assert (row.needs_result, row.wrap_seconds) == (True, 120)  # however late it was noticed


async def test_notes_and_bookmarks(
    reporter: CallReporter, results: CallResults, uow: UnitOfWork, clock: ManualClock
) -> None:
    await reporter.report((incoming(1), ringing(incoming(2), 1), answered(ringing(incoming(3), 1), 1)))
    clock.set(at(12))
    await results.bookmark(collector(), 3, "promise here")
    await results.note(collector(), 3, "calm")
    with pytest.raises(Invalid):
        await results.bookmark(collector(), 2, "too early")
    async with uow.read() as session:
        (mark,) = (await session.scalars(select(Bookmark))).all()
    assert (mark.at_ms, mark.label) == (7000, "promise here")
    assert (await row_of(uow, 3)).note == "calm"


async def test_the_shipped_directory_leaves_what_was_changed(uow: UnitOfWork, shipped: None) -> None:
    async with uow.write() as work:
        entry = await work.session.get_one(ResultCode, "TPC")
        entry.label = "Neighbour"
    async with uow.write() as work:
        await ship_results(work)
    async with uow.read() as session:
        labels = {row.code: row.label for row in await session.scalars(select(ResultCode))}
    assert len(labels) == len(SHIPPED)
    assert labels["TPC"] == "Neighbour"
