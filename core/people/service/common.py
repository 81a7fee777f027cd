"""What the desks of departments, roles and profiles share."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from core.kernel.access import Scope
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.uow import Work
from core.people.errors import InUse, RightsExceeded
from core.people.model import Profile, Role, Unit
from core.people.rules import exceeding

Row = TypeVar("Row", Unit, Role, Profile)
NEEDED = msg("This is needed.")


async def fetch(work: Work, kind: type[Row], key: int) -> Row:
    """The row, locked for the change; raises ``NotFound``."""
    found = await work.session.get(kind, key, with_for_update=True)
    if found is None:
        raise NotFound
    return found


async def forbid_use(work: Work, column: InstrumentedAttribute[Any], key: int) -> None:
    """Raise ``InUse`` while any row has ``key`` in ``column``."""
    count = await work.session.scalar(select(func.count()).where(column == key))
    if count:
        raise InUse(count=count)


async def flush_named(work: Work) -> None:
    """Write now; the only thing the database can still refuse is a name that exists."""
    try:
        await work.session.flush()
    except IntegrityError as error:
        raise Invalid({"name": msg("This name is taken.")}) from error


def refuse(faults: Mapping[str, Message]) -> None:
    if faults:
        raise Invalid(faults)


def forbid_exceeding(given: Mapping[str, Scope], held: Mapping[str, Scope]) -> None:
    """Raise ``RightsExceeded`` when ``given`` is more than ``held``."""
    beyond = exceeding(given, held)
    if beyond:
        raise RightsExceeded(rights=", ".join(sorted(beyond)))
