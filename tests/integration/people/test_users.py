"""What administrators and heads may do to users, and what nobody may."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from core.audit.model import AuditEntry
from core.kernel.access import Scope
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, Invalid, NotFound
from core.kernel.uow import UnitOfWork
from core.people import queries
from core.people.access import visible
from core.people.errors import InUse, LastAdministrator, Referred, RightsExceeded, Shipped
from core.people.events import AccessEnded
from core.people.model import Announcement, Unit, User, UserSession
from core.people.queries import UserSearch
from core.people.service.logins import LoggedIn, Origin
from core.people.service.profiles import Profiles
from core.people.service.roles import RoleData
from core.people.service.units import UnitData
from core.people.service.users import UserData
from tests.factories.people import PASSWORD, Cast
from web.live.endpoint import LiveDesk
from web.live.hub import Screen
from web.state import Services

NEW_PASSWORD = "an altogether new one"


def _data(cast: Cast, login: str, role: str = "collector", unit: str | None = "north-a", **more: object) -> UserData:
    base = UserData(login=login, role_id=cast.roles[role], unit_id=cast.units[unit] if unit else None)
    return replace(base, **more)  # type: ignore[arg-type]


async def test_a_user_is_added_with_a_trace_and_without_secrets_in_it(
    web_services: Services, uow: UnitOfWork, cast: Cast
) -> None:
    admin = await cast.actor(uow, "admin")
    added = await web_services.users.add(admin, _data(cast, "nina", extension="210"), NEW_PASSWORD)
    secret = await web_services.users.sip_secret(added)
    async with uow.read() as session:
        user = await session.get_one(User, added)
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "users.add"))).one()
    assert user.must_change_password
    assert user.sip_secret
    assert secret
    assert secret not in user.sip_secret
    assert await web_services.users.sip_secrets() == {"210": secret}, "the cast's phones have no secret yet"
    assert entry.changes["login"] == [None, "nina"]
    assert not {"password_hash", "sip_secret", "totp_secret"} & set(entry.changes)
    assert NEW_PASSWORD not in str(entry.changes)


async def test_login_and_extension_are_unique(web_services: Services, uow: UnitOfWork, cast: Cast) -> None:
    admin = await cast.actor(uow, "admin")
    await web_services.users.add(admin, _data(cast, "nina", extension="210"), NEW_PASSWORD)
    with pytest.raises(Invalid) as refusal:
        await web_services.users.add(admin, _data(cast, "nina", extension="210"), NEW_PASSWORD)
    assert set(refusal.value.fields) == {"login", "extension"}


async def test_two_who_take_a_login_at_once(web_services: Services, uow: UnitOfWork, cast: Cast) -> None:
    admin = await cast.actor(uow, "admin")
    adding = (web_services.users.add(admin, _data(cast, "nina"), NEW_PASSWORD) for _ in range(2))
    outcomes = await asyncio.gather(*adding, return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["Invalid", "int"]


async def test_heads_manage_their_own_department_only(web_services: Services, uow: UnitOfWork, cast: Cast) -> None:
    maria = await cast.actor(uow, "maria")
    users = web_services.users
    await users.add(maria, _data(cast, "nina", unit="north-b"), NEW_PASSWORD)
    for unit in ("south", None):
        with pytest.raises(Invalid) as refusal:
            await users.add(maria, _data(cast, "olga", unit=unit), NEW_PASSWORD)
        assert "unit_id" in refusal.value.fields
    with pytest.raises(NotFound):
        await users.change(maria, cast.users["diego"], _data(cast, "diego", unit="north"))
    with pytest.raises(Invalid):
        await users.change(maria, cast.users["anna"], _data(cast, "anna", unit="south"))


async def test_nobody_makes_or_takes_over_somebody_mightier(
    web_services: Services, uow: UnitOfWork, cast: Cast
) -> None:
    maria = await cast.actor(uow, "maria")
    async with uow.write() as work:
        values = {"unit_id": cast.units["north"]}
        await work.session.execute(update(User).where(User.login == "admin").values(**values))
    admin_id = cast.users["admin"]
    attempts: tuple[Awaitable[object], ...] = (
        web_services.users.add(maria, _data(cast, "nina", role="administrator"), NEW_PASSWORD),
        web_services.users.change(maria, cast.users["anna"], _data(cast, "anna", role="administrator")),
        web_services.users.change(maria, cast.users["maria"], _data(cast, "maria", role="administrator")),
        web_services.users.reset_password(maria, admin_id, NEW_PASSWORD),
        web_services.users.drop_second_factor(maria, admin_id),
        web_services.users.set_active(maria, admin_id, False),
        web_services.users.delete(maria, admin_id),
    )
    for attempt in attempts:
        with pytest.raises(RightsExceeded):
            await attempt


async def test_without_the_right_nothing_happens(web_services: Services, uow: UnitOfWork, cast: Cast) -> None:
    anna = await cast.actor(uow, "anna")
    for attempt in (
        web_services.users.add(anna, _data(cast, "nina"), NEW_PASSWORD),
        web_services.users.delete(anna, cast.users["bella"]),
        web_services.users.kill_sessions(anna, cast.users["bella"]),
        web_services.units.save(anna, None, UnitData(name="x")),
        web_services.roles.save(anna, None, RoleData(name="x")),
        web_services.profiles.save(anna, None, "x", {}),
        web_services.keys.issue(anna, cast.users["anna"], "x", ["cases.view"]),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_deactivation_ends_every_session_at_once(
    web_services: Services, uow: UnitOfWork, cast: Cast, bus: Bus
) -> None:
    ended: list[AccessEnded] = []

    async def heard(event: AccessEnded) -> None:
        ended.append(event)

    bus.subscribe(AccessEnded, heard)
    opened = [await web_services.logins.log_in("anna", PASSWORD, Origin()) for _ in range(2)]
    await web_services.users.set_active(await cast.actor(uow, "admin"), cast.users["anna"], False)
    for one in opened:
        assert isinstance(one, LoggedIn)
        assert await web_services.logins.identify(one.token) is None
    await bus.drained()
    assert {event.user_id for event in ended} == {cast.users["anna"]}
    assert len(ended) == 2


async def test_deactivation_closes_the_screens_that_are_open(
    web_services: Services, uow: UnitOfWork, cast: Cast, bus: Bus
) -> None:
    hub = web_services.parts[LiveDesk].hub
    anna, bella = Screen(await cast.actor(uow, "anna")), Screen(await cast.actor(uow, "bella"))
    for screen in (anna, bella):
        hub.connect(screen, None)
    await web_services.logins.log_in("anna", PASSWORD, Origin())
    await web_services.users.set_active(await cast.actor(uow, "admin"), cast.users["anna"], False)
    await bus.drained()
    assert (anna.dropped, bella.dropped) == (True, False)


async def test_a_reset_password_opens_the_lock_and_ends_sessions(
    web_services: Services, uow: UnitOfWork, cast: Cast, clock: ManualClock
) -> None:
    admin, anna = await cast.actor(uow, "admin"), cast.users["anna"]
    await web_services.logins.log_in("anna", PASSWORD, Origin())
    async with uow.write() as work:
        await work.session.execute(update(User).values(failed_logins=9, locked_until=clock.now().replace(year=2030)))
    await web_services.users.reset_password(admin, anna, NEW_PASSWORD)
    async with uow.read() as session:
        assert await queries.sessions_of(session, anna, clock.now()) == []
    opened = await web_services.logins.log_in("anna", NEW_PASSWORD, Origin())
    assert isinstance(opened, LoggedIn)
    identity = await web_services.logins.identify(opened.token)
    assert identity is not None
    assert identity.user.must_change_password


async def test_a_user_others_mention_is_not_deleted(
    web_services: Services, uow: UnitOfWork, cast: Cast, clock: ManualClock
) -> None:
    admin = await cast.actor(uow, "admin")
    async with uow.write() as work:
        now = clock.now()
        work.session.add(Announcement(author_id=cast.users["anna"], text="x", starts_at=now, ends_at=now))
    with pytest.raises(Referred):
        await web_services.users.delete(admin, cast.users["anna"])
    await web_services.logins.log_in("bella", PASSWORD, Origin())
    await web_services.users.delete(admin, cast.users["bella"])
    async with uow.read() as session:
        assert await session.scalar(select(func.count()).select_from(UserSession)) == 0
        assert await session.get(User, cast.users["bella"]) is None


async def test_the_last_administrator_stays(web_services: Services, uow: UnitOfWork, cast: Cast) -> None:
    admin, me = await cast.actor(uow, "admin"), cast.users["admin"]
    everything = await _profile(uow, "Everything")
    attempts: tuple[Awaitable[object], ...] = (
        web_services.users.set_active(admin, me, False),
        web_services.users.delete(admin, me),
        web_services.users.change(admin, me, _data(cast, "admin", role="collector", unit=None)),
        web_services.roles.save(admin, cast.roles["administrator"], RoleData(name="Administrator")),
        web_services.profiles.save(admin, everything, "Everything", {"cases.view": Scope.ALL}),
    )
    for attempt in attempts:
        with pytest.raises(LastAdministrator):
            await attempt
    await web_services.users.add(admin, _data(cast, "second", role="administrator", unit=None), NEW_PASSWORD)
    await web_services.users.set_active(admin, me, False)


async def test_two_administrators_cannot_remove_each_other(web_services: Services, uow: UnitOfWork, cast: Cast) -> None:
    admin = await cast.actor(uow, "admin")
    other = await web_services.users.add(admin, _data(cast, "second", role="administrator", unit=None), NEW_PASSWORD)
    removing = [web_services.users.set_active(admin, one, False) for one in (cast.users["admin"], other)]
    outcomes = await asyncio.gather(*removing, return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes) == ["LastAdministrator", "NoneType"]


async def _profile(uow: UnitOfWork, name: str) -> int:
    async with uow.read() as session:
        lines = await queries.profile_lines(session)
    return next(line.profile.id for line in lines if line.profile.name == name)


async def test_rights_of_several_profiles_add_up(web_services: Services, uow: UnitOfWork, cast: Cast) -> None:
    admin = await cast.actor(uow, "admin")
    narrow = await web_services.profiles.save(admin, None, "narrow", {"cases.view": Scope.OWN, "calls.view": Scope.ALL})
    wide = await web_services.profiles.save(admin, None, "wide", {"cases.view": Scope.TEAM})
    data = RoleData(name="Both", profile_ids=(narrow, wide))
    role = await web_services.roles.save(admin, None, data)
    await web_services.users.change(admin, cast.users["anna"], replace(_data(cast, "anna"), role_id=role))
    anna = await cast.actor(uow, "anna")
    assert dict(anna.rights) == {"cases.view": Scope.TEAM, "calls.view": Scope.ALL}
    with pytest.raises(InUse):
        await web_services.profiles.delete(admin, wide)
    with pytest.raises(InUse):
        await web_services.roles.delete(admin, role)
    await web_services.profiles.save(admin, wide, "wide", {})
    assert dict((await cast.actor(uow, "anna")).rights)["cases.view"] == Scope.OWN


async def test_what_came_with_the_program_is_not_deleted(web_services: Services, uow: UnitOfWork, cast: Cast) -> None:
    admin = await cast.actor(uow, "admin")
    with pytest.raises(Shipped):
        await web_services.roles.delete(admin, cast.roles["clerk"])
    with pytest.raises(Shipped):
        await web_services.profiles.delete(admin, await _profile(uow, "Everything"))


async def test_nobody_grants_what_they_lack(uow: UnitOfWork, cast: Cast, clock: ManualClock) -> None:
    profiles = Profiles(uow, clock, frozenset({"cases.view", "calls.view", "profiles.edit"}))
    limited = replace(await cast.actor(uow, "anna"), rights={"profiles.edit": Scope.ALL, "cases.view": Scope.TEAM})
    await profiles.save(limited, None, "fine", {"cases.view": Scope.TEAM})
    for rights in ({"cases.view": Scope.ALL}, {"calls.view": Scope.OWN}):
        with pytest.raises(RightsExceeded):
            await profiles.save(limited, None, "too much", rights)
    with pytest.raises(RightsExceeded):
        await profiles.save(limited, await _profile(uow, "Everything"), "Everything", {})
    with pytest.raises(Invalid):
        await profiles.save(limited, None, "unknown", {"cases.burn": Scope.OWN})


async def test_departments_form_a_tree(web_services: Services, uow: UnitOfWork, cast: Cast) -> None:
    admin, units = await cast.actor(uow, "admin"), web_services.units
    with pytest.raises(Invalid):
        await units.save(admin, cast.units["north"], UnitData(name="north", parent_id=cast.units["north-a"]))
    with pytest.raises(Invalid):
        await units.save(admin, cast.units["north"], UnitData(name="north", parent_id=cast.units["north"]))
    with pytest.raises(InUse):
        await units.delete(admin, cast.units["north"])
    head = UnitData(name="south", head_id=cast.users["anna"], deputy_id=cast.users["bella"])
    await units.save(admin, cast.units["south"], head)
    async with uow.read() as session:
        lines = await queries.unit_lines(session)
    assert [(line.unit.name, line.depth) for line in lines] == [
        ("north", 0),
        ("north-a", 1),
        ("north-b", 1),
        ("south", 0),
    ]
    assert (lines[3].head, lines[3].deputy, lines[3].people) == ("Anna", "Bella", 1)
    assert cast.units["south"] in (await cast.actor(uow, "bella")).team, "a deputy leads too"


async def test_visible_narrows_to_what_the_scope_reaches(uow: UnitOfWork, cast: Cast) -> None:
    reaches = {
        ("anna", Scope.OWN): {"anna"},
        ("anna", Scope.TEAM): {"anna", "bella", "sofia"},
        ("anna", Scope.DEPARTMENT): {"anna", "bella", "sofia", "clara", "maria", "karl"},
        ("anna", Scope.ALL): set(cast.users),
        ("ada", Scope.TEAM): {"ada"},
        ("ada", Scope.DEPARTMENT): {"ada"},
    }
    for (login, scope), names in reaches.items():
        actor = replace(await cast.actor(uow, login), rights={"cases.view": scope})
        for unit in (None, User.unit_id):
            statement = visible(select(User.login), actor, "cases.view", owner=User.id, unit=unit)
            async with uow.read() as session:
                assert set(await session.scalars(statement)) == names, (login, scope)
    with pytest.raises(Forbidden):
        visible(select(User.login), replace(actor, rights={}), "cases.view", owner=User.id)


async def test_rows_that_belong_to_a_unit_alone(uow: UnitOfWork, cast: Cast) -> None:
    anna = await cast.actor(uow, "anna")
    for scope, count in ((Scope.OWN, 0), (Scope.TEAM, 1), (Scope.DEPARTMENT, 3), (Scope.ALL, 4)):
        actor = replace(anna, rights={"cases.view": scope})
        async with uow.read() as session:
            found = (await session.scalars(visible(select(Unit.id), actor, "cases.view", unit=Unit.id))).all()
        assert len(found) == count


async def test_the_list_searches_filters_sorts_and_pages(uow: UnitOfWork, cast: Cast) -> None:
    admin = await cast.actor(uow, "admin")

    async def logins(wanted: UserSearch, **page: str | None) -> list[str]:
        async with uow.read() as session:
            found = await queries.users(session, admin, wanted, size=4, **{"after": None, "before": None, **page})  # type: ignore[arg-type]
        return [row.User.login for row in found.rows]

    assert await logins(UserSearch()) == ["ada", "admin", "anna", "bella"]
    assert await logins(UserSearch(descending=True)) == ["sofia", "maria", "karl", "diego"]
    assert await logins(UserSearch(text="AN")) == ["anna"]
    assert await logins(UserSearch(text="%")) == []
    assert await logins(UserSearch(unit_id=cast.units["south"])) == ["diego"]
    assert await logins(UserSearch(role_id=cast.roles["clerk"], active=True)) == ["karl"]
    assert await logins(UserSearch(active=False)) == []


async def test_announcements_reach_the_unit_and_all_below(
    web_services: Services, uow: UnitOfWork, cast: Cast, clock: ManualClock
) -> None:
    admin, until = await cast.actor(uow, "admin"), clock.now().replace(hour=20)
    await web_services.announcements.publish(admin, "for all", None, until)
    north = await web_services.announcements.publish(admin, "for north", cast.units["north"], until)

    async def seen(name: str) -> list[str]:
        async with uow.read() as session:
            found = await queries.announcements_for(session, await cast.actor(uow, name), clock.now())
        return [one.text for one, _ in found]

    assert await seen("anna") == ["for north", "for all"]
    assert await seen("diego") == ["for all"]
    await web_services.announcements.withdraw(admin, north)
    assert await seen("anna") == ["for all"]
    clock.set(until)
    assert await seen("anna") == []


async def test_a_token_acts_as_its_user_narrowed(
    web_services: Services, uow: UnitOfWork, cast: Cast, clock: ManualClock
) -> None:
    admin = await cast.actor(uow, "admin")
    token = await web_services.keys.issue(
        admin, cast.users["admin"], "report", ["cases.view"], clock.now().replace(hour=13)
    )
    identity = await web_services.logins.identify_token(token)
    assert identity is not None
    assert dict(identity.actor.rights) == {"cases.view": Scope.ALL, "api.use": Scope.ALL}
    clock.set(clock.now().replace(hour=13))
    assert await web_services.logins.identify_token(token) is None


async def test_shipped_roles_are_installed_once_and_left_as_changed(
    web_services: Services, uow: UnitOfWork, cast: Cast
) -> None:
    from callcenter.app.presets import ROLES, install
    from core.kernel.i18n import translator

    admin = await cast.actor(uow, "admin")
    await web_services.profiles.save(admin, await _profile(uow, "Debts, payments and settlement"), "Ours", {})
    async with uow.write() as work:
        again = await install(work, translator("ru"))
    assert again == cast.roles
    assert set(again) == {preset.key for preset in ROLES}
    async with uow.read() as session:
        names = {line.profile.name: dict(line.rights) for line in await queries.profile_lines(session)}
    assert "Ours" in names
    assert len(names) == 6
