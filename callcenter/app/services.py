"""What the web is handed of the house."""

from collections.abc import Callable
from functools import partial
from typing import Any

from callcenter.agents.queries import never_here, pause_reasons, state_of
from callcenter.agents.rights import STATE as OWN_STATE
from callcenter.agents.service import AgentService
from callcenter.app.adapters.calendar import LawCalendar
from callcenter.app.adapters.figures import FloorFigures
from callcenter.app.adapters.staff import StaffDirectory
from callcenter.app.adapters.worklists import FloorCallbacks
from callcenter.app.phones import BrowserLines
from callcenter.app.wiring import Ground, House
from callcenter.app.wiring.floor import Floor
from callcenter.callbacks.service import CallbackService
from callcenter.calls.control import CallControl
from callcenter.calls.ports import PhoneLines
from callcenter.calls.recorded import Recordings
from callcenter.calls.results import CallResults
from callcenter.calls.ringback import RingBack
from callcenter.calls.service import CallService
from callcenter.campaigns.dialler import Dialler
from callcenter.campaigns.preview import Preview
from callcenter.campaigns.service import CampaignService
from callcenter.compliance.registry import Registry
from callcenter.compliance.service import Gate
from callcenter.ivr.ports import Voice
from callcenter.ivr.service import FlowService
from callcenter.productivity.mailing import Mailing
from callcenter.productivity.ports import RawFigures
from callcenter.productivity.shifts import Shifts
from callcenter.queues.service import QueueService
from callcenter.supervision.feed import Feed
from callcenter.supervision.messages import Messages
from callcenter.supervision.watching import Watching
from core.cases.ports import PlannedCalls, PlannedWork
from core.cases.service.mass import Mass
from core.cases.service.serving import NextCase
from core.importing.service import Imports
from core.kernel.access import Actor, Right
from core.kernel.i18n import msg
from core.kernel.idempotency import Idempotency
from core.kernel.uow import UnitOfWork
from core.payments.service.desk import PaymentDesk
from core.planning.ports import WorkCalendar
from telephony.gateway import Gateway
from web.live.endpoint import LiveDesk
from web.live.messages import LiveMessages
from web.live.recheck import Recheck
from web.pages.cases.case_calls import CaseCalls
from web.pages.cases.case_screen import CaseScreenParts
from web.pages.floor.agent_badge import agent_badge
from web.pages.frame import AgentBadge, Lamp
from web.pages.work.waiting import Waiting
from web.printing import Printer
from web.state import Services
from web.throttle import Throttle


def services_of(house: House, rights: tuple[Right, ...]) -> Services:
    """The services behind every endpoint."""
    people, floor, base = house.people, house.floor, house.ground
    waiting = Waiting(base.uow, base.clock)
    return Services(
        uow=base.uow,
        clock=base.clock,
        vault=base.vault,
        logins=people.logins,
        own=people.own,
        users=people.users,
        units=people.units,
        roles=people.roles,
        profiles=people.profiles,
        keys=people.keys,
        views=people.views,
        announcements=people.announcements,
        looks=base.looks,
        throttle=Throttle(),
        rights=rights,
        until_written=floor.book.until_written,
        telephony=partial(_lamp, floor.telephony),
        agent=partial(_agent, base),
        home=waiting.blocks,
        notices=waiting.notices,
        probes={
            "database": partial(_database_answers, base.uow),
            "telephony": partial(_telephony_answers, floor.telephony),
        },
        parts={**_of_floor(floor), **_of_house(house)},
    )


def _lamp(telephony: Gateway) -> Lamp:
    status = telephony.status()
    return Lamp(up=status.up, detail=msg(status.detail), since=status.since)


async def _database_answers(uow: UnitOfWork) -> tuple[bool, str]:
    async with uow.read() as session:
        await session.connection()
    return True, "ok"


async def _telephony_answers(telephony: Gateway) -> tuple[bool, str]:
    status = telephony.status()
    return status.up, status.detail


async def _agent(base: Ground, actor: Actor) -> AgentBadge | None:
    if not actor.may(OWN_STATE):
        return None
    async with base.uow.read() as session:
        if await StaffDirectory().endpoint(session, actor.user_id) is None:
            return None
        state = await state_of(session, actor.user_id)
        return agent_badge(
            state or never_here(actor.user_id, base.clock.now()), await pause_reasons(session, active_only=False)
        )


def _of_floor(floor: Floor) -> dict[Callable[..., Any], Any]:
    return {
        AgentService: floor.agents,
        CallbackService: floor.callbacks,
        CallControl: floor.control,
        CallResults: floor.results,
        CallService: floor.calls,
        CampaignService: floor.campaigns,
        Dialler: floor.campaign_dialler,
        FlowService: floor.menus,
        Gate: floor.gate,
        Messages: floor.messages,
        PlannedWork: floor.planned,
        Preview: floor.preview,
        QueueService: floor.queues,
        Registry: floor.registry,
        RingBack: floor.ring_back,
        Voice: floor.voice,
        Watching: floor.watching,
    }


def _of_house(house: House) -> dict[Callable[..., Any], Any]:
    base, desk = house.ground, house.archive.desk
    return {
        CaseScreenParts: CaseCalls(base.uow, base.clock, house.floor.gate, desk),
        Feed: house.live.feed,
        Idempotency: base.keys,
        Imports: house.imports,
        LiveDesk: house.live.desk,
        LiveMessages: house.live.messages,
        Mailing: house.mailing,
        Mass: house.mass,
        NextCase: house.next_case,
        PaymentDesk: house.payments,
        PhoneLines: BrowserLines(base.uow, house.people.users, house.sites),
        PlannedCalls: FloorCallbacks(),
        Printer: house.printer,
        RawFigures: FloorFigures(),
        Recheck: house.live.recheck,
        Recordings: desk,
        Shifts: Shifts(base.uow, base.clock),
        WorkCalendar: LawCalendar(),
    }
