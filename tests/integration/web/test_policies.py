"""Every route × every shipped role × own and foreign ids, compared with the table in ``tests.policies``."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import cast as typed

import httpx
import pytest
from sqlalchemy import select

from core.audit.model import AuditEntry
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.people.model import ApiToken, Profile, Role, SavedView, Unit, UserSession
from core.people.service.logins import LoggedIn, Origin
from tests.factories.people import PASSWORD, Cast
from tests.plugins.web import SignIn
from tests.policies import HOLDERS, POLICIES, REACH, Entry
from web.routes import ROUTES
from web.security import GuardedRoute
from web.state import Services

#: One of each shipped role. Bella is a collector, so that anna, clara and diego are only ever acted upon.
ACTORS = ("bella", "karl", "ada", "sofia", "maria", "admin")
ROUTE_LIST = [typed(GuardedRoute, route) for route in ROUTES]
MISSING_ID = 999_999


class World:
    """Things to aim at: per kind, the id of something in the address and whose it is."""

    def __init__(self, services: Services, uow: UnitOfWork, clock: ManualClock, people: Cast) -> None:
        self.services, self.uow, self.clock, self.people = services, uow, clock, people

    async def targets(self, kind: str, me: str) -> dict[str, dict[str, int]]:
        """Path parameters by the name of whose they are."""
        if kind in ("user", "user session"):
            return {name: await self._user(name, kind) for name in ("anna", "clara", "diego")}
        if kind == "own session":
            return {"mine": {"id": await self._session(me)}, "foreign": {"id": await self._session("diego")}}
        if kind == "own view":
            return {"mine": {"id": await self._view(me)}, "foreign": {"id": await self._view("diego")}}
        return {"it": {"id": await self._thing(kind)}}

    async def _user(self, name: str, kind: str) -> dict[str, int]:
        session = {"session": await self._session(name)} if kind == "user session" else {}
        return {"id": self.people.users[name], **session}

    async def _session(self, name: str) -> int:
        opened = await self.services.logins.log_in(name, PASSWORD, Origin())
        assert isinstance(opened, LoggedIn)
        async with self.uow.read() as session:
            newest = select(UserSession.id).where(UserSession.user_id == self.people.users[name])
            return (await session.scalars(newest.order_by(UserSession.id.desc()).limit(1))).one()

    async def _view(self, name: str) -> int:
        async with self.uow.write() as work:
            count = len((await work.session.scalars(select(SavedView.id))).all())
            view = SavedView(user_id=self.people.users[name], list="users", name=f"v{count}", query="", shared=True)
            work.session.add(view)
            await work.session.flush()
            return view.id

    async def _thing(self, kind: str) -> int:
        admin = await self.people.actor(self.uow, "admin")
        if kind == "announcement":
            until = self.clock.now() + timedelta(days=1)
            return await self.services.announcements.publish(admin, "text", None, until)
        if kind == "token":
            await self.services.keys.issue(admin, self.people.users["admin"], "t", ["users.view"])
            async with self.uow.read() as session:
                return (await session.scalars(select(ApiToken.id).order_by(ApiToken.id.desc()).limit(1))).one()
        if kind == "entry":
            await self._session("diego")  # whose login is in the trail
            async with self.uow.read() as session:
                return (await session.scalars(select(AuditEntry.id).limit(1))).one()
        async with self.uow.write() as work:
            row = {"unit": Unit, "role": Role, "profile": Profile}[kind](name=f"{kind} {secrets.token_hex(4)}")
            work.session.add(row)
            await work.session.flush()
            return row.id


@pytest.fixture
def world(web_services: Services, uow: UnitOfWork, clock: ManualClock, cast: Cast) -> World:
    return World(web_services, uow, clock, cast)


def outcome(answer: httpx.Response) -> str:
    """What an answer says about rights: any answer but a refusal means that the policy let it through."""
    assert answer.status_code < 500, answer.text
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
    reach = REACH.get(entry.needs[0])
    return "missing" if whose not in (None, "it") and reach and whose not in reach[me] else "passed"


def _methods(route: GuardedRoute) -> Iterator[str]:
    yield from sorted((route.methods or set()) - {"HEAD"})


async def _call(client: httpx.AsyncClient, route: GuardedRoute, params: dict[str, int]) -> list[httpx.Response]:
    address = str(route.url_path_for(route.name, **params))
    return [await client.request(method, address) for method in _methods(route)]


def test_the_table_names_every_route_once_and_no_other() -> None:
    names = [route.name for route in ROUTE_LIST]
    assert sorted(names) == sorted(set(names)), "two routes share a name"
    assert sorted(POLICIES) == sorted(names)


@pytest.mark.parametrize("route", ROUTE_LIST, ids=lambda route: route.name)
async def test_policy_of_every_role(route: GuardedRoute, sign_in: SignIn, world: World) -> None:
    entry = POLICIES[route.name]
    for me in ACTORS:
        targets = await world.targets(entry.target, me) if entry.target else {None: {}}
        for whose, params in targets.items():
            client = await sign_in(me)
            for answer in await _call(client, route, params):
                assert outcome(answer) == expected(entry, me, whose), (me, whose, answer.status_code)
        if entry.once and "passed" in {expected(entry, me, whose) for whose in targets}:
            break  # what stronger roles would act upon is gone


@pytest.mark.parametrize("route", ROUTE_LIST, ids=lambda route: route.name)
async def test_strangers_are_asked_to_sign_in(route: GuardedRoute, stranger: httpx.AsyncClient, cast: Cast) -> None:
    entry = POLICIES[route.name]
    params = dict.fromkeys(route.param_convertors, MISSING_ID)
    for answer in await _call(stranger, route, params):
        if entry.needs in (("public",), ("local",)):
            assert answer.status_code in (200, 401)
        else:
            assert outcome(answer) == "sign in"


@pytest.mark.parametrize("route", [one for one in ROUTE_LIST if one.param_convertors], ids=lambda route: route.name)
async def test_ids_that_do_not_exist_are_missing(route: GuardedRoute, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    for answer in await _call(admin, route, dict.fromkeys(route.param_convertors, MISSING_ID)):
        assert answer.status_code == 404
