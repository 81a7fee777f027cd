"""Forms that act exactly once: a second click, or a repeated sending, leads to where the first one led."""

import secrets
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from core.kernel.errors import DomainError
from core.kernel.idempotency import LONGEST_KEY, Asked, Idempotency, KeptAnswer, fingerprint
from web.forms import submitted
from web.page import go_to
from web.security import actor
from web.state import part

#: The hidden field of such a form.
FIELD = "once"


def fresh_key() -> str:
    """The value of the hidden field: another one each time the form is drawn."""
    return secrets.token_urlsafe(16)


async def once(request: Request, do: Callable[[], Awaitable[object]], leads_to: str) -> Response:
    """Do it unless the form's key says it was done, and go on at ``leads_to``.

    A form without a key is carried out each time it is sent. A refusal is passed on and keeps the key used: the form is
    drawn again with a new one.
    """
    sent = (await submitted(request)).get(FIELD)
    if not isinstance(sent, str) or not 0 < len(sent) <= LONGEST_KEY:
        await do()
        return go_to(leads_to)
    keys: Idempotency = part(request, Idempotency)
    asked = Asked(caller=f"user:{actor(request).user_id}", key=sent, fingerprint=fingerprint("POST", request.url.path))
    if await keys.begin(asked) is None:
        try:
            await do()
        except DomainError:
            await keys.finish(asked, KeptAnswer(status=422, body="", location=leads_to))
            raise
        await keys.finish(asked, KeptAnswer(status=303, body="", location=leads_to))
    return go_to(leads_to)
