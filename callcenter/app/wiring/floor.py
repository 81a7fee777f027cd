"""The call floor: exchanges, calls, agents, queues, menus, campaigns, callbacks and contact law."""

from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.agents.downtimes import Downtimes
from callcenter.agents.events import AgentStateChanged
from callcenter.agents.service import AgentService
from callcenter.app.adapters.agents import Truth
from callcenter.app.adapters.callbacks import AgreedCallbacks
from callcenter.app.adapters.campaign_queues import CampaignQueues
from callcenter.app.adapters.campaigns import FloorCollectors
from callcenter.app.adapters.cases import CaseEffects
from callcenter.app.adapters.doorplates import Doorplates
from callcenter.app.adapters.menus import MenuWorld
from callcenter.app.adapters.menus_of_queues import MenusOfQueues
from callcenter.app.adapters.phones import BridgedPhones
from callcenter.app.adapters.routing import KnownDebtors
from callcenter.app.adapters.sounds import CampaignSounds, OwnRecordings
from callcenter.app.adapters.staff import FloorStates, FreeAgents, RegisteredPhones
from callcenter.app.adapters.watching import LiveCalls
from callcenter.app.adapters.worklists import FloorLaw
from callcenter.app.exchanges import Site
from callcenter.app.wiring.ground import Ground
from callcenter.app.wiring.shared import Shared, build_shared
from callcenter.callbacks.service import CallbackService
from callcenter.callbacks.ticker import CallbackTicker
from callcenter.calls.bell import Bell
from callcenter.calls.control import CallControl
from callcenter.calls.effects import ResultEffects
from callcenter.calls.events import CallEnded, CallHeld
from callcenter.calls.reporting import CallReporter
from callcenter.calls.results import CallResults
from callcenter.calls.ringback import RingBack
from callcenter.calls.ringbook import RingBook
from callcenter.calls.service import CallService
from callcenter.campaigns.attempts import Attempts
from callcenter.campaigns.dialler import Dialler
from callcenter.campaigns.events import CampaignChanged
from callcenter.campaigns.preview import Preview
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


@dataclass(frozen=True, kw_only=True)
class Floor:
    """The call floor."""

    gate: Gate
    planned: PlannedWork
    registry: Registry
    agents: AgentService
    downtimes: Downtimes
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
    uow, clock, shared, book = base.uow, base.clock, build_shared(base, sites), RingBook()
    gate, staff, callbacks = shared.gate, shared.staff, shared.callbacks
    reporter = _reporter(base, shared, book)
    bridges = _bridges(base, shared, sites, reporter, book)
    telephony, queues = Gateway(bridges, clock), QueueService(uow, clock, MenusOfQueues(clock))
    downtimes = Downtimes(uow, clock)
    return Floor(
        gate=gate,
        planned=shared.planned,
        registry=shared.registry,
        agents=shared.agents,
        downtimes=downtimes,
        truth=Truth(uow, staff, shared.agents, downtimes, bridges),
        callbacks=callbacks,
        ticker=CallbackTicker(uow, clock, callbacks=callbacks, presence=FreeAgents()),
        book=book,
        reporter=reporter,
        bridges=bridges,
        telephony=telephony,
        calls=_calls(base, shared, telephony),
        control=CallControl(uow, clock, telephony=telephony, staff=staff),
        results=_results(base, shared),
        ring_back=_ring_back(base, shared, telephony, bridges),
        queues=queues,
        steward=_steward(base, bridges, sites),
        watching=Watching(uow, clock, monitor=telephony, calls=LiveCalls(staff)),
        messages=Messages(uow, clock, calls=LiveCalls(staff)),
        answering=_answering(base, shared, bridges),
        voice=shared.voice,
        menus=FlowService(uow, clock, shared.voice, (CampaignSounds(),)),
        campaigns=CampaignService(uow, clock, CampaignQueues(queues), OwnRecordings()),
        preview=Preview(uow, clock, shared.reserving, lines=shared.lines, law=FloorLaw(gate)),
        campaign_dialler=_campaign_dialler(base, shared),
    )


def _reporter(base: Ground, shared: Shared, book: RingBook) -> CallReporter:
    return CallReporter(
        base.uow,
        base.clock,
        staff=shared.staff,
        callers=shared.callers,
        gate=shared.law,
        followers=shared.followers,
        book=book,
        region=base.settings.region,
    )


def _bridges(
    base: Ground, shared: Shared, sites: Sequence[Site], reporter: CallReporter, book: RingBook
) -> tuple[Bridge, ...]:
    """One for each exchange; all of them ring the same bell and light the same lamps."""
    bell = Bell(base.bus, base.clock, book, Doorplates(base.uow.database), region=base.settings.region)
    phones = RegisteredPhones(base.uow, shared.staff, shared.agents)
    return tuple(Bridge(site.exchange, reporter, base.clock, phones, bell) for site in sites)


def _calls(base: Ground, shared: Shared, telephony: Gateway) -> CallService:
    calls = CallService(
        base.uow,
        base.clock,
        ids=IdSource(),
        telephony=telephony,
        gate=shared.law,
        callers=shared.callers,
        staff=shared.staff,
        followers=shared.followers,
        region=base.settings.region,
    )
    shared.dialler.calls = calls
    shared.lines.calls, shared.lines.telephony = calls, telephony
    return calls


def _results(base: Ground, shared: Shared) -> CallResults:
    effects = ResultEffects(
        base.clock,
        gate=shared.law,
        cases=CaseEffects((shared.planned,)),
        callbacks=AgreedCallbacks(shared.callbacks),
    )
    return CallResults(base.uow, base.clock, gate=shared.law, effects=effects, followers=shared.followers)


def _ring_back(base: Ground, shared: Shared, telephony: Gateway, bridges: tuple[Bridge, ...]) -> RingBack:
    ring_back = RingBack(base.uow, telephony=telephony, staff=shared.staff, phones=BridgedPhones(bridges))
    base.bus.subscribe(CallHeld, ring_back.on_held)
    return ring_back


def _answering(base: Ground, shared: Shared, bridges: tuple[Bridge, ...]) -> tuple[Asking, ...]:
    """What the exchanges' dialplans ask: which queue a caller goes to, and what his menu says next."""
    region = base.settings.region
    router = Router(base.uow, base.clock, KnownDebtors(shared.callers, region))
    world = MenuWorld(
        base.uow,
        base.clock,
        callers=shared.callers,
        callbacks=shared.callbacks,
        looks=base.looks,
        sources=(shared.planned,),
        region=region,
    )
    attendant = Attendant(base.uow, base.clock, world=world, voice=shared.voice)
    base.bus.subscribe(QueuesChanged, router.on_queues)
    base.bus.subscribe(MenusChanged, attendant.on_menus)
    return tuple(Asking(bridge.client, router, attendant) for bridge in bridges)


def _campaign_dialler(base: Ground, shared: Shared) -> Dialler:
    dialler = Dialler(
        base.uow,
        base.clock,
        attempts=Attempts(base.uow, base.clock, shared.reserving),
        outcomes=shared.outcomes,
        lines=shared.lines,
        collectors=FloorCollectors(),
    )
    for event in (AgentStateChanged, CallEnded, CampaignChanged):
        base.bus.listen(event, dialler.on_change)
    return dialler


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
