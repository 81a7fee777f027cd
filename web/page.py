"""Answers with a page: the template, and the frame around it."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from core.kernel.i18n import LANGUAGES
from core.people.service.logins import Identity
from web.pages.frame import Frame, Me
from web.pages.nav import navigation
from web.rendering import render
from web.security import csrf_token, identity_or_none, session_token
from web.state import services

LANGUAGE_COOKIE = "language"


async def page(
    request: Request,
    template: str,
    context: Mapping[str, object] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """The template with ``context`` inside the frame of whoever asks; strangers get language and zone only."""
    around = await _frame(request)
    html = render(template, {**around, "request": request, **(context or {})})
    return HTMLResponse(html, status_code=status, headers=headers)


def go_to(path: str) -> Response:
    """Go on at ``path`` after a change was made."""
    return RedirectResponse(path, status_code=303)


def local_path(wanted: str) -> str:
    """``wanted`` if it is a path of this site, else the start page: nobody is sent elsewhere after the login."""
    plain = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if plain and wanted != "/login" else "/"


def referring_path(request: Request) -> str:
    """The page the form was on, if it was one of ours."""
    here = f"{request.url.scheme}://{request.url.netloc}"
    return local_path(request.headers.get("referer", "").removeprefix(here))


async def _frame(request: Request) -> dict[str, object]:
    identity = identity_or_none(request)
    if identity is None:
        return {"language": language_of(request), "zone": "UTC", "csrf": ""}
    held = services(request)
    me = _me(identity)
    frame = Frame(
        me=me,
        nav=navigation(identity.actor, request.url.path),
        telephony=held.telephony(),
        agent=await held.agent(identity.actor) if me.has_phone else None,
        notices=await held.notices(identity.actor),
    )
    token = session_token(request)
    return {**frame.context(), "csrf": csrf_token(held.vault, token) if token else ""}


def _me(identity: Identity) -> Me:
    user = identity.user
    return Me(
        name=user.full_name,
        login=user.login,
        language=user.language,
        zone=user.timezone,
        theme=user.theme,
        has_phone=user.extension is not None and identity.actor.may("calls.dial"),
    )


def language_of(connection: HTTPConnection[Any]) -> str:
    """The reader's language: the user's, else what the login page was switched to, else the browser's first we have."""
    identity = identity_or_none(connection)
    if identity is not None:
        return identity.user.language
    chosen = connection.query_params.get("language") or connection.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    return _accepted(connection.headers.get("accept-language", "")) or services(connection).default_language


def _accepted(header: str) -> str | None:
    wanted = (part.split(";")[0].strip().lower()[:2] for part in header.split(","))
    return next((language for language in wanted if language in LANGUAGES), None)
