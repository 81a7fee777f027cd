"""A floor on which campaigns dial: real services over the test's database, an exchange that only remembers."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from callcenter.agents.model import AgentState
from callcenter.agents.service import AgentService
from callcenter.app.adapters.callbacks import CallbackLaw, FloorDialler, PlannedCallbacks
from callcenter.app.adapters.campaigns import FloorCollectors, FloorLines, NumberRefusals, OwedCallbacks
from callcenter.app.adapters.cases import CallerLookup
from callcenter.app.adapters.law import CallGate, DebtorFacts
from callcenter.app.adapters.sounds import OwnRecordings
from callcenter.app.adapters.staff import FreeAgents, StaffDirectory
from callcenter.app.adapters.worklists import FloorLaw
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.ticker import CallbackTicker
from callcenter.calls.directory import ship_results
from callcenter.calls.facts import (
    AnsweredBy,
    Answerer,
    CallPhase,
    CallState,
    Direction,
    LegKind,
    LegOutcome,
    LegState,
    Wish,
)
from callcenter.calls.ports import DialOrder
from callcenter.calls.reporting import CallReporter
from callcenter.calls.rights import DIAL
from callcenter.calls.service import CallService
from callcenter.campaigns.attempts import Attempts
from callcenter.campaigns.dialler import Dialler
from callcenter.campaigns.filling import fill
from callcenter.campaigns.model import Campaign, CampaignAttempt, CampaignEntry
from callcenter.campaigns.outcomes import Outcomes
from callcenter.campaigns.ports import LineOrder
from callcenter.campaigns.preview import Preview
from callcenter.campaigns.reserving import Reserving
from callcenter.campaigns.service import CampaignData, CampaignService
from callcenter.compliance.registry import Registry
from callcenter.compliance.service import Gate
from core.cases.model import Case, Jurisdiction, PartyRole
from core.cases.queries.lists import ListQuery
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.creditors import CreditorData, add_creditor, ensure_order
from core.kernel.access import PROGRAM, Actor, Scope
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.ids import IdSource
from core.kernel.uow import UnitOfWork, Work
from core.parties.service import NewParty, NewPhone
from core.people.model import Profile, ProfileRight, Role, RoleProfile, User
from telephony.voice import EspeakVoice
from tests.fakes.floor import FakeTelephony


class FakeLines(FakeTelephony):
    """An exchange that also dials customers first."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[LineOrder] = []

    async def dial_customer(self, order: LineOrder) -> None:
        await self.dial(DialOrder(call_id=order.call_id, endpoint="", number=order.phone, show_number=None))
        self.lines.append(order)

    async def withdraw(self, call_id: int) -> None:
        self.commands.append(("withdraw", call_id, ""))


@dataclass(frozen=True, slots=True)
class Over:
    """Collectors are done with a call (``callcenter.agents.ports.CallNews``)."""

    since: datetime
    call_id: int
    activities: dict[int, str]
    passed: tuple[tuple[datetime, dict[int, str]], ...] = ()


@dataclass
class FakeQueues:
    """Remembers who serves which campaign."""

    members: dict[int, set[int]] = field(default_factory=dict)

    async def open(self, work: Work, actor: Actor, campaign_id: int, name: str, user_ids: Collection[int]) -> None:
        self.members[campaign_id] = set(user_ids)

    async def serve(self, work: Work, actor: Actor, campaign_id: int, user_ids: Collection[int]) -> None:
        self.members[campaign_id] = set(user_ids)

    async def close(self, work: Work, actor: Actor, campaign_id: int) -> None:
        del self.members[campaign_id]


class DiallingFloor:
    """Everything a dialler needs, wired as the house wires it."""

    def __init__(self, uow: UnitOfWork, bus: Bus, clock: ManualClock) -> None:
        self.uow, self.bus, self.clock = uow, bus, clock
        self.telephony = FakeLines()
        self.queues = FakeQueues()
        self.gate = Gate(DebtorFacts(), clock)
        registry = Registry(clock)
        law, staff, callers = CallGate(self.gate, registry), StaffDirectory(), CallerLookup()
        self.agents = AgentService(uow, clock)
        floor_dialler = FloorDialler()
        self.callbacks = CallbackService(uow, clock, dialler=floor_dialler, law=CallbackLaw(self.gate))
        self.calls = CallService(
            uow, clock, ids=IdSource(), telephony=self.telephony, gate=law, callers=callers, staff=staff
        )
        floor_dialler.calls = self.calls
        self.lines = FloorLines(staff, EspeakVoice(uow, ()))
        self.lines.calls, self.lines.telephony = self.calls, self.telephony
        owed = OwedCallbacks(self.callbacks, (PlannedCallbacks(),))
        reserving = Reserving(clock, self.lines, owed)
        self.attempts = Attempts(uow, clock, reserving)
        self.preview = Preview(uow, clock, reserving, lines=self.lines, law=FloorLaw(self.gate))
        self.outcomes = Outcomes(uow, clock, lines=self.lines, callbacks=owed, refusals=NumberRefusals(registry))
        self.reporter = CallReporter(
            uow,
            clock,
            staff=staff,
            callers=callers,
            gate=law,
            followers=(self.agents, self.callbacks, self.outcomes),
        )
        self.campaigns = CampaignService(uow, clock, self.queues, OwnRecordings())
        self.cases: list[Case] = []
        self.phones: list[str] = []
        self.users: list[int] = []

    def ticker(self) -> CallbackTicker:
        """What time does to callbacks, in one process."""
        return CallbackTicker(self.uow, self.clock, callbacks=self.callbacks, presence=FreeAgents())

    def dialler(self) -> Dialler:
        """A dialler as a process that has just started has it."""
        return Dialler(
            self.uow,
            self.clock,
            attempts=self.attempts,
            outcomes=self.outcomes,
            lines=self.lines,
            collectors=FloorCollectors(),
        )

    async def open(
        self,
        debtors: int,
        agents: int,
        jurisdiction: Jurisdiction = Jurisdiction.NONE,
        zone: str = "Europe/Moscow",
    ) -> None:
        """Debtors with a number and a case each, collectors with a phone who wait for calls; all live in ``zone``."""
        now = self.clock.now()
        async with self.uow.write() as work:
            await ship_results(work)
            role, profile = Role(name="Collectors"), Profile(name="Collectors")
            work.session.add_all([role, profile])
            await work.session.flush()
            work.session.add(RoleProfile(role_id=role.id, profile_id=profile.id))
            work.session.add(ProfileRight(profile_id=profile.id, right=DIAL, scope=Scope.ALL.value))
            users = [
                User(
                    login=f"agent{n}",
                    surname=f"Agent {n}",
                    password_hash="",
                    role_id=role.id,
                    extension=str(101 + n),
                    timezone=zone,
                    created_at=now,
                )
                for n in range(agents)
            ]
            work.session.add_all(users)
            await work.session.flush()
            self.users = [user.id for user in users]
        await self.enlist(debtors, jurisdiction, zone)
        for user_id in self.users:
            await self.agents.screen_opened(user_id)

    async def enlist(self, debtors: int, jurisdiction: Jurisdiction, zone: str = "Europe/Moscow") -> None:
        """More debtors, those of another creditor."""
        now, known = self.clock.now(), len(self.cases)
        async with self.uow.write() as work:
            name = f"Lakeside Bank {known}"
            data = CreditorData(name=name, jurisdiction=jurisdiction, region="RU", currency="RUB")
            creditor = await add_creditor(work, PROGRAM, data, at=now)
            order = await ensure_order(work, PROGRAM, creditor.id, "R-1", date(2026, 1, 10), at=now)
            for n in range(known, known + debtors):
                phone = f"+7900000{n:04}"
                party = NewParty(name=f"Debtor {n}", timezone=zone, phones=(NewPhone(raw=phone),))
                new = NewCase(
                    order_id=order.id,
                    number=f"C{n:03}",
                    people=(NewPerson(party=party, role=PartyRole.DEBTOR),),
                    claims=(NewClaim(number="1", principal=Decimal(1000), due_on=date(2025, 11, 1)),),
                )
                self.cases.append(await open_case(work, PROGRAM, new, at=now))
                self.phones.append(phone)

    async def campaign(self, **data: Any) -> int:
        """A running campaign over every case, in which every collector works."""
        given = CampaignData(name="Spring", users=tuple(self.users), weekdays=(1, 2, 3, 4, 5, 6, 7))
        campaign_id = await self.campaigns.create(PROGRAM, replace(given, **data))
        async with self.uow.write() as work:
            row = await work.session.get_one(Campaign, campaign_id)
            await fill(work, PROGRAM, row, ListQuery(), self.clock.now())
        await self.campaigns.start(PROGRAM, campaign_id)
        self.clock.advance(timedelta(seconds=5))
        return campaign_id

    async def tell(self, order: LineOrder, *steps: str, user: int | None = None) -> None:
        """What the exchange reports of the call: ``rings``, ``picked up``, ``connected``, ``busy``, ``no answer``,
        ``machine``, ``message left``, ``unsure``, ``hung up``; whatever ends it ends every leg."""
        call = self._rings(order)
        for step in steps:
            call = self._after(call, order, step, user)
            await self.reporter.report((call,))

    def _rings(self, order: LineOrder) -> CallState:
        now = self.clock.now()
        leg = LegState(
            uniqueid=f"cc-{order.call_id}-a",
            channel="PJSIP/trunk-00000001",
            kind=LegKind.CUSTOMER,
            endpoint="trunk",
            number=order.phone,
            started_at=now,
        )
        return CallState(
            call_id=order.call_id,
            server="lab",
            linkedids=(f"cc-{order.call_id}-a",),
            direction=Direction.OUTBOUND,
            phase=CallPhase.RINGING,
            phone=order.phone,
            dialled=order.phone,
            queue=None,
            started_at=now,
            legs=(leg,),
        )

    def _after(self, call: CallState, order: LineOrder, step: str, user: int | None) -> CallState:
        self.clock.advance(timedelta(seconds=1))
        now = self.clock.now()
        debtor, *agents = call.legs
        if step == "picked up":
            debtor = replace(debtor, answered_at=now, outcome=LegOutcome.ANSWERED)
            return replace(call, queue=order.queue, legs=(debtor, *agents))
        if step == "connected":
            assert user is not None
            agent = LegState(
                uniqueid=f"a{order.call_id}",
                channel=f"PJSIP/{101 + self.users.index(user)}-1",
                kind=LegKind.AGENT,
                endpoint=str(101 + self.users.index(user)),
                number=None,
                started_at=now,
                answered_at=now,
                outcome=LegOutcome.ANSWERED,
            )
            return replace(call, phase=CallPhase.TALKING, answered_at=now, legs=(debtor, agent))
        if step in _JUDGED:
            return replace(call, answerer=_JUDGED[step])
        if step in _ENDS:
            cause, outcome = _ENDS[step]
            return _over(call, now, cause, outcome)
        return call

    async def entry(self, n: int = 0) -> CampaignEntry:
        async with self.uow.read() as session:
            wanted = select(CampaignEntry).where(CampaignEntry.case_id == self.cases[n].id)
            return (await session.scalars(wanted)).one()

    async def made(self) -> list[CampaignAttempt]:
        async with self.uow.read() as session:
            return list((await session.scalars(select(CampaignAttempt).order_by(CampaignAttempt.id))).all())

    async def state(self, user_id: int) -> str:
        async with self.uow.read() as session:
            open_one = select(AgentState.state).where(AgentState.user_id == user_id, AgentState.ended_at.is_(None))
            return await session.scalar(open_one) or ""

    async def rounds(self, dialler: Dialler, number: int) -> None:
        for _ in range(number):
            await dialler.round()
            await asyncio.sleep(0)


_JUDGED = {
    "machine": Answerer(by=AnsweredBy.MACHINE, because="LONGGREETING-1800-1800", milliseconds=2400),
    "message left": Answerer(by=AnsweredBy.MACHINE, because="LONGGREETING-1800-1800", milliseconds=2400, left=True),
    "unsure": Answerer(by=AnsweredBy.UNSURE, because="TOOLONG-4000", milliseconds=4010),
    "hung up unjudged": Answerer(by=AnsweredBy.UNSURE, because="HANGUP", milliseconds=900),
    "no calls": Answerer(by=AnsweredBy.PERSON, because="KEY", milliseconds=0, wish=Wish.NO_CALLS),
    "talk": Answerer(by=AnsweredBy.PERSON, because="KEY", milliseconds=0, wish=Wish.TALK),
}
_ENDS = {
    "busy": (17, LegOutcome.BUSY),
    "no answer": (19, LegOutcome.NO_ANSWER),
    "not in service": (1, LegOutcome.FAILED),
    "hung up": (16, LegOutcome.CANCELLED),
}


def _over(call: CallState, now: datetime, cause: int, outcome: LegOutcome) -> CallState:
    legs = tuple(
        replace(leg, ended_at=now, cause=cause, outcome=outcome if leg.outcome is LegOutcome.PENDING else leg.outcome)
        for leg in call.legs
    )
    return replace(call, phase=CallPhase.ENDED, ended_at=now, cause=cause, legs=legs)
