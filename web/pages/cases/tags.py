"""Tags: the directory, and the marks of one case."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.errors import TagNameTaken
from core.cases.model import Tag
from core.cases.queries import tags as queries
from core.cases.service.tags import save_tag, tag_case, untag_case
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from web.forms import Form, parse, submitted
from web.lists import Asked, ListSpec, asked, view
from web.page import go_to, page
from web.pages.listing import Align, Column, EmptyState, Row, StateCell, TextCell
from web.security import actor, right, route
from web.short_lists import IN_USE, OFF, ON, export_rows, narrowed
from web.state import services

TAGS = ListSpec(
    key="tags",
    title=msg("Tags"),
    path="/tags",
    sort="name",
    search_hint=msg("Name"),
    export_right=rights.WORKLISTS,
    columns=(
        Column(key="name", label=msg("Name"), sortable=True),
        Column(key="cases", label=msg("Cases"), align=Align.END, sortable=True),
        Column(key="state", label=msg("State")),
    ),
    filters=(IN_USE,),
    empty=EmptyState(
        title=msg("No tags"),
        hint=msg("A tag marks cases with a word of your own, to be found again."),
        icon="tag",
    ),
)


class TagForm(Form):
    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    active: bool = False


async def show(request: Request) -> Response:
    """The directory."""
    wanted, rows = await _found(request)
    drawn = await view(request, wanted, rows, total=len(rows), create=(msg("Add a tag"), "/tags/new"))
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same tags as a file."""
    return await export_rows(request, *await _found(request))


async def _found(request: Request) -> tuple[Asked, list[Row]]:
    wanted = asked(request, TAGS)
    async with services(request).uow.read() as session:
        found, uses = await queries.tags(session), await queries.tag_uses(session)
    return wanted, narrowed(request, wanted, (_row(tag, uses.get(tag.id, 0)) for tag in found))


def _row(tag: Tag, uses: int) -> Row:
    return Row(
        id=str(tag.id),
        href=f"/tags/{tag.id}",
        cells={
            "name": TextCell(tag.name, href=f"/tags/{tag.id}"),
            "cases": TextCell(uses, href=f"/cases?tag={tag.id}"),
            "state": StateCell(ON if tag.active else OFF),
        },
    )


async def new(request: Request) -> Response:
    """The form of a new tag."""
    return await _form(request, None, {"active": True}, {})


async def one(request: Request) -> Response:
    """A tag to change."""
    tag = await _known(request)
    return await _form(request, tag.id, {"name": tag.name, "active": tag.active}, {})


async def add(request: Request) -> Response:
    """Add a tag."""
    return await _save(request, None)


async def change(request: Request) -> Response:
    """Save a tag."""
    return await _save(request, (await _known(request)).id)


async def _known(request: Request) -> Tag:
    async with services(request).uow.read() as session:
        tag = await session.get(Tag, request.path_params["id"])
    if tag is None:
        raise NotFound
    return tag


async def _save(request: Request, tag_id: int | None) -> Response:
    held = services(request)
    try:
        sent = await parse(request, TagForm)
        async with held.uow.write() as work:
            await save_tag(work, actor(request), tag_id, sent.name, active=sent.active, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, tag_id, await submitted(request), faults.fields)
    except TagNameTaken as taken:
        return await _form(request, tag_id, await submitted(request), {"name": taken.message})
    return go_to("/tags")


async def _form(
    request: Request, tag_id: int | None, values: Mapping[str, object], faults: Mapping[str, Message]
) -> Response:
    context = {"tag_id": tag_id, "values": values, "faults": faults}
    return await page(request, "directories/tag.html", context, status=422 if faults else 200)


class MarkForm(Form):
    tag_id: int


async def mark(request: Request) -> Response:
    """Mark a case."""
    sent, case_id, held = await parse(request, MarkForm), request.path_params["id"], services(request)
    async with held.uow.write() as work:
        await tag_case(work, actor(request), case_id, sent.tag_id, at=held.clock.now())
    return go_to(f"/cases/{case_id}")


async def unmark(request: Request) -> Response:
    """Take a mark off."""
    case_id, held = request.path_params["id"], services(request)
    async with held.uow.write() as work:
        await untag_case(work, actor(request), case_id, request.path_params["tag"], at=held.clock.now())
    return go_to(f"/cases/{case_id}")


_SETUP, _EDIT = right(rights.WORKLISTS), right(rights.EDIT)
routes = (
    route("/tags", show, policy=_SETUP, name="tags"),
    route("/tags", add, policy=_SETUP, methods=["POST"], name="tag.add"),
    route("/tags/export", download, policy=_SETUP, name="tags.export"),
    route("/tags/new", new, policy=_SETUP, name="tag.new"),
    route("/tags/{id:int}", one, policy=_SETUP, name="tag"),
    route("/tags/{id:int}", change, policy=_SETUP, methods=["POST"], name="tag.change"),
    route("/cases/{id:int}/tags", mark, policy=_EDIT, methods=["POST"], name="case.tag"),
    route("/cases/{id:int}/tags/{tag:int}/remove", unmark, policy=_EDIT, methods=["POST"], name="case.untag"),
)
