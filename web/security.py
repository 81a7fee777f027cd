"""Who may call what: a policy on every route, the session behind a request, and where requests may come from."""

import hmac
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from core.kernel.access import Actor
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.people.errors import NotSignedIn, PasswordChangeRequired
from core.people.service.logins import Identity
from core.people.vault import Vault
from web.state import services

#: Bodies of ordinary forms; routes that take files say how large they may be.
FORM_BYTES = 256 * 1024
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Every database's keys end here.
_BIGGEST_ID = 2**63 - 1
_COOKIE = "callcenter_session"
_LOCAL = frozenset({"127.0.0.1", "::1"})


class Kind(Enum):
    """The kinds of policy."""

    PUBLIC = "public"
    LOCAL = "local"
    SIGNED_IN = "signed in"
    RIGHT = "right"


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """Who is let through. ``rights`` is an alternative: any one of them opens. ``renewing`` marks the few routes that
    stay open to somebody who must set a new password first."""

    kind: Kind
    rights: tuple[str, ...] = ()
    renewing: bool = False

    def check(self, connection: HTTPConnection[Any]) -> None:
        """Raise ``NotSignedIn``, ``PasswordChangeRequired`` or ``Forbidden`` unless the connection may pass."""
        identity = identity_or_none(connection)
        if self.kind is Kind.PUBLIC or (self.kind is Kind.LOCAL and _is_local(connection)):
            return
        if identity is None:
            raise NotSignedIn
        if identity.user.must_change_password and identity.session_id is not None and not self.renewing:
            raise PasswordChangeRequired
        if self.kind is not Kind.SIGNED_IN and not any(identity.actor.may(right) for right in self.rights):
            raise Forbidden(right=" / ".join(self.rights))


#: Anybody, also without a login.
public = Policy(kind=Kind.PUBLIC)
#: Every user.
signed_in = Policy(kind=Kind.SIGNED_IN)
#: Every user, also one who has to set a new password first.
renewing = Policy(kind=Kind.SIGNED_IN, renewing=True)


def right(*keys: str) -> Policy:
    """Users with any of these rights; how far it reaches, the use case decides."""
    return Policy(kind=Kind.RIGHT, rights=keys)


def local_or(*keys: str) -> Policy:
    """The machine itself, or users with any of these rights."""
    return Policy(kind=Kind.LOCAL, rights=keys)


class GuardedRoute(Route):
    """A route that asks its policy first. Made by :func:`route`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], policy: Policy, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.policy = policy
        self.app = _Guard(self.app, policy, self.path)


class GuardedWebSocketRoute(WebSocketRoute):
    """A websocket route that asks its policy and where the page comes from first. Made by :func:`ws_route`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], policy: Policy, name: str | None) -> None:
        super().__init__(path, endpoint, name=name)
        self.policy = policy
        self.app = _Guard(self.app, policy, self.path)


def route(
    path: str,
    endpoint: Callable[[Request], Awaitable[Response]],
    *,
    policy: Policy,
    methods: Collection[str] = ("GET",),
    name: str | None = None,
    max_body: int = FORM_BYTES,
) -> GuardedRoute:
    """A page or API route. ``max_body`` in bytes; a longer request is answered 413."""
    return GuardedRoute(path, endpoint, policy, methods=methods, name=name, max_body_size=max_body)


def ws_route(
    path: str, endpoint: Callable[[WebSocket], Awaitable[None]], *, policy: Policy, name: str | None = None
) -> GuardedWebSocketRoute:
    """A websocket. Refused connections are closed before they are accepted (HTTP 403)."""
    return GuardedWebSocketRoute(path, endpoint, policy, name)


class _Guard:
    """Origin and policy before an endpoint."""

    def __init__(self, app: ASGIApp, policy: Policy, path: str) -> None:
        self._app = app
        self._policy = policy
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route_path"] = self._path
        connection = HTTPConnection[Any](scope)
        require_same_origin(connection)
        self._policy.check(connection)
        _require_storable(scope)
        if (known := identity_or_none(connection)) is not None:
            await services(connection).until_written(known.actor.user_id)
        await self._app(scope, receive, send)


def _require_storable(scope: Scope) -> None:
    """Raise ``NotFound`` for ids no table can have, ``Invalid`` for questions with a character no database keeps."""
    params = scope.get("path_params", {}).values()
    if any(isinstance(value, int) and value > _BIGGEST_ID for value in params):
        raise NotFound
    if any(isinstance(value, str) and "\x00" in value for value in params):
        raise NotFound
    if b"%00" in scope["query_string"]:
        raise Invalid


def identity_or_none(connection: HTTPConnection[Any]) -> Identity | None:
    """Who the request comes from; None for strangers."""
    return cast("Identity | None", connection.scope.get("identity"))


def identity(connection: HTTPConnection[Any]) -> Identity:
    """Who the request comes from; raises ``NotSignedIn`` for strangers."""
    found = identity_or_none(connection)
    if found is None:
        raise NotSignedIn
    return found


def actor(connection: HTTPConnection[Any]) -> Actor:
    """The actor every use case takes."""
    return identity(connection).actor


class Identify:
    """Finds out who a request comes from: by session cookie, or under ``/api/`` by bearer token."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and not scope["path"].startswith("/static/"):
            scope["identity"] = await find_identity(HTTPConnection(scope))
        await self._app(scope, receive, send)


async def find_identity(connection: HTTPConnection[Any]) -> Identity | None:
    """Who holds the connection's token now; None when it is unknown, ended or revoked."""
    bearer = _bearer(connection)
    if bearer is not None:
        return await services(connection).logins.identify_token(bearer)
    token = session_token(connection)
    return await services(connection).logins.identify(token) if token else None


def _bearer(connection: HTTPConnection[Any]) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    api = connection.scope["path"].startswith("/api/") or connection.scope["path"] == "/metrics"
    return token.strip() if api and scheme.lower() == "bearer" else None


def session_token(connection: HTTPConnection[Any]) -> str | None:
    """The opaque token from the cookie."""
    return connection.cookies.get(_cookie_name(connection))


def _cookie_name(connection: HTTPConnection[Any]) -> str:
    """``__Host-`` lets no other host of the domain and no plain-text answer set the cookie."""
    return f"__Host-{_COOKIE}" if _is_secure(connection) else _COOKIE


def set_session(request: Request, response: Response, token: str) -> None:
    """Hand the browser a session; the cookie ends with the browser, the row behind it by itself."""
    response.set_cookie(
        _cookie_name(request), token, httponly=True, samesite="lax", secure=_is_secure(request), path="/"
    )


def clear_session(request: Request, response: Response) -> None:
    response.delete_cookie(_cookie_name(request), httponly=True, samesite="lax", secure=_is_secure(request), path="/")


def _is_secure(connection: HTTPConnection[Any]) -> bool:
    return connection.url.scheme in ("https", "wss")


def _is_local(connection: HTTPConnection[Any]) -> bool:
    return connection.client is not None and connection.client.host in _LOCAL


def address_of(connection: HTTPConnection[Any]) -> str:
    """The client's address; a trusted proxy's header is the server's business, not ours."""
    return connection.client.host if connection.client else ""


class CrossSite(Forbidden):
    """A request that changes something came from another site's page."""

    code = "cross_site"

    def __init__(self) -> None:
        super().__init__(right="same-origin")


def require_same_origin(connection: HTTPConnection[Any]) -> None:
    """Refuse changes and websockets that another site's page set off in the user's browser: ``CrossSite``.

    Browsers say where a request comes from by ``Sec-Fetch-Site`` or ``Origin``. When neither is there, a request with a
    session cookie must carry the session's token in ``X-CSRF-Token``. A bearer token is no ambient credential, so
    requests that use one need no check.
    """
    scope = connection.scope
    harmless = scope["type"] == "http" and scope["method"] in SAFE_METHODS
    if not (harmless or _bearer(connection) is not None or _from_here(connection)):
        raise CrossSite


def _from_here(connection: HTTPConnection[Any]) -> bool:
    headers = connection.headers
    site = headers.get("sec-fetch-site")
    if connection.scope["type"] == "websocket":
        return site in (None, "same-origin") and _same_host(headers)
    if site is not None:
        return site in ("same-origin", "none")
    if "origin" in headers:
        return _same_host(headers)
    token = session_token(connection)
    return token is None or _token_fits(connection, token)


def _same_host(headers: Headers) -> bool:
    return urlsplit(headers.get("origin", "")).netloc == headers.get("host", "-")


def _token_fits(connection: HTTPConnection[Any], token: str) -> bool:
    expected = csrf_token(services(connection).vault, token)
    return hmac.compare_digest(expected, connection.headers.get("x-csrf-token", ""))


def csrf_token(vault: Vault, session: str) -> str:
    """What a client without ``Origin`` sends along with its session."""
    return vault.sign("csrf", session)
