"""The directory of creditors, with what their registries' columns were mapped to."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.errors import CreditorNameTaken
from core.cases.model import Creditor, Jurisdiction
from core.cases.queries import lists
from core.cases.queries.interest import group_names
from core.cases.service.creditors import CreditorData, add_creditor, edit_creditor
from core.importing.registry.fields import TARGETS
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.phones import normalise
from core.payments.service.schemes import automatic_schemes
from web.forms import CountryField, CurrencyField, Form, parse, submitted
from web.lists import ListSpec, asked, view
from web.page import go_to, page
from web.pages import options
from web.pages.cases import case_words as words
from web.pages.listing import Column, EmptyState, Option, Row, State, StateCell, TextCell, Tone
from web.pages.money.money_words import scheme_name
from web.security import actor, right, route
from web.state import services

_ACTIVE = State(word=msg("active"), icon="circle-check")
_ENDED = State(word=msg("ended"), icon="circle-off", tone=Tone.ALERT)
LongText = Annotated[str, StringConstraints(max_length=4000)]

CREDITORS = ListSpec(
    key="creditors",
    title=msg("Creditors"),
    path="/creditors",
    sort="name",
    columns=(
        Column(key="name", label=msg("Name")),
        Column(key="law", label=msg("Contact law")),
        Column(key="currency", label=msg("Currency")),
        Column(key="numbers", label=msg("Numbers shown to debtors")),
        Column(key="state", label=msg("State")),
    ),
    empty=EmptyState(
        title=msg("No creditors"),
        hint=msg("A registry belongs to a creditor: add the first."),
        icon="building-bank",
    ),
)


class CreditorForm(Form):
    """``own_numbers`` and ``script`` hold one entry a line."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    jurisdiction: Jurisdiction
    region: CountryField
    currency: CurrencyField
    own_numbers: LongText = ""
    recording_notice: LongText = ""
    script: LongText = ""
    interest_group_id: int | None = None
    scheme_key: Annotated[str, StringConstraints(max_length=40)] | None = None
    active: bool = False

    def data(self) -> CreditorData:
        """As the use case takes it. Raises ``Invalid`` for a line that is no number."""
        numbers = [normalise(line, self.region) for line in _lines(self.own_numbers)]
        if None in numbers:
            raise Invalid({"own_numbers": msg("One of the lines is no telephone number.")})
        return CreditorData(
            name=self.name,
            jurisdiction=self.jurisdiction,
            region=self.region,
            currency=self.currency,
            own_numbers=tuple(number for number in numbers if number),
            recording_notice=self.recording_notice,
            script=_lines(self.script),
            interest_group_id=self.interest_group_id,
            scheme_key=self.scheme_key,
            active=self.active,
        )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


async def show(request: Request) -> Response:
    """The list of creditors."""
    async with services(request).uow.read() as session:
        found = await lists.creditors(session)
    create = (msg("Add a creditor"), "/creditors/new") if actor(request).may(rights.CREDITORS) else None
    drawn = await view(request, asked(request, CREDITORS), map(_row, found), total=len(found), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(creditor: Creditor) -> Row:
    return Row(
        id=str(creditor.id),
        href=f"/creditors/{creditor.id}",
        cells={
            "name": TextCell(creditor.name, href=f"/creditors/{creditor.id}"),
            "law": TextCell(words.JURISDICTIONS[creditor.jurisdiction]),
            "currency": TextCell(creditor.currency),
            "numbers": TextCell(", ".join(creditor.own_numbers)),
            "state": StateCell(_ACTIVE if creditor.active else _ENDED),
        },
    )


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, {"active": True, "jurisdiction": Jurisdiction.NONE})


async def show_one(request: Request) -> Response:
    """The form of one creditor."""
    creditor = await _creditor(request)
    return await _form(request, _values(creditor), creditor=creditor)


def _values(creditor: Creditor) -> dict[str, Any]:
    stored = {name: getattr(creditor, name) for name in CreditorForm.model_fields}
    stored["interest_group_id"] = str(creditor.interest_group_id or "")
    return stored | {"own_numbers": "\n".join(creditor.own_numbers), "script": "\n".join(creditor.script)}


async def _creditor(request: Request) -> Creditor:
    async with services(request).uow.read() as session:
        creditor = await session.get(Creditor, request.path_params["id"])
    if creditor is None:
        raise NotFound
    return creditor


async def create(request: Request) -> Response:
    """Add a creditor."""
    return await _save(request, None)


async def change(request: Request) -> Response:
    """Save a creditor."""
    return await _save(request, await _creditor(request))


async def _save(request: Request, creditor: Creditor | None) -> Response:
    held = services(request)
    try:
        data = (await parse(request, CreditorForm)).data()
        async with held.uow.write() as work:
            if creditor is None:
                await add_creditor(work, actor(request), data, at=held.clock.now())
            else:
                await edit_creditor(work, actor(request), creditor.id, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields, creditor)
    except CreditorNameTaken as taken:
        return await _form(request, await submitted(request), {"name": taken.message}, creditor)
    return go_to("/creditors")


async def _form(
    request: Request,
    values: Mapping[str, Any],
    faults: Mapping[str, Message] | None = None,
    creditor: Creditor | None = None,
) -> Response:
    mapping = creditor.import_mapping if creditor else {}
    async with services(request).uow.read() as session:
        groups = await group_names(session)
        schemes = await automatic_schemes(session)
    context = {
        "creditor": creditor,
        "values": values,
        "faults": faults or {},
        "laws": options.of_words(words.JURISDICTIONS),
        "groups": [Option(value=str(group_id), label=name) for group_id, name in groups],
        "schemes": [Option(value=key, label=scheme_name(key, name)) for key, name in schemes.items()],
        "mapping": [(heading, TARGETS[key].label) for heading, key in sorted(mapping.items()) if key in TARGETS],
        "edits": actor(request).may(rights.CREDITORS),
    }
    return await page(request, "directories/creditor.html", context, status=422 if faults else 200)


_VIEW, _EDIT = right(rights.CREDITORS_VIEW), right(rights.CREDITORS)
routes = (
    route("/creditors", show, policy=_VIEW, name="creditors"),
    route("/creditors", create, policy=_EDIT, methods=["POST"], name="creditors.create"),
    route("/creditors/new", new, policy=_EDIT, name="creditors.new"),
    route("/creditors/{id:int}", show_one, policy=_VIEW, name="creditor"),
    route("/creditors/{id:int}", change, policy=_EDIT, methods=["POST"], name="creditor.change"),
)
