"""Bringing registries in: upload, columns, dry run, apply, result."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from core.cases.queries import lists as cases
from core.importing import rights
from core.importing.model import REGISTRY, BatchState, OnExisting, Outcome
from core.importing.queries import batch_by_id, latest_batches, rows_of
from core.importing.report import write_report
from core.importing.rights import REGISTRIES, Door
from core.importing.service import Imports
from core.importing.workbook import MOST_FILE_BYTES
from core.kernel.errors import DomainError, Invalid
from core.kernel.i18n import Message, msg, translator
from core.payments.incoming.fields import DOOR as PAYMENTS
from web.forms import Form, is_position, parse, storable, submitted, typed
from web.lists import ListSpec, asked, view
from web.page import go_to, page
from web.pages import options
from web.pages.cases import case_words as words
from web.pages.listing import Align, Column, EmptyState, Option, Row, State, StateCell, TextCell, TimeCell
from web.security import GuardedRoute, Policy, actor, right, route
from web.state import part, services

CHUNK = 1024 * 1024
_RUNNING = (BatchState.CHECKING, BatchState.APPLYING)

BATCHES = ListSpec(
    key="imports",
    title=msg("Imports"),
    path="/imports",
    sort="at",
    columns=(
        Column(key="file", label=msg("File")),
        Column(key="creditor", label=msg("Creditor")),
        Column(key="order", label=msg("Order")),
        Column(key="state", label=msg("State")),
        Column(key="rows", label=msg("Rows"), align=Align.END),
        Column(key="errors", label=msg("Errors"), align=Align.END),
        Column(key="at", label=msg("Received")),
    ),
    empty=EmptyState(
        title=msg("Nothing was imported yet"),
        hint=msg("Take the creditor's Excel registry as it is: the columns are recognised."),
        icon="file-import",
    ),
)


async def show(request: Request) -> Response:
    """The latest imports."""
    async with services(request).uow.read() as session:
        found = await latest_batches(session, actor(request))
    rows = [
        Row(
            id=str(batch.id),
            href=f"/imports/{batch.id}",
            cells={
                "file": TextCell(batch.file_name, href=f"/imports/{batch.id}"),
                "creditor": TextCell(creditor.name if creditor else None),
                "order": TextCell(batch.order_number),
                "state": StateCell(words.BATCH_STATES[batch.state]),
                "rows": TextCell(sum(batch.counts.values()) or batch.sheet_rows),
                "errors": TextCell(batch.counts.get(Outcome.ERROR, 0)),
                "at": TimeCell(batch.created_at),
            },
        )
        for batch, creditor in found
    ]
    create = (msg("Import a registry"), "/imports/new")
    drawn = await view(request, asked(request, BATCHES), rows, total=len(rows), create=create)
    return await page(request, "list_page.html", {"view": drawn})


async def new(request: Request) -> Response:
    """Where to choose the file."""
    return await _upload_form(request)


async def _upload_form(request: Request, fault: Message | None = None, typed_in: FormData | None = None) -> Response:
    """The form, with ``typed_in`` where something is wrong with it; a file has to be chosen again."""
    kept: Mapping[str, UploadFile | str] = typed_in or {}
    async with services(request).uow.read() as session:
        known = await cases.creditors(session, active_only=True)
    context = {
        "creditors": options.of_rows(known),
        "creditor": kept.get("creditor_id", request.query_params.get("creditor", "")),
        "order": kept.get("order_number", request.query_params.get("order", "")),
        "fault": fault,
    }
    return await page(request, "imports/new.html", context, status=422 if fault else 200)


class UploadForm(Form):
    """What goes with the file."""

    creditor_id: int
    order_number: str = ""
    kind: str = REGISTRY


async def upload(request: Request) -> Response:
    """Take the file in and go on to its columns."""
    async with request.form(max_files=1, max_fields=10) as form:
        sent, chosen = form.get("file"), _chosen(form)
        if not isinstance(sent, UploadFile) or not sent.filename or chosen is None:
            return await _upload_form(request, msg("Choose the creditor and the file."), form)
        path = await spooled(sent)
        try:
            batch = await part(request, Imports).receive(
                actor(request),
                chosen.creditor_id,
                path,
                Path(sent.filename).name,
                kind=chosen.kind,
                order_number=chosen.order_number,
            )
        except DomainError as error:
            return await _upload_form(request, error.message, form)
        finally:
            await run_in_threadpool(path.unlink, missing_ok=True)
    return go_to(f"/imports/{batch.id}")


def _chosen(form: FormData) -> UploadForm | None:
    """What goes with the file; None when it is not there, or no use."""
    try:
        return typed(storable(form), UploadForm)
    except Invalid:
        return None


async def spooled(sent: UploadFile) -> Path:
    """The upload as a file of its own; reading stops where a registry can no longer be."""
    with tempfile.NamedTemporaryFile(prefix="import-", suffix=".xlsx", delete=False) as file:
        size = 0
        while size <= MOST_FILE_BYTES and (piece := await sent.read(CHUNK)):
            size += len(piece)
            await run_in_threadpool(file.write, piece)
    return Path(file.name)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the imports of a kind are: its door, its pages, where what the rows became is shown, and how outcomes are
    called."""

    door: Door
    path: str
    results: str
    outcomes: Mapping[Outcome, State]


_OUTCOMES: Mapping[Outcome, State] = {Outcome(key): word for key, word in words.OUTCOMES.items()}
_LEFT_OUT = {Outcome.SKIP: State(word=msg("left out"), icon="minus")}
_PLACES = (
    Place(REGISTRIES, "/imports", "/cases", _OUTCOMES),
    Place(PAYMENTS, "/payments/imports", "/payments", {**_OUTCOMES, **_LEFT_OUT}),
)


def _place(request: Request) -> Place:
    """Whose pages these are, by their address."""
    return next(one for one in _PLACES if request.url.path.startswith(f"{one.path}/"))


async def show_one(request: Request) -> Response:
    """One import at the step it is at."""
    return await _one(request)


async def _one(request: Request, fault: Message | None = None) -> Response:
    place = _place(request)
    batch_id, wanted = request.path_params["id"], request.query_params.get("outcome", "")
    outcome = Outcome(wanted) if wanted in set(Outcome) else None
    after = request.query_params.get("after", "0")
    async with services(request).uow.read() as session:
        batch, creditor = await batch_by_id(session, actor(request), batch_id, place.door)
        start = int(after) if is_position(after) else 0
        lines = await rows_of(session, actor(request), batch_id, outcome=outcome, after=start, door=place.door)
    targets = part(request, Imports).kind(batch.kind).targets
    context = {
        "batch": batch,
        "creditor": creditor,
        "state": words.BATCH_STATES[batch.state],
        "lines": lines,
        "outcome": outcome,
        "outcomes": place.outcomes,
        "targets": tuple(Option(value=key, label=target.label) for key, target in targets.items()),
        "labels": {key: target.label for key, target in targets.items()},
        "place": place,
        "running": batch.state in _RUNNING,
        "total": sum(batch.counts.values()) if batch.counts else batch.sheet_rows,
        "to_apply": batch.counts.get(Outcome.NEW, 0) + batch.counts.get(Outcome.UPDATE, 0),
        "errors": batch.counts.get(Outcome.ERROR, 0),
        "fault": fault,
        "next_after": lines[-1].n if len(lines) == 50 else None,
    }
    return await page(request, "imports/batch.html", context, status=422 if fault else 200)


async def progress(request: Request) -> Response:
    """The part of the page that moves while a job runs."""
    place = _place(request)
    async with services(request).uow.read() as session:
        batch, _ = await batch_by_id(session, actor(request), request.path_params["id"], place.door)
    if batch.state not in _RUNNING:
        return Response(status_code=200, headers={"HX-Refresh": "true"})
    total = sum(batch.counts.values()) if batch.counts else batch.sheet_rows
    context = {"batch": batch, "place": place, "state": words.BATCH_STATES[batch.state], "total": total}
    return await page(request, "imports/_progress.html", context)


class CheckForm(Form):
    on_existing: OnExisting = OnExisting.UPDATE


async def check(request: Request) -> Response:
    """Set the columns and start the dry run."""
    form = await submitted(request)
    sent = typed(form, CheckForm)
    columns = {
        int(name.removeprefix("column-")): str(target)
        for name, target in form.items()
        if name.startswith("column-") and is_position(name.removeprefix("column-")) and target
    }
    batch_id = request.path_params["id"]
    try:
        await part(request, Imports).check(actor(request), batch_id, columns, sent.on_existing)
    except Invalid as error:
        return await _one(request, error.message)
    return _back(request)


class ApplyForm(Form):
    valid_only: bool = False


async def apply(request: Request) -> Response:
    """Start applying, or go on."""
    sent, batch_id = await parse(request, ApplyForm), request.path_params["id"]
    await part(request, Imports).apply(actor(request), batch_id, valid_only=sent.valid_only)
    return _back(request)


async def stop(request: Request) -> Response:
    """Cancel."""
    await part(request, Imports).stop(actor(request), request.path_params["id"])
    return _back(request)


def _back(request: Request) -> Response:
    return go_to(f"{_place(request).path}/{request.path_params['id']}")


async def report(request: Request) -> Response:
    """The file back with what happened to each row."""
    place, batch_id, me = _place(request), request.path_params["id"], actor(request)
    async with services(request).uow.read() as session:
        batch, _ = await batch_by_id(session, me, batch_id, place.door)
    with tempfile.NamedTemporaryFile(prefix="report-", suffix=".xlsx", delete=False) as file:
        path = Path(file.name)
    errors_only = request.query_params.get("only") == "errors"
    targets = part(request, Imports).kind(batch.kind).targets
    await write_report(
        services(request).uow,
        me,
        batch_id,
        path,
        translator(me.language),
        targets=targets,
        errors_only=errors_only,
        door=place.door,
    )
    done = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, filename=f"{Path(batch.file_name).stem}-checked.xlsx", background=done)


def batch_routes(path: str, policy: Policy, name: str) -> tuple[GuardedRoute, ...]:
    """The pages of one import, the same for every kind."""
    one = f"{path}/{{id:int}}"
    return (
        route(one, show_one, policy=policy, name=name),
        route(f"{one}/progress", progress, policy=policy, name=f"{name}.progress"),
        route(f"{one}/check", check, policy=policy, methods=["POST"], name=f"{name}.check"),
        route(f"{one}/apply", apply, policy=policy, methods=["POST"], name=f"{name}.apply"),
        route(f"{one}/stop", stop, policy=policy, methods=["POST"], name=f"{name}.stop"),
        route(f"{one}/report", report, policy=policy, name=f"{name}.report"),
    )


_IMPORT = right(rights.IMPORT)
routes = (
    route("/imports", show, policy=_IMPORT, name="imports"),
    route("/imports/new", new, policy=_IMPORT, name="imports.new"),
    route(
        "/imports", upload, policy=_IMPORT, methods=["POST"], name="imports.upload", max_body=MOST_FILE_BYTES + CHUNK
    ),
    *batch_routes("/imports", _IMPORT, "import"),
)
