"""The gate and its ledger, on both databases."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.compliance import queries
from callcenter.compliance.decision import Verdict
from callcenter.compliance.errors import AlreadyReserved, ContactForbidden, ReasonMissing, SubjectMissing, UnknownBlock
from callcenter.compliance.events import AttemptChanged, ContactRefused
from callcenter.compliance.facts import CaseStanding, Consent, ContactFacts, ContactRequest
from callcenter.compliance.law.days import DayType
from callcenter.compliance.law.terms import BlockKind, Jurisdiction, Opening, Severity
from callcenter.compliance.model import AttemptState, ContactAttempt, ContactDecision
from callcenter.compliance.panel import explain
from callcenter.compliance.registry import Registry
from callcenter.compliance.rights import BLOCK, LIFT, OVERRIDE, RULES
from callcenter.compliance.service import Gate
from core.audit.model import AuditEntry
from core.kernel.access import Actor, Scope
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden
from core.kernel.uow import UnitOfWork

DEBTOR, CASE, PHONE = 1, 10, "+74950000001"
NOON_IN_MOSCOW = datetime(2026, 3, 11, 9, tzinfo=UTC)


class KnownFacts:
    """Facts by debtor; every other debtor is an unremarkable Russian one."""

    def __init__(self, facts: Mapping[int, ContactFacts] | None = None) -> None:
        self.facts = dict(facts or {})

    async def facts_for(self, session: AsyncSession, party_id: int, case_id: int, phone: str | None) -> ContactFacts:
        return self.facts.get(party_id, plain())


def plain(jurisdiction: Jurisdiction = Jurisdiction.RU, **other: object) -> ContactFacts:
    return ContactFacts(jurisdiction=jurisdiction, debts=frozenset({100}), **other)  # type: ignore[arg-type]


def actor(*rights: str) -> Actor:
    return Actor(user_id=7, login="collector", rights=dict.fromkeys(rights, Scope.ALL))


COLLECTOR = actor()
SUPERVISOR = actor(OVERRIDE, BLOCK, LIFT, RULES)


def call(call_id: int, party_id: int = DEBTOR, phone: str = PHONE) -> ContactRequest:
    return ContactRequest(party_id=party_id, case_id=CASE, phone=phone, call_id=call_id)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON_IN_MOSCOW)


@pytest.fixture
def facts() -> KnownFacts:
    return KnownFacts()


@pytest.fixture
def gate(facts: KnownFacts, clock: ManualClock) -> Gate:
    return Gate(facts, clock)


@pytest.fixture
def registry(clock: ManualClock) -> Registry:
    return Registry(clock)


async def reserve(
    gate: Gate, uow: UnitOfWork, request: ContactRequest, who: Actor = COLLECTOR, reason: str | None = None
) -> bool:
    """Try to reserve; whether the gate let it through."""
    try:
        async with gate.deciding(uow, who) as work:
            await gate.reserve(work, who, request, reason)
    except ContactForbidden:
        return False
    return True


async def connect_all(uow: UnitOfWork, number: int) -> None:
    """Open that many connections, so that contenders start together; SQLite has but one writer."""
    if uow.database.dialect != "postgresql":
        return
    everybody = asyncio.Barrier(number)

    async def connect() -> None:
        async with uow.write() as work:
            await work.session.execute(select(1))
            await everybody.wait()

    await asyncio.gather(*(connect() for _ in range(number)))


async def settle(gate: Gate, uow: UnitOfWork, call_id: int, *, answered: bool) -> bool:
    async with uow.write() as work:
        return await gate.settle(work, call_id, answered=answered)


async def state_of(uow: UnitOfWork, call_id: int) -> str | None:
    async with uow.read() as session:
        return await session.scalar(select(ContactAttempt.state).where(ContactAttempt.call_id == call_id))


@pytest.mark.parametrize("contenders", [2, 10])
async def test_only_one_of_many_gets_the_last_allowed_attempt(gate: Gate, uow: UnitOfWork, contenders: int) -> None:
    await connect_all(uow, contenders)
    won = await asyncio.gather(*(reserve(gate, uow, call(number)) for number in range(1, contenders + 1)))
    assert sum(won) == 1
    async with uow.read() as session:
        attempts = (await session.scalars(select(ContactAttempt))).all()
        verdicts = (await session.scalars(select(ContactDecision.verdict))).all()
    assert len(attempts) == 1
    assert sorted(verdicts) == sorted([Verdict.ALLOW, *[Verdict.DENY] * (contenders - 1)])


async def test_debtors_who_share_a_phone_race_for_its_cap(gate: Gate, uow: UnitOfWork, clock: ManualClock) -> None:
    for number in range(1, 4):
        assert await reserve(gate, uow, call(number, party_id=number))
        await settle(gate, uow, number, answered=False)
    await connect_all(uow, 6)
    won = await asyncio.gather(*(reserve(gate, uow, call(number, party_id=number)) for number in range(4, 10)))
    assert sum(won) == 1


async def test_a_call_under_way_counts_and_a_conversation_keeps_the_day(
    gate: Gate, uow: UnitOfWork, clock: ManualClock
) -> None:
    assert await reserve(gate, uow, call(1))
    assert not await reserve(gate, uow, call(2))
    await settle(gate, uow, 1, answered=False)
    assert await reserve(gate, uow, call(3))
    await settle(gate, uow, 3, answered=True)
    with pytest.raises(ContactForbidden) as refused:
        async with gate.deciding(uow, COLLECTOR) as work:
            await gate.reserve(work, COLLECTOR, call(4))
    assert refused.value.decision.rule_id == "ru.calls.day"
    assert refused.value.decision.next_allowed_at == datetime(2026, 3, 12, 5, tzinfo=UTC)
    assert "1" in str(refused.value.message)
    clock.set(datetime(2026, 3, 12, 5, tzinfo=UTC))
    assert await reserve(gate, uow, call(5))


@pytest.mark.parametrize("ending", ["release", "cancel"])
async def test_what_never_rang_does_not_count(gate: Gate, uow: UnitOfWork, ending: str) -> None:
    assert await reserve(gate, uow, call(1))
    async with uow.write() as work:
        assert await getattr(gate, ending)(work, 1)
    assert await reserve(gate, uow, call(2))


async def test_reports_may_come_late_twice_and_out_of_order(gate: Gate, uow: UnitOfWork) -> None:
    assert await reserve(gate, uow, call(1))
    async with uow.write() as work:
        assert await gate.release(work, 1)
        assert await gate.placed(work, 1)
        assert not await gate.placed(work, 1)
        assert not await gate.release(work, 1)
    assert await settle(gate, uow, 1, answered=True)
    assert not await settle(gate, uow, 1, answered=False)
    assert await state_of(uow, 1) == AttemptState.ANSWERED
    assert not await settle(gate, uow, 99, answered=True)


async def test_a_call_is_reserved_once(gate: Gate, uow: UnitOfWork) -> None:
    assert await reserve(gate, uow, call(1))
    with pytest.raises(AlreadyReserved):
        await reserve(gate, uow, call(1))


async def test_override_needs_the_right_and_a_reason(gate: Gate, uow: UnitOfWork) -> None:
    assert await reserve(gate, uow, call(1))
    with pytest.raises(Forbidden):
        await reserve(gate, uow, call(2), COLLECTOR, "the debtor asked for it")
    with pytest.raises(ReasonMissing):
        await reserve(gate, uow, call(2), SUPERVISOR, "  ")
    assert await reserve(gate, uow, call(2), SUPERVISOR, "the debtor asked for it")
    async with uow.read() as session:
        rows = {row.call_id: row for row in await queries.decisions_of(session, CASE)}
    assert rows[2].override_reason == "the debtor asked for it"
    assert rows[2].verdict == Verdict.DENY
    assert rows[1].override_reason is None


async def test_a_reason_is_not_kept_where_nothing_was_overridden(gate: Gate, uow: UnitOfWork) -> None:
    async with uow.write() as work:
        reservation = await gate.reserve(work, SUPERVISOR, call(1), "just in case")
    assert not reservation.overridden


async def test_a_rolled_back_call_leaves_no_reservation(gate: Gate, uow: UnitOfWork) -> None:
    async def twice() -> None:
        async with gate.deciding(uow, COLLECTOR) as work:
            await gate.reserve(work, COLLECTOR, call(1))
            await gate.reserve(work, COLLECTOR, call(1))

    with pytest.raises(AlreadyReserved):
        await twice()
    assert await reserve(gate, uow, call(2))


async def test_every_decision_is_stored_and_read_back_whole(gate: Gate, uow: UnitOfWork) -> None:
    async with uow.write() as work:
        made = (await gate.reserve(work, COLLECTOR, call(1))).decision
    assert not await reserve(gate, uow, call(2))
    async with uow.read() as session:
        denied, allowed = await queries.decisions_of(session, CASE)
    assert queries.restored(allowed) == made
    assert queries.restored(denied).verdict is Verdict.DENY
    assert queries.restored(denied).reason is not None


async def test_changes_and_overrides_are_in_the_audit_trail(gate: Gate, uow: UnitOfWork, registry: Registry) -> None:
    assert await reserve(gate, uow, call(1))
    assert await reserve(gate, uow, call(2), SUPERVISOR, "the debtor asked for it")
    async with uow.write() as work:
        block = await registry.block(work, SUPERVISOR, BlockKind.BANKRUPT, party_id=DEBTOR, basis="court order")
        await registry.lift(work, SUPERVISOR, block.id, "proceedings ended")
        await registry.change_rule(work, SUPERVISOR, "ru.calls.day", maximum=2, reason="trial")
        await registry.set_day(
            work, SUPERVISOR, Jurisdiction.RU, NOON_IN_MOSCOW.date(), day_type=DayType.HOLIDAY, note="regional"
        )
    async with uow.read() as session:
        actions = (await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))).all()
    assert actions == [OVERRIDE, BLOCK, LIFT, RULES, RULES]


async def test_deciding_alone_reserves_and_stores_nothing(gate: Gate, uow: UnitOfWork) -> None:
    async with uow.read() as session:
        assert (await gate.decide(session, call(1))).allowed
        assert (await session.scalars(select(ContactDecision))).all() == []
        assert (await session.scalars(select(ContactAttempt))).all() == []


async def test_a_planned_moment_is_judged_by_what_is_known_today(gate: Gate, uow: UnitOfWork) -> None:
    assert await reserve(gate, uow, call(1))
    night = datetime(2026, 3, 12, 1, tzinfo=UTC)
    async with uow.read() as session:
        decision = await gate.decide(session, call(2), at=night)
    assert decision.rule_id == "ru.hours"
    assert decision.next_allowed_at == datetime(2026, 3, 12, 5, tzinfo=UTC)


async def test_inbound_calls_start_the_cool_down_of_reg_f_only(
    gate: Gate, uow: UnitOfWork, facts: KnownFacts, clock: ManualClock
) -> None:
    facts.facts[DEBTOR] = plain(Jurisdiction.US, zone="America/New_York")
    clock.set(datetime(2026, 3, 4, 17, tzinfo=UTC))
    for number, debtor in ((1, DEBTOR), (2, 2)):
        async with uow.write() as work:
            await gate.record_inbound(work, number, call(number, debtor), answered=False)
            await gate.record_inbound(work, number, call(number, debtor), answered=True)
    async with uow.read() as session:
        american = await gate.decide(session, call(3))
        russian = await gate.decide(session, call(3, 2, "+74950000002"))
    assert american.rule_id == "us.conversation.7_days"
    # The clocks go forward on 8 March: day eight begins in daylight saving time.
    assert american.next_allowed_at == datetime(2026, 3, 11, 12, tzinfo=UTC)
    assert russian.allowed


async def test_blocks_hold_at_once_and_until_lifted(
    gate: Gate, uow: UnitOfWork, registry: Registry, clock: ManualClock
) -> None:
    async with uow.write() as work:
        block = await registry.block(work, SUPERVISOR, BlockKind.DO_NOT_CALL, phone=PHONE, basis="asked on the phone")
        await registry.block(
            work,
            SUPERVISOR,
            BlockKind.HOSPITAL,
            party_id=2,
            basis="certificate",
            ends_at=clock.now() + timedelta(days=1),
        )
    async with uow.read() as session:
        blocked = await gate.decide(session, call(1))
        in_hospital = await gate.decide(session, call(1, 2, "+74950000002"))
        elsewhere = await gate.decide(session, call(1, 3, "+74950000003"))
        shown = await queries.block_entries(session, DEBTOR, CASE, [PHONE], clock.now())
    assert blocked.rule_id == "ru.block.do_not_call"
    assert blocked.next_allowed_at is None
    assert in_hospital.next_allowed_at == clock.now() + timedelta(days=1)
    assert elsewhere.allowed
    assert [one.kind for one in shown] == [BlockKind.DO_NOT_CALL]

    async with uow.write() as work:
        await registry.lift(work, SUPERVISOR, block.id, "asked to be called again")
    assert await reserve(gate, uow, call(1))
    with pytest.raises(UnknownBlock):
        async with uow.write() as work:
            await registry.lift(work, SUPERVISOR, block.id, "again")


async def test_blocks_need_a_right_a_subject_and_a_basis(uow: UnitOfWork, registry: Registry) -> None:
    for who, subject, basis, error in (
        (COLLECTOR, DEBTOR, "letter", Forbidden),
        (SUPERVISOR, None, "letter", SubjectMissing),
        (SUPERVISOR, DEBTOR, " ", ReasonMissing),
    ):
        with pytest.raises(error):
            async with uow.write() as work:
                await registry.block(work, who, BlockKind.BANKRUPT, party_id=subject, basis=basis)


@pytest.mark.parametrize(
    ("known", "rule_id"),
    [
        (plain(phone_consent=Consent.REVOKED), "ru.block.consent_revoked"),
        (plain(phone_valid=False), "ru.block.invalid_phone"),
        (plain(third_party=True), "ru.block.third_party"),
        (plain(third_party=True, phone_consent=Consent.GIVEN), None),
        (plain(deceased=True), "ru.block.deceased"),
        (plain(case=CaseStanding.CLOSED), "ru.block.case_closed"),
        (plain(case=CaseStanding.SUSPENDED), "ru.block.case_suspended"),
        (plain(born=datetime(2008, 3, 12, tzinfo=UTC).date()), "ru.block.minor"),
        (plain(born=datetime(2008, 3, 11, tzinfo=UTC).date()), None),
    ],
)
async def test_what_is_known_of_the_debtor_blocks(
    gate: Gate, uow: UnitOfWork, facts: KnownFacts, known: ContactFacts, rule_id: str | None
) -> None:
    facts.facts[DEBTOR] = known
    async with uow.read() as session:
        assert (await gate.decide(session, call(1))).rule_id == rule_id


async def test_the_agency_may_change_limits_hours_and_days(
    gate: Gate, uow: UnitOfWork, registry: Registry, clock: ManualClock
) -> None:
    async with uow.write() as work:
        await registry.change_rule(work, SUPERVISOR, "ru.calls.day", maximum=2, reason="trial")
        await registry.change_rule(
            work, SUPERVISOR, "ru.hours", openings={DayType.WORKING: Opening(600, 720)}, reason="quiet mornings"
        )
        await registry.change_rule(work, SUPERVISOR, "ru.unanswered.phone.day", severity=Severity.WARN, reason="trial")
    async with uow.read() as session:
        late = await gate.decide(session, call(1))
    assert late.rule_id == "ru.hours"
    clock.set(datetime(2026, 3, 12, 7, tzinfo=UTC))
    assert await reserve(gate, uow, call(1))
    assert await reserve(gate, uow, call(2))
    assert not await reserve(gate, uow, call(3))

    async with uow.write() as work:
        await registry.restore_rule(work, SUPERVISOR, "ru.hours")
        await registry.set_day(
            work, SUPERVISOR, Jurisdiction.RU, clock.now().date(), day_type=DayType.HOLIDAY, note="regional holiday"
        )
    clock.set(datetime(2026, 3, 12, 17, 30, tzinfo=UTC))
    async with uow.read() as session:
        evening = await gate.decide(session, call(4, 2, "+74950000002"))
    assert evening.rule_id == "ru.hours"
    assert "holiday" in str(evening.reason)


async def test_the_panel_says_what_is_left_in_the_debtors_own_time(gate: Gate, uow: UnitOfWork) -> None:
    assert await reserve(gate, uow, call(1))
    await settle(gate, uow, 1, answered=True)
    async with uow.read() as session:
        panel = explain(await gate.decide(session, call(2)))
    week = next(one for one in panel.limits if one.rule_id == "ru.calls.week")
    assert panel.verdict is Verdict.DENY
    assert (week.used, week.maximum, week.left) == (1, 2, 1)
    assert str(week.text) == "Conversations this week: 1 of at most 2."
    assert f"{panel.local_now:%H:%M}" == "12:00"
    assert f"{panel.next_allowed:%d %H:%M}" == "12 08:00"
    assert panel.scarcest is not None
    assert panel.scarcest.rule_id == "ru.calls.day"
    assert panel.zone_certain
    assert panel.calendar_confirmed


async def test_screens_are_told_to_look_again(gate: Gate, uow: UnitOfWork, bus: Bus) -> None:
    seen: list[object] = []

    async def keep(event: object) -> None:
        seen.append(event)

    bus.subscribe(AttemptChanged, keep)
    bus.subscribe(ContactRefused, keep)
    await reserve(gate, uow, call(1))
    await reserve(gate, uow, call(2))
    await bus.drained()
    assert [type(event) for event in seen] == [AttemptChanged, ContactRefused]
