"""Acting on many cases: choose them, choose what to do, see what would happen, start, stop, take back, take away."""

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns.rights import EDIT as CAMPAIGNS
from core.cases import rights
from core.cases.model import CloseReason, MassRun, MassState, TaskKind
from core.cases.queries import lists
from core.cases.queries import mass as queries
from core.cases.queries.mass import ItemQuery, ItemRow
from core.cases.queries.tags import tags
from core.cases.rules.mass import MassAction
from core.cases.service.mass import Mass, outcome_counts, run_for
from core.cases.service.mass_actions import RIGHTS, Deed, Params
from core.importing.numbers import MOST_BYTES, numbers_in
from core.kernel.access import Actor
from core.kernel.errors import DomainError, Invalid
from core.kernel.i18n import Message, mark, msg
from core.kernel.paging import Page
from web.export import export
from web.forms import Form, is_position, parse, submitted, typed
from web.lists import EXPORT_BATCH, PAGE_SIZE, ListSpec, asked, row_by_row, view
from web.page import go_to, page
from web.pages import options
from web.pages.calls.phone import local
from web.pages.cases import case_words as words
from web.pages.cases.case_life import collectors
from web.pages.listing import (
    Align,
    Column,
    EmptyState,
    Filter,
    FilterKind,
    Row,
    StateCell,
    TextCell,
    TimeCell,
)
from web.pages.work import work_words, worklists
from web.security import actor, right, route
from web.state import part, services

#: What is done with chosen cases elsewhere.
CAMPAIGN = "campaign"
_CHUNK = 1024 * 1024
_MOVING = (MassState.RUNNING, MassState.UNDOING)

RUNS = ListSpec(
    key="mass",
    title=msg("Mass actions"),
    path="/mass",
    sort="at",
    columns=(
        Column(key="action", label=msg("What is done")),
        Column(key="state", label=msg("State")),
        Column(key="total", label=msg("Cases"), align=Align.END),
        Column(key="source", label=msg("File")),
        Column(key="author", label=msg("Started by")),
        Column(key="at", label=msg("Started")),
    ),
    empty=EmptyState(
        title=msg("Nothing has been done to many cases yet"),
        hint=msg("Choose cases in a list, or bring a file with their numbers."),
        icon="checks",
    ),
)
ITEMS = ListSpec(
    key="mass-items",
    title=msg("Cases"),
    path="/mass",
    sort="n",
    export_right=rights.MASS,
    columns=(
        Column(key="n", label=msg("Row"), align=Align.END),
        Column(key="number", label=msg("Case no.")),
        Column(key="debtor", label=msg("Debtor")),
        Column(key="outcome", label=msg("Outcome")),
        Column(key="reason", label=msg("Why")),
    ),
    filters=(
        Filter(
            key="outcome",
            label=msg("Outcome"),
            kind=FilterKind.SELECT,
            options=options.of_words(work_words.MASS_OUTCOMES),
        ),
    ),
    empty=EmptyState(title=msg("No cases"), hint=msg("None of the chosen cases is within your reach."), icon="folders"),
)


async def runs(request: Request) -> Response:
    """What has been done to many cases."""
    async with services(request).uow.read() as session:
        found = await queries.latest_runs(session, actor(request))
    rows = [
        Row(
            id=str(run.id),
            href=f"/mass/{run.id}",
            cells={
                "action": StateCell(work_words.MASS_ACTIONS[MassAction(run.action)]),
                "state": StateCell(work_words.MASS_STATES[run.state]),
                "total": TextCell(run.total),
                "source": TextCell(run.source or None),
                "author": TextCell(user.full_name),
                "at": TimeCell(run.created_at),
            },
        )
        for run, user in found
    ]
    drawn = await view(request, asked(request, RUNS), rows, total=len(rows), create=(msg("Bring a file"), "/mass/new"))
    return await page(request, "list_page.html", {"view": drawn})


class ChooseForm(Form):
    id: list[int] = []
    all: bool = False


async def choose(request: Request) -> Response:
    """Take what was chosen in a list, or all that its query means, and go on to what is to be done."""
    data, me, mass = await submitted(request), actor(request), part(request, Mass)
    form = typed(data, ChooseForm)
    if form.all:
        query = QueryParams([(name, str(value)) for name, value in data.multi_items()])
        name = request.query_params.get("list", "")
        run_id = await mass.choose_all(me, await worklists.query_by_name(request, name, query))
    else:
        run_id = await mass.choose(me, form.id)
    action = request.query_params.get("action", "")
    if action == CAMPAIGN:
        return go_to(f"/campaigns/cases?run={run_id}")
    return go_to(f"/mass/{run_id}?action={action}" if action in set(MassAction) else f"/mass/{run_id}")


async def new(request: Request) -> Response:
    """Where to choose a file of case numbers."""
    return await _upload_form(request)


async def _upload_form(request: Request, fault: Message | None = None) -> Response:
    async with services(request).uow.read() as session:
        known = await lists.creditors(session)
    context = {"creditors": options.of_rows(known), "fault": fault}
    return await page(request, "mass/new.html", context, status=422 if fault else 200)


async def upload(request: Request) -> Response:
    """Read the numbers and go on to what is to be done."""
    async with request.form(max_files=1, max_fields=10) as form:
        creditor = str(form.get("creditor_id") or "")
        try:
            name, numbers = await uploaded_numbers(form)
        except DomainError as error:
            return await _upload_form(request, error.message)
    creditor_id = int(creditor) if is_position(creditor) else None
    run_id = await part(request, Mass).choose_numbers(actor(request), numbers, name, creditor_id=creditor_id)
    return go_to(f"/mass/{run_id}")


class NoFile(Invalid):
    """Nothing was sent to read numbers from."""

    code = "no_file"
    text = mark("Choose the file.")


async def uploaded_numbers(form: FormData) -> tuple[str, Sequence[str]]:
    """The sent file's name and the case numbers in it. Raises ``NoFile``, and what reading the file refuses."""
    sent = form.get("file")
    if not isinstance(sent, UploadFile) or not sent.filename:
        raise NoFile
    name = Path(sent.filename).name
    path = await _spooled(sent, Path(name).suffix)
    try:
        return name, await numbers_in(path)
    finally:
        await run_in_threadpool(path.unlink, missing_ok=True)


async def _spooled(sent: UploadFile, suffix: str) -> Path:
    """The upload as a file of its own, no longer than may be read."""
    with tempfile.NamedTemporaryFile(prefix="numbers-", suffix=suffix[:10], delete=False) as file:
        size = 0
        while size <= MOST_BYTES and (piece := await sent.read(_CHUNK)):
            size += len(piece)
            await run_in_threadpool(file.write, piece)
    return Path(file.name)


async def show(request: Request) -> Response:
    """A run at the step it is at: what to do, how far it is, what became of each case."""
    return await _show(request)


async def _show(request: Request, deed: Deed | None = None, faults: Mapping[str, Message] | None = None) -> Response:
    run_id, me = request.path_params["id"], actor(request)
    wanted = asked(request, replace(ITEMS, path=f"/mass/{run_id}"))
    query = ItemQuery(outcome=wanted.value("outcome") or None, after=wanted.after, before=wanted.before, size=PAGE_SIZE)
    async with services(request).uow.read() as session:
        run = await run_for(session, me, run_id)
        found = await queries.items_of(session, me, run_id, query)
        counts = await outcome_counts(session, run_id)
    drawn = await view(
        request, wanted, map(_row, found.rows), next_cursor=found.next, previous_cursor=found.previous, total=run.total
    )
    context = {"run": run, "view": drawn, **_standing(run, counts)}
    if run.state == MassState.DRAFT:
        context |= await _choices(request, deed, faults or {})
    return await page(request, "mass/run.html", context, status=422 if faults else 200)


def _standing(run: MassRun, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "state": work_words.MASS_STATES[run.state],
        "action": work_words.MASS_ACTIONS[MassAction(run.action)] if run.action else None,
        "moving": run.state in _MOVING,
        "may_undo": run.state in (MassState.DONE, MassState.STOPPED) and counts.get("done", 0) > 0,
        "done": run.total - counts.get("waiting" if run.state == MassState.RUNNING else "done", 0),
        "outcomes": [(key, word, counts[key]) for key, word in work_words.MASS_OUTCOMES.items() if counts.get(key)],
    }


async def _choices(request: Request, deed: Deed | None, faults: Mapping[str, Message]) -> dict[str, Any]:
    """What can be done, the fields it needs, and what would happen when that is known."""
    me, named = actor(request), request.query_params.get("action", "")
    allowed = [one for one in MassAction if me.may(RIGHTS[one])]
    chosen = deed.action if deed else MassAction(named) if named in set(MassAction) else None
    told = None
    if deed is not None and not faults:
        told = await part(request, Mass).foresee(me, request.path_params["id"], deed)
    async with services(request).uow.read() as session:
        people = await collectors(session, me) if chosen in (MassAction.ASSIGN, MassAction.TASK) else ()
        stages = await lists.stages(session) if chosen is MassAction.STAGE else ()
        marks = await tags(session, active_only=chosen is MassAction.TAG) if chosen in _TAGGING else ()
    return {
        "actions": [(one, work_words.MASS_ACTIONS[one], one == chosen) for one in allowed],
        "may_ring": me.may(CAMPAIGNS),
        "chosen": chosen if chosen in allowed else None,
        "people": people,
        "stages": options.of_rows(one for one in stages if one.active),
        "tags": options.of_rows(marks),
        "kinds": options.of_words(work_words.TASK_KINDS),
        "close_reasons": options.of_words(words.CLOSE_REASONS),
        "values": await submitted(request) if request.method == "POST" else {},
        "faults": faults,
        "told": told,
    }


_TAGGING = (MassAction.TAG, MassAction.UNTAG)


def _row(line: ItemRow) -> Row:
    case = f"/cases/{line.case_id}" if line.case_id else None
    return Row(
        id=str(line.n),
        href=case,
        cells={
            "n": TextCell(line.n),
            "number": TextCell(line.number, href=case),
            "debtor": TextCell(line.debtor_name),
            "outcome": StateCell(work_words.MASS_OUTCOMES[line.outcome]),
            "reason": TextCell(line.reason),
        },
    )


class DeedForm(Form):
    """What to do, and what it needs; ``due_at`` is the writer's local time, ``user_id`` may be "none"."""

    action: MassAction
    user_id: str | None = None
    stage_id: int | None = None
    tag_id: int | None = None
    kind: TaskKind = TaskKind.OTHER
    title: Annotated[str, StringConstraints(max_length=300)] = ""
    due_at: datetime | None = None
    until: date | None = None
    reason: Annotated[str, StringConstraints(max_length=200)] = ""
    close_reason: CloseReason | None = None

    def deed(self, me: Actor) -> Deed:
        """As the use case takes it. Raises ``Invalid`` when nobody was named to give the cases to."""
        if self.action is MassAction.ASSIGN and not self.user_id:
            raise Invalid({"user_id": msg("This is needed.")})
        return Deed(
            self.action,
            Params(
                user_id=int(self.user_id) if self.user_id and is_position(self.user_id) else None,
                stage_id=self.stage_id,
                tag_id=self.tag_id,
                kind=self.kind,
                title=self.title,
                due_at=local(self.due_at, me.timezone) if self.due_at else None,
                until=self.until,
                reason=self.reason,
                close_reason=self.close_reason,
            ),
        )


async def foresee(request: Request) -> Response:
    """What would happen, before anything does."""
    form = await parse(request, DeedForm)
    empty = Deed(form.action, Params())
    try:
        deed = form.deed(actor(request))
        return await _show(request, deed)
    except Invalid as faults:
        return await _show(request, empty, faults.fields)


async def start(request: Request) -> Response:
    """Begin."""
    form, run_id = await parse(request, DeedForm), request.path_params["id"]
    try:
        await part(request, Mass).start(actor(request), run_id, form.deed(actor(request)))
    except Invalid as faults:
        return await _show(request, Deed(form.action, Params()), faults.fields)
    return go_to(f"/mass/{run_id}")


async def stop(request: Request) -> Response:
    """Stop where it is."""
    run_id = request.path_params["id"]
    await part(request, Mass).stop(actor(request), run_id)
    return go_to(f"/mass/{run_id}")


async def undo(request: Request) -> Response:
    """Take back what is still as it was left."""
    run_id = request.path_params["id"]
    await part(request, Mass).undo(actor(request), run_id)
    return go_to(f"/mass/{run_id}")


async def progress(request: Request) -> Response:
    """The part of the page that moves while the job runs."""
    run_id = request.path_params["id"]
    async with services(request).uow.read() as session:
        run = await run_for(session, actor(request), run_id)
        counts = await outcome_counts(session, run_id)
    if run.state not in _MOVING:
        return Response(status_code=200, headers={"HX-Refresh": "true"})
    return await page(request, "mass/_progress.html", {"run": run, **_standing(run, counts)})


async def download(request: Request) -> Response:
    """What became of each case, as a file."""
    run_id = request.path_params["id"]
    async with services(request).uow.read() as session:
        await run_for(session, actor(request), run_id)
    wanted = asked(request, ITEMS)
    return await export(
        request, f"mass-{run_id}", wanted.shown, _batches(request, run_id, wanted.value("outcome") or None)
    )


def _batches(request: Request, run_id: int, outcome: str | None) -> AsyncIterator[list[Row]]:
    async def read(after: str | None) -> Page[queries.ItemRow]:
        query = ItemQuery(outcome=outcome, after=after, size=EXPORT_BATCH)
        async with services(request).uow.read() as session:
            return await queries.items_of(session, actor(request), run_id, query)

    return row_by_row(read, _row)


_MASS = right(rights.MASS)
routes = (
    route("/mass", runs, policy=_MASS, name="mass"),
    route("/mass/choose", choose, policy=_MASS, methods=["POST"], name="mass.choose"),
    route("/mass/new", new, policy=_MASS, name="mass.new"),
    route("/mass", upload, policy=_MASS, methods=["POST"], name="mass.upload", max_body=MOST_BYTES + _CHUNK),
    route("/mass/{id:int}", show, policy=_MASS, name="mass.run"),
    route("/mass/{id:int}/foresee", foresee, policy=_MASS, methods=["POST"], name="mass.foresee"),
    route("/mass/{id:int}/start", start, policy=_MASS, methods=["POST"], name="mass.start"),
    route("/mass/{id:int}/stop", stop, policy=_MASS, methods=["POST"], name="mass.stop"),
    route("/mass/{id:int}/undo", undo, policy=_MASS, methods=["POST"], name="mass.undo"),
    route("/mass/{id:int}/progress", progress, policy=_MASS, name="mass.progress"),
    route("/mass/{id:int}/export", download, policy=_MASS, name="mass.export"),
)
