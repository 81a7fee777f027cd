"""Things to aim at: per kind, what the ids in an address are and whose they are."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.agents.model import PauseReason
from callcenter.app.wiring import House
from callcenter.calls.model import ResultCode
from callcenter.campaigns.model import Campaign, CampaignEntry, CampaignState, EntryState, Mode
from callcenter.campaigns.service import CampaignData
from callcenter.compliance.law.terms import BlockKind
from callcenter.ivr.flow import Flow, HangUp, Prompt, stored
from callcenter.ivr.model import IvrFlow, IvrSound
from callcenter.productivity.model import ReportSchedule
from callcenter.voicemail.model import Voicemail
from core.audit.model import AuditEntry
from core.cases.model import (
    Claim,
    InterestTerm,
    PaymentPlan,
    PlanState,
    Promise,
    PromiseState,
    Stage,
)
from core.cases.rules.interest import Days
from core.cases.service.accrual import block_accrual
from core.kernel.access import PROGRAM
from core.kernel.bulk import insert_missing
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.parties.model import Email, Party, PartyKind
from core.people.model import ApiToken, SavedView, UserSession
from core.people.service.logins import LoggedIn, Origin
from core.planning.model import FinancialPlan
from recordings.storage import open_storage
from tests.factories.money import money_account, part_paid, receipted
from tests.factories.people import PASSWORD, Cast
from tests.factories.work import Desk, lay_desk, waiting_import, waiting_payment
from tests.integration.cases.ledger import group_of
from tests.integration.web import things
from web.state import Services

OTHERS = ("anna", "clara", "diego")
MISSING_ID = 999_999
Params = dict[str, object]


@dataclass
class World:
    """Things to aim at: per kind, what the ids in the address are and whose they are."""

    services: Services
    uow: UnitOfWork
    clock: ManualClock
    people: Cast
    house: House
    sound: Path
    desks: dict[str, Desk] = field(default_factory=dict)
    paid: dict[str, Params] = field(default_factory=dict)

    async def targets(self, kind: str, me: str) -> dict[str, Params]:
        """Path parameters by the name of whose they are."""
        if kind in ("user", "user session"):
            return {name: await self._user(name, kind) for name in OTHERS}
        if kind == "own session":
            return {"mine": {"id": await self._session(me)}, "foreign": {"id": await self._session("diego")}}
        if kind == "own view":
            return {"mine": {"id": await self._view(me)}, "foreign": {"id": await self._view("diego")}}
        if kind == "receipt":
            return {name: await self._receipt(name, me) for name in OTHERS}
        if kind == "case without interest":
            return {name: await self._blocked(await self._work(name, "case", me)) for name in OTHERS}
        if kind == "interest group":
            return {"it": await self._interest_group()}
        if kind in ("organisation", "contact"):
            return {name: await self._entity(await self._work(name, "debtor", me), kind) for name in OTHERS}
        if kind in (
            "case",
            "case with agreements",
            "promise",
            "task",
            "claim",
            "debtor",
            "case to call back",
            "call",
            "callback",
            "voicemail",
            "recording",
            "shared recording",
            "mark",
        ):
            return {name: await self._work(name, kind, me) for name in OTHERS}
        if kind == "missing":
            return {"foreign": {"id": MISSING_ID}}
        if kind == "money account":
            return {"it": {"id": await money_account(self.uow)}}
        if kind == "payment":
            if me not in self.paid:
                self.paid[me] = await self._payment(me)
            return {"it": self.paid[me]}
        if kind == "report schedule":
            return {"it": {"id": await self._schedule(me)}}
        if kind == "campaign":
            return {"it": {"id": await self._campaign(me)}}
        if kind == "shown entry":
            return {"it": {"id": await self._shown(me)}}
        if kind == "stage":
            return {"it": {"id": await self._stage()}}
        if kind == "plan":
            return {"it": {"scope": "stage", "id": await self._stage(), "month": "2026-03"}}
        if kind == "menu":
            return {"it": {"id": await self._menu(), "step": "s1", "language": "en"}}
        if kind == "menu sound":
            return {"it": {"name": await self._menu_sound()}}
        if kind == "bonus":
            return {"it": {"id": await self._paid(), "month": "2026-03"}}
        if kind == "order":
            await self._work(me, "case", me)  # whoever has a case of the order may see it
        if kind == "waiting payment":
            case = (await self._work("anna", "case", me))["case"]
            return {"it": {"id": await waiting_payment(self.uow, self.clock), "case": case}}
        if kind == "month":
            return {"it": {"month": "2026-02"}}
        if kind == "number":
            return {"it": {"e164": "+79000000099"}}
        if kind == "worklist":
            return {"it": {"name": "broken"}}
        if kind == "rule":
            return {"it": {"rule": "ru.calls.day"}}
        if kind in ("result code", "pause reason"):
            return {"it": {"code": await self._entry(kind)}}
        return {"it": {"id": await self._thing(kind)}}

    async def _entry(self, kind: str) -> str:
        code = secrets.token_hex(4)
        row = ResultCode(rpc=False, contact=None) if kind == "result code" else PauseReason()
        row.code, row.label, row.position = code, "own", 50
        async with self.uow.write() as work:
            work.session.add(row)
        return code

    async def _work(self, name: str, kind: str, me: str) -> Params:
        if name not in self.desks:
            storage = open_storage(self.house.ground.settings.recordings)
            user_id = self.people.users[name]
            self.desks[name] = await lay_desk(self.uow, self.clock, storage, self.sound, user_id)
        desk = self.desks[name]
        ids = {"case": desk.case, "case with agreements": desk.case, "debtor": desk.party, "call": desk.call}
        ids |= {"callback": desk.callback, "recording": desk.recording, "task": desk.task}
        common: Params = {"party": desk.party, "phone": desk.phone, "call": desk.call, "mark": desk.mark}
        common |= {"stage": await self._stage(), "tag": await self._thing("tag"), "task": desk.task}
        async with self.uow.read() as session:
            common["claim"] = await session.scalar(select(Claim.id).where(Claim.case_id == desk.case))
        ids["claim"] = common["claim"]
        if kind == "voicemail":
            ids[kind] = await self._message(desk, self.people.users[name])
        if kind in ("case with agreements", "promise"):
            common |= await self._agreed(desk)
            ids["promise"] = int(str(common["promise"]))
        if kind == "shared recording":
            reader = replace(PROGRAM, user_id=self.people.users[me])
            common["word"] = await self.house.archive.desk.link(reader, desk.recording)
        return {**common, "case": desk.case, "id": ids.get(kind)}

    async def _menu(self) -> int:
        flow = Flow(entry="s1", steps={"s1": HangUp(prompt=Prompt(texts={"en": "Bye."}))})
        async with self.uow.write() as work:
            row = IvrFlow(name="Own", draft=stored(flow), changed_at=self.clock.now())
            work.session.add(row)
            await work.session.flush()
            return row.id

    async def _menu_sound(self) -> str:
        name = f"u{secrets.token_hex(10)}"
        sound = IvrSound(
            name=name, label="Own", duration_ms=1, content=b"RIFF", created_at=self.clock.now(), created_by=1
        )
        async with self.uow.write() as work:
            work.session.add(sound)
        return name

    async def _message(self, desk: Desk, user_id: int) -> int:
        async with self.uow.write() as work:
            known = await work.session.scalar(select(Voicemail.id).where(Voicemail.call_id == desk.call))
            if known is not None:
                return known
            row = Voicemail(
                call_id=desk.call,
                recording_id=desk.recording,
                received_at=self.clock.now(),
                duration_ms=1000,
                user_id=user_id,
            )
            work.session.add(row)
            await work.session.flush()
            return row.id

    async def _entity(self, params: Params, kind: str) -> Params:
        """The debtor as an organisation, or with an e-mail to take away."""
        async with self.uow.write() as work:
            party = await work.session.get_one(Party, params["id"])
            if kind == "organisation":
                party.kind = PartyKind.ORGANISATION
                return params
            mail = Email(party_id=party.id, address=f"{secrets.token_hex(4)}@example.org", created_at=self.clock.now())
            work.session.add(mail)
            await work.session.flush()
            return {**params, "kind": "email", "row": mail.id}

    async def _schedule(self, me: str) -> int:
        now = self.clock.now()
        async with self.uow.write() as work:
            row = ReportSchedule(name="Own", query="", format="xlsx", every="day", day=1, hour=8, zone="UTC")
            row.recipients, row.owner_id, row.next_at, row.created_at = [], self.people.users[me], now, now
            work.session.add(row)
            await work.session.flush()
            return row.id

    async def _campaign(self, me: str) -> int:
        actor = replace(PROGRAM, user_id=self.people.users[me])
        return await self.house.floor.campaigns.create(actor, CampaignData(name="Own"))

    async def _shown(self, me: str) -> int:
        """A case of a preview campaign on the reader's screen."""
        case = int(str((await self._work(me, "case", me))["case"]))
        campaign_id, now = await self._campaign(me), self.clock.now()
        async with self.uow.write() as work:
            campaign = await work.session.get_one(Campaign, campaign_id)
            campaign.mode, campaign.state = Mode.PREVIEW, CampaignState.RUNNING
            entry = CampaignEntry(
                campaign_id=campaign_id,
                case_id=case,
                state=EntryState.SHOWN,
                user_id=self.people.users[me],
                next_at=now + timedelta(minutes=5),
            )
            work.session.add(entry)
            await work.session.flush()
            return entry.id

    async def _payment(self, me: str) -> Params:
        case = await self._work("anna", "case", me)
        paid = await part_paid(self.uow, self.house.payments, int(str(case["id"])), self.clock.now().date())
        return {"id": paid.payment, "settlement": paid.settlement}

    async def _blocked(self, params: Params) -> Params:
        async with self.uow.write() as work:
            case_id, since = int(str(params["id"])), self.clock.now().date()
            block = await block_accrual(work, PROGRAM, case_id, Days(since), "a stay", at=self.clock.now())
            return {**params, "block": block.id}

    async def _interest_group(self) -> Params:
        async with self.uow.write() as work:
            group_id = await group_of(work, self.clock, [(date(2026, 1, 1), "5")], name=secrets.token_hex(4))
            term = select(InterestTerm.id).where(InterestTerm.group_id == group_id)
            return {"id": group_id, "term": await work.session.scalar(term)}

    async def _agreed(self, desk: Desk) -> Params:
        """A promise and a plan that were called off: any answer but a refusal tells."""
        common = {"case_id": desk.case, "party_id": desk.party, "currency": "RUB", "created_at": self.clock.now()}
        async with self.uow.write() as work:
            promise = Promise(amount=Decimal(1), due_on=date(2026, 3, 12), state=PromiseState.CANCELLED, **common)
            plan = PaymentPlan(total=Decimal(1), state=PlanState.CANCELLED, **common)
            work.session.add_all([promise, plan])
            await work.session.flush()
            return {"promise": promise.id, "plan": plan.id}

    async def _receipt(self, name: str, me: str) -> Params:
        case = await self._work(name, "case", me)
        today = self.clock.now().date()
        return {**case, "payment": await receipted(self.uow, self.house.payments, int(str(case["id"])), today)}

    async def _stage(self) -> int:
        async with self.uow.write() as work:
            stage = Stage(key=secrets.token_hex(4), name="Next", position=9)
            work.session.add(stage)
            await work.session.flush()
            return stage.id

    async def _paid(self) -> int:
        """Somebody with a plan, who is named in the table."""
        user_id = self.people.users["diego"]
        plan = {"month": date(2026, 3, 1), "scope": "user", "subject_id": user_id, "currency": "RUB"}
        row = {**plan, "amount": Decimal(1), "set_at": self.clock.now()}
        async with self.uow.write() as work:
            await insert_missing(work.session, FinancialPlan, [row])
        return user_id

    async def _user(self, name: str, kind: str) -> Params:
        session = {"session": await self._session(name)} if kind == "user session" else {}
        return {"id": self.people.users[name], **session}

    async def _session(self, name: str) -> int:
        opened = await self.services.logins.log_in(name, PASSWORD, Origin())
        assert isinstance(opened, LoggedIn)
        async with self.uow.read() as session:
            newest = select(UserSession.id).where(UserSession.user_id == self.people.users[name])
            return (await session.scalars(newest.order_by(UserSession.id.desc()).limit(1))).one()

    async def _view(self, name: str) -> int:
        async with self.uow.write() as work:
            view = SavedView(user_id=self.people.users[name], list="users", name=secrets.token_hex(4), query="")
            work.session.add(view)
            await work.session.flush()
            return view.id

    async def _thing(self, kind: str) -> int:
        admin = await self.people.actor(self.uow, "admin")
        if kind == "announcement":
            until = self.clock.now() + timedelta(days=1)
            return await self.services.announcements.publish(admin, "text", None, until)
        if kind == "import":
            return await waiting_import(self.uow, self.clock, self.people.users["admin"])
        if kind == "payment import":
            return await waiting_import(self.uow, self.clock, self.people.users["admin"], of_payments=True)
        if kind == "token":
            await self.services.keys.issue(admin, self.people.users["admin"], "t", ["users.view"])
            async with self.uow.read() as session:
                return (await session.scalars(select(ApiToken.id).order_by(ApiToken.id.desc()).limit(1))).one()
        if kind == "entry":
            await self._session("diego")  # whose login is in the trail
            async with self.uow.read() as session:
                return (await session.scalars(select(AuditEntry.id).limit(1))).one()
        if kind == "bare block":
            registry = self.house.floor.registry
            async with self.uow.write() as work:
                block = await registry.block(work, admin, BlockKind.DO_NOT_CALL, basis="a letter", phone="+79000000055")
                return block.id
        async with self.uow.write() as work:
            return await things.MAKERS[kind](work, self.clock, admin)


@pytest.fixture
def world(
    web_services: Services, uow: UnitOfWork, clock: ManualClock, cast: Cast, house: House, tmp_path: Path
) -> World:
    sound = tmp_path / "sound.ogg"
    sound.write_bytes(b"sound")
    return World(web_services, uow, clock, cast, house, sound)
