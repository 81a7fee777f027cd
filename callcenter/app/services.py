"""What the web is handed of the house."""

from typing import Any

from callcenter.agents.service import AgentService
from callcenter.app.wiring import House
from callcenter.callbacks.service import CallbackService
from callcenter.calls.control import CallControl
from callcenter.calls.recorded import Recordings
from callcenter.calls.results import CallResults
from callcenter.calls.service import CallService
from callcenter.compliance.registry import Registry
from callcenter.compliance.service import Gate
from core.importing.service import Imports
from core.kernel.access import Right
from web.pages.frame import Lamp
from web.state import Services
from web.throttle import Throttle


def services_of(house: House, rights: tuple[Right, ...]) -> Services:
    """The services behind every endpoint."""
    people, floor, base = house.people, house.floor, house.ground

    def lamp() -> Lamp:
        status = floor.telephony.status()
        return Lamp(up=status.up, detail=status.detail, since=status.since)

    async def database_answers() -> tuple[bool, str]:
        async with base.uow.read() as session:
            await session.connection()
        return True, "ok"

    async def telephony_answers() -> tuple[bool, str]:
        status = floor.telephony.status()
        return status.up, status.detail

    parts: dict[type[Any], Any] = {
        AgentService: floor.agents,
        CallbackService: floor.callbacks,
        CallControl: floor.control,
        CallResults: floor.results,
        CallService: floor.calls,
        Gate: floor.gate,
        Imports: house.imports,
        Recordings: house.archive.desk,
        Registry: floor.registry,
    }
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
        telephony=lamp,
        probes={"database": database_answers, "telephony": telephony_answers},
        parts=parts,
    )
