"""A call floor behind the web application: real services over the test's database, an exchange that only remembers."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from callcenter.agents.directory import ship_reasons
from callcenter.app.adapters.callbacks import CallbackLaw, FloorDialler
from callcenter.app.adapters.cases import CallerLookup
from callcenter.app.adapters.law import CallGate
from callcenter.app.adapters.staff import StaffDirectory
from callcenter.app.wiring import House
from callcenter.callbacks.service import CallbackService, Plan
from callcenter.calls.control import CallControl
from callcenter.calls.directory import ship_results
from callcenter.calls.facts import CallPhase, Direction, LegKind, LegOutcome
from callcenter.calls.model import Call, CallLink, Leg
from callcenter.calls.service import CallService
from callcenter.campaigns.model import Campaign, CampaignState, Mode
from callcenter.campaigns.service import CampaignData, CampaignService
from callcenter.ivr.flow import Flow, HangUp, stored
from callcenter.ivr.flow import Prompt as Said
from callcenter.ivr.model import IvrFlow, IvrSound
from callcenter.voicemail.model import Voicemail
from core.cases.model import Case, Claim, Jurisdiction, MassRun, MassState, Order, PartyRole, TaskKind
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.creditors import CreditorData, add_creditor, ensure_order
from core.cases.service.mass import Mass
from core.cases.service.promise_types import ship_promise_types
from core.cases.service.tasks import NewTask, add_task
from core.kernel.access import PROGRAM, Scope
from core.kernel.clock import ManualClock
from core.kernel.ids import IdSource
from core.kernel.uow import UnitOfWork
from core.parties.service import NewParty, NewPhone
from core.payments.service.desk import PaymentDesk
from core.people.model import Profile, ProfileRight, User
from recordings.model import Recording, RecordingState, Waveform
from recordings.storage import LocalStorage, recording_key
from tests.factories.money import Paid, part_paid
from tests.factories.people import Cast
from tests.fakes.floor import FakeTelephony
from web.state import Services

SOUND = bytes(range(256)) * 40


@dataclass
class Desk:
    """The services, the exchange behind them, and what lies on the desk by name of whose it is."""

    services: Services
    uow: UnitOfWork
    clock: ManualClock
    telephony: FakeTelephony
    storage: LocalStorage
    cast: Cast
    ids: IdSource
    order: Order | None = None
    cases: dict[str, Case] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)
    extensions: dict[str, str] = field(default_factory=dict)

    async def case(self, owner: str, *, amount: str = "1500.50") -> Case:
        """An open case of that collector, with one debtor and one number in Moscow."""
        assert self.order is not None
        number = len(self.cases) + 1
        phone = f"+7495000{number:04}"
        debtor = NewParty(
            name=f"Debtor {number}",
            timezone="Europe/Moscow",
            birth_date=date(1980, 1, 2),
            phones=(NewPhone(raw=phone),),
        )
        async with self.uow.write() as work:
            user = await work.session.get_one(User, self.cast.users[owner])
            new = NewCase(
                order_id=self.order.id,
                number=f"C-{number:04}",
                people=(NewPerson(party=debtor, role=PartyRole.DEBTOR),),
                claims=(NewClaim(number="1", principal=Decimal(amount), due_on=date(2025, 11, 1)),),
                collector_id=user.id,
                unit_id=user.unit_id,
            )
            found = await open_case(work, PROGRAM, new, at=self.clock.now())
        self.cases[f"{owner}{number}"], self.phones[f"{owner}{number}"] = found, phone
        self.cases.setdefault(owner, found)
        self.phones.setdefault(owner, phone)
        return found

    async def call(self, owner: str, *, live: bool = True, ago: float = 60) -> int:
        """A call of that collector's with his debtor, under way or over."""
        call_id, started = self.ids.next(self.clock.now()), self.clock.now() - timedelta(seconds=ago)
        case, user_id = self.cases[owner], self.cast.users[owner]
        ended = None if live else started + timedelta(seconds=50)
        known: dict[str, Any] = {
            "started_at": started,
            "answered_at": started + timedelta(seconds=5),
            "ended_at": ended,
            "outcome": LegOutcome.ANSWERED,
            "cause": None if live else 16,
            "talks": (),
            "holds": (),
            "ring_seconds": 5,
            "talk_seconds": 45,
            "hold_seconds": 0,
        }
        async with self.uow.write() as work:
            work.session.add(
                Call(
                    id=call_id,
                    server="lab",
                    direction=Direction.OUTBOUND,
                    phase=CallPhase.TALKING if live else CallPhase.ENDED,
                    phone_given=self.phones[owner],
                    phone=self.phones[owner],
                    dialled=self.phones[owner],
                    queue="main",
                    started_at=started,
                    answered_at=started + timedelta(seconds=5),
                    ended_at=ended,
                    cause=None if live else 16,
                    party_id=case.debtor_id,
                    case_id=case.id,
                    user_id=user_id,
                    ring_seconds=5,
                    talk_seconds=45,
                    legs=[
                        Leg(
                            uniqueid=f"{call_id}.1",
                            channel="PJSIP/101-1",
                            kind=LegKind.AGENT,
                            endpoint="101",
                            user_id=user_id,
                            **known,
                        ),
                        Leg(
                            uniqueid=f"{call_id}.2",
                            channel="PJSIP/trunk-2",
                            kind=LegKind.CUSTOMER,
                            endpoint="trunk",
                            number=self.phones[owner],
                            **known,
                        ),
                    ],
                    links=[CallLink(server="lab", linkedid=f"{call_id}.1")],
                )
            )
        return call_id

    async def recording(self, owner: str, folder: Path) -> int:
        """The sound of a finished call of that collector's; its id."""
        call_id = await self.call(owner, live=False)
        async with self.uow.write() as work:
            row = Recording(
                server="lab",
                uniqueid=f"{call_id}.2",
                call_id=call_id,
                state=RecordingState.READY,
                created_at=self.clock.now(),
                started_at=self.clock.now(),
                duration_ms=45_000,
                bytes=len(SOUND),
                sha256="ab" * 32,
            )
            work.session.add(row)
            await work.session.flush()
            row.storage_key = recording_key(row.id)
            work.session.add(
                Waveform(
                    recording_id=row.id,
                    debtor=bytes([0, 128, 255]),
                    collector=bytes([1, 2, 3]),
                    silences=[[100, 900]],
                    debtor_speaks=0.5,
                    collector_speaks=0.25,
                    both_speak=0.05,
                    nobody_speaks=0.3,
                )
            )
        source = folder / "sound"
        source.write_bytes(SOUND)
        await self.storage.put(recording_key(row.id), source)
        return row.id

    async def callback(self, owner: str, *, hours: float = 1) -> int:
        """A callback of that collector's to his debtor."""
        start = self.clock.now() + timedelta(hours=hours)
        plan = Plan(
            phone=self.phones[owner],
            start=start,
            end=start + timedelta(minutes=30),
            user_id=self.cast.users[owner],
            case_id=self.cases[owner].id,
            party_id=self.cases[owner].debtor_id,
        )
        service: CallbackService = self.services.parts[CallbackService]
        return await service.plan(PROGRAM, plan)

    async def task(self, owner: str, *, key: str | None = None, title: str = "Call") -> int:
        """A task on ``owner``'s case for tomorrow; with a ``key`` the program's own."""
        now = self.clock.now()
        new = NewTask(
            case_id=self.cases[owner].id, kind=TaskKind.CALL, title=title, due_at=now + timedelta(days=1), key=key
        )
        async with self.uow.write() as work:
            return (await add_task(work, PROGRAM, new, at=now)).id

    async def run(self, owner: str, login: str, state: MassState = MassState.DRAFT) -> int:
        """A run of ``login``'s over ``owner``'s case, in a state that a job would have brought it to."""
        actor = await self.cast.actor(self.uow, login)
        mass: Mass = self.services.parts[Mass]
        run_id = await mass.choose(actor, [self.cases[owner].id])
        async with self.uow.write() as work:
            run = await work.session.get_one(MassRun, run_id)
            run.state, run.action = state, "" if state is MassState.DRAFT else "next"
        return run_id

    async def claim(self, owner: str) -> int:
        """The claim of that collector's case."""
        async with self.uow.read() as session:
            return (await session.scalars(select(Claim.id).where(Claim.case_id == self.cases[owner].id))).one()

    async def campaign(self, owner: str, state: CampaignState = CampaignState.DRAFT) -> int:
        """A campaign of the administrator's that plays a message to ``owner``'s debtor."""
        campaigns: CampaignService = self.services.parts[CampaignService]
        data = CampaignData(name="Spring", mode=Mode.AGENTLESS, message="hello")
        run_id = await self.run(owner, "admin")
        made = await campaigns.create(await self.cast.actor(self.uow, "admin"), data, run_id)
        async with self.uow.write() as work:
            (await work.session.get_one(Campaign, made)).state = state
        return made

    async def menu(self) -> int:
        """A menu as a draft: whoever hears it is told goodbye."""
        flow = Flow(entry="s1", steps={"s1": HangUp(prompt=Said(sounds={"en": await self.prompt()}))})
        async with self.uow.write() as work:
            row = IvrFlow(name="Own", draft=stored(flow), changed_at=self.clock.now())
            work.session.add(row)
            await work.session.flush()
            return row.id

    async def prompt(self) -> str:
        """A recording of the house's own; its name."""
        name = f"u{secrets.token_hex(8)}"
        sound = IvrSound(
            name=name, label="Own", duration_ms=1, content=b"RIFF", created_at=self.clock.now(), created_by=1
        )
        async with self.uow.write() as work:
            work.session.add(sound)
        return name

    async def message(self, owner: str, folder: Path) -> int:
        """What a debtor of that collector's left."""
        recording = await self.recording(owner, folder)
        async with self.uow.write() as work:
            sound = await work.session.get_one(Recording, recording)
            row = Voicemail(
                call_id=sound.call_id,
                recording_id=recording,
                received_at=self.clock.now(),
                duration_ms=1000,
                user_id=self.cast.users[owner],
            )
            work.session.add(row)
            await work.session.flush()
            return row.id

    async def paid(self, owner: str) -> Paid:
        """A payment on that collector's case, partly settled."""
        desk: PaymentDesk = self.services.parts[PaymentDesk]
        return await part_paid(self.uow, desk, self.cases[owner].id, self.clock.now().date())

    async def token(self, login: str, scopes: Sequence[str]) -> str:
        """A token that acts as that user."""
        admin = await self.cast.actor(self.uow, "admin")
        return await self.services.keys.issue(admin, self.cast.users[login], "test", scopes)


async def lay(house: House, services: Services, clock: ManualClock, cast: Cast) -> Desk:
    """The desk with directories, phones, a creditor under Russian law, and a case each for anna, bella and diego."""
    uow, telephony, ids = house.ground.uow, FakeTelephony(), IdSource()
    built = replace(services, parts={**services.parts, **_floor(house, telephony, ids)})
    desk = Desk(built, uow, clock, telephony, house.archive.storage, cast, ids)
    async with uow.write() as work:
        await ship_results(work)
        await ship_promise_types(work)
        await ship_reasons(work)
        desk.extensions = {
            row.login: row.extension for row in await work.session.execute(select(User.login, User.extension))
        }
        held = select(ProfileRight.profile_id).where(ProfileRight.right == "api.use")
        for profile_id in await work.session.scalars(select(Profile.id).where(Profile.id.not_in(held))):
            work.session.add(ProfileRight(profile_id=profile_id, right="api.use", scope=Scope.OWN))
        data = CreditorData(name="Northern Loans", jurisdiction=Jurisdiction.RU, region="RU", currency="RUB")
        creditor = await add_creditor(work, PROGRAM, data, at=clock.now())
        desk.order = await ensure_order(work, PROGRAM, creditor.id, "2026-01", date(2026, 1, 15), at=clock.now())
    for owner in ("anna", "bella", "diego"):
        await desk.case(owner)
    return desk


def _floor(house: House, telephony: FakeTelephony, ids: IdSource) -> dict[type[Any], Any]:
    """What gives orders to the exchange, over one that only remembers them."""
    uow, clock, floor = house.ground.uow, house.ground.clock, house.floor
    law, staff, dialler = CallGate(floor.gate, floor.registry), StaffDirectory(), FloorDialler()
    calls = CallService(uow, clock, ids=ids, telephony=telephony, gate=law, callers=CallerLookup(), staff=staff)
    dialler.calls = calls
    return {
        CallService: calls,
        CallControl: CallControl(uow, clock, telephony=telephony, staff=staff),
        CallbackService: CallbackService(uow, clock, dialler=dialler, law=CallbackLaw(floor.gate)),
    }
