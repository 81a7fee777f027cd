"""The directory of reasons for pauses, with how long each may last."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.agents.directory import ReasonData, add_reason, change_reason
from callcenter.agents.model import PauseReason
from callcenter.agents.queries import pause_reasons
from callcenter.agents.rights import DIRECTORY
from core.kernel.i18n import msg
from web.forms import KEY
from web.lists import ListSpec
from web.pages.directory import DirectoryPages, EntryForm
from web.pages.floor.agent_badge import word_of
from web.pages.listing import Align, Column, DurationCell, EmptyState, Row, StateCell, TextCell
from web.security import right
from web.short_lists import IN_USE, OFF, ON

_MINUTE = 60

SPEC = ListSpec(
    key="pauses",
    title=msg("Pause reasons"),
    path="/pauses",
    sort="position",
    search_hint=msg("Reason"),
    export_right=DIRECTORY,
    columns=(
        Column(key="position", label=msg("Place"), align=Align.END, sortable=True),
        Column(key="label", label=msg("Reason"), sortable=True),
        Column(key="limit", label=msg("At most"), align=Align.END, sortable=True),
        Column(key="day", label=msg("A day together"), align=Align.END, sortable=True),
        Column(key="state", label=msg("State")),
    ),
    filters=(IN_USE,),
    empty=EmptyState(
        title=msg("No reasons"), hint=msg("Without a reason nobody can pause: add the first."), icon="coffee"
    ),
)


class ReasonForm(EntryForm[ReasonData]):
    minutes: Annotated[int, Field(ge=1, le=600)] | None = None
    day_minutes: Annotated[int, Field(ge=1, le=1440)] | None = None

    def data(self, label: str) -> ReasonData:
        return ReasonData(
            label=label,
            limit_seconds=None if self.minutes is None else self.minutes * _MINUTE,
            day_seconds=None if self.day_minutes is None else self.day_minutes * _MINUTE,
            position=self.position,
            active=self.active,
        )


class NewReasonForm(ReasonForm):
    code: Annotated[str, StringConstraints(max_length=40, to_lower=True), KEY]


async def _reasons(session: AsyncSession) -> Sequence[PauseReason]:
    """In the order of the state menu."""
    return await pause_reasons(session, active_only=False)


def _row(reason: PauseReason) -> Row:
    href = f"/pauses/{reason.code}"
    return Row(
        id=reason.code,
        href=href,
        cells={
            "position": TextCell(reason.position),
            "label": TextCell(word_of(reason), href=href),
            "limit": DurationCell(reason.limit_seconds),
            "day": DurationCell(reason.day_seconds),
            "state": StateCell(ON if reason.active else OFF),
        },
    )


def _values(known: PauseReason) -> Mapping[str, object]:
    return {
        "minutes": None if known.limit_seconds is None else known.limit_seconds // _MINUTE,
        "day_minutes": None if known.day_seconds is None else known.day_seconds // _MINUTE,
        "position": known.position,
        "active": known.active,
    }


PAGES = DirectoryPages(
    name="pause",
    spec=SPEC,
    create=msg("Add a reason"),
    model=PauseReason,
    entries=_reasons,
    row=_row,
    values=_values,
    form=ReasonForm,
    new_form=NewReasonForm,
    add_entry=add_reason,
    change_entry=change_reason,
)
routes = PAGES.routes(right(DIRECTORY))
