"""The reasons for pauses as shipped."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import select

from callcenter.agents.model import PauseReason
from callcenter.agents.rights import DIRECTORY
from core.audit.directories import Directory
from core.kernel.access import Actor
from core.kernel.i18n import mark
from core.kernel.uow import Work

#: Code, label, how long one pause may last and all of a day together, in seconds.
SHIPPED: tuple[tuple[str, str, int | None, int | None], ...] = (
    ("break", mark("Break"), 15 * 60, 60 * 60),
    ("lunch", mark("Lunch"), 60 * 60, 60 * 60),
    ("meeting", mark("Meeting"), None, None),
    ("training", mark("Training"), None, None),
    ("paperwork", mark("Paperwork"), None, None),
    ("technical", mark("Technical problem"), None, None),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReasonData:
    """What may be said of a reason. ``limit_seconds`` is for one pause, ``day_seconds`` for all of a day together; None
    means that it may last."""

    label: str
    limit_seconds: int | None
    day_seconds: int | None
    position: int
    active: bool


_ENTRIES = Directory(model=PauseReason, right=DIRECTORY, kind="pause_reason")


async def add_reason(work: Work, actor: Actor, code: str, data: ReasonData, *, at: datetime) -> None:
    """Add a reason of the agency's own. Raises ``Invalid`` for a code that is taken."""
    await _ENTRIES.add(work, actor, code, asdict(data), at=at)


async def change_reason(work: Work, actor: Actor, code: str, data: ReasonData, *, at: datetime) -> None:
    """Change a reason; a shipped one that gets another label is the agency's own. Raises ``NotFound``."""
    await _ENTRIES.change(work, actor, code, asdict(data), at=at)


async def ship_reasons(work: Work) -> None:
    """Add the shipped reasons that are missing. What the agency changed stays as it is."""
    known = set((await work.session.scalars(select(PauseReason.code))).all())
    for position, (code, label, limit, day) in enumerate(SHIPPED, start=1):
        if code not in known:
            limits = {"limit_seconds": limit, "day_seconds": day}
            work.session.add(PauseReason(code=code, label=label, **limits, position=position, shipped=True))
