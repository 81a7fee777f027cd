"""What the web is handed of the house."""

from collections.abc import Callable
from typing import Any

from callcenter.agents.queries import never_here, pause_reasons, state_of
from callcenter.agents.rights import STATE as OWN_STATE
from callcenter.agents.service import AgentService
from callcenter.app.adapters.calendar import LawCalendar
from callcenter.app.adapters.figures import FloorFigures
from callcenter.app.adapters.staff import StaffDirectory
from callcenter.app.adapters.worklists import FloorCallbacks
from callcenter.app.phones import BrowserLines
from callcenter.app.wiring import House
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
from core.payments.service.desk import PaymentDesk
from core.planning.ports import WorkCalendar
from web.live.endpoint import LiveDesk
from web.live.messages import LiveMessages
from web.live.recheck import Recheck
from web.pages.agent_badge import agent_badge
from web.pages.case_calls import CaseCalls
from web.pages.case_screen import CaseScreenParts
from web.pages.frame import AgentBadge, Lamp
from web.pages.waiting import Waiting
from web.printing import Printer
from web.state import Services
from web.throttle import Throttle


def services_of(house: House, rights: tuple[Right, ...]) -> Services:
    """The services behind every endpoint."""
    people, floor, base = house.people, house.floor, house.ground

    def lamp() -> Lamp:
        status = floor.telephony.status()
        return Lamp(up=status.up, detail=msg(status.detail), since=status.since)

    async def database_answers() -> tuple[bool, str]:
        async with base.uow.read() as session:
            await session.connection()
        return True, "ok"

    async def telephony_answers() -> tuple[bool, str]:
        status = floor.telephony.status()
        return status.up, status.detail

    async def agent(actor: Actor) -> AgentBadge | None:
        if not actor.may(OWN_STATE):
            return None
        async with base.uow.read() as session:
            if await StaffDirectory().endpoint(session, actor.user_id) is None:
                return None
            state = await state_of(session, actor.user_id)
            return agent_badge(state or never_here(actor.user_id, base.clock.now()), await pause_reasons(session))

    parts: dict[Callable[..., Any], Any] = {
        AgentService: floor.agents,
        CallbackService: floor.callbacks,
        CallControl: floor.control,
        CallResults: floor.results,
        CallService: floor.calls,
        CampaignService: floor.campaigns,
        Dialler: floor.campaign_dialler,
        Feed: house.live.feed,
        FlowService: floor.menus,
        Gate: floor.gate,
        Idempotency: base.keys,
        Imports: house.imports,
        Mass: house.mass,
        Messages: floor.messages,
        NextCase: house.next_case,
        PlannedCalls: FloorCallbacks(),
        Recordings: house.archive.desk,
        LiveDesk: house.live.desk,
        LiveMessages: house.live.messages,
        Recheck: house.live.recheck,
        Preview: floor.preview,
        PhoneLines: BrowserLines(base.uow, people.users, house.sites),
        CaseScreenParts: CaseCalls(base.uow, base.clock, floor.gate, house.archive.desk),
        RawFigures: FloorFigures(),
        Registry: floor.registry,
        PaymentDesk: house.payments,
        PlannedWork: floor.planned,
        Printer: house.printer,
        Mailing: house.mailing,
        QueueService: floor.queues,
        RingBack: floor.ring_back,
        Voice: floor.voice,
        Watching: floor.watching,
        Shifts: Shifts(base.uow, base.clock),
        WorkCalendar: LawCalendar(),
    }
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
        telephony=lamp,
        agent=agent,
        home=waiting.blocks,
        notices=waiting.notices,
        probes={"database": database_answers, "telephony": telephony_answers},
        parts=parts,
    )
