"""The whole house: every service built once and handed to those that need it, and what has to be kept running."""

from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from callcenter.agents.watch import AgentWatch
from callcenter.app.adapters.board import BoardNews, FloorPicture
from callcenter.app.adapters.figures import FloorFigures
from callcenter.app.adapters.money import MoneyEffects
from callcenter.app.adapters.worklists import FloorLaw
from callcenter.app.exchanges import Site
from callcenter.app.wiring.archive import Archive, build_archive
from callcenter.app.wiring.floor import Floor, build_floor
from callcenter.app.wiring.ground import Ground, People
from callcenter.app.wiring.ticks import every, on_change
from callcenter.callbacks.service import CallbackService
from callcenter.campaigns.service import CampaignService
from callcenter.productivity.mailing import Mailing
from callcenter.productivity.rollups import Rollups
from callcenter.supervision.feed import Feed
from core.audit.service import Sealer
from core.cases.ports import PlannedWork
from core.cases.service.appropriation import appropriate
from core.cases.service.balances import CarryForward
from core.cases.service.deciding import PromiseKeeper
from core.cases.service.mass import Mass
from core.cases.service.scoring import Scorer
from core.cases.service.serving import NextCase
from core.importing.registry.kind import RegistryKind
from core.importing.service import Imports
from core.kernel.jobs import JobHandler, JobQueued, JobRunner
from core.mail.smtp import Smtp
from core.payments.incoming.kind import PaymentsKind
from core.payments.service.desk import PaymentDesk
from core.payments.service.effects import Effects
from core.people.events import AccessEnded
from recordings.pausing import RESUME_JOB
from web.live.endpoint import LiveDesk
from web.live.hub import Hub
from web.live.messages import LiveMessages
from web.live.presence import ScreenPresence
from web.live.recheck import Recheck
from web.pages.reports.report_files import MadeReports
from web.printing import Printer

#: Something that runs as long as the house stands: its name, and what to await.
Owned = tuple[str, Callable[[], Coroutine[Any, Any, None]]]


_TICK_SECONDS = 1.0
#: How soon states agree again with phones and calls that changed while nobody listened.
_TRUTH_SECONDS = 5.0
#: How much of its last minute is not known of a server that was killed.
_PULSE_SECONDS = 15.0
_DECIDE_SECONDS = 300.0
_FILL_SECONDS = 10.0
_FORGET_SECONDS = 3600.0
#: How late a report may be mailed.
_MAIL_SECONDS = 30.0
#: How long figures may lag behind the calls.
_FIGURES_SECONDS = 5.0
#: How soon after midnight balances are carried forward, and how soon after a rate was changed.
_CARRY_SECONDS = 600.0


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
            ("lamp", on_change(_TICK_SECONDS, floor.telephony.status, self.live.messages.telephony_changed)),
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
            ("messages of callers", every(_DECIDE_SECONDS, self.archive.voicemail.overlooked)),
            ("promises", every(_DECIDE_SECONDS, self.promises.decide)),
            ("scores", every(_CARRY_SECONDS, Scorer(ground.uow, ground.clock).run)),
            ("figures", every(_FIGURES_SECONDS, self.rollups.catch_up)),
            ("reports by mail", every(_MAIL_SECONDS, self.mailing.due)),
            ("old keys", every(_FORGET_SECONDS, ground.keys.forget)),
        ]
        web: list[Owned] = [("pulse", every(_PULSE_SECONDS, floor.downtimes.beat))]
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
            *(web if "web" in roles else ()),
            *(worker if "worker" in roles else ()),
            *(bridge if "bridge" in roles else ()),
        )


def build(base: Ground, staff: People, sites: Sequence[Site]) -> House:
    """The whole house over its ground floor, for the exchanges at ``sites``."""
    floor = build_floor(base, sites)
    archive = build_archive(base, floor, sites)
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
