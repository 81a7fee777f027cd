"""Menus callers hear: which there are, their steps, what is wrong with them, and trying them out."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from callcenter.ivr import queries
from callcenter.ivr.checking import KEYS, faults
from callcenter.ivr.errors import FlowFaulty, FlowMoved, NoSuchFlow
from callcenter.ivr.flow import Flow, loaded, prompt_of, stored
from callcenter.ivr.ports import Voice
from callcenter.ivr.queries import FlowQuery, FlowView
from callcenter.ivr.rights import EDIT, VIEW
from callcenter.ivr.service import FlowService
from callcenter.ivr.walk import Line
from callcenter.queues.calendars import list_calendars
from callcenter.queues.queries import inbound_queues
from callcenter.queues.rights import VIEW as SEE_QUEUES
from core.kernel.errors import Invalid
from core.kernel.i18n import LANGUAGES, Message, msg, translator
from web.export import export_list
from web.forms import Form, parse, submitted, typed
from web.lists import Asked, ListSpec, asked, listed
from web.page import go_to, language_of, page
from web.pages import options
from web.pages.choices import language_options
from web.pages.floor import menu_form, menu_words
from web.pages.floor.menu_cards import Offered, branch, card, lost, titles_of
from web.pages.floor.menu_form import Misread
from web.pages.floor.menu_try import Pretence, tried
from web.pages.floor.queues import name_of, names_of
from web.pages.listing import (
    Align,
    Column,
    EmptyState,
    Filter,
    FilterKind,
    Option,
    Row,
    State,
    StateCell,
    Text,
    TextCell,
    TimeCell,
)
from web.rendering import LANGUAGE_NAMES
from web.security import actor, right, route
from web.state import part, services

#: The largest menu there may be as a form: sixty steps with twelve keys and four texts of a thousand letters each.
_MOST_FIELDS, _MOST_BYTES = 4000, 2 * 1024 * 1024
_STATES = {"heard": True, "draft": False}
SPEC = ListSpec(
    key="menus",
    title=msg("Menus for callers"),
    path="/menus",
    sort="name",
    search_hint=msg("Name"),
    export_right=VIEW,
    columns=(
        Column(key="name", label=msg("Menu"), sortable=True),
        Column(key="state", label=msg("State")),
        Column(key="version", label=msg("Version"), align=Align.END),
        Column(key="queues", label=msg("Before the queues")),
        Column(key="changed", label=msg("Changed"), sortable=True),
    ),
    filters=(
        Filter(
            key="state",
            label=msg("State"),
            kind=FilterKind.SELECT,
            options=(
                Option(value="heard", label=menu_words.HEARD.word),
                Option(value="draft", label=menu_words.DRAFT.word),
            ),
        ),
    ),
    empty=EmptyState(
        title=msg("No menus"),
        hint=msg(
            "Without one callers are put through at once. A menu lets keys choose, tells balances, takes promises."
        ),
        icon="list-tree",
    ),
)
_Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class NameForm(Form):
    name: _Name


class NewForm(NameForm):
    language: str = "en"


async def show(request: Request) -> Response:
    """The menus."""
    wanted = asked(request, SPEC)
    async with services(request).uow.read() as session:
        found = await queries.page_of_flows(session, actor(request), _query(wanted))
        names = await _queue_names(request, session)
    create = (msg("Add a menu"), "/menus/new") if actor(request).may(EDIT) else None
    drawn = await listed(request, wanted, found, partial(_row, names), create=create)
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same menus as a file."""
    wanted = asked(request, SPEC)
    async with services(request).uow.read() as session:
        names = await _queue_names(request, session)
    return await export_list(request, wanted, _query(wanted), queries.page_of_flows, partial(_row, names))


async def _queue_names(request: Request, session: AsyncSession) -> dict[str, str]:
    """By their codes what the queues are called in the reader's language."""
    texts = translator(language_of(request))
    return {code: texts.render(name) for code, name in names_of(await inbound_queues(session)).items()}


def _query(wanted: Asked) -> FlowQuery:
    return wanted.wish(
        FlowQuery,
        heard=wanted.one_of("state", _STATES),
    )


def _row(queues: Mapping[str, str], seen: FlowView) -> Row:
    href = f"/menus/{seen.row.id}"
    return Row(
        id=str(seen.row.id),
        href=href,
        cells={
            "name": TextCell(seen.row.name, href=href),
            "state": StateCell(_state(seen)),
            "version": TextCell(seen.version.number if seen.version else None),
            "queues": TextCell(", ".join(queues.get(code, code) for code in seen.queues)),
            "changed": TimeCell(seen.row.changed_at),
        },
    )


def _state(seen: FlowView) -> State:
    if seen.version is None:
        return menu_words.DRAFT
    return menu_words.HEARD if seen.version.content == seen.row.draft else menu_words.CHANGED


async def new(request: Request) -> Response:
    """The form of a new menu."""
    return await page(request, "menus/new.html", {"tongues": language_options(), "values": {}, "faults": {}})


async def add(request: Request) -> Response:
    """Add a menu and go on to its steps."""
    try:
        form = await parse(request, NewForm)
        if form.language not in LANGUAGES:
            raise Invalid({"language": msg("Choose one of the list.")})
    except Invalid as wrong:
        context = {"tongues": language_options(), "values": await submitted(request), "faults": wrong.fields}
        return await page(request, "menus/new.html", context, status=422)
    flow_id = await part(request, FlowService).create(actor(request), form.name, form.language)
    return go_to(f"/menus/{flow_id}")


async def one(request: Request) -> Response:
    """A menu with its steps, to look at or to change."""
    seen = await _seen(request)
    return await _editor(request, seen, seen.row.name, loaded(seen.row.draft), checked="faults" in request.query_params)


async def change(request: Request) -> Response:
    """Save the steps, and do what the pressed button says beside it."""
    seen, sent = await _seen(request), await submitted(request, most_fields=_MOST_FIELDS)
    flow, do = menu_form.flow_of(sent), str(sent.get("do", "save"))
    misread = menu_form.misread(sent)
    try:
        name = typed(sent, NameForm).name
        flow = _after(flow, do, sent)
        if misread:
            raise Invalid
        menus = part(request, FlowService)
        mark = await menus.save(actor(request), seen.row.id, name, flow, str(sent.get("seen") or "") or None)
        if do == "publish":
            if gone := lost(flow, await _offered(request)):
                raise FlowFaulty(gone)
            await menus.publish(actor(request), seen.row.id, mark)
    except FlowMoved as moved:
        seen = await _seen(request)
        return await _editor(request, seen, name, flow, checked=False, moved=moved.message, status=409)
    except FlowFaulty:
        return await _editor(request, await _seen(request), name, flow, checked=True, status=422)
    except Invalid as wrong:
        shown = str(sent.get("name", ""))
        return await _editor(request, seen, shown, flow, checked=False, wrong=wrong.fields, misread=misread, status=422)
    at = do.removeprefix("up-").removeprefix("down-")
    anchor = f"#step-{at}" if at in flow.steps else f"#step-{list(flow.steps)[-1]}" if do == "add" else ""
    return go_to(f"/menus/{seen.row.id}{'?faults' if do == 'check' else ''}{anchor}")


def _after(flow: Flow, do: str, sent: FormData) -> Flow:
    verb, _, key = do.partition("-")
    match verb:
        case "add":
            return menu_form.added(flow, str(sent.get("kind", "")))
        case "remove":
            return menu_form.removed(flow, key)
        case "up":
            return menu_form.moved(flow, key, -1)
        case "down":
            return menu_form.moved(flow, key, 1)
    return flow


async def withdraw(request: Request) -> Response:
    """Let nobody hear it any more."""
    flow_id = request.path_params["id"]
    await part(request, FlowService).withdraw(actor(request), flow_id)
    return go_to(f"/menus/{flow_id}")


async def delete(request: Request) -> Response:
    """Remove a menu nobody hears."""
    await part(request, FlowService).delete(actor(request), request.path_params["id"])
    return go_to("/menus")


async def set_queues(request: Request) -> Response:
    """Choose the queues whose callers hear it."""
    flow_id = request.path_params["id"]
    wished = {str(code) for code in (await submitted(request)).getlist("queues")}
    async with services(request).uow.read() as session:
        known = {queue.code for queue in await inbound_queues(session)}
    await part(request, FlowService).set_queues(actor(request), flow_id, wished & known)
    return go_to(f"/menus/{flow_id}")


async def attempt(request: Request) -> Response:
    """What a caller would hear; ``k`` are the keys he pressed, one answer after another."""
    seen, asked_for = await _seen(request), request.query_params
    keys = [key.strip()[:20] for key in asked_for.getlist("k")][:100]
    pretence = Pretence(open=asked_for.get("closed") != "1", known=asked_for.get("stranger") != "1")
    flow = loaded(seen.row.draft)
    async with services(request).uow.read() as session:
        queues = await _queue_names(request, session)
    trial = tried(flow, keys, pretence, services(request).clock.now())
    titles = titles_of(flow, translator(language_of(request)))
    context = {
        "menu": seen.row,
        "trial": trial,
        "title": titles.get(trial.step, ""),
        "queue": queues.get(trial.queue, trial.queue),
        "end": menu_words.EXITS[trial.exit] if trial.exit is not None else None,
        "keys": keys,
        "pretence": pretence,
        "names": LANGUAGE_NAMES,
        "back": f"/menus/{seen.row.id}/try?" + urlencode([("k", key) for key in keys[:-1]]),
    }
    return await page(request, "menus/try.html", context)


async def said(request: Request) -> Response:
    """What a step says in a language, as a sound."""
    seen = await _seen(request)
    step = loaded(seen.row.draft).steps.get(request.path_params["step"])
    prompt, language = prompt_of(step) if step is not None else None, request.path_params["language"]
    if prompt is None or not prompt.speaks(language):
        raise NoSuchFlow
    sound = await part(request, Voice).sound(Line(language, prompt))
    return Response(sound, media_type="audio/wav", headers={"Cache-Control": "private, no-cache"})


async def _seen(request: Request) -> FlowView:
    async with services(request).uow.read() as session:
        return await queries.get_flow(session, actor(request), request.path_params["id"])


async def _offered(request: Request) -> Offered:
    """The hours and queues that steps may lead to."""
    me = actor(request)
    async with services(request).uow.read() as session:
        calendars = options.of_rows(await list_calendars(session, me)) if me.may(SEE_QUEUES) else None
        queues = await inbound_queues(session)
    return Offered(calendars=calendars, queues=tuple(Option(value=row.code, label=name_of(row)) for row in queues))


async def _editor(
    request: Request,
    seen: FlowView,
    name: str,
    flow: Flow,
    *,
    checked: bool,
    wrong: Mapping[str, Text] | None = None,
    moved: Message | None = None,
    misread: Misread | None = None,
    status: int = 200,
) -> Response:
    me, offered = actor(request), await _offered(request)
    async with services(request).uow.read() as session:
        sounds = await queries.list_sounds(session, me)
        others = {
            code: row.name for code, row in (await queries.stands_before(session, me)).items() if row.id != seen.row.id
        }
    titles = titles_of(flow, translator(language_of(request)))
    found = [*faults(flow), *lost(flow, offered)] if checked else []
    whole = [fault for fault in found if fault.step == ""]
    context = {
        "menu": seen.row,
        "name": name,
        "flow": flow,
        "version": seen.version,
        "state": _state(seen),
        "edits": me.may(EDIT),
        "wrong": {fault.field: fault.text for fault in whole if fault.field} | dict(wrong or {}),
        "count": len(found),
        "general": [fault.text for fault in whole if not fault.field],
        "cards": [
            card(key, flow, titles[key], found=found, misread=misread or Misread(), offered=offered)
            for key in flow.steps
        ],
        "targets": tuple(Option(value=key, label=title) for key, title in titles.items()),
        "kinds": tuple(Option(value=word, label=label) for word, (_kind, label) in menu_words.KINDS.items()),
        "ways": menu_words.WAYS,
        "keys": KEYS,
        "tongues": language_options(),
        "names": LANGUAGE_NAMES,
        "queues": offered.queues,
        "chosen": seen.queues,
        "others": others,
        "moved": moved,
        "sounds": tuple(Option(value=sound.name, label=sound.label) for sound in sounds),
        "tree": branch(flow, titles, msg("Beginning"), flow.entry, set()),
        "saved": stored(flow) == seen.row.draft,
    }
    return await page(request, "menus/menu.html", context, status=status)


_VIEW, _EDIT = right(VIEW), right(EDIT)
routes = (
    route("/menus", show, policy=_VIEW, name="menus"),
    route("/menus/export", download, policy=_VIEW, name="menus.export"),
    route("/menus/new", new, policy=_EDIT, name="menu.new"),
    route("/menus", add, policy=_EDIT, methods=["POST"], name="menu.add"),
    route("/menus/{id:int}", one, policy=_VIEW, name="menu"),
    route("/menus/{id:int}", change, policy=_EDIT, methods=["POST"], name="menu.change", max_body=_MOST_BYTES),
    route("/menus/{id:int}/try", attempt, policy=_VIEW, name="menu.try"),
    route("/menus/{id:int}/steps/{step}/{language}.wav", said, policy=_VIEW, name="menu.said"),
    route("/menus/{id:int}/queues", set_queues, policy=_EDIT, methods=["POST"], name="menu.queues"),
    route("/menus/{id:int}/withdraw", withdraw, policy=_EDIT, methods=["POST"], name="menu.withdraw"),
    route("/menus/{id:int}/delete", delete, policy=_EDIT, methods=["POST"], name="menu.delete"),
)
