"""The audit trail: search, and proof that it is whole."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from core.audit import queries
from core.audit.model import AuditEntry
from core.audit.queries import Search
from core.audit.service import record
from core.kernel.errors import NotFound
from core.kernel.i18n import Message, Translator, msg, translator
from web.forms import is_position
from web.lists import PAGE_SIZE, Asked, ListSpec, asked, view
from web.page import page
from web.pages.listing import Column, EmptyState, Filter, FilterKind, Option, Row, TextCell, TimeCell
from web.pages.people.audit_actions import ACTIONS
from web.pages.people.audit_fields import FIELDS
from web.pages.people.audit_words import SUBJECTS, word
from web.security import actor, right, route
from web.state import services

SPEC = ListSpec(
    key="audit",
    title=msg("Audit trail"),
    path="/audit",
    sort="-at",
    search_hint=msg("Beginning of a login, an action or a record's number"),
    columns=(
        Column(key="at", label=msg("When")),
        Column(key="actor", label=msg("Who")),
        Column(key="action", label=msg("What")),
        Column(key="subject", label=msg("On what")),
        Column(key="changes", label=msg("Changes")),
    ),
    filters=(
        Filter(key="at", label=msg("When"), kind=FilterKind.DATE),
        Filter(key="kind", label=msg("Kind of record"), kind=FilterKind.SELECT),
        Filter(key="subject", label=msg("Number of the record")),
        Filter(key="action", label=msg("Action")),
    ),
    empty=EmptyState(
        title=msg("Nothing yet"),
        hint=msg("Every change and every look at personal data will appear here."),
        icon="history",
    ),
)


async def show(request: Request) -> Response:
    """The newest entries that match."""
    held, me = services(request), actor(request)
    async with held.uow.read() as session:
        kinds = await queries.kinds(session, me)
        wanted = asked(request, _spec(kinds))
        found = await queries.search(session, me, _search(wanted), before=_cursor(wanted), limit=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    following = str(shown[-1].id) if len(found) > PAGE_SIZE else None
    texts = translator(me.language)
    drawn = await view(request, wanted, (_row(entry, texts) for entry in shown), next_cursor=following)
    return await page(request, "audit/trail.html", {"view": drawn})


def _spec(kinds: Sequence[str]) -> ListSpec:
    known = tuple(Option(value=kind, label=word(SUBJECTS, kind)) for kind in kinds)
    return SPEC.with_options({"kind": known})


def _cursor(wanted: Asked) -> int | None:
    return int(wanted.after) if wanted.after and is_position(wanted.after) else None


def _search(wanted: Asked) -> Search:
    return Search(
        text=wanted.search,
        action=wanted.value("action"),
        subject_kind=wanted.value("kind"),
        subject_id=wanted.value("subject"),
        since=wanted.since("at"),
        until=wanted.until("at"),
    )


def _row(entry: AuditEntry, texts: Translator) -> Row:
    fields = sorted(_named(FIELDS, name, texts) for name in entry.changes)
    kind = _named(SUBJECTS, entry.subject_kind, texts)
    return Row(
        id=str(entry.id),
        href=f"/audit/{entry.id}",
        cells={
            "at": TimeCell(entry.at),
            "actor": TextCell(entry.actor_login),
            "action": TextCell(word(ACTIONS, entry.action), note=entry.action),
            "subject": TextCell(f"{kind} {entry.subject_id}".strip()),
            "changes": TextCell(", ".join(fields) or None),
        },
    )


def _named(table: Mapping[str, Message], raw: str, texts: Translator) -> str:
    return texts.render(table[raw]) if raw in table else raw


async def show_one(request: Request) -> Response:
    """One entry with every value before and after."""
    async with services(request).uow.read() as session:
        entry = await queries.entry(session, actor(request), request.path_params["id"])
    if entry is None:
        raise NotFound
    said = {
        "action": word(ACTIONS, entry.action),
        "subject": word(SUBJECTS, entry.subject_kind),
        "fields": {name: word(FIELDS, name) for name in entry.changes},
    }
    return await page(request, "audit/entry.html", {"entry": entry, "said": said})


async def verify(request: Request) -> Response:
    """Walk the chain and say whether it holds; the check itself is in the trail."""
    held, me = services(request), actor(request)
    verdict = await queries.verify(held.uow)
    async with held.uow.write() as work:
        record(work, me, "audit.verify", ("audit", ""), {"whole": (None, verdict.whole)}, at=held.clock.now())
    return await page(request, "audit/verdict.html", {"verdict": verdict})


_VIEW = right("audit.view")
routes = (
    route("/audit", show, policy=_VIEW, name="audit"),
    route("/audit/{id:int}", show_one, policy=_VIEW, name="audit.entry"),
    route("/audit/verify", verify, policy=_VIEW, methods=["POST"], name="audit.verify"),
)
