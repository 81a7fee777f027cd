"""What several subjects of the call floor are built over."""

from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.agents.service import AgentService
from callcenter.app.adapters.callbacks import CallbackLaw, FloorDialler, PlannedCallbacks
from callcenter.app.adapters.campaigns import FloorLines, NumberRefusals, OwedCallbacks
from callcenter.app.adapters.cases import CallerLookup
from callcenter.app.adapters.law import CallGate, DebtorFacts
from callcenter.app.adapters.staff import StaffDirectory
from callcenter.app.exchanges import Site
from callcenter.app.wiring.ground import Ground
from callcenter.callbacks.service import CallbackService
from callcenter.calls.history import CaseHistory
from callcenter.calls.ports import CallFollower
from callcenter.campaigns.outcomes import Outcomes
from callcenter.campaigns.reserving import Reserving
from callcenter.compliance.registry import Registry
from callcenter.compliance.service import Gate
from telephony.voice import EspeakVoice


@dataclass(frozen=True, kw_only=True)
class Shared:
    """``followers`` are told of every call; ``dialler`` and ``lines`` are given the calls once there are any."""

    gate: Gate
    registry: Registry
    law: CallGate
    staff: StaffDirectory
    callers: CallerLookup
    agents: AgentService
    planned: PlannedCallbacks
    callbacks: CallbackService
    dialler: FloorDialler
    voice: EspeakVoice
    lines: FloorLines
    outcomes: Outcomes
    reserving: Reserving
    followers: tuple[CallFollower, ...]


def build_shared(base: Ground, sites: Sequence[Site]) -> Shared:
    uow, clock = base.uow, base.clock
    gate, registry, staff = Gate(DebtorFacts(), clock), Registry(clock), StaffDirectory()
    dialler, planned = FloorDialler(), PlannedCallbacks()
    callbacks = CallbackService(uow, clock, dialler=dialler, law=CallbackLaw(gate), region=base.settings.region)
    voice = EspeakVoice(uow, [site.spool for site in sites if site.spool is not None])
    lines, owed = FloorLines(staff, voice), OwedCallbacks(callbacks, (planned,))
    agents = AgentService(uow, clock)
    outcomes = Outcomes(uow, clock, lines=lines, callbacks=owed, refusals=NumberRefusals(registry))
    return Shared(
        gate=gate,
        registry=registry,
        law=CallGate(gate, registry),
        staff=staff,
        callers=CallerLookup(),
        agents=agents,
        planned=planned,
        callbacks=callbacks,
        dialler=dialler,
        voice=voice,
        lines=lines,
        outcomes=outcomes,
        reserving=Reserving(clock, lines, owed),
        followers=(agents, callbacks, CaseHistory(), outcomes),
    )
