"""The one place where services are built and handed to each other."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import structlog

from callcenter.agents.events import AgentStateChanged
from callcenter.agents.service import AgentService
from callcenter.agents.watch import AgentWatch
from callcenter.app.adapters.agents import Truth
from callcenter.app.adapters.board import BoardNews, FloorPicture
from callcenter.app.adapters.callbacks import AgreedCallbacks, CallbackLaw, FloorDialler, PlannedCallbacks
from callcenter.app.adapters.campaign_queues import CampaignQueues
from callcenter.app.adapters.campaigns import FloorCollectors, FloorLines, OwedCallbacks
from callcenter.app.adapters.cases import CallerLookup, CaseEffects
from callcenter.app.adapters.doorplates import Doorplates
from callcenter.app.adapters.figures import FloorFigures
from callcenter.app.adapters.law import CallGate, DebtorFacts
from callcenter.app.adapters.menus import MenuWorld
from callcenter.app.adapters.money import MoneyEffects
from callcenter.app.adapters.phones import BridgedPhones
from callcenter.app.adapters.recordings import BridgedChannels
from callcenter.app.adapters.routing import KnownDebtors
from callcenter.app.adapters.staff import FloorStates, FreeAgents, RegisteredPhones, StaffDirectory
from callcenter.app.adapters.voicemail import Voicemail
from callcenter.app.adapters.watching import LiveCalls
from callcenter.app.adapters.worklists import FloorLaw
from callcenter.app.exchanges import Site
from callcenter.app.rights import KEYS
from callcenter.app.settings import Settings
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.ticker import CallbackTicker
from callcenter.calls.bell import Bell
from callcenter.calls.control import CallControl
from callcenter.calls.effects import ResultEffects
from callcenter.calls.events import CallEnded, CallHeld, CallMerged
from callcenter.calls.history import CaseHistory
from callcenter.calls.recorded import RecordingReady
from callcenter.calls.reporting import CallReporter
from callcenter.calls.results import CallResults
from callcenter.calls.ringback import RingBack
from callcenter.calls.ringbook import RingBook
from callcenter.calls.service import CallService
from callcenter.campaigns.attempts import Attempts
from callcenter.campaigns.dialler import Dialler
from callcenter.campaigns.events import CampaignChanged
from callcenter.campaigns.outcomes import Outcomes
from callcenter.campaigns.preview import Preview
from callcenter.campaigns.reserving import Reserving
from callcenter.campaigns.service import CampaignService
from callcenter.compliance.registry import Registry
from callcenter.compliance.service import Gate
from callcenter.ivr.attendant import Attendant
from callcenter.ivr.events import MenusChanged
from callcenter.ivr.ports import Voice
from callcenter.ivr.service import FlowService
from callcenter.productivity.mailing import Mailing
from callcenter.productivity.rollups import Rollups
from callcenter.queues.events import QueuesChanged
from callcenter.queues.routing import Router
from callcenter.queues.service import QueueService
from callcenter.queues.steward import Steward
from callcenter.supervision.feed import Feed
from callcenter.supervision.messages import Messages
from callcenter.supervision.watching import Watching
from core.audit.service import Looks, Sealer
from core.cases.ports import PlannedWork
from core.cases.service.appropriation import appropriate
from core.cases.service.balances import CarryForward
from core.cases.service.deciding import PromiseKeeper
from core.cases.service.mass import Mass
from core.cases.service.scoring import Scorer
from core.cases.service.serving import NextCase
from core.importing.registry.kind import RegistryKind
from core.importing.service import Imports
from core.kernel.bus import Bus
from core.kernel.clock import Clock, SystemClock
from core.kernel.db import Database
from core.kernel.idempotency import Idempotency
from core.kernel.ids import IdSource
from core.kernel.jobs import JobHandler, JobQueued, JobRunner
from core.kernel.uow import UnitOfWork
from core.mail.smtp import Smtp
from core.payments.incoming.kind import PaymentsKind
from core.payments.service.desk import PaymentDesk
from core.payments.service.effects import Effects
from core.people.events import AccessEnded
from core.people.passwords import Passwords
from core.people.service.keys import Keys
from core.people.service.logins import Logins
from core.people.service.own import OwnAccount
from core.people.service.profiles import Profiles
from core.people.service.roles import Roles
from core.people.service.units import Units
from core.people.service.users import Users
from core.people.service.views import Announcements, SavedViews
from core.people.vault import Vault
from recordings.audio import OpusEncoder
from recordings.calllog import CallLog
from recordings.intake import Intake
from recordings.links import LinkSigner
from recordings.pausing import RESUME_JOB, Pausing
from recordings.service import RecordingsDesk
from recordings.spool import Spool
from recordings.storage import LocalStorage, open_storage
from recordings.watch import Watcher
from telephony.asking import Asking
from telephony.bridge import Bridge
from telephony.gateway import Gateway
from telephony.queues import ExchangeQueues
from telephony.voice import EspeakVoice
from web.live.endpoint import LiveDesk
from web.live.hub import Hub
from web.live.messages import LiveMessages
from web.live.presence import ScreenPresence
from web.live.recheck import Recheck
from web.pages.report_files import MadeReports
from web.printing import Printer

T = TypeVar("T")

#: Something that runs as long as the house stands: its name, and what to await.
Owned = tuple[str, Callable[[], Coroutine[Any, Any, None]]]

_TICK_SECONDS = 1.0
#: How soon states agree again with phones and calls that changed while nobody listened.
_TRUTH_SECONDS = 5.0
_DECIDE_SECONDS = 300.0
_FILL_SECONDS = 10.0
_FORGET_SECONDS = 3600.0
#: How late a report may be mailed.
_MAIL_SECONDS = 30.0
#: How long figures may lag behind the calls.
_FIGURES_SECONDS = 5.0
#: How soon after midnight balances are carried forward, and how soon after a rate was changed.
_CARRY_SECONDS = 600.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What everything stands on."""

    settings: Settings
    clock: Clock
    bus: Bus
    uow: UnitOfWork
    vault: Vault
    looks: Looks
    keys: Idempotency


@dataclass(frozen=True, kw_only=True)
class People:
    """The desks of users, roles and access."""

    logins: Logins
    own: OwnAccount
    users: Users
    units: Units
    roles: Roles
    profiles: Profiles
    keys: Keys
    views: SavedViews
    announcements: Announcements


@dataclass(frozen=True, kw_only=True)
class Floor:
    """The call floor."""

    gate: Gate
    planned: PlannedWork
    registry: Registry
    agents: AgentService
    truth: Truth
    callbacks: CallbackService
    ticker: CallbackTicker
    book: RingBook
    reporter: CallReporter
    bridges: tuple[Bridge, ...]
    telephony: Gateway
    calls: CallService
    control: CallControl
    results: CallResults
    ring_back: RingBack
    queues: QueueService
    steward: Steward
    watching: Watching
    messages: Messages
    answering: tuple[Asking, ...]
    voice: Voice
    menus: FlowService
    campaigns: CampaignService
    preview: Preview
    campaign_dialler: Dialler


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Recordings."""

    storage: LocalStorage
    desk: RecordingsDesk
    pausing: Pausing
    watchers: tuple[Watcher, ...]


@dataclass(frozen=True, kw_only=True)
class Live:
    """What every open screen is told."""

    messages: LiveMessages
    presence: ScreenPresence
    desk: LiveDesk
    recheck: Recheck
    feed: Feed


@dataclass(frozen=True, kw_only=True)
class House:
    """Everything, built; nothing of it runs yet."""

    ground: Ground
    people: People
    floor: Floor
    archive: Archive
    live: Live
    imports: Imports
    mass: Mass
    next_case: NextCase
    payments: PaymentDesk
    jobs: JobRunner
    promises: PromiseKeeper
    rollups: Rollups
    mailing: Mailing
    printer: Printer
    sites: tuple[Site, ...]

    def owned(self, roles: Collection[str]) -> tuple[Owned, ...]:
        """What the lifespan has to keep running in a process with these roles."""
        ground, floor = self.ground, self.floor
        everywhere: list[Owned] = [
            ("bus", ground.bus.run),
            ("looks", ground.looks.run),
            ("recheck", self.live.recheck.run),
            ("live board", self.live.feed.run),
            ("lamp", _on_change(_TICK_SECONDS, floor.telephony.status, self.live.messages.telephony_changed)),
        ]
        worker: list[Owned] = [
            ("sealer", Sealer(ground.uow).run),
            ("jobs", self.jobs.run),
            ("callbacks", every(_TICK_SECONDS, floor.ticker.tick)),
            ("states that last", every(_TICK_SECONDS, AgentWatch(ground.uow, ground.clock).look)),
            ("wrap-ups", every(_TICK_SECONDS, floor.results.end_long_wrap_ups)),
            ("lost orders", every(_TICK_SECONDS, floor.calls.end_lost_orders)),
            ("lists of campaigns", every(_FILL_SECONDS, floor.campaigns.refresh)),
            ("cases shown for too long", every(_FILL_SECONDS, floor.preview.give_back)),
            ("balances", every(_CARRY_SECONDS, CarryForward(ground.uow, ground.clock).run)),
            ("promises", every(_DECIDE_SECONDS, self.promises.decide)),
            ("scores", every(_CARRY_SECONDS, Scorer(ground.uow, ground.clock).run)),
            ("figures", every(_FIGURES_SECONDS, self.rollups.catch_up)),
            ("reports by mail", every(_MAIL_SECONDS, self.mailing.due)),
            ("old keys", every(_FORGET_SECONDS, ground.keys.forget)),
        ]
        bridge: list[Owned] = [
            *((f"bridge {bridge.exchange.server}", bridge.run) for bridge in floor.bridges),
            ("ring back", floor.ring_back.run),
            ("queues", floor.steward.run),
            ("watches", every(_TICK_SECONDS, floor.watching.follow)),
            ("states and phones", every(_TRUTH_SECONDS, floor.truth.follow)),
            *((f"callers {number}", asking.run) for number, asking in enumerate(floor.answering)),
            ("dialler", floor.campaign_dialler.run),
            *((f"recordings {number}", watcher.run) for number, watcher in enumerate(self.archive.watchers)),
        ]
        return (
            *everywhere,
            *(worker if "worker" in roles else ()),
            *(bridge if "bridge" in roles else ()),
        )


def ground(settings: Settings, database: Database) -> Ground:
    """The lowest storey, over an open database."""
    clock, bus = SystemClock(), Bus()
    uow = UnitOfWork(database, bus)
    return Ground(
        settings=settings,
        clock=clock,
        bus=bus,
        uow=uow,
        vault=Vault(settings.key.decode()),
        looks=Looks(uow, clock),
        keys=Idempotency(uow, clock),
    )


def people(base: Ground) -> People:
    """The desks of users, roles and access."""
    uow, clock, vault, passwords = base.uow, base.clock, base.vault, Passwords()
    return People(
        logins=Logins(uow, clock, passwords, vault),
        own=OwnAccount(uow, clock, passwords, vault),
        users=Users(uow, clock, passwords, vault),
        units=Units(uow, clock),
        roles=Roles(uow, clock),
        profiles=Profiles(uow, clock, KEYS),
        keys=Keys(uow, clock, KEYS),
        views=SavedViews(uow),
        announcements=Announcements(uow, clock),
    )


def build(base: Ground, staff: People, sites: Sequence[Site]) -> House:
    """The whole house over its ground floor, for the exchanges at ``sites``."""
    floor = _floor(base, sites)
    archive = _archive(base, floor, sites)
    effects = money_effects(floor.callbacks, floor.campaigns, floor.planned)
    kinds = (RegistryKind(), PaymentsKind(base.uow, base.clock, effects))
    imports = Imports(base.uow, base.clock, base.settings.data_dir / "imports", kinds)
    mass = Mass(base.uow, base.clock, (floor.planned,))
    printer = Printer()
    reports = MadeReports(base.uow, base.clock, FloorFigures(), printer)
    mailing = Mailing(base.uow, base.clock, reports, Smtp(base.settings.relay))
    handlers: Mapping[str, JobHandler] = {
        **imports.handlers,
        **mailing.handlers,
        **mass.handlers,
        RESUME_JOB: archive.pausing.resume_when_due,
    }
    jobs = JobRunner(base.uow, base.clock, handlers)
    base.bus.subscribe(JobQueued, jobs.on_queued)
    return House(
        ground=base,
        people=staff,
        floor=floor,
        archive=archive,
        live=_live(base, staff, floor, archive),
        imports=imports,
        mass=mass,
        next_case=NextCase(base.uow, base.clock, FloorLaw(floor.gate)),
        payments=PaymentDesk(base.uow, base.clock, effects),
        jobs=jobs,
        promises=PromiseKeeper(base.uow, base.clock, (floor.planned,)),
        rollups=Rollups(base.uow, FloorFigures()),
        mailing=mailing,
        printer=printer,
        sites=tuple(sites),
    )


def money_effects(callbacks: CallbackService, campaigns: CampaignService, planned: PlannedWork) -> Effects:
    """Everybody who follows the money."""
    sources = (planned,)
    return Effects(partial(appropriate, sources=sources), MoneyEffects(callbacks, campaigns, sources))


def _live(base: Ground, staff: People, floor: Floor, archive: Archive) -> Live:
    hub, presence = Hub(base.clock), ScreenPresence(floor.agents)
    messages = LiveMessages(hub, base.uow, floor.telephony, archive.pausing, floor.book.until_written)
    messages.subscribe(base.bus)
    base.bus.subscribe(AccessEnded, hub.on_access_ended)
    desk, feed = LiveDesk(hub, messages, presence), Feed(base.uow, base.clock, FloorPicture())
    BoardNews(feed).subscribe(base.bus)
    return Live(messages=messages, presence=presence, desk=desk, recheck=Recheck(staff.logins), feed=feed)


def _floor(base: Ground, sites: Sequence[Site]) -> Floor:
    uow, clock, region = base.uow, base.clock, base.settings.region
    gate, registry = Gate(DebtorFacts(), clock), Registry(clock)
    law, staff, callers = CallGate(gate, registry), StaffDirectory(), CallerLookup()
    agents, dialler = AgentService(uow, clock), FloorDialler()
    callbacks = CallbackService(uow, clock, dialler=dialler, law=CallbackLaw(gate), region=region)
    planned, lines = PlannedCallbacks(), FloorLines(staff)
    owed = OwedCallbacks(callbacks, (planned,))
    outcomes, reserving = Outcomes(uow, clock, lines=lines, callbacks=owed), Reserving(clock, lines, owed)
    followers = (agents, callbacks, CaseHistory(), outcomes)
    book = RingBook()
    reporter = CallReporter(
        uow, clock, staff=staff, callers=callers, gate=law, followers=followers, book=book, region=region
    )
    bell = Bell(base.bus, clock, book, Doorplates(uow.database), region=region)
    phones = RegisteredPhones(uow, staff, agents)
    bridges = tuple(Bridge(site.exchange, reporter, clock, phones, bell) for site in sites)
    telephony = Gateway(bridges, clock)
    calls = CallService(
        uow,
        clock,
        ids=IdSource(),
        telephony=telephony,
        gate=law,
        callers=callers,
        staff=staff,
        followers=followers,
        region=region,
    )
    dialler.calls = calls
    lines.calls, lines.telephony = calls, telephony
    ring_back = RingBack(uow, telephony=telephony, staff=staff, phones=BridgedPhones(bridges))
    base.bus.subscribe(CallHeld, ring_back.on_held)
    steward = _steward(base, bridges, sites)
    router = Router(uow, clock, KnownDebtors(callers, region))
    base.bus.subscribe(QueuesChanged, router.on_queues)
    campaign_dialler = Dialler(
        uow,
        clock,
        attempts=Attempts(uow, reserving),
        outcomes=outcomes,
        lines=lines,
        collectors=FloorCollectors(),
    )
    voice = EspeakVoice(uow, [site.spool for site in sites if site.spool is not None])
    world = MenuWorld(
        uow, clock, callers=callers, callbacks=callbacks, looks=base.looks, sources=(planned,), region=region
    )
    attendant = Attendant(uow, clock, world=world, voice=voice)
    base.bus.subscribe(MenusChanged, attendant.on_menus)
    for event in (AgentStateChanged, CallEnded, CampaignChanged):
        base.bus.subscribe(event, campaign_dialler.on_change)
    queues = QueueService(uow, clock)
    effects = ResultEffects(clock, gate=law, cases=CaseEffects((planned,)), callbacks=AgreedCallbacks(callbacks))
    return Floor(
        gate=gate,
        planned=planned,
        registry=registry,
        agents=agents,
        truth=Truth(uow, staff, agents, bridges),
        callbacks=callbacks,
        ticker=CallbackTicker(uow, clock, callbacks=callbacks, presence=FreeAgents()),
        book=book,
        reporter=reporter,
        bridges=bridges,
        telephony=telephony,
        calls=calls,
        control=CallControl(uow, clock, telephony=telephony, staff=staff),
        results=CallResults(uow, clock, gate=law, effects=effects, followers=followers),
        ring_back=ring_back,
        queues=queues,
        steward=steward,
        watching=Watching(uow, clock, monitor=telephony, calls=LiveCalls(staff)),
        messages=Messages(uow, clock, calls=LiveCalls(staff)),
        answering=tuple(Asking(bridge.client, router, attendant) for bridge in bridges),
        voice=voice,
        menus=FlowService(uow, clock, voice),
        campaigns=CampaignService(uow, clock, CampaignQueues(queues)),
        preview=Preview(uow, clock, reserving, lines),
        campaign_dialler=campaign_dialler,
    )


def _steward(base: Ground, bridges: Sequence[Bridge], sites: Sequence[Site]) -> Steward:
    """Whoever keeps the exchanges' queues in step, told of what changes them."""
    alone = len(bridges) == 1
    exchanges = [
        ExchangeQueues(bridge, site.configuration, alone=alone) for bridge, site in zip(bridges, sites, strict=True)
    ]
    steward = Steward(base.uow, exchanges, FloorStates())
    base.bus.subscribe(QueuesChanged, steward.on_queues)
    base.bus.subscribe(AgentStateChanged, steward.on_state)
    return steward


def _archive(base: Ground, floor: Floor, sites: Sequence[Site]) -> Archive:
    uow, clock, lookup = base.uow, base.clock, CallLog()
    storage = open_storage(base.settings.recordings)
    pausing = Pausing(uow=uow, clock=clock, recorder=floor.telephony, calls=lookup)
    intake = Intake(
        uow=uow,
        clock=clock,
        storage=storage,
        calls=lookup,
        encoder=OpusEncoder(),
        scratch=base.settings.scratch,
    )
    base.bus.subscribe(CallMerged, intake.on_merged)
    voicemail = Voicemail(uow)
    base.bus.subscribe(CallEnded, voicemail.on_ended)
    base.bus.subscribe(RecordingReady, voicemail.on_recorded)
    channels = BridgedChannels(floor.bridges)
    return Archive(
        storage=storage,
        desk=RecordingsDesk(
            uow=uow,
            clock=clock,
            storage=storage,
            calls=lookup,
            looks=base.looks,
            links=LinkSigner(base.settings.key.decode()),
            pausing=pausing,
        ),
        pausing=pausing,
        watchers=tuple(
            Watcher(
                spool=Spool(site.exchange.server, site.spool),
                intake=intake,
                channels=channels,
                lock_file=base.settings.watermarks / f"{site.exchange.server}.lock",
            )
            for site in sites
            if site.spool is not None
        ),
    )


def every(seconds: float, step: Callable[[], Awaitable[Any]]) -> Callable[[], Coroutine[Any, Any, None]]:
    """Take ``step`` again and again. One that fails is taken again: a database that restarts must not end the house."""

    async def run() -> None:
        while True:
            try:
                await step()
            except Exception:  # noqa: BLE001
                _log.exception("a step failed, the next round tries again", step=step.__qualname__)
            await asyncio.sleep(seconds)

    return run


def _on_change(
    seconds: float, look: Callable[[], T], tell: Callable[[T], None]
) -> Callable[[], Coroutine[Any, Any, None]]:
    async def run() -> None:
        before = look()
        while True:
            await asyncio.sleep(seconds)
            now = look()
            if now != before:
                tell(now)
                before = now

    return run
