"""Closing months of the books, one after the other, and opening the last one again."""

from datetime import date
from typing import Annotated

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.clock import read_day
from core.kernel.errors import NotFound
from core.payments import rights
from core.payments.queries.months import book_months
from core.payments.service.desk import PaymentDesk
from web.forms import Form, parse
from web.page import go_to, page
from web.security import actor, right, route
from web.state import part, services


async def show(request: Request) -> Response:
    """The months, what still waits in each, and what can be done."""
    held, me = services(request), actor(request)
    async with held.uow.read() as session:
        months = await book_months(session, me, at=held.clock.now())
    return await page(request, "money/months.html", {"months": months, "closes": me.may(rights.CLOSE_MONTH)})


def _month(request: Request) -> date:
    try:
        return read_day(f"{request.path_params['month']}-01")
    except ValueError as error:
        raise NotFound from error


async def close(request: Request) -> Response:
    """Close a month: nothing is booked in it any more."""
    await part(request, PaymentDesk).close_month(actor(request), _month(request))
    return go_to("/months")


class ReopenForm(Form):
    reason: Annotated[str, StringConstraints(min_length=1, max_length=300)]


async def reopen(request: Request) -> Response:
    """Open the last closed month again, with a reason."""
    sent = await parse(request, ReopenForm)
    await part(request, PaymentDesk).reopen_month(actor(request), _month(request), sent.reason)
    return go_to("/months")


_CLOSE = right(rights.CLOSE_MONTH)
routes = (
    route("/months", show, policy=right(rights.VIEW), name="months"),
    route("/months/{month}/close", close, policy=_CLOSE, methods=["POST"], name="month.close"),
    route("/months/{month}/reopen", reopen, policy=_CLOSE, methods=["POST"], name="month.reopen"),
)
