"""The list of those who may not be contacted: do-not-call requests and blocks of the law."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from callcenter.compliance.blocklist import BlockQuery, BlockRow, Standing, block_for, list_blocks
from callcenter.compliance.law.terms import BlockKind
from callcenter.compliance.registry import Registry
from callcenter.compliance.rights import BLOCK, LIFT
from core.kernel.errors import Invalid
from core.kernel.i18n import msg
from web.forms import Form, PhoneField, parse, submitted
from web.lists import PAGE_SIZE, ListSpec, asked, listed
from web.page import go_to, page, referring_path
from web.pages.calls.law_words import BLOCK_KINDS, KINDS
from web.pages.listing import (
    Column,
    EmptyState,
    Filter,
    FilterKind,
    Option,
    Row,
    State,
    StateCell,
    TextCell,
    TimeCell,
    Tone,
)
from web.security import actor, right, route
from web.state import part, services

_HOLDS = State(word=msg("holds"), icon="hand-stop", tone=Tone.LAW)
_ENDED = State(word=msg("ended"), icon="circle-off")
_LIFTED = State(word=msg("lifted"), icon="circle-check")
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]

SPEC = ListSpec(
    key="blocks",
    title=msg("May not be contacted"),
    path="/blocks",
    sort="-added_at",
    search_hint=msg("Number, name, case or ground"),
    columns=(
        Column(key="kind", label=msg("Why")),
        Column(key="whom", label=msg("Whom")),
        Column(key="basis", label=msg("On what ground")),
        Column(key="added_at", label=msg("Since"), sortable=True),
        Column(key="added_by", label=msg("Entered by")),
        Column(key="ends_at", label=msg("Until")),
        Column(key="state", label=msg("State")),
    ),
    filters=(
        Filter(
            key="standing",
            label=msg("State"),
            kind=FilterKind.SELECT,
            options=(
                Option(value=Standing.HOLDS, label=msg("holds")),
                Option(value=Standing.OVER, label=msg("ended or lifted")),
            ),
        ),
        Filter(
            key="kind",
            label=msg("Why"),
            kind=FilterKind.SELECT,
            options=tuple(Option(value=kind, label=word) for kind, word in KINDS.items()),
        ),
    ),
    empty=EmptyState(
        title=msg("Nobody is blocked"),
        hint=msg(
            "Enter a do-not-call request for a number here; for a person, open the case and choose “Forbid contact”."
        ),
        icon="hand-stop",
    ),
)


async def show(request: Request) -> Response:
    """The newest entries that match."""
    held, me, wanted = services(request), actor(request), asked(request, SPEC)
    now = held.clock.now()
    query = BlockQuery(
        now=now,
        standing=wanted.one_of("standing", {one.value: one for one in Standing}),
        kind=wanted.value("kind") or None,
        search=wanted.search,
        sort=wanted.sort,
        after=wanted.after,
        before=wanted.before,
        size=PAGE_SIZE,
    )
    async with held.uow.read() as session:
        found = await list_blocks(session, me, BLOCK if me.may(BLOCK) else LIFT, query)
    create = (msg("Forbid a number"), "/blocks/new") if me.may(BLOCK) else None
    drawn = await listed(
        request,
        wanted,
        found,
        lambda one: _row(one, now),
        create=create,
    )
    return await page(request, "list_page.html", {"view": drawn})


def _row(line: BlockRow, now: datetime) -> Row:
    href = f"/cases/{line.case_id}" if line.case_id is not None else None
    over = line.ends_at is not None and line.ends_at <= now
    state = _LIFTED if line.lifted_at else _ENDED if over else _HOLDS
    return Row(
        id=str(line.id),
        href=f"/blocks/{line.id}",
        cells={
            "kind": TextCell(KINDS[line.kind]),
            "whom": TextCell(line.party or line.case_number or line.phone, href=href),
            "basis": TextCell(line.basis, note=line.lift_reason),
            "added_at": TimeCell(line.added_at),
            "added_by": TextCell(line.added_by),
            "ends_at": TimeCell(line.ends_at),
            "state": StateCell(state),
        },
    )


async def detail(request: Request) -> Response:
    """One entry, and lifting it."""
    held, me = services(request), actor(request)
    now = held.clock.now()
    async with held.uow.read() as session:
        right_held = BLOCK if me.may(BLOCK) else LIFT
        row = await block_for(session, me, right_held, request.path_params["id"])
    holds = row.lifted_at is None and (row.ends_at is None or row.ends_at > now)
    context = {"block": row, "kind": KINDS[row.kind], "lifts": holds and me.may(LIFT)}
    return await page(request, "compliance/block.html", context)


class NumberForm(Form):
    """A number alone, whoever it belongs to; ``ends_on`` is the last day, in the writer's zone."""

    phone: PhoneField
    kind: BlockKind
    basis: Reason
    ends_on: date | None = None


async def new(request: Request) -> Response:
    """The form for a number."""
    return await _form(request)


async def _form(request: Request, faults: Invalid | None = None) -> Response:
    context = {
        "kinds": BLOCK_KINDS,
        "values": await submitted(request) if faults else {},
        "faults": faults.fields if faults else {},
    }
    return await page(request, "compliance/block_form.html", context, status=422 if faults else 200)


async def add(request: Request) -> Response:
    """Forbid contact with a number."""
    me = actor(request)
    try:
        sent = await parse(request, NumberForm)
    except Invalid as faults:
        return await _form(request, faults)
    async with services(request).uow.write() as work:
        await part(request, Registry).block(
            work, me, sent.kind, basis=sent.basis, phone=sent.phone, ends_at=end_of(sent.ends_on, me.timezone)
        )
    return go_to("/blocks")


def end_of(day: date | None, zone: str) -> datetime | None:
    """The end of a day in a zone; None for no end."""
    return None if day is None else datetime.combine(day, time(), tzinfo=ZoneInfo(zone)) + timedelta(days=1)


class LiftForm(Form):
    reason: Reason


async def lift(request: Request) -> Response:
    """End a block, saying why."""
    sent, me, block_id = await parse(request, LiftForm), actor(request), request.path_params["id"]
    async with services(request).uow.write() as work:
        await block_for(work.session, me, LIFT, block_id)
        await part(request, Registry).lift(work, me, block_id, sent.reason)
    return go_to(referring_path(request))


_BLOCK, _EITHER = right(BLOCK), right(BLOCK, LIFT)
routes = (
    route("/blocks", show, policy=_EITHER, name="blocks"),
    route("/blocks/new", new, policy=_BLOCK, name="block.new"),
    route("/blocks", add, policy=_BLOCK, methods=["POST"], name="block.add"),
    route("/blocks/{id:int}", detail, policy=_EITHER, name="block"),
    route("/blocks/{id:int}/lift", lift, policy=right(LIFT), methods=["POST"], name="block.lift"),
)
