"""Departments and teams: a tree with heads and deputies."""

from dataclasses import asdict, dataclass

from core.audit.service import altered, record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.i18n import Message, msg
from core.kernel.uow import UnitOfWork, Work
from core.people.access import unit_nodes
from core.people.events import RightsChanged
from core.people.model import Unit, User
from core.people.rules import below
from core.people.service.common import NEEDED, fetch, forbid_use, refuse


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitData:
    """The fields of a department."""

    name: str
    parent_id: int | None = None
    head_id: int | None = None
    deputy_id: int | None = None


class Units:
    """Use cases of the departments page; all need ``units.edit``."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    async def save(self, actor: Actor, unit_id: int | None, data: UnitData) -> int:
        """Add (``unit_id`` None) or change a department. Raises ``Invalid`` when the tree would bite its tail."""
        actor.require("units.edit")
        now = self._clock.now()
        async with self._uow.write() as work:
            unit = Unit(name="") if unit_id is None else await fetch(work, Unit, unit_id)
            refuse(await _faults(work, unit_id, data))
            changes = altered(unit, asdict(data))
            work.session.add(unit)
            await work.session.flush()
            record(work, actor, "units.add" if unit_id is None else "units.edit", ("unit", unit.id), changes, at=now)
            work.emit(RightsChanged(at=now))
            return unit.id

    async def delete(self, actor: Actor, unit_id: int) -> None:
        """Delete a department with nobody in it and nothing below it. Raises ``InUse``."""
        actor.require("units.edit")
        now = self._clock.now()
        async with self._uow.write() as work:
            unit = await fetch(work, Unit, unit_id)
            await forbid_use(work, User.unit_id, unit_id)
            await forbid_use(work, Unit.parent_id, unit_id)
            await work.session.delete(unit)
            record(work, actor, "units.delete", ("unit", unit_id), {"name": (unit.name, None)}, at=now)
            work.emit(RightsChanged(at=now))


async def _faults(work: Work, unit_id: int | None, data: UnitData) -> dict[str, Message]:
    faults: dict[str, Message] = {} if data.name else {"name": NEEDED}
    units = await unit_nodes(work.session)
    if data.parent_id is not None and data.parent_id not in {unit.id for unit in units}:
        faults["parent_id"] = msg("Choose a department.")
    if unit_id is not None and data.parent_id in below(units, [unit_id]):
        faults["parent_id"] = msg("A department cannot lie below itself.")
    for name, person in (("head_id", data.head_id), ("deputy_id", data.deputy_id)):
        if person is not None and await work.session.get(User, person) is None:
            faults[name] = msg("Choose a user.")
    return faults
