"""The reasons for pauses as shipped."""

from sqlalchemy import select

from callcenter.agents.model import PauseReason
from core.kernel.i18n import mark
from core.kernel.uow import Work

SHIPPED: tuple[tuple[str, str, int | None], ...] = (
    ("break", mark("Break"), 15 * 60),
    ("lunch", mark("Lunch"), 60 * 60),
    ("meeting", mark("Meeting"), None),
    ("training", mark("Training"), None),
    ("paperwork", mark("Paperwork"), None),
    ("technical", mark("Technical problem"), None),
)


async def ship_reasons(work: Work) -> None:
    """Add the shipped reasons that are missing. What the agency changed stays as it is."""
    known = set((await work.session.scalars(select(PauseReason.code))).all())
    for position, (code, label, limit) in enumerate(SHIPPED, start=1):
        if code not in known:
            work.session.add(PauseReason(code=code, label=label, limit_seconds=limit, position=position, shipped=True))
