"""The call floor: exchanges, calls, agents, queues, menus, campaigns, callbacks and contact law."""

from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.agents.events import AgentStateChanged
from callcenter.agents.service import AgentService
from callcenter.app.adapters.agents import Truth
from callcenter.app.adapters.callbacks import AgreedCallbacks, CallbackLaw, FloorDialler, PlannedCallbacks
from callcenter.app.adapters.campaign_queues import CampaignQueues
from callcenter.app.adapters.campaigns import FloorCollectors, FloorLines, NumberRefusals, OwedCallbacks
from callcenter.app.adapters.cases import CallerLookup, CaseEffects
from callcenter.app.adapters.doorplates import Doorplates
from callcenter.app.adapters.law import CallGate, DebtorFacts
from callcenter.app.adapters.menus import MenuWorld
from callcenter.app.adapters.phones import BridgedPhones
from callcenter.app.adapters.routing import KnownDebtors
from callcenter.app.adapters.sounds import CampaignSounds, OwnRecordings
from callcenter.app.adapters.staff import FloorStates, FreeAgents, RegisteredPhones, StaffDirectory
from callcenter.app.adapters.watching import LiveCalls
from callcenter.app.adapters.worklists import FloorLaw
from callcenter.app.exchanges import Site
from callcenter.app.wiring.ground import Ground
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.ticker import CallbackTicker
from callcenter.calls.bell import Bell
from callcenter.calls.control import CallControl
from callcenter.calls.effects import ResultEffects
from callcenter.calls.events import CallEnded, CallHeld
from callcenter.calls.history import CaseHistory
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
from callcenter.queues.events import QueuesChanged
from callcenter.queues.routing import Router
from callcenter.queues.service import QueueService
from callcenter.queues.steward import Steward
from callcenter.supervision.messages import Messages
from callcenter.supervision.watching import Watching
from core.cases.ports import PlannedWork
from core.kernel.ids import IdSource
from telephony.asking import Asking
from telephony.bridge import Bridge
from telephony.gateway import Gateway
from telephony.queues import ExchangeQueues
from telephony.voice import EspeakVoice


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


def build_floor(base: Ground, sites: Sequence[Site]) -> Floor:
    """The call floor for the exchanges at ``sites``."""
    uow, clock, region = base.uow, base.clock, base.settings.region
    gate, registry = Gate(DebtorFacts(), clock), Registry(clock)
    law, staff, callers = CallGate(gate, registry), StaffDirectory(), CallerLookup()
    agents, dialler = AgentService(uow, clock), FloorDialler()
    callbacks = CallbackService(uow, clock, dialler=dialler, law=CallbackLaw(gate), region=region)
    voice = EspeakVoice(uow, [site.spool for site in sites if site.spool is not None])
    planned, lines = PlannedCallbacks(), FloorLines(staff, voice)
    owed = OwedCallbacks(callbacks, (planned,))
    outcomes = Outcomes(uow, clock, lines=lines, callbacks=owed, refusals=NumberRefusals(registry))
    reserving = Reserving(clock, lines, owed)
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
    world = MenuWorld(
        uow, clock, callers=callers, callbacks=callbacks, looks=base.looks, sources=(planned,), region=region
    )
    attendant = Attendant(uow, clock, world=world, voice=voice)
    base.bus.subscribe(MenusChanged, attendant.on_menus)
    for event in (AgentStateChanged, CallEnded, CampaignChanged):
        base.bus.listen(event, campaign_dialler.on_change)
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
        menus=FlowService(uow, clock, voice, (CampaignSounds(),)),
        campaigns=CampaignService(uow, clock, CampaignQueues(queues), OwnRecordings()),
        preview=Preview(uow, clock, reserving, lines=lines, law=FloorLaw(gate)),
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
    base.bus.listen(AgentStateChanged, steward.on_state)
    return steward
