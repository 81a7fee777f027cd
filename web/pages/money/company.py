"""The company: the agency's own details. There is exactly one."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.errors import Invalid
from core.kernel.i18n import Message
from core.planning import queries, service
from core.planning.rights import COMPANY
from core.planning.service import CompanyData
from web.forms import CountryField, CurrencyField, EmailField, Form, PhoneField, ZoneField, parse, submitted
from web.page import go_to, page
from web.pages.zones import zone_options
from web.security import actor, right, route
from web.state import services

Short = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=500)]


class CompanyForm(Form):
    """See :class:`core.planning.model.Company`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    legal_name: Annotated[str, StringConstraints(max_length=300)] = ""
    address: Long = ""
    tax_id: Annotated[str, StringConstraints(max_length=20)] = ""
    register_no: Annotated[str, StringConstraints(max_length=60)] = ""
    phone: PhoneField = ""
    email: EmailField | None = None
    site: Short = ""
    bank_details: Long = ""
    country: CountryField | None = None
    currency: CurrencyField
    timezone: ZoneField

    def data(self) -> CompanyData:
        """As the use case takes it."""
        return CompanyData(**{name: value or "" for name, value in self.model_dump().items()})


async def show(request: Request) -> Response:
    """The details, to enter or to change."""
    async with services(request).uow.read() as session:
        known = await queries.company(session)
    return await _form(request, vars(known) if known else {"timezone": actor(request).timezone})


async def save(request: Request) -> Response:
    """Enter the company, or change it: ``new`` in the form says that there was none when it was opened."""
    held = services(request)
    sent = await submitted(request)
    try:
        data = (await parse(request, CompanyForm)).data()
        async with held.uow.write() as work:
            if sent.get("new"):
                await service.add_company(work, actor(request), data, at=held.clock.now())
            else:
                await service.change_company(work, actor(request), data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, sent, faults.fields)
    return go_to("/company?saved=1")


async def _form(request: Request, values: Mapping[str, Any], faults: Mapping[str, Message] | None = None) -> Response:
    async with services(request).uow.read() as session:
        known = await queries.company(session)
    context = {
        "known": known is not None,
        "values": values,
        "faults": faults or {},
        "zones": zone_options(actor(request).language),
        "saved": "saved" in request.query_params,
    }
    return await page(request, "planning/company.html", context, status=422 if faults else 200)


_EDIT = right(COMPANY)
routes = (
    route("/company", show, policy=_EDIT, name="company"),
    route("/company", save, policy=_EDIT, methods=["POST"], name="company.save"),
)
