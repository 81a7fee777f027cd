"""The directory of result codes: what collectors may say of a call, and what each demands and stops."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from callcenter.calls import directory
from callcenter.calls.directory import CodeData
from callcenter.calls.model import Need, ResultCode, Stop
from callcenter.calls.queries import result_codes
from callcenter.calls.rights import DIRECTORY
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, Translator, msg, translator
from web.forms import Form, parse, submitted
from web.lists import ListSpec, asked, view
from web.page import go_to, language_of, page
from web.pages import call_words
from web.pages.listing import Align, Column, EmptyState, Option, Row, State, StateCell, TextCell
from web.security import actor, right, route
from web.state import services

ON = State(word=msg("in use"), icon="circle-check")
OFF = State(word=msg("switched off"), icon="circle-off")
NEEDS: dict[str, Message] = {
    Need.NOTHING: msg("nothing"),
    Need.PROMISE: msg("sum and day of the promise"),
    Need.PLAN: msg("instalment plan"),
    Need.CALLBACK: msg("when to call back"),
    Need.REASON: msg("the reason"),
    Need.CHECK_TASK: msg("a check of the payment"),
    Need.DOCUMENT: msg("the document"),
}
STOPS: dict[str, Message] = {
    Stop.NOTHING: msg("nothing"),
    Stop.DAYS: msg("dialling for some days"),
    Stop.PROMISE: msg("dialling until the promise falls due"),
    Stop.CALLBACK: msg("dialling until the callback"),
    Stop.CASE: msg("the case"),
    Stop.PHONE: msg("this number"),
    Stop.RETRY: msg("by the rule of retries"),
}
CONTACTS: dict[str, Message] = {
    "answered": msg("if the call was answered"),
    "yes": msg("yes"),
    "no": msg("no"),
}
_CONTACT = {"answered": None, "yes": True, "no": False}
_NONE = "-"

SPEC = ListSpec(
    key="results",
    title=msg("Result codes"),
    path="/results",
    sort="position",
    columns=(
        Column(key="position", label=msg("Place"), align=Align.END),
        Column(key="label", label=msg("Result")),
        Column(key="code", label=msg("Code")),
        Column(key="needs", label=msg("Demands")),
        Column(key="stops", label=msg("Stops")),
        Column(key="state", label=msg("State")),
    ),
    empty=EmptyState(title=msg("No result codes"), hint=msg("Add the first."), icon="list-numbers"),
)


class CodeForm(Form):
    """``need`` and ``stop`` are "-" for nothing, because an empty field is an absent one."""

    label: Annotated[str, StringConstraints(max_length=120)]
    contact: Literal["answered", "yes", "no"]
    rpc: bool = False
    need: Annotated[str, StringConstraints(max_length=12)] = _NONE
    stop: Annotated[str, StringConstraints(max_length=10)] = _NONE
    stop_days: Annotated[int, Field(ge=1, le=365)] | None = None
    position: Annotated[int, Field(ge=1, le=999)]
    active: bool = False

    def data(self, known: ResultCode | None, texts: Translator) -> CodeData:
        """As the use case takes it; a shipped label that was left alone stays translatable."""
        need, stop = _chosen(self.need, set(Need), "need"), _chosen(self.stop, set(Stop), "stop")
        untouched = known is not None and known.shipped and texts.gettext(known.label) == self.label
        return CodeData(
            label=known.label if known is not None and untouched else self.label,
            contact=_CONTACT[self.contact],
            rpc=self.rpc,
            need=Need(need),
            stop=Stop(stop),
            stop_days=self.stop_days,
            position=self.position,
            active=self.active,
        )


class NewCodeForm(CodeForm):
    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,20}$", to_upper=True)]


def _chosen(value: str, known: set[Need] | set[Stop], field: str) -> str:
    plain = "" if value == _NONE else value
    if plain not in known:
        raise Invalid({field: msg("Choose one of the list.")})
    return plain


async def show(request: Request) -> Response:
    """Every code, in the order of the result bar."""
    async with services(request).uow.read() as session:
        found = await result_codes(session, active_only=False)
    create = (msg("Add a result"), "/results/new")
    drawn = await view(request, asked(request, SPEC), map(_row, found), total=len(found), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(code: ResultCode) -> Row:
    return Row(
        id=code.code,
        href=f"/results/{code.code}",
        cells={
            "position": TextCell(code.position),
            "label": TextCell(
                call_words.result_label(code.code, code.label, shipped=code.shipped), href=f"/results/{code.code}"
            ),
            "code": TextCell(code.code),
            "needs": TextCell(NEEDS[code.need]),
            "stops": TextCell(STOPS[code.stop]),
            "state": StateCell(ON if code.active else OFF),
        },
    )


async def new(request: Request) -> Response:
    """The form of a code of one's own."""
    async with services(request).uow.read() as session:
        last = max((code.position for code in await result_codes(session, active_only=False)), default=0)
    return await _form(request, None, {"position": last + 1, "active": True, "contact": "answered"})


async def one(request: Request) -> Response:
    """A code, to change it."""
    known = await _known(request)
    texts = translator(language_of(request))
    contact = next(word for word, value in _CONTACT.items() if value is known.contact)
    values = {
        "label": texts.gettext(known.label) if known.shipped else known.label,
        "contact": contact,
        "rpc": known.rpc,
        "need": known.need or _NONE,
        "stop": known.stop or _NONE,
        "stop_days": known.stop_days,
        "position": known.position,
        "active": known.active,
    }
    return await _form(request, known, values)


async def _known(request: Request) -> ResultCode:
    async with services(request).uow.read() as session:
        known = await session.get(ResultCode, request.path_params["code"])
    if known is None:
        raise NotFound
    return known


async def _form(request: Request, known: ResultCode | None, values: object, faults: Invalid | None = None) -> Response:
    context = {
        "known": known,
        "values": values,
        "faults": faults.fields if faults else {},
        "needs": _options(NEEDS),
        "stops": _options(STOPS),
        "contacts": call_words.options(CONTACTS),
    }
    return await page(request, "directories/result.html", context, status=422 if faults else 200)


def _options(words: dict[str, Message]) -> tuple[Option, ...]:
    return tuple(Option(value=value or _NONE, label=word) for value, word in words.items())


async def add(request: Request) -> Response:
    """Add a code."""
    held = services(request)
    try:
        sent = await parse(request, NewCodeForm)
        data = sent.data(None, translator(language_of(request)))
        async with held.uow.write() as work:
            await directory.add_code(work, actor(request), sent.code, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, None, await submitted(request), faults)
    return go_to("/results")


async def change(request: Request) -> Response:
    """Save a code."""
    held, known = services(request), await _known(request)
    try:
        sent = await parse(request, CodeForm)
        data = sent.data(known, translator(language_of(request)))
        async with held.uow.write() as work:
            await directory.change_code(work, actor(request), known.code, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, known, await submitted(request), faults)
    return go_to("/results")


_DIRECTORY = right(DIRECTORY)
routes = (
    route("/results", show, policy=_DIRECTORY, name="results"),
    route("/results/new", new, policy=_DIRECTORY, name="result.new"),
    route("/results", add, policy=_DIRECTORY, methods=["POST"], name="result.add"),
    route("/results/{code}", one, policy=_DIRECTORY, name="result"),
    route("/results/{code}", change, policy=_DIRECTORY, methods=["POST"], name="result.change"),
)
