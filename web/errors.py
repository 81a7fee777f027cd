"""From the vocabulary of errors to HTTP: pages and fragments for people, problem documents for programs."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.websockets import WebSocket

from core.kernel.errors import Conflict, DatabaseBusy, DomainError, Forbidden, Invalid, NotFound, Unavailable
from core.kernel.i18n import Message, Translator, msg, translator
from core.people.errors import (
    AccountLocked,
    BadCode,
    BadCredentials,
    NotSignedIn,
    PasswordChangeRequired,
    TooManyAttempts,
)
from web.page import language_of, page
from web.security import identity_or_none

#: The first kind that fits decides.
_STATUS: tuple[tuple[type[DomainError], int], ...] = (
    (NotSignedIn, 401),
    (BadCredentials, 401),
    (BadCode, 401),
    (AccountLocked, 429),
    (TooManyAttempts, 429),
    (NotFound, 404),
    (Forbidden, 403),
    (Conflict, 409),
    (Invalid, 422),
    (Unavailable, 503),
    (DomainError, 400),
)
_TITLES = {
    400: msg("This cannot be done"),
    401: msg("Please sign in"),
    403: msg("Not allowed"),
    404: msg("Not here"),
    405: msg("Not possible here"),
    409: msg("Not now"),
    413: msg("Too large"),
    415: msg("Not understood"),
    422: msg("Please correct this"),
    429: msg("Too often"),
    500: msg("Something broke"),
    503: msg("Not reachable"),
}
_DETAILS: dict[int, Message] = {
    404: Message(NotFound.text),
    405: msg("This address does not answer to that."),
    413: msg("What you sent is larger than this page takes."),
    415: msg("Send JSON, and say so in Content-Type."),
    500: msg("This is a fault of the program. It has been noted; nothing was saved halfway."),
}
#: When to come back to a busy database.
_BUSY_SECONDS = 5
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """What a person reads about an error. ``reference`` finds it in the log."""

    title: Message
    detail: Message
    icon: str
    back: Message
    back_href: str
    reference: str | None = None


def status_of(error: DomainError) -> int:
    """The HTTP status of an error's kind."""
    return status_of_kind(type(error))


def status_of_kind(error: type[DomainError]) -> int:
    """The HTTP status of a kind of error."""
    return next(status for kind, status in _STATUS if issubclass(error, kind))


async def on_domain_error(connection: HTTPConnection[Any], error: Exception) -> Response | None:
    """Answer a refusal."""
    refusal = cast(DomainError, error)
    if connection.scope["type"] == "websocket":
        await cast(WebSocket, connection).close(1008)
        return None
    return await _refused(cast(Request, connection), refusal)


async def _refused(request: Request, refusal: DomainError) -> Response:
    if is_api(request):
        return problem_document(request, refusal)
    status, headers = status_of(refusal), retry_after(refusal)
    if isinstance(refusal, NotSignedIn):
        return _to_login(request)
    if isinstance(refusal, PasswordChangeRequired):
        return _redirect(request, "/me/password")
    return await _problem_page(request, status, refusal.message, headers)


async def on_http_error(connection: HTTPConnection[Any], error: Exception) -> Response | None:
    """Answer what routing and parsing refuse."""
    refusal = cast(HTTPException, error)
    if connection.scope["type"] == "websocket":
        await cast(WebSocket, connection).close(1008)
        return None
    request = cast(Request, connection)
    status, headers = refusal.status_code, dict(refusal.headers or {})
    detail = _DETAILS.get(status, Message(DomainError.text))
    if is_api(request):
        return _document(request, status, f"http_{status}", detail, headers=headers)
    return await _problem_page(request, status, detail, headers)


async def on_crash(request: Request, error: Exception) -> Response:
    """Answer a fault of ours. The log has the trace under the same reference; the page has no detail. That the database
    is busy is none, wherever it was found out: also by whoever asked who is there."""
    if isinstance(error, DatabaseBusy):
        return await _refused(request, error)
    reference = secrets.token_hex(4)
    _log.error("request failed", path=request.url.path, reference=reference, exc_info=error)
    if is_api(request):
        return _document(request, 500, "internal", _DETAILS[500], more={"reference": reference})
    return await _problem_page(request, 500, _DETAILS[500], {}, reference)


def problem_document(request: Request, refusal: DomainError) -> Response:
    """A refusal as programs read it."""
    status, headers = status_of(refusal), retry_after(refusal)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return _document(request, status, refusal.code, refusal.message, more=_more(request, refusal), headers=headers)


def is_api(request: HTTPConnection[Any]) -> bool:
    """Whether the caller is a program: the API, and scripts of pages that ask for JSON."""
    return request.url.path.startswith("/api/") or "json" in request.headers.get("accept", "")


def retry_after(error: DomainError) -> dict[str, str]:
    """The header that says when to come back, for refusals that pass by themselves."""
    if isinstance(error, TooManyAttempts):
        return {"Retry-After": str(error.params["seconds"])}
    if isinstance(error, DatabaseBusy):
        return {"Retry-After": str(_BUSY_SECONDS)}
    if isinstance(error, AccountLocked):
        return {"Retry-After": str(int(cast(int, error.params["minutes"])) * 60)}
    return {}


def _to_login(request: Request) -> Response:
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    target = f"/login?next={quote(wanted)}" if request.method == "GET" and wanted != "/" else "/login"
    return _redirect(request, target)


def _redirect(request: Request, target: str) -> Response:
    if request.headers.get("hx-request"):
        return Response(status_code=204, headers={"HX-Redirect": target})
    return RedirectResponse(target, status_code=303)


def _document(
    request: Request,
    status: int,
    code: str,
    detail: Message,
    *,
    more: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document (RFC 9457)."""
    texts = translator(language_of(request))
    body = {
        **(more or {}),
        "type": "about:blank",
        "title": texts.render(_TITLES.get(status, _TITLES[400])),
        "status": status,
        "code": code,
        "detail": texts.render(detail),
    }
    return JSONResponse(body, status_code=status, headers=headers, media_type="application/problem+json")


def _more(request: Request, error: DomainError) -> dict[str, object]:
    """An error's own values, and what is wrong per field."""
    texts = translator(language_of(request))
    more = {name: _json(value, texts) for name, value in error.params.items()}
    if isinstance(error, Invalid):
        more["errors"] = {name: texts.render(fault) for name, fault in error.fields.items()}
    return more


def _json(value: object, texts: Translator) -> object:
    if isinstance(value, Message):
        return texts.render(value)
    return value if isinstance(value, int | float | bool | None) else str(value)


async def _problem_page(
    request: Request, status: int, detail: Message, headers: dict[str, str], reference: str | None = None
) -> Response:
    problem = Problem(
        title=_TITLES.get(status, _TITLES[400]),
        detail=detail,
        icon={403: "lock", 404: "help-circle", 500: "bug"}.get(status, "alert-triangle"),
        back=msg("To the start page"),
        back_href="/",
        reference=reference,
    )
    framed = status != 500 and identity_or_none(request) is not None
    template = "_problem.html" if _is_fragment(request) else "error.html" if framed else "error_plain.html"
    return await page(request, template, {"problem": problem}, status=status, headers=headers)


def _is_fragment(request: Request) -> bool:
    return request.headers.get("hx-request-type") == "partial"
