"""The stages of the work chain: their order, scripts and the roles responsible for them."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.errors import StageKeyTaken
from core.cases.model import Case, CaseState, Stage
from core.cases.queries.lists import stages as all_stages
from core.cases.service import stages as use_cases
from core.cases.service.stages import StageData
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message
from core.people.model import Role, RoleStage
from core.people.queries import role_lines
from web.forms import KEY, Form, parse, submitted
from web.page import go_to, page
from web.pages.listing import Option
from web.pages.shipped_words import named
from web.security import actor, right, route
from web.state import services

LongText = Annotated[str, StringConstraints(max_length=4000)]


class StageForm(Form):
    """``script`` holds one step a line."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    script: LongText = ""
    active: bool = False
    role_ids: list[int] = Field(default_factory=list)

    def data(self) -> StageData:
        """As the use case takes it."""
        steps = tuple(line.strip() for line in self.script.splitlines() if line.strip())
        return StageData(name=self.name, active=self.active, script=steps, role_ids=tuple(self.role_ids))


class NewStageForm(StageForm):
    key: Annotated[str, StringConstraints(max_length=60, to_lower=True), KEY]


class OrderForm(Form):
    """The stages' ids in the order they are to stand in."""

    ids: list[int] = Field(default_factory=list)


async def show(request: Request) -> Response:
    """Every stage in its order, with how many open cases stand on it and who is responsible."""
    async with services(request).uow.read() as session:
        found = await all_stages(session)
        standing = await _standing(session)
        roles = await _roles_of(session)
    order = [stage.id for stage in found]
    lines = [
        {
            "stage": stage,
            "cases": standing.get(stage.id, 0),
            "roles": roles.get(stage.key, []),
            "up": _swapped(order, place, place - 1),
            "down": _swapped(order, place, place + 1),
        }
        for place, stage in enumerate(found)
    ]
    context = {"lines": lines, "edits": actor(request).may(rights.CREDITORS), "named": named}
    return await page(request, "directories/stages.html", context)


def _swapped(order: list[int], one: int, other: int) -> list[int]:
    """The order with two places changed; empty when there is no such place."""
    if not 0 <= other < len(order):
        return []
    changed = list(order)
    changed[one], changed[other] = changed[other], changed[one]
    return changed


async def _standing(session: AsyncSession) -> dict[int, int]:
    counted = select(Case.stage_id, func.count().label("n")).where(Case.state != CaseState.CLOSED)
    return {row.stage_id: row.n for row in await session.execute(counted.group_by(Case.stage_id))}


async def _roles_of(session: AsyncSession) -> dict[str, list[Role]]:
    responsible = select(RoleStage.stage, Role).join(Role, Role.id == RoleStage.role_id).order_by(Role.name)
    found: dict[str, list[Role]] = {}
    for stage, role in await session.execute(responsible):
        found.setdefault(stage, []).append(role)
    return found


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, {"active": True})


async def edit(request: Request) -> Response:
    """The form of one stage."""
    stage = await _stage(request)
    async with services(request).uow.read() as session:
        held = select(RoleStage.role_id).where(RoleStage.stage == stage.key)
        responsible = [str(one) for one in await session.scalars(held)]
    values = {**vars(stage), "script": "\n".join(stage.script), "role_ids": responsible}
    return await _form(request, values, stage=stage)


async def _stage(request: Request) -> Stage:
    async with services(request).uow.read() as session:
        stage = await session.get(Stage, request.path_params["id"])
    if stage is None:
        raise NotFound
    return stage


async def create(request: Request) -> Response:
    """Add a stage."""
    held = services(request)
    try:
        sent = await parse(request, NewStageForm)
        async with held.uow.write() as work:
            await use_cases.add_stage(work, actor(request), sent.key, sent.data(), at=held.clock.now())
    except Invalid as faults:
        return await _form(request, await _typed_in(request), faults.fields)
    except StageKeyTaken as taken:
        return await _form(request, await _typed_in(request), {"key": taken.message})
    return go_to("/stages")


async def change(request: Request) -> Response:
    """Save a stage."""
    held, stage = services(request), await _stage(request)
    try:
        data = (await parse(request, StageForm)).data()
        async with held.uow.write() as work:
            await use_cases.change_stage(work, actor(request), stage.id, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, await _typed_in(request), faults.fields, stage)
    return go_to("/stages")


async def _typed_in(request: Request) -> dict[str, Any]:
    sent = await submitted(request)
    return {**sent, "role_ids": sent.getlist("role_ids")}


async def order(request: Request) -> Response:
    """Move stages about."""
    held, sent = services(request), await parse(request, OrderForm)
    async with held.uow.write() as work:
        await use_cases.order_stages(work, actor(request), sent.ids, at=held.clock.now())
    return go_to("/stages")


async def delete(request: Request) -> Response:
    """Delete a stage nothing stands on."""
    held = services(request)
    async with held.uow.write() as work:
        await use_cases.delete_stage(work, actor(request), request.path_params["id"], at=held.clock.now())
    return go_to("/stages")


async def _form(
    request: Request,
    values: Mapping[str, Any],
    faults: Mapping[str, Message] | None = None,
    stage: Stage | None = None,
) -> Response:
    async with services(request).uow.read() as session:
        roles = [Option(value=str(line.role.id), label=named(line.role)) for line in await role_lines(session)]
    context = {"stage": stage, "values": values, "faults": faults or {}, "roles": roles, "named": named}
    return await page(request, "directories/stage.html", context, status=422 if faults else 200)


_VIEW, _EDIT = right(rights.CREDITORS_VIEW), right(rights.CREDITORS)
routes = (
    route("/stages", show, policy=_VIEW, name="stages"),
    route("/stages", create, policy=_EDIT, methods=["POST"], name="stages.create"),
    route("/stages/new", new, policy=_EDIT, name="stages.new"),
    route("/stages/order", order, policy=_EDIT, methods=["POST"], name="stages.order"),
    route("/stages/{id:int}", edit, policy=_EDIT, name="stage"),
    route("/stages/{id:int}", change, policy=_EDIT, methods=["POST"], name="stage.change"),
    route("/stages/{id:int}/delete", delete, policy=_EDIT, methods=["POST"], name="stage.delete"),
)
