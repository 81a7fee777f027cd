"""The directory of interest groups: how claims bear interest, term by term."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.errors import InterestNameTaken
from core.cases.model import Component, DayRule, InterestGroup, InterestTerm
from core.cases.queries.interest import GroupLine, interest_groups, rate_tables, terms_of
from core.cases.service import rates as use_cases
from core.cases.service.rates import TermData
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from web.forms import Form, parse, submitted
from web.lists import ListSpec, asked, view
from web.page import go_to, page
from web.pages.cases.case_words import COMPONENT_LABELS
from web.pages.cases.debt_words import DAY_RULES, term_title
from web.pages.listing import Align, Column, EmptyState, Option, Row, StateCell, TextCell
from web.security import actor, right, route
from web.short_lists import OFF, ON
from web.state import services

SPEC = ListSpec(
    key="interest-groups",
    title=msg("Interest groups"),
    path="/interest-groups",
    sort="name",
    columns=(
        Column(key="name", label=msg("Name")),
        Column(key="terms", label=msg("Terms"), align=Align.END),
        Column(key="claims", label=msg("Claims"), align=Align.END),
        Column(key="state", label=msg("State")),
    ),
    empty=EmptyState(
        title=msg("No interest groups"),
        hint=msg("A group says how claims bear interest: add one and give it terms."),
        icon="percentage",
    ),
)


class GroupForm(Form):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    active: bool = False


class TermForm(Form):
    """See :class:`core.cases.model.InterestTerm`."""

    bases: list[Component] = Field(default_factory=list)
    accrues_to: Component
    table_id: int | None = None
    percent: Decimal | None = None
    margin: Decimal = Decimal(0)
    day_rule: DayRule
    cap_percent: Decimal | None = None
    cap_amount: Decimal | None = None
    grace_days: Annotated[int, Field(ge=0, le=3650)] = 0
    valid_from: date | None = None
    valid_until: date | None = None

    def data(self) -> TermData:
        """As the use case takes it."""
        sent = {name: getattr(self, name) for name in TermForm.model_fields}
        return TermData(**{**sent, "bases": tuple(part.value for part in self.bases)})


async def show(request: Request) -> Response:
    """Every group."""
    async with services(request).uow.read() as session:
        found = await interest_groups(session, actor(request))
    create = (msg("Add a group"), "/interest-groups/new")
    drawn = await view(request, asked(request, SPEC), map(_row, found), total=len(found), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(line: GroupLine) -> Row:
    href = f"/interest-groups/{line.group.id}"
    return Row(
        id=str(line.group.id),
        href=href,
        cells={
            "name": TextCell(line.group.name, href=href),
            "terms": TextCell(len(line.terms)),
            "claims": TextCell(line.claims),
            "state": StateCell(ON if line.group.active else OFF),
        },
    )


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, {"active": True})


async def one(request: Request) -> Response:
    """A group with its terms."""
    group = await _group(request)
    return await _form(request, vars(group), group=group)


async def _group(request: Request) -> InterestGroup:
    async with services(request).uow.read() as session:
        group = await session.get(InterestGroup, request.path_params["id"])
    if group is None:
        raise NotFound
    return group


async def create(request: Request) -> Response:
    """Add a group; its terms come next."""
    held = services(request)
    try:
        sent = await parse(request, GroupForm)
        async with held.uow.write() as work:
            group = await use_cases.add_group(work, actor(request), sent.name, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields)
    except InterestNameTaken as taken:
        return await _form(request, await submitted(request), {"name": taken.message})
    return go_to(f"/interest-groups/{group.id}")


async def change(request: Request) -> Response:
    """Rename a group or switch it off."""
    held, group = services(request), await _group(request)
    try:
        sent = await parse(request, GroupForm)
        async with held.uow.write() as work:
            await use_cases.change_group(
                work, actor(request), group.id, sent.name, active=sent.active, at=held.clock.now()
            )
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields, group)
    except InterestNameTaken as taken:
        return await _form(request, await submitted(request), {"name": taken.message}, group)
    return go_to("/interest-groups")


async def _form(
    request: Request,
    values: Mapping[str, Any],
    faults: Mapping[str, Message] | None = None,
    group: InterestGroup | None = None,
) -> Response:
    terms: list[tuple[int, Message, str]] = []
    if group is not None:
        async with services(request).uow.read() as session:
            found = (await terms_of(session, [group.id])).get(group.id, ())
        terms = [(term.id, term_title(term), term.rates.clause if term.rates else "") for term in found]
    context = {"group": group, "values": values, "faults": faults or {}, "terms": terms}
    return await page(request, "directories/interest_group.html", context, status=422 if faults else 200)


async def new_term(request: Request) -> Response:
    """The form of a term to add."""
    starting = {"bases": [Component.PRINCIPAL], "accrues_to": Component.STATUTORY_INTEREST, "margin": "0"}
    return await _term_form(request, {**starting, "day_rule": DayRule.FIXED_365, "grace_days": 0})


async def one_term(request: Request) -> Response:
    """The form of a term."""
    async with services(request).uow.read() as session:
        term = await session.get(InterestTerm, request.path_params["term"])
    if term is None or term.group_id != request.path_params["id"]:
        raise NotFound
    stored = {name: getattr(term, name) for name in TermForm.model_fields}
    shown = {name: f"{value.normalize():f}" if isinstance(value, Decimal) else value for name, value in stored.items()}
    return await _term_form(request, {**shown, "table_id": str(term.table_id or "")})


async def add_term(request: Request) -> Response:
    """Add a term."""
    return await _save_term(request, None)


async def change_term(request: Request) -> Response:
    """Save a term."""
    return await _save_term(request, request.path_params["term"])


async def _save_term(request: Request, term_id: int | None) -> Response:
    held, group = services(request), await _group(request)
    try:
        data = (await parse(request, TermForm)).data()
        async with held.uow.write() as work:
            await use_cases.save_term(work, actor(request), group.id, term_id, data, at=held.clock.now())
    except Invalid as faults:
        sent = await submitted(request)
        return await _term_form(request, {**sent, "bases": sent.getlist("bases")}, faults.fields)
    return go_to(f"/interest-groups/{group.id}")


async def remove_term(request: Request) -> Response:
    """Take a term out of its group."""
    held, group_id = services(request), request.path_params["id"]
    async with held.uow.write() as work:
        await use_cases.remove_term(work, actor(request), group_id, request.path_params["term"], at=held.clock.now())
    return go_to(f"/interest-groups/{group_id}")


async def _term_form(
    request: Request, values: Mapping[str, Any], faults: Mapping[str, Message] | None = None
) -> Response:
    group = await _group(request)
    async with services(request).uow.read() as session:
        tables = await rate_tables(session, actor(request))
    context = {
        "group": group,
        "term_id": request.path_params.get("term"),
        "values": values,
        "faults": faults or {},
        "components": [Option(value=part, label=COMPONENT_LABELS[part]) for part in Component],
        "tables": [Option(value=str(line.table.id), label=line.table.name) for line in tables],
        "day_rules": [Option(value=rule, label=label) for rule, label in DAY_RULES.items()],
    }
    return await page(request, "directories/interest_term.html", context, status=422 if faults else 200)


_RIGHT = right(rights.INTEREST)
_ONE, _TERM = "/interest-groups/{id:int}", "/interest-groups/{id:int}/terms/{term:int}"
routes = (
    route("/interest-groups", show, policy=_RIGHT, name="interest_groups"),
    route("/interest-groups", create, policy=_RIGHT, methods=["POST"], name="interest_groups.create"),
    route("/interest-groups/new", new, policy=_RIGHT, name="interest_groups.new"),
    route(_ONE, one, policy=_RIGHT, name="interest_group"),
    route(_ONE, change, policy=_RIGHT, methods=["POST"], name="interest_group.change"),
    route(f"{_ONE}/terms/new", new_term, policy=_RIGHT, name="interest_term.new"),
    route(f"{_ONE}/terms", add_term, policy=_RIGHT, methods=["POST"], name="interest_term.add"),
    route(_TERM, one_term, policy=_RIGHT, name="interest_term"),
    route(_TERM, change_term, policy=_RIGHT, methods=["POST"], name="interest_term.change"),
    route(f"{_TERM}/remove", remove_term, policy=_RIGHT, methods=["POST"], name="interest_term.remove"),
)
