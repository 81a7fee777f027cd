"""Bringing payments in: bank statements and tables, their format told by their content."""

from pathlib import Path
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from core.importing.model import OnExisting, Outcome
from core.importing.queries import latest_batches
from core.importing.service import Imports
from core.importing.workbook import MOST_FILE_BYTES
from core.kernel.errors import DomainError
from core.kernel.i18n import Message, msg
from core.payments import rights
from core.payments.incoming.fields import DOOR
from core.payments.service.accounts import list_accounts
from core.payments.statements.detect import Format
from web.forms import Form, storable, typed
from web.lists import ListSpec, asked, view
from web.page import go_to, page
from web.pages.cases import case_words as words
from web.pages.listing import Align, Column, EmptyState, Option, Row, StateCell, TextCell, TimeCell
from web.pages.work.imports import CHUNK, batch_routes, spooled
from web.security import actor, right, route
from web.state import part, services

_PATH = "/payments/imports"
_ADD = (msg("Import payments"), f"{_PATH}/new")
_FORMATS = (
    Option(value="auto", label=msg("By its content")),
    Option(value=Format.ONE_C, label="1CClientBankExchange"),
    Option(value=Format.MT940, label="MT940"),
    Option(value=Format.CAMT053, label="CAMT.053"),
    Option(value=Format.TABLE, label=msg("Table (Excel, CSV)")),
)

BATCHES = ListSpec(
    key="payment_imports",
    title=msg("Imports of payments"),
    path=_PATH,
    sort="at",
    columns=(
        Column(key="file", label=msg("File")),
        Column(key="state", label=msg("State")),
        Column(key="new", label=msg("New"), align=Align.END),
        Column(key="known", label=msg("Known"), align=Align.END),
        Column(key="errors", label=msg("Errors"), align=Align.END),
        Column(key="at", label=msg("Received")),
    ),
    empty=EmptyState(
        title=msg("No statement was imported yet"),
        hint=msg("Take the bank's file as it is: 1C, MT940, CAMT.053, Excel or CSV, zipped or not."),
        icon="building-bank",
    ),
)


async def show(request: Request) -> Response:
    """The latest imports."""
    async with services(request).uow.read() as session:
        found = await latest_batches(session, actor(request), door=DOOR)
    rows = [
        Row(
            id=str(batch.id),
            href=f"{_PATH}/{batch.id}",
            cells={
                "file": TextCell(batch.file_name, href=f"{_PATH}/{batch.id}"),
                "state": StateCell(words.BATCH_STATES[batch.state]),
                "new": TextCell(batch.counts.get(Outcome.NEW, 0)),
                "known": TextCell(batch.counts.get(Outcome.KNOWN, 0)),
                "errors": TextCell(batch.counts.get(Outcome.ERROR, 0)),
                "at": TimeCell(batch.created_at),
            },
        )
        for batch, _ in found
    ]
    drawn = await view(request, asked(request, BATCHES), rows, total=len(rows), create=_ADD)
    return await page(request, "list_page.html", {"view": drawn})


async def new(request: Request) -> Response:
    """Where to choose the file."""
    return await _form(request)


async def _form(request: Request, fault: Message | None = None) -> Response:
    async with services(request).uow.read() as session:
        known = await list_accounts(session, active_only=True)
    accounts = tuple(Option(value=str(one.id), label=f"{one.name} · {one.number} · {one.currency}") for one in known)
    context = {"accounts": accounts, "formats": _FORMATS, "fault": fault}
    return await page(request, "money/import_new.html", context, status=422 if fault else 200)


class UploadForm(Form):
    """What goes with the file. ``account`` is for tables that do not name ours."""

    format: Literal["auto", "1c", "mt940", "camt053", "xlsx"] = "auto"
    account: int | None = None

    @property
    def options(self) -> dict[str, str]:
        account = {} if self.account is None else {"account": str(self.account)}
        return {"format": self.format, **account}


async def upload(request: Request) -> Response:
    """Take the file in; a statement goes on to its dry run by itself, a table to its columns."""
    imports, me = part(request, Imports), actor(request)
    async with request.form(max_files=1, max_fields=10) as form:
        sent = form.get("file")
        if not isinstance(sent, UploadFile) or not sent.filename:
            return await _form(request, msg("Choose the file."))
        path = await spooled(sent)
        try:
            options = typed(storable(form), UploadForm).options
            batch = await imports.receive(me, None, path, Path(sent.filename).name, kind=DOOR.kind, options=options)
            if batch.fixed:
                await imports.check(me, batch.id, {}, OnExisting.SKIP)
        except DomainError as error:
            return await _form(request, error.message)
        finally:
            await run_in_threadpool(path.unlink, missing_ok=True)
    return go_to(f"{_PATH}/{batch.id}")


_IMPORT = right(rights.IMPORT)
routes = (
    route(_PATH, show, policy=_IMPORT, name="payments.imports"),
    route(f"{_PATH}/new", new, policy=_IMPORT, name="payments.imports.new"),
    route(
        _PATH,
        upload,
        policy=_IMPORT,
        methods=["POST"],
        name="payments.imports.upload",
        max_body=MOST_FILE_BYTES + CHUNK,
    ),
    *batch_routes(_PATH, _IMPORT, "payments.import"),
)
