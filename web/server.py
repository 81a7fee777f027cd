"""The application: routes of all modules, middleware in order, static files, headers."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from core.kernel.errors import DomainError
from core.kernel.patience import at_most
from web.errors import on_crash, on_domain_error, on_http_error
from web.metrics import Metrics
from web.security import FORM_BYTES, GuardedRoute, GuardedWebSocketRoute, Identify

STATIC = Path(__file__).parent / "static"
#: A request waits so long in a line that stands still, and as long again for a lock; so long in a line that moves.
PATIENCE_SECONDS, LINE_SECONDS = 4.0, 30.0
_FOR_EVER = "public, max-age=31536000, immutable"

#: Nothing from elsewhere, nothing inline. Sounds of the phone come as blobs, icons and QR codes as data.
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self' ws: wss:",
        "media-src 'self' blob:",
        "img-src 'self' data:",
        "font-src 'self'",
        "worker-src 'self' blob:",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}


_HANDLERS: Mapping[Any, Any] = {DomainError: on_domain_error, HTTPException: on_http_error, Exception: on_crash}


def build(routes: Iterable[BaseRoute], lifespan: Lifespan[Any]) -> Starlette:
    """The application. Every route must have a policy (``web.security.route``), else ``ValueError``."""
    guarded = list(routes)
    for route in guarded:
        if not isinstance(route, GuardedRoute | GuardedWebSocketRoute):
            raise ValueError(f"{route!r} has no policy")
    return Starlette(
        routes=[*guarded, Mount("/static", _Static(directory=STATIC, check_dir=False), name="static")],
        middleware=[Middleware(SecurityHeaders), Middleware(Metrics), Middleware(Impatient), Middleware(Identify)],
        exception_handlers=_HANDLERS,
        lifespan=lifespan,
        max_body_size=FORM_BYTES,
    )


class Impatient:
    """A person is told within seconds that the database is busy, and does not sit before a page that never comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with at_most(PATIENCE_SECONDS, in_line=LINE_SECONDS):
            await self._app(scope, receive, send)


class _Static(StaticFiles):
    """Addresses carry the content's hash, so a file at an address never changes."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = _FOR_EVER
        return response


class SecurityHeaders:
    """Puts the same headers on every answer; pages with personal data are not to be cached by anybody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)
