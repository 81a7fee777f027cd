"""The reasons for pauses as shipped."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select

from callcenter.agents.model import PauseReason
from callcenter.agents.rights import DIRECTORY
from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import mark, msg
from core.kernel.uow import Work

SHIPPED: tuple[tuple[str, str, int | None], ...] = (
    ("break", mark("Break"), 15 * 60),
    ("lunch", mark("Lunch"), 60 * 60),
    ("meeting", mark("Meeting"), None),
    ("training", mark("Training"), None),
    ("paperwork", mark("Paperwork"), None),
    ("technical", mark("Technical problem"), None),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonData:
    """What may be said of a reason; ``limit_seconds`` None means that the pause may last."""

    label: str
    limit_seconds: int | None
    position: int
    active: bool


async def add_reason(work: Work, actor: Actor, code: str, data: ReasonData, *, at: datetime) -> None:
    """Add a reason of the agency's own. Raises ``Invalid`` for a code that is taken."""
    actor.require(DIRECTORY)
    if await work.session.get(PauseReason, code) is not None:
        raise Invalid({"code": msg("There is an entry with this code already.")})
    work.session.add(PauseReason(code=code, **asdict(data)))
    record(work, actor, DIRECTORY, ("pause_reason", code), {"label": (None, data.label)}, at=at)


async def change_reason(work: Work, actor: Actor, code: str, data: ReasonData, *, at: datetime) -> None:
    """Change a reason. Raises ``NotFound``."""
    actor.require(DIRECTORY)
    row = await work.session.get(PauseReason, code)
    if row is None:
        raise NotFound
    values = asdict(data)
    changes = {name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value}
    row.shipped = row.shipped and row.label == data.label
    for name, value in values.items():
        setattr(row, name, value)
    record(work, actor, DIRECTORY, ("pause_reason", code), changes, at=at)


async def ship_reasons(work: Work) -> None:
    """Add the shipped reasons that are missing. What the agency changed stays as it is."""
    known = set((await work.session.scalars(select(PauseReason.code))).all())
    for position, (code, label, limit) in enumerate(SHIPPED, start=1):
        if code not in known:
            work.session.add(PauseReason(code=code, label=label, limit_seconds=limit, position=position, shipped=True))
