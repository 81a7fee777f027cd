"""Assignment rules: the directory in its order, who holds how much, and handing on what somebody leaves."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.model import AssignmentRule, WorkSettings
from core.cases.queries import lists
from core.cases.service import assignment
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.people import queries as people
from web.forms import CurrencyField, Form, parse, submitted
from web.page import go_to, page
from web.pages.choices import language_options
from web.pages.listing import Option
from web.security import actor, right, route
from web.state import services


async def show(request: Request) -> Response:
    """The rules in their order, and the load of every collector."""
    me = actor(request)
    async with services(request).uow.read() as session:
        rules = await assignment.every_rule(session)
        loads = await assignment.loads(session)
        users = await people.colleagues(session, me, rights.ASSIGN) if me.may(rights.ASSIGN) else ()
        settings = await session.get(WorkSettings, 1)
        names = await _names(session)
    held = {user.id for user in users}
    context = {
        "rules": [(rule, _told(rule, names)) for rule in rules],
        "carriers": [
            (user, loads.get(user.id, 0)) for user in users if user.extension is not None or loads.get(user.id)
        ],
        "gone": sum(load for user, load in loads.items() if user not in held),
        "assign_new": bool(settings and settings.assign_new),
        "may_hand_on": me.may(rights.MASS) and me.may(rights.ASSIGN),
    }
    return await page(request, "worklists/assignment.html", context)


async def _names(session: AsyncSession) -> dict[str, Mapping[Any, str]]:
    """Names of what rules speak of, by id."""
    units = await people.unit_lines(session)
    return {
        "creditor": {one.id: one.name for one in await lists.creditors(session)},
        "stage": {one.id: one.name for one in await lists.stages(session)},
        "unit": {line.unit.id: line.unit.name for line in units},
        "user": await people.user_names(session),
        "language": {option.value: str(option.label) for option in language_options()},
    }


def _told(rule: AssignmentRule, names: Mapping[str, Mapping[Any, str]]) -> dict[str, list[Message | str]]:
    """What a rule asks and who gets what fits, in words."""
    asked: list[Message | str] = [
        names[kind][value]
        for kind, value in (("creditor", rule.creditor_id), ("stage", rule.stage_id), ("language", rule.language))
        if value is not None and value in names[kind]
    ]
    if rule.currency:
        asked.append(rule.currency)
    if rule.min_amount is not None:
        asked.append(msg("from {amount}", amount=f"{rule.min_amount.normalize():f}"))
    if rule.max_amount is not None:
        asked.append(msg("up to {amount}", amount=f"{rule.max_amount.normalize():f}"))
    people_named = [names["user"][user] for user in rule.user_ids if user in names["user"]]
    given: list[Message | str] = [*people_named]
    if rule.unit_id in names["unit"]:
        given.append(names["unit"][rule.unit_id])
    return {"asked": asked, "given": given}


class RuleForm(Form):
    """Left out: not asked. Cases go to people, or to the collectors of a department."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    active: bool = False
    creditor_id: int | None = None
    stage_id: int | None = None
    language: Annotated[str, StringConstraints(max_length=2)] | None = None
    currency: CurrencyField | None = None
    min_amount: Decimal | None = None
    max_amount: Decimal | None = None
    unit_id: int | None = None
    user_ids: list[int] = []
    max_load: int | None = None

    def data(self) -> assignment.RuleData:
        """As the use case takes it."""
        return assignment.RuleData(**{**self.model_dump(), "user_ids": tuple(self.user_ids)})


async def new(request: Request) -> Response:
    """The form of a new rule."""
    return await _form(request, None, {"active": True, "user_ids": []})


async def one(request: Request) -> Response:
    """A rule to change."""
    rule = await _known(request)
    values = {name: getattr(rule, name) for name in RuleForm.model_fields}
    for name in ("min_amount", "max_amount"):
        values[name] = f"{values[name].normalize():f}" if values[name] is not None else ""
    return await _form(request, rule.id, {**values, "user_ids": [str(user) for user in rule.user_ids]})


async def add(request: Request) -> Response:
    """Add a rule at the end."""
    return await _save(request, None)


async def change(request: Request) -> Response:
    """Save a rule."""
    return await _save(request, (await _known(request)).id)


async def _known(request: Request) -> AssignmentRule:
    async with services(request).uow.read() as session:
        rule = await session.get(AssignmentRule, request.path_params["id"])
    if rule is None:
        raise NotFound
    return rule


async def _save(request: Request, rule_id: int | None) -> Response:
    held = services(request)
    try:
        sent = await parse(request, RuleForm)
        async with held.uow.write() as work:
            await assignment.save_rule(work, actor(request), rule_id, sent.data(), at=held.clock.now())
    except Invalid as faults:
        data = await submitted(request)
        return await _form(request, rule_id, {**data, "user_ids": data.getlist("user_ids")}, faults.fields)
    return go_to("/assignment")


async def _form(
    request: Request, rule_id: int | None, values: Mapping[str, Any], faults: Mapping[str, Message] | None = None
) -> Response:
    async with services(request).uow.read() as session:
        names = await _names(session)
    choices = {
        kind: tuple(Option(value=str(key), label=name) for key, name in held.items()) for kind, held in names.items()
    }
    chosen = {name: "" if values.get(name) is None else str(values[name]) for name in _CHOICES}
    context = {"rule_id": rule_id, "values": {**values, **chosen}, "choices": choices, "faults": faults or {}}
    return await page(request, "worklists/rule.html", context, status=422 if faults else 200)


_CHOICES = ("creditor_id", "stage_id", "language", "unit_id")


async def up(request: Request) -> Response:
    """Ask this rule earlier."""
    return await _move(request, up=True)


async def down(request: Request) -> Response:
    """Ask this rule later."""
    return await _move(request, up=False)


async def _move(request: Request, *, up: bool) -> Response:
    held = services(request)
    async with held.uow.write() as work:
        await assignment.move_rule(work, actor(request), request.path_params["id"], up=up, at=held.clock.now())
    return go_to("/assignment")


async def remove(request: Request) -> Response:
    """Delete a rule."""
    held = services(request)
    async with held.uow.write() as work:
        await assignment.remove_rule(work, actor(request), request.path_params["id"], at=held.clock.now())
    return go_to("/assignment")


class SwitchForm(Form):
    on: bool = False


async def switch(request: Request) -> Response:
    """Whether new cases are handed out as they come in."""
    sent, held = await parse(request, SwitchForm), services(request)
    async with held.uow.write() as work:
        await assignment.switch_new(work, actor(request), on=sent.on, at=held.clock.now())
    return go_to("/assignment")


_SETUP = right(rights.WORKLISTS)
routes = (
    route("/assignment", show, policy=_SETUP, name="assignment"),
    route("/assignment", add, policy=_SETUP, methods=["POST"], name="assignment.add"),
    route("/assignment/new", new, policy=_SETUP, name="assignment.new"),
    route("/assignment/imports", switch, policy=_SETUP, methods=["POST"], name="assignment.switch"),
    route("/assignment/{id:int}", one, policy=_SETUP, name="assignment.rule"),
    route("/assignment/{id:int}", change, policy=_SETUP, methods=["POST"], name="assignment.change"),
    route("/assignment/{id:int}/up", up, policy=_SETUP, methods=["POST"], name="assignment.up"),
    route("/assignment/{id:int}/down", down, policy=_SETUP, methods=["POST"], name="assignment.down"),
    route("/assignment/{id:int}/remove", remove, policy=_SETUP, methods=["POST"], name="assignment.remove"),
)
