"""Every route × every shipped role × own and foreign ids, compared with the table in ``tests.policies``."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from starlette.types import Message

from callcenter.agents.model import PauseReason
from callcenter.app.wiring import House
from callcenter.calls.model import ResultCode
from callcenter.campaigns.model import Campaign, CampaignEntry, CampaignState, EntryState, Mode
from callcenter.campaigns.service import CampaignData
from callcenter.compliance.law.terms import BlockKind
from callcenter.ivr.flow import Flow, HangUp, Prompt, stored
from callcenter.ivr.model import IvrFlow, IvrSound
from callcenter.productivity.model import ReportSchedule
from callcenter.queues.model import Calendar, Queue
from callcenter.voicemail.model import Voicemail
from core.audit.model import AuditEntry
from core.cases.model import (
    AssignmentRule,
    Claim,
    InterestTerm,
    MassRun,
    PaymentPlan,
    PlanState,
    Promise,
    PromiseState,
    Rate,
    RateTable,
    Stage,
    Tag,
)
from core.cases.rules.interest import Days
from core.cases.service.accrual import block_accrual
from core.cases.service.promise_types import TypeData, add_type
from core.kernel.access import PROGRAM
from core.kernel.bulk import insert_missing
from core.kernel.clock import ManualClock
from core.kernel.i18n import translator
from core.kernel.uow import UnitOfWork, Work
from core.parties.model import Email, Party, PartyKind
from core.payments.model import CommissionTerms, Remittance, Scheme
from core.payments.service.schemes import ship_schemes
from core.people.model import ApiToken, Profile, Role, SavedView, Unit, UserSession
from core.people.service.logins import LoggedIn, Origin
from core.planning.model import FinancialPlan
from recordings.storage import open_storage
from tests.factories.money import money_account, part_paid, receipted
from tests.factories.people import PASSWORD, Cast
from tests.factories.work import Desk, creditor_and_order, lay_desk, waiting_import, waiting_payment
from tests.integration.cases.ledger import group_of
from tests.plugins.web import HOST, SignIn, WithState
from tests.policies import HOLDERS, POLICIES, REACH, Entry
from web.routes import ROUTES
from web.security import GuardedRoute, GuardedWebSocketRoute
from web.state import Services

#: One of each shipped role. Bella is a collector, so that anna, clara and diego are only ever acted upon.
ACTORS = ("bella", "karl", "ada", "sofia", "maria", "admin")
OTHERS = ("anna", "clara", "diego")
MISSING_ID = 999_999
COOKIE = "callcenter_session"
Params = dict[str, object]


@dataclass(frozen=True)
class Door:
    """A method at an address: what the table speaks of."""

    method: str
    route: GuardedRoute | GuardedWebSocketRoute

    @property
    def key(self) -> str:
        return f"{self.method} {self.route.path}"

    def address(self, params: Params) -> str:
        wanted = {name: params[name] for name in self.route.param_convertors}
        return str(self.route.url_path_for(self.route.name, **wanted))


def _doors() -> list[Door]:
    doors = []
    for route in ROUTES:
        assert isinstance(route, GuardedRoute | GuardedWebSocketRoute)
        methods = {"WS"} if isinstance(route, GuardedWebSocketRoute) else (route.methods or set()) - {"HEAD"}
        doors += [Door(method, route) for method in sorted(methods)]
    return doors


DOORS = _doors()


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
        async with self.uow.write() as work:
            if kind == "promise type":
                data = TypeData(name="Own", position=9)
                return (await add_type(work, admin, secrets.token_hex(4), data, at=self.clock.now())).id
            if kind == "calendar":
                calendar = Calendar(name="Own", zone="UTC", week={})
                work.session.add(calendar)
                await work.session.flush()
                return calendar.id
            if kind == "queue":
                queue = Queue(code=secrets.token_hex(4), name="Own")
                work.session.add(queue)
                await work.session.flush()
                return queue.id
            if kind == "scheme":
                await ship_schemes(work, translator("en"), at=self.clock.now())
                return (await work.session.scalars(select(Scheme.id).where(Scheme.key == "RU_319"))).one()
            if kind == "bare block":
                registry = self.house.floor.registry
                phone = "+79000000055"
                return (await registry.block(work, admin, BlockKind.DO_NOT_CALL, basis="a letter", phone=phone)).id
            if kind == "rate table":
                table = RateTable(key=secrets.token_hex(4), name="Own")
                work.session.add(table)
                await work.session.flush()
                work.session.add(Rate(table_id=table.id, valid_from=date(2026, 1, 1), percent=Decimal(5)))
                return table.id
            if kind in ("creditor", "order", "commission terms", "remittance"):
                creditor, order = await creditor_and_order(work, self.clock)
                if kind in ("creditor", "order"):
                    return order.id if kind == "order" else creditor.id
                return await self._earning(work, kind, creditor.id)
            if kind == "assignment rule":
                rule = AssignmentRule(position=1, name="rule", user_ids=[])
                work.session.add(rule)
                await work.session.flush()
                return rule.id
            if kind == "mass run":
                run = MassRun(
                    action="",
                    params={},
                    state="draft",
                    created_by_id=self.people.users["anna"],
                    created_at=self.clock.now(),
                )
                work.session.add(run)
                await work.session.flush()
                return run.id
            row = {"unit": Unit, "role": Role, "profile": Profile, "tag": Tag}[kind](
                name=f"{kind} {secrets.token_hex(4)}"
            )
            work.session.add(row)
            await work.session.flush()
            return row.id

    async def _earning(self, work: Work, kind: str, creditor_id: int) -> int:
        """Commission terms that nothing has earned by, or an empty draft of a statement."""
        day, now = date(2020, 1, 1), self.clock.now()
        row: CommissionTerms | Remittance = Remittance(
            creditor_id=creditor_id, from_on=day, until_on=day, currency="RUB", created_at=now
        )
        if kind == "commission terms":
            terms = {"kind": "flat", "bases": ["penalty"], "bands": [{"percent": "1"}], "valid_from": day}
            row = CommissionTerms(creditor_id=creditor_id, name="Own", valid_until=day, created_at=now, **terms)
        work.session.add(row)
        await work.session.flush()
        return row.id


@pytest.fixture
def world(
    web_services: Services, uow: UnitOfWork, clock: ManualClock, cast: Cast, house: House, tmp_path: Path
) -> World:
    sound = tmp_path / "sound.ogg"
    sound.write_bytes(b"sound")
    return World(web_services, uow, clock, cast, house, sound)


def outcome(answer: httpx.Response) -> str:
    """What an answer says about rights: any answer but a refusal means that the policy let it through."""
    assert answer.status_code != 500, answer.text
    path, target = answer.request.url.path, answer.headers.get("location", "")
    if path == "/login" or (path == "/logout" and "set-cookie" in answer.headers):
        return "passed"
    if answer.status_code == 303 and target.partition("?")[0] == "/login":
        return "sign in"
    return {401: "sign in", 403: "forbidden", 404: "missing"}.get(answer.status_code, "passed")


def expected(entry: Entry, me: str, whose: str | None) -> str:
    """What the table says."""
    if entry.needs in (("public",), ("local",)):
        return "passed"
    if entry.needs == ("signed in",):
        return "missing" if whose == "foreign" else "passed"
    if not any(me in HOLDERS[right] for right in entry.needs):
        return "forbidden"
    if entry.absent:
        return "missing"
    reach = REACH.get(entry.reach or entry.needs[0])
    return "missing" if whose not in (None, "it") and reach and whose not in reach[me] else "passed"


async def _call(client: httpx.AsyncClient, door: Door, params: Params, entry: Entry) -> str:
    """Knock once, with a body that passes."""
    if door.method == "WS":
        return await _knock(client, door)
    if door.route.path.startswith("/api/") and door.method == "POST":
        return await _send(client, door, params, entry)
    form = {name: value.format(**params) for name, value in entry.form.items()}
    body = {"data": form} if door.method == "POST" else {}
    return outcome(await client.request(door.method, door.address(params), **body))  # type: ignore[arg-type]


async def _send(client: httpx.AsyncClient, door: Door, params: Params, entry: Entry) -> str:
    """The same as a program does it: JSON, and a key of its own."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
    nothing = dict.fromkeys(("case", "party", "id", "settlement"), MISSING_ID)
    body = entry.body % {**nothing, **params}
    return outcome(await client.post(door.address(params), content=body, headers=headers))


async def _knock(client: httpx.AsyncClient, door: Door) -> str:
    """Open a websocket and go away at once."""
    headers = [(b"host", HOST.removeprefix("http://").encode()), (b"origin", HOST.encode())]
    if COOKIE in client.cookies:
        headers.append((b"cookie", f"{COOKIE}={client.cookies[COOKIE]}".encode()))
    path = door.route.path
    scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}
    scope |= {"scheme": "ws", "server": ("desk.example", 80), "client": ("192.0.2.1", 5000), "root_path": ""}
    told: list[Message] = []
    incoming: list[Message] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}]

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        told.append(message)

    app: WithState = client._transport.app  # type: ignore[attr-defined]
    await app({**scope, "subprotocols": []}, receive, send)
    refused = "forbidden" if COOKIE in client.cookies else "sign in"  # both are closed before they are accepted
    return "passed" if told[0]["type"] == "websocket.accept" else refused


def test_the_table_names_every_route_once_and_no_other() -> None:
    assert sorted(POLICIES) == sorted(door.key for door in DOORS)


def rooms(doors: Iterable[Door]) -> dict[str, list[Door]]:
    """The doors by the first part of their address: those of one room are tried in one house."""
    found: dict[str, list[Door]] = {}
    for door in doors:
        found.setdefault(door.route.path.split("/")[1] or "home", []).append(door)
    return found


#: Whose something is, a database answers; whether somebody may do a thing at all, the program.
_ASKED = [
    (url, door) for door in DOORS for url in ("sqlite", "postgresql") if POLICIES[door.key].target or url == "sqlite"
]
#: Looking changes nothing, so the pages of a room are looked at in one house.
_LOOKS = [
    (url, room, doors)
    for url in ("sqlite", "postgresql")
    for room, doors in rooms(door for asked, door in _ASKED if asked == url and door.method == "GET").items()
]
_CHANGES = [(url, door) for url, door in _ASKED if door.method != "GET"]


async def _faults(doors: Iterable[Door], sign_in: SignIn, world: World) -> list[str]:
    """What every role is answered at the doors, where it is not what the table says."""
    found = []
    for door in doors:
        entry = POLICIES[door.key]
        for me in ACTORS:
            targets: dict[str | None, Params] = {None: {}}
            if entry.target:
                targets = {**await world.targets(entry.target, me)}
            client = await sign_in(me)
            wanted = {whose: expected(entry, me, whose) for whose in targets}
            answered = {whose: await _call(client, door, params, entry) for whose, params in targets.items()}
            found += [
                f"{door.key}, {me} at {whose}: {answered[whose]}, not {wanted[whose]}"
                for whose in targets
                if answered[whose] != wanted[whose]
            ]
            if entry.once and "passed" in wanted.values():
                break  # what stronger roles would act upon is gone
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database_url", "doors"),
    [(url, doors) for url, _, doors in _LOOKS],
    indirect=["database_url"],
    ids=[f"{url}-{room}" for url, room, _ in _LOOKS],
)
async def test_what_every_role_may_see(doors: list[Door], sign_in: SignIn, world: World) -> None:
    assert await _faults(doors, sign_in, world) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database_url", "door"), _CHANGES, indirect=["database_url"], ids=[f"{url}-{door.key}" for url, door in _CHANGES]
)
async def test_what_every_role_may_change(door: Door, sign_in: SignIn, world: World) -> None:
    assert await _faults([door], sign_in, world) == []


#: Whether a door is locked at all is asked before any database is: one of them is enough.
_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def _at_nothing(client: httpx.AsyncClient, door: Door) -> str:
    """What is answered when nothing that is asked for exists."""
    params = dict.fromkeys(door.route.param_convertors, MISSING_ID)
    return await _call(
        client, door, {"phone": 1, "stage": 1, "tag": 1, "claim": 1, "case": 1, **params}, POLICIES[door.key]
    )


@pytest.mark.slow
@_ONE_DATABASE
@pytest.mark.timeout(300)
async def test_strangers_are_asked_to_sign_in(stranger: httpx.AsyncClient, cast: Cast) -> None:
    open_to_all = {door.key for door in DOORS if POLICIES[door.key].needs in (("public",), ("local",))}
    answers = {door.key: await _at_nothing(stranger, door) for door in DOORS}
    assert {key for key, answer in answers.items() if answer == "passed"} == open_to_all
    assert {answer for key, answer in answers.items() if key not in open_to_all} == {"sign in"}


@pytest.mark.slow
@_ONE_DATABASE
@pytest.mark.timeout(300)
async def test_ids_that_do_not_exist_are_missing(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    answers = {door.key: await _at_nothing(admin, door) for door in DOORS if door.route.param_convertors}
    assert {key: answer for key, answer in answers.items() if answer != "missing"} == {}
