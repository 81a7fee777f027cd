"""Where requests may come from, how large they may be, and what every answer carries."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Message
from starlette.websockets import WebSocket

from core.kernel.uow import UnitOfWork
from tests.factories.people import PASSWORD, Cast
from tests.plugins.web import SignIn, WithState, _no_lifespan, browser
from web.security import csrf_token, public, right, route, signed_in, ws_route
from web.server import build
from web.state import Services

HOST = "desk.example"
COOKIE = "callcenter_session"


async def _echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


async def _crash(_request: Request) -> Response:
    raise RuntimeError("a secret that must not be shown: +79000000001")


async def _read(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def probe_app(web_services: Services) -> WithState:
    """The application with a websocket, a page that breaks and a route that takes files."""
    routes = [
        ws_route("/live", _echo, policy=signed_in),
        ws_route("/live/floor", _echo, policy=right("users.edit")),
        route("/crash", _crash, policy=public),
        route("/api/v1/crash", _crash, policy=public),
        route("/files", _read, policy=public, methods=["POST"], max_body=1_000_000),
        route("/form", _read, policy=public, methods=["POST"]),
    ]
    return WithState(build(routes, _no_lifespan), web_services)


async def _token(sign_in: SignIn) -> str:
    return (await sign_in("anna")).cookies[COOKIE]


async def _knock(app: WithState, path: str, token: str | None, origin: str | None) -> str:
    """The first thing a websocket is told: ``websocket.accept`` or ``websocket.close``."""
    headers = [(b"host", HOST.encode())]
    headers += [(b"origin", origin.encode())] if origin else []
    headers += [(b"cookie", f"{COOKIE}={token}".encode())] if token else []
    scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}
    scope |= {"scheme": "ws", "server": (HOST, 80), "client": ("192.0.2.1", 5000), "root_path": "", "subprotocols": []}
    told: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        told.append(message)

    await app(scope, receive, send)
    return str(told[0]["type"])


@pytest.mark.parametrize(
    ("origin", "answer"),
    [
        (f"http://{HOST}", "websocket.accept"),
        ("http://evil.example", "websocket.close"),
        (f"http://{HOST}.evil.example", "websocket.close"),
        ("null", "websocket.close"),
        (None, "websocket.close"),
    ],
)
async def test_websockets_only_from_our_pages(
    probe_app: WithState, sign_in: SignIn, origin: str | None, answer: str
) -> None:
    assert await _knock(probe_app, "/live", await _token(sign_in), origin) == answer


async def test_websockets_ask_their_policy(probe_app: WithState, sign_in: SignIn) -> None:
    origin = f"http://{HOST}"
    assert await _knock(probe_app, "/live", None, origin) == "websocket.close"
    assert await _knock(probe_app, "/live/floor", await _token(sign_in), origin) == "websocket.close"
    admin = (await sign_in("admin")).cookies[COOKIE]
    assert await _knock(probe_app, "/live/floor", admin, origin) == "websocket.accept"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": f"http://{HOST}"}, 403),
        ({"Origin": f"http://{HOST}"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"X-CSRF-Token": "guessed"}, 403),
    ],
)
async def test_changes_only_from_our_pages(
    web_app: WithState, sign_in: SignIn, headers: dict[str, str], status: int
) -> None:
    token = await _token(sign_in)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=web_app), base_url=f"http://{HOST}") as client:
        client.cookies.set(COOKIE, token, domain=HOST)
        answer = await client.post("/me/theme", data={"theme": "dark"}, headers=headers)
        assert answer.status_code == status


async def test_without_origin_the_sessions_token_opens(
    web_app: WithState, sign_in: SignIn, web_services: Services
) -> None:
    token = await _token(sign_in)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=web_app), base_url=f"http://{HOST}") as client:
        client.cookies.set(COOKIE, token, domain=HOST)
        proof = {"X-CSRF-Token": csrf_token(web_services.vault, token)}
        assert (await client.post("/me/theme", data={"theme": "dark"}, headers=proof)).status_code == 200


async def test_login_from_another_site_is_refused(web_app: WithState, cast: Cast) -> None:
    async with browser(web_app) as client:
        form = {"login": "anna", "password": PASSWORD}
        answer = await client.post("/login", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_every_answer_carries_the_headers(stranger: httpx.AsyncClient) -> None:
    for path in ("/login", "/nowhere", "/static/dist/app.css", "/health"):
        headers = (await stranger.get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


async def test_files_are_cached_for_ever_and_pages_never(stranger: httpx.AsyncClient) -> None:
    assert "immutable" in (await stranger.get("/static/dist/app.css")).headers["cache-control"]
    assert (await stranger.get("/login")).headers["cache-control"] == "no-store"


async def test_static_files_end_at_their_folder(stranger: httpx.AsyncClient) -> None:
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/static/dist/%2e%2e/%2e%2e/server.py"):
        assert (await stranger.get(path)).status_code == 404


async def test_too_large_a_body_is_refused(probe_app: WithState) -> None:
    async with browser(probe_app) as client:
        assert (await client.post("/form", content=b"x" * 300_000)).status_code == 413
        assert (await client.post("/files", content=b"x" * 300_000)).text == "300000"
        assert (await client.post("/files", content=b"x" * 1_000_001)).status_code == 413

        async def trickle() -> object:
            for _ in range(40):
                yield b"x" * 10_000

        assert (await client.post("/form", content=trickle())).status_code == 413


async def test_a_fault_of_ours_shows_nothing_but_a_number(probe_app: WithState) -> None:
    async with browser(probe_app) as client:
        page = await client.get("/crash")
        document = await client.get("/api/v1/crash")
    assert page.status_code == document.status_code == 500
    assert "secret" not in page.text + document.text
    assert document.json()["reference"]


async def test_refusals_are_problem_documents_for_programs(web_app: WithState, sign_in: SignIn) -> None:
    anna = await sign_in("anna")
    answer = await anna.get("/users", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == "forbidden"
    assert answer.json()["right"] == "users.view"


async def test_refusals_are_pages_in_the_frame_for_people(sign_in: SignIn) -> None:
    anna = await sign_in("anna")
    for path, status in (("/users", 403), ("/nowhere", 404)):
        answer = await anna.get(path)
        assert answer.status_code == status
        assert 'id="nav"' in answer.text
        fragment = await anna.get(path, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
        assert fragment.status_code == status
        assert "<html" not in fragment.text


async def test_a_script_of_a_stranger_is_led_to_the_login(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/users", headers={"HX-Request": "true"})
    assert answer.headers["hx-redirect"] == "/login?next=/users"


async def test_a_token_opens_the_api_and_nothing_else(
    web_services: Services, web_app: WithState, cast: Cast, uow: UnitOfWork
) -> None:
    async def who(request: Request) -> Response:
        return PlainTextResponse("in")

    routes = [
        route("/api/v1/users", who, policy=right("users.view")),
        route("/api/v1/cases", who, policy=right("cases.view"), methods=["GET", "POST"]),
        route("/page", who, policy=signed_in),
    ]
    app = WithState(build(routes, _no_lifespan), web_services)
    admin = await cast.actor(uow, "admin")
    token = await web_services.keys.issue(admin, cast.users["admin"], "a program", ["cases.view"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=f"http://{HOST}") as client:
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/api/v1/cases", headers=bearer)).text == "in"
        assert (await client.post("/api/v1/cases", headers={**bearer, "Origin": "http://other.example"})).text == "in"
        assert (await client.get("/api/v1/users", headers=bearer)).status_code == 403
        assert (await client.get("/page", headers=bearer)).status_code == 303
        assert (await client.get("/api/v1/cases", headers={"Authorization": "Bearer cct_x"})).status_code == 401
        async with uow.read() as session:
            from core.people.queries import tokens_within

            held = (await tokens_within(session, admin))[0][0]
        await web_services.keys.revoke(admin, held.id)
        assert (await client.get("/api/v1/cases", headers=bearer)).status_code == 401


def test_a_route_without_a_policy_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="has no policy"):
        build([Route("/open", _crash)], _no_lifespan)
    with pytest.raises(TypeError):
        route("/open", _crash)  # type: ignore[call-arg]
