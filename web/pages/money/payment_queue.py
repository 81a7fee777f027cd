"""Payments without a sure case: what they may be for and why, one key to accept."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from core.kernel.errors import Conflict, Invalid
from core.kernel.i18n import Message, msg
from core.payments import rights
from core.payments.queries.queue import PAGE, Waiting, count_queue, queue
from core.payments.service.desk import PaymentDesk
from core.payments.service.orders import SettleOrder
from web.forms import Form, is_position, parse
from web.page import go_to, page
from web.pages.listing import EmptyState, State, Tone
from web.security import actor, right, route
from web.state import part, services

_LONGEST_SEARCH = 200
_DOUBLE = State(word=msg("may be here twice"), icon="copy", tone=Tone.ALERT)

_EMPTY = EmptyState(
    title=msg("No payment waits"), hint=msg("Every payment that came in has its case."), icon="circle-check"
)
_NO_MATCH = EmptyState(title=msg("Nothing found"), hint=msg("Search for something else."), icon="search")


async def show(request: Request) -> Response:
    """The next payments that wait."""
    return await _queue(request)


async def _queue(request: Request, fault: Message | None = None) -> Response:
    asked = request.query_params
    search = asked.get("q", "").replace("\x00", "")[:_LONGEST_SEARCH].strip()
    after = asked.get("after", "")
    async with services(request).uow.read() as session:
        found = await queue(
            session, actor(request), search=search, after=int(after) if is_position(after) else 0, size=PAGE
        )
        total = await count_queue(session, actor(request))
    context = {
        "found": found,
        "total": total,
        "search": search,
        "fault": fault,
        "double": _DOUBLE,
        "nothing": _NO_MATCH if search else _EMPTY,
        "next_after": _next(found),
        "may_refund": actor(request).may(rights.REFUND),
    }
    return await page(request, "money/queue.html", context, status=422 if fault else 200)


def _next(found: Sequence[Waiting]) -> int | None:
    return found[-1].payment.id if len(found) == PAGE else None


class AcceptForm(Form):
    """The case somebody chose."""

    case_id: int


async def accept(request: Request) -> Response:
    """Settle a payment on the case chosen, and go on with the next."""
    sent, payment_id = await parse(request, AcceptForm), request.path_params["id"]
    order = SettleOrder(payment_id=payment_id, case_ids=(sent.case_id,))
    try:
        await part(request, PaymentDesk).settle(actor(request), order)
    except (Conflict, Invalid) as error:
        return await _queue(request, error.message)
    return go_to("/payments/queue")


_SETTLE = right(rights.SETTLE)
routes = (
    route("/payments/queue", show, policy=_SETTLE, name="payments.queue"),
    route("/payments/{id:int}/accept", accept, policy=_SETTLE, methods=["POST"], name="payment.accept"),
)
