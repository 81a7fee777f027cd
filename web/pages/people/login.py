"""Signing in and out."""

from typing import Annotated

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.kernel.errors import DomainError
from core.kernel.i18n import LANGUAGES, Message
from core.people.errors import AccountLocked, BadCode, BadCredentials, TooManyAttempts
from core.people.service.logins import CodeNeeded, LoggedIn, Origin
from web.errors import retry_after, status_of
from web.forms import Form, parse
from web.page import LANGUAGE_COOKIE, go_to, local_path, page
from web.security import (
    address_of,
    clear_session,
    identity,
    identity_or_none,
    public,
    renewing,
    route,
    session_token,
    set_session,
)
from web.state import services

_Short = Annotated[str, StringConstraints(max_length=200, strip_whitespace=False)]


class LoginForm(Form):
    """The fields of the first step, and of the second."""

    login: _Short = ""
    password: _Short = ""
    ticket: Annotated[str, StringConstraints(max_length=500)] = ""
    code: _Short = ""
    next: Annotated[str, StringConstraints(max_length=2000)] = ""


async def show(request: Request) -> Response:
    """The login form; whoever is signed in already goes on."""
    wanted = local_path(request.query_params.get("next", ""))
    if identity_or_none(request) is not None:
        return go_to(wanted)
    answer = await _form(request, wanted)
    chosen = request.query_params.get("language")
    if chosen in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, str(chosen), max_age=31_536_000, samesite="lax", httponly=True)
    return answer


async def submit(request: Request) -> Response:
    """One step of the login. A session that is there already ends: it must not become somebody else's."""
    sent = await parse(request, LoginForm)
    held, address = services(request), address_of(request)
    origin = Origin(address=address, user_agent=request.headers.get("user-agent", ""))
    try:
        async with held.throttle.login(address):
            outcome = await _attempt(request, sent, origin)
    except (BadCredentials, BadCode, AccountLocked, TooManyAttempts) as refusal:
        return await _refused(request, sent, refusal)
    if isinstance(outcome, CodeNeeded):
        return await _form(request, sent.next, ticket=outcome.ticket)
    former = identity_or_none(request)
    if former is not None:
        await held.logins.log_out(former)
    answer = go_to(local_path(sent.next))
    set_session(request, answer, outcome.token)
    return answer


async def _attempt(request: Request, sent: LoginForm, origin: Origin) -> LoggedIn | CodeNeeded:
    logins = services(request).logins
    if sent.ticket:
        return await logins.confirm_code(sent.ticket, sent.code, origin)
    return await logins.log_in(sent.login, sent.password, origin)


async def _refused(request: Request, sent: LoginForm, refusal: DomainError) -> Response:
    ticket = sent.ticket if isinstance(refusal, BadCode) else ""
    return await _form(
        request,
        sent.next,
        login=sent.login,
        error=refusal.message,
        ticket=ticket,
        status=status_of(refusal),
        headers=retry_after(refusal),
    )


async def _form(
    request: Request,
    wanted: str,
    *,
    login: str = "",
    error: Message | None = None,
    ticket: str = "",
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    context = {"next": wanted, "login": login, "error": error, "ticket": ticket, "ask_code": bool(ticket)}
    return await page(request, "login.html", context, status=status, headers=headers)


async def log_out(request: Request) -> Response:
    """End this session."""
    await services(request).logins.log_out(identity(request))
    answer = go_to("/login")
    if session_token(request):
        clear_session(request, answer)
    return answer


routes = (
    route("/login", show, policy=public, name="login"),
    route("/login", submit, policy=public, methods=["POST"], name="login.submit"),
    route("/logout", log_out, policy=renewing, methods=["POST"], name="logout"),
)
