"""What creditors' contracts pay the agency: the directory of commission terms, and reckoning again after a change."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from core.cases.model import Component, Stage
from core.cases.queries import lists
from core.kernel.clock import read_day
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.payments import rights
from core.payments.model import CommissionTerms, TermsKind
from core.payments.queries.remittances import list_terms
from core.payments.rules.commission import Band, bands_from
from core.payments.service import terms as use_cases
from core.payments.service.commission import preview_recount, recount
from core.payments.service.terms import TermsData
from web.forms import Form, is_position, parse, submitted
from web.lists import ListSpec, asked, view
from web.page import go_to, page
from web.pages import options
from web.pages.cases.case_words import COMPONENT_LABELS
from web.pages.listing import Align, Column, DayCell, EmptyState, Filter, FilterKind, Option, Row, StateCell, TextCell
from web.pages.money import commission_words as words
from web.security import actor, right, route
from web.state import services

SPEC = ListSpec(
    key="commission",
    title=msg("Commission"),
    path="/commission",
    sort="creditor",
    columns=(
        Column(key="creditor", label=msg("Creditor")),
        Column(key="name", label=msg("Contract")),
        Column(key="kind", label=msg("Depends on")),
        Column(key="pays", label=msg("Pays")),
        Column(key="parts", label=msg("Charged on")),
        Column(key="vat", label=msg("VAT, %"), align=Align.END),
        Column(key="from", label=msg("First day")),
        Column(key="until", label=msg("Last day")),
        Column(key="state", label=msg("State")),
    ),
    filters=(Filter(key="creditor", label=msg("Creditor"), kind=FilterKind.SELECT),),
    empty=EmptyState(
        title=msg("No commission terms"),
        hint=msg("Without terms a repayment earns nothing: enter what each creditor's contract pays."),
        icon="receipt-tax",
    ),
)
_SPARE_ROWS = 3
Percent = Annotated[Decimal, Field(ge=0, le=100)]


class TermsForm(Form):
    """See :class:`core.payments.model.CommissionTerms`; the table's rows come beside it."""

    name: Annotated[str, StringConstraints(max_length=120)] = ""
    kind: TermsKind
    bases: list[Component] = Field(default_factory=list)
    vat_percent: Percent = Decimal(0)
    direct_percent: Percent = Decimal(100)
    valid_from: date
    valid_until: date | None = None

    def data(self, bands: Sequence[Band]) -> TermsData:
        """As the use case takes it."""
        sent = {name: getattr(self, name) for name in TermsForm.model_fields}
        return TermsData(**{**sent, "bases": tuple(part.value for part in self.bases), "bands": tuple(bands)})


class RecountForm(Form):
    creditor_id: int
    from_on: date


async def show(request: Request) -> Response:
    """The terms of every creditor."""
    held = services(request)
    async with held.uow.read() as session:
        creditors = await lists.creditors(session)
        stages = {stage.key: stage.name for stage in await lists.stages(session)}
        wanted = asked(request, words.with_creditors(SPEC, creditors))
        found = await list_terms(session, actor(request), wanted.number("creditor"))
    today = held.clock.now().astimezone(wanted.zone).date()
    rows = [_row(terms, creditor, stages, today) for terms, creditor in found]
    create = (msg("Add terms"), "/commission/new") if actor(request).may(rights.COMMISSION) else None
    drawn = await view(request, wanted, rows, total=len(rows), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(terms: CommissionTerms, creditor: str, stages: Mapping[str, str], today: date) -> Row:
    href = f"/commission/{terms.id}"
    return Row(
        id=str(terms.id),
        href=href,
        cells={
            "creditor": TextCell(creditor),
            "name": TextCell(terms.name, href=href),
            "kind": TextCell(words.KINDS[TermsKind(terms.kind)]),
            "pays": TextCell(words.pays(TermsKind(terms.kind), bands_from(terms.bands), stages)),
            "parts": TextCell(words.parts(terms.bases)),
            "vat": TextCell(words.plain(terms.vat_percent)),
            "from": DayCell(terms.valid_from),
            "until": DayCell(terms.valid_until),
            "state": StateCell(words.state_of(terms.valid_from, terms.valid_until, today)),
        },
    )


async def new(request: Request) -> Response:
    """The form of terms to add; ``?kind=`` chooses the table."""
    query = request.query_params
    starting = {
        "creditor_id": query.get("creditor", ""),
        "kind": _kind(query.get("kind", "")),
        "bases": [part for part in Component if part is not Component.AGENCY_FEES],
        "vat_percent": "0",
        "direct_percent": "100",
        "valid_from": services(request).clock.now().date().isoformat(),
    }
    return await _form(request, starting)


def _kind(text: str) -> TermsKind:
    return TermsKind(text) if text in set(TermsKind) else TermsKind.FLAT


async def one(request: Request) -> Response:
    """The form of terms; ``?kind=`` offers another table."""
    terms = await _terms(request)
    kind = _kind(request.query_params.get("kind", terms.kind))
    stored = {name: getattr(terms, name) for name in TermsForm.model_fields}
    shown = {name: words.plain(value) if isinstance(value, Decimal) else value for name, value in stored.items()}
    bands = [words.band_values(band) for band in bands_from(terms.bands)] if kind == terms.kind else []
    return await _form(request, {**shown, "kind": kind, "creditor_id": str(terms.creditor_id)}, terms, bands=bands)


async def _terms(request: Request) -> CommissionTerms:
    async with services(request).uow.read() as session:
        terms = await session.get(CommissionTerms, request.path_params["id"])
    if terms is None:
        raise NotFound
    return terms


async def create(request: Request) -> Response:
    """Add terms."""
    return await _save(request, None)


async def change(request: Request) -> Response:
    """Save terms."""
    return await _save(request, await _terms(request))


async def _save(request: Request, terms: CommissionTerms | None) -> Response:
    held, sent = services(request), await submitted(request)
    try:
        data = (await parse(request, TermsForm)).data(_bands(sent))
        creditor_id = _creditor(sent) if terms is None else terms.creditor_id
        async with held.uow.write() as work:
            if terms is None:
                await use_cases.add_terms(work, actor(request), creditor_id, data, at=held.clock.now())
            else:
                await use_cases.change_terms(work, actor(request), terms.id, data, at=held.clock.now())
        async with held.uow.read() as session:
            differing = await preview_recount(session, actor(request), creditor_id, data.valid_from)
    except Invalid as faults:
        return await _again(request, sent, terms, faults.fields)
    except Conflict as refused:
        return await _again(request, sent, terms, {"bands": refused.message})
    if differing:
        return go_to(f"/commission/recount?creditor={creditor_id}&from={data.valid_from}")
    return go_to("/commission")


async def _again(
    request: Request, sent: FormData, terms: CommissionTerms | None, faults: Mapping[str, Message]
) -> Response:
    values = {**sent, "bases": sent.getlist("bases"), "kind": _kind(str(sent.get("kind", "")))}
    return await _form(request, values, terms, faults, _rows(sent))


def _creditor(sent: FormData) -> int:
    text = str(sent.get("creditor_id", ""))
    if not is_position(text):
        raise Invalid({"creditor_id": msg("Choose one of the list.")})
    return int(text)


def _rows(sent: FormData) -> list[dict[str, str]]:
    """The table as it was typed, without its empty rows."""
    columns = {name: [str(value).strip() for value in sent.getlist(f"band_{name}")] for name in words.BAND_FIELDS}
    height = max(map(len, columns.values()))
    rows = [{name: values[n] if n < len(values) else "" for name, values in columns.items()} for n in range(height)]
    return [row for row in rows if row["percent"] or row["amount"] or row["from"]]


def _bands(sent: FormData) -> list[Band]:
    """The table. Raises ``Invalid``."""
    rows = [{name: value.replace(",", ".") for name, value in row.items()} for row in _rows(sent)]
    if any(not (row["percent"] or row["amount"]) for row in rows):
        raise Invalid({"bands": msg("Fill in the table.")})
    try:
        bands = bands_from({name: value for name, value in row.items() if value} for row in rows)
    except InvalidOperation as error:
        raise Invalid({"bands": msg("Give numbers.")}) from error
    if any(not number.is_finite() or abs(number) > _MOST for band in bands for number in words.numbers(band)):
        raise Invalid({"bands": msg("Give numbers.")})
    if any(number != round(number, 4) for band in bands for number in words.numbers(band)):
        raise Invalid({"bands": msg("Use at most four decimals.")})
    return list(bands)


_MOST = Decimal(10) ** 12


async def _form(
    request: Request,
    values: Mapping[str, Any],
    terms: CommissionTerms | None = None,
    faults: Mapping[str, Message] | None = None,
    bands: Sequence[Mapping[str, str]] = (),
) -> Response:
    async with services(request).uow.read() as session:
        creditors = await lists.creditors(session)
        stages: Sequence[Stage] = await lists.stages(session)
    kind = TermsKind(values["kind"])
    blank = dict.fromkeys(words.BAND_FIELDS, "")
    spare = 1 if kind in (TermsKind.FLAT, TermsKind.FIXED) else len(bands) + _SPARE_ROWS
    context = {
        "terms": terms,
        "values": values,
        "faults": faults or {},
        "kind": kind,
        "kinds": words.KINDS,
        "bands": [*bands, *([blank] * (spare - len(bands)))],
        "creditors": options.of_rows(one for one in creditors if one.active),
        "creditor": next((one.name for one in creditors if terms and one.id == terms.creditor_id), ""),
        "stages": [Option(value=stage.key, label=stage.name) for stage in stages],
        "components": [Option(value=part, label=COMPONENT_LABELS[part]) for part in Component],
        "edits": actor(request).may(rights.COMMISSION),
    }
    return await page(request, "money/commission_terms.html", context, status=422 if faults else 200)


async def remove(request: Request) -> Response:
    """Take terms away that nothing has earned by."""
    held = services(request)
    async with held.uow.write() as work:
        await use_cases.remove_terms(work, actor(request), request.path_params["id"], at=held.clock.now())
    return go_to("/commission")


async def foresee(request: Request) -> Response:
    """What reckoning again would change."""
    query = request.query_params
    try:
        from_on = read_day(query.get("from", ""))
    except ValueError:
        from_on = services(request).clock.now().date().replace(day=1)
    creditor_id = int(query["creditor"]) if is_position(query.get("creditor", "")) else 0
    async with services(request).uow.read() as session:
        creditors = await lists.creditors(session)
        found = await preview_recount(session, actor(request), creditor_id, from_on) if creditor_id else ()
    context = {
        "creditors": options.of_rows(creditors),
        "creditor_id": creditor_id,
        "from_on": from_on,
        "found": found,
    }
    return await page(request, "money/commission_recount.html", context)


async def reckon(request: Request) -> Response:
    """Reckon again."""
    held, sent = services(request), await parse(request, RecountForm)
    async with held.uow.write() as work:
        await recount(work, actor(request), sent.creditor_id, sent.from_on, at=held.clock.now())
    return go_to("/commission")


_VIEW, _EDIT = right(rights.COMMISSION_VIEW), right(rights.COMMISSION)
routes = (
    route("/commission", show, policy=_VIEW, name="commission"),
    route("/commission", create, policy=_EDIT, methods=["POST"], name="commission.create"),
    route("/commission/new", new, policy=_EDIT, name="commission.new"),
    route("/commission/recount", foresee, policy=_EDIT, name="commission.foresee"),
    route("/commission/recount", reckon, policy=_EDIT, methods=["POST"], name="commission.recount"),
    route("/commission/{id:int}", one, policy=_VIEW, name="commission.terms"),
    route("/commission/{id:int}", change, policy=_EDIT, methods=["POST"], name="commission.change"),
    route("/commission/{id:int}/remove", remove, policy=_EDIT, methods=["POST"], name="commission.remove"),
)
