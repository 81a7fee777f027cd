"""Every route × every shipped role × own and foreign ids, compared with the table in ``tests.policies``."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

import httpx
import pytest
from starlette.types import Message

from tests.factories.people import Cast
from tests.integration.web.world import MISSING_ID, Params, World, world
from tests.plugins.web import HOST, SignIn, WithState
from tests.policies import HOLDERS, POLICIES, REACH, Entry
from web.routes import ROUTES
from web.security import GuardedRoute, GuardedWebSocketRoute

__all__ = ["world"]

#: One of each shipped role. Bella is a collector, so that anna, clara and diego are only ever acted upon.
ACTORS = ("bella", "karl", "ada", "sofia", "maria", "admin")
COOKIE = "callcenter_session"


@dataclass(frozen=True)
class Door:
    """A method at an address: what the table speaks of."""

    method: str
    route: GuardedRoute | GuardedWebSocketRoute

    @property
    def key(self) -> str:
        return f"{self.method} {self.route.path}"

    def address(self, params: Params) -> str:
        wanted = {name: params[name] for name in self.route.param_convertors}
        return str(self.route.url_path_for(self.route.name, **wanted))


def _doors() -> list[Door]:
    doors = []
    for route in ROUTES:
        assert isinstance(route, GuardedRoute | GuardedWebSocketRoute)
        methods = {"WS"} if isinstance(route, GuardedWebSocketRoute) else (route.methods or set()) - {"HEAD"}
        doors += [Door(method, route) for method in sorted(methods)]
    return doors


DOORS = _doors()


def outcome(answer: httpx.Response) -> str:
    """What an answer says about rights: any answer but a refusal means that the policy let it through."""
    assert answer.status_code != 500, answer.text
    path, target = answer.request.url.path, answer.headers.get("location", "")
    if path == "/login" or (path == "/logout" and "set-cookie" in answer.headers):
        return "passed"
    if answer.status_code == 303 and target.partition("?")[0] == "/login":
        return "sign in"
    return {401: "sign in", 403: "forbidden", 404: "missing"}.get(answer.status_code, "passed")


def expected(entry: Entry, me: str, whose: str | None) -> str:
    """What the table says."""
    if entry.needs in (("public",), ("local",)):
        return "passed"
    if entry.needs == ("signed in",):
        return "missing" if whose == "foreign" else "passed"
    if not any(me in HOLDERS[right] for right in entry.needs):
        return "forbidden"
    if entry.absent:
        return "missing"
    reach = REACH.get(entry.reach or entry.needs[0])
    if reach and me not in reach:
        return "forbidden"
    return "missing" if whose not in (None, "it") and reach and whose not in reach[me] else "passed"


async def _call(client: httpx.AsyncClient, door: Door, params: Params, entry: Entry) -> str:
    """Knock once, with a body that passes."""
    if door.method == "WS":
        return await _knock(client, door)
    if door.route.path.startswith("/api/") and door.method == "POST":
        return await _send(client, door, params, entry)
    form = {name: value.format(**params) for name, value in entry.form.items()}
    body = {"data": form} if door.method == "POST" else {}
    return outcome(await client.request(door.method, door.address(params), **body))  # type: ignore[arg-type]


async def _send(client: httpx.AsyncClient, door: Door, params: Params, entry: Entry) -> str:
    """The same as a program does it: JSON, and a key of its own."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
    nothing = dict.fromkeys(("case", "party", "id", "settlement"), MISSING_ID)
    body = entry.body % {**nothing, **params}
    return outcome(await client.post(door.address(params), content=body, headers=headers))


async def _knock(client: httpx.AsyncClient, door: Door) -> str:
    """Open a websocket and go away at once."""
    headers = [(b"host", HOST.removeprefix("http://").encode()), (b"origin", HOST.encode())]
    if COOKIE in client.cookies:
        headers.append((b"cookie", f"{COOKIE}={client.cookies[COOKIE]}".encode()))
    path = door.route.path
    scope = {"type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}
    scope |= {"scheme": "ws", "server": ("desk.example", 80), "client": ("192.0.2.1", 5000), "root_path": ""}
    told: list[Message] = []
    incoming: list[Message] = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}]

    async def receive() -> Message:
        return incoming.pop(0)

    async def send(message: Message) -> None:
        told.append(message)

    app: WithState = client._transport.app  # type: ignore[attr-defined]
    await app({**scope, "subprotocols": []}, receive, send)
    refused = "forbidden" if COOKIE in client.cookies else "sign in"  # both are closed before they are accepted
    return "passed" if told[0]["type"] == "websocket.accept" else refused


def test_the_table_names_every_route_once_and_no_other() -> None:
    assert sorted(POLICIES) == sorted(door.key for door in DOORS)


def rooms(doors: Iterable[Door]) -> dict[str, list[Door]]:
    """The doors by the first part of their address: those of one room are tried in one house."""
    found: dict[str, list[Door]] = {}
    for door in doors:
        found.setdefault(door.route.path.split("/")[1] or "home", []).append(door)
    return found


#: Whose something is, a database answers; whether somebody may do a thing at all, the program.
_ASKED = [
    (url, door) for door in DOORS for url in ("sqlite", "postgresql") if POLICIES[door.key].target or url == "sqlite"
]


#: Looking changes nothing, so the pages of a room are looked at in one house.
_LOOKS = [
    (url, room, doors)
    for url in ("sqlite", "postgresql")
    for room, doors in rooms(door for asked, door in _ASKED if asked == url and door.method == "GET").items()
]


_CHANGES = [(url, door) for url, door in _ASKED if door.method != "GET"]


async def _faults(doors: Iterable[Door], sign_in: SignIn, world: World) -> list[str]:
    """What every role is answered at the doors, where it is not what the table says."""
    found = []
    for door in doors:
        entry = POLICIES[door.key]
        for me in ACTORS:
            targets: dict[str | None, Params] = {None: {}}
            if entry.target:
                targets = {**await world.targets(entry.target, me)}
            client = await sign_in(me)
            wanted = {whose: expected(entry, me, whose) for whose in targets}
            answered = {whose: await _call(client, door, params, entry) for whose, params in targets.items()}
            found += [
                f"{door.key}, {me} at {whose}: {answered[whose]}, not {wanted[whose]}"
                for whose in targets
                if answered[whose] != wanted[whose]
            ]
            if entry.once and "passed" in wanted.values():
                break  # what stronger roles would act upon is gone
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database_url", "doors"),
    [(url, doors) for url, _, doors in _LOOKS],
    indirect=["database_url"],
    ids=[f"{url}-{room}" for url, room, _ in _LOOKS],
)
async def test_what_every_role_may_see(doors: list[Door], sign_in: SignIn, world: World) -> None:
    assert await _faults(doors, sign_in, world) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database_url", "door"), _CHANGES, indirect=["database_url"], ids=[f"{url}-{door.key}" for url, door in _CHANGES]
)
async def test_what_every_role_may_change(door: Door, sign_in: SignIn, world: World) -> None:
    assert await _faults([door], sign_in, world) == []


#: Whether a door is locked at all is asked before any database is: one of them is enough.
_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def _at_nothing(client: httpx.AsyncClient, door: Door) -> str:
    """What is answered when nothing that is asked for exists."""
    params = dict.fromkeys(door.route.param_convertors, MISSING_ID)
    return await _call(
        client, door, {"phone": 1, "stage": 1, "tag": 1, "claim": 1, "case": 1, **params}, POLICIES[door.key]
    )


@pytest.mark.slow
@_ONE_DATABASE
@pytest.mark.timeout(300)
async def test_strangers_are_asked_to_sign_in(stranger: httpx.AsyncClient, cast: Cast) -> None:
    open_to_all = {door.key for door in DOORS if POLICIES[door.key].needs in (("public",), ("local",))}
    answers = {door.key: await _at_nothing(stranger, door) for door in DOORS}
    assert {key for key, answer in answers.items() if answer == "passed"} == open_to_all
    assert {answer for key, answer in answers.items() if key not in open_to_all} == {"sign in"}


@pytest.mark.slow
@_ONE_DATABASE
@pytest.mark.timeout(300)
async def test_ids_that_do_not_exist_are_missing(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    answers = {door.key: await _at_nothing(admin, door) for door in DOORS if door.route.param_convertors}
    assert {key: answer for key, answer in answers.items() if answer != "missing"} == {}
