"""The pages of people and audit, as their users go through them."""

import csv
import io
import re
from datetime import timedelta

import httpx
import openpyxl
import pytest
from sqlalchemy import select, update

from core.audit.service import Sealer
from core.kernel.access import Actor
from core.kernel.clock import ManualClock
from core.kernel.i18n import msg, translator
from core.kernel.uow import UnitOfWork
from core.people.model import ProfileRight, User
from tests.factories.people import Cast
from tests.plugins.web import SignIn, WithState, browser
from web.pages.listing import State
from web.state import HomeTile, Services


async def test_a_new_user_gets_a_password_shown_once_and_can_sign_in(
    sign_in: SignIn, web_app: WithState, cast: Cast
) -> None:
    admin = await sign_in("admin")
    assert (await admin.get("/users/new")).status_code == 200
    form = {
        "login": "Nina",
        "role_id": str(cast.roles["collector"]),
        "unit_id": str(cast.units["north-a"]),
        "surname": "Nowak",
        "work_phone": "+44 20 7946 0000",
        "timezone": "Europe/Warsaw",
        "language": "pl",
    }
    answer = await admin.post("/users", data=form)
    assert answer.status_code == 200
    password = re.findall(r'<code class="strong">([^<]+)</code>', answer.text)[0]
    address = re.findall(r"/users/\d+", answer.text)[0]
    assert password not in (await admin.get(address)).text
    async with browser(web_app) as nina:
        assert (await nina.post("/login", data={"login": "nina", "password": password})).status_code == 303
        assert (await nina.get("/")).headers["location"] == "/me/password"


async def test_a_wrong_form_keeps_what_was_typed_and_says_what_is_wrong(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    form = {"login": "with space", "surname": "Nowak", "work_phone": "12", "email": "nobody", "timezone": "Mars/North"}
    answer = await admin.post("/users", data=form)
    assert answer.status_code == 422
    assert 'value="Nowak"' in answer.text
    for text in ("no telephone number", "no e-mail address", "Choose a time zone", "This is needed"):
        assert text in answer.text


async def test_a_user_is_changed_deactivated_activated_and_deleted(sign_in: SignIn, cast: Cast) -> None:
    admin, anna = await sign_in("admin"), cast.users["anna"]
    form = {"login": "anna", "role_id": str(cast.roles["collector"]), "surname": "Renamed", "timezone": "UTC"}
    assert 'value="Anna"' in (await admin.get(f"/users/{anna}/edit")).text
    assert (await admin.post(f"/users/{anna}", data=form)).status_code == 303
    assert "Renamed" in (await admin.get(f"/users/{anna}")).text
    await admin.post(f"/users/{anna}/deactivate")
    assert "deactivated" in (await admin.get(f"/users/{anna}")).text
    await admin.post(f"/users/{anna}/activate")
    assert (await admin.post(f"/users/{anna}/delete")).headers["location"] == "/users"
    assert (await admin.get(f"/users/{anna}")).status_code == 404


async def test_the_list_reproduces_what_the_address_says(sign_in: SignIn, cast: Cast) -> None:
    admin = await sign_in("admin")
    answer = await admin.get("/users", params={"q": "a", "state": "active", "col": ["login", "role"], "sort": "-login"})
    assert re.findall(r"/users/(\d+)", answer.text)[0] == str(cast.users["sofia"])
    assert "Last sign-in" in answer.text, "hidden columns can be chosen again"
    assert "<th" in answer.text
    nothing = await admin.get("/users?q=nobody-has-this")
    assert "Nothing matches" in nothing.text
    assert (await admin.get("/users?after=damaged")).status_code == 422
    ignored = await admin.get("/users?sort=password_hash&col=password_hash&state=odd&role=x")
    assert ignored.status_code == 200


async def test_a_saved_view_comes_back_and_is_shared(sign_in: SignIn) -> None:
    admin, maria = await sign_in("admin"), await sign_in("maria")
    form = {"list": "users", "name": "Our <b>active</b>", "query": "state=active", "shared": "1"}
    saved = await admin.post("/me/views", data=form, headers={"Referer": "http://desk.example/users?state=active"})
    assert saved.headers["location"] == "/users?state=active"
    for who in (admin, maria):
        text = (await who.get("/users")).text
        assert "Our &lt;b&gt;active" in text
        assert "?state=active" in text
    anna = await sign_in("anna")
    assert (await anna.post("/me/views", data=form)).status_code == 403


async def test_the_list_as_a_file_is_harmless_and_within_reach(sign_in: SignIn, uow: UnitOfWork, cast: Cast) -> None:
    async with uow.write() as work:
        evil = {"surname": '=HYPERLINK("http://evil.example")', "position": "@SUM(A1)"}
        await work.session.execute(update(User).where(User.login == "anna").values(**evil))
    sofia = await sign_in("sofia")
    address = "/users/export?col=name&col=position&col=login&sort=login"
    rows = list(csv.reader(io.StringIO((await sofia.get(f"{address}&format=csv")).content.decode("utf-8-sig"))))
    assert rows[0] == ["Name", "Position", "Login"]
    assert [row[2] for row in rows[1:]] == ["anna", "bella", "sofia"]
    assert rows[1][:2] == ['\'=HYPERLINK("http://evil.example")', "'@SUM(A1)"]
    book = openpyxl.load_workbook(io.BytesIO((await sofia.get(f"{address}&format=xlsx")).content))
    sheet = book.worksheets[0]
    assert next(cell.value for cell in sheet[2]) == '=HYPERLINK("http://evil.example")'
    assert sheet["A2"].data_type == "s", "a text, not a formula"
    assert sheet["A2"].hyperlink is None


async def test_departments_from_the_form_to_the_tree(sign_in: SignIn, cast: Cast) -> None:
    admin = await sign_in("admin")
    form = {"name": "East", "parent_id": str(cast.units["north"]), "head_id": str(cast.users["anna"])}
    assert (await admin.post("/units", data=form)).status_code == 303
    tree = (await admin.get("/units")).text
    assert "\u2003<a" in tree
    assert "East" in tree
    assert (await admin.post("/units", data={"name": " "})).status_code == 422
    below_itself = {"name": "north", "parent_id": str(cast.units["north-a"])}
    answer = await admin.post(f"/units/{cast.units['north']}", data=below_itself)
    assert "cannot lie below itself" in answer.text
    assert (await admin.post(f"/units/{cast.units['north']}/delete")).status_code == 409


async def test_roles_with_salary_and_profiles(sign_in: SignIn, cast: Cast) -> None:
    admin = await sign_in("admin")
    form = {"name": "Field agent", "salary": "1200.50", "currency": "EUR", "profile_ids": ["1", "2"]}
    assert (await admin.post("/roles", data=form)).status_code == 303
    listed = (await admin.get("/roles")).text
    assert "Field agent" in listed
    assert "EUR" in listed
    wrong = await admin.post("/roles", data={"name": "Odd", "salary": "10"})
    assert wrong.status_code == 422
    assert "its currency" in wrong.text
    assert (await admin.post(f"/roles/{cast.roles['clerk']}/delete")).status_code == 409


async def test_the_matrix_grants_exactly_what_is_chosen(sign_in: SignIn, uow: UnitOfWork, cast: Cast) -> None:
    admin = await sign_in("admin")
    form = {"name": "Listening", "right:calls.view": "2", "right:recordings.listen": "4", "right:cases.view": ""}
    assert (await admin.post("/profiles", data=form)).status_code == 303
    async with uow.read() as session:
        newest = select(ProfileRight).order_by(ProfileRight.profile_id.desc()).limit(2)
        rows = {row.right: (row.scope, row.profile_id) for row in await session.scalars(newest)}
    assert {right: scope for right, (scope, _) in rows.items()} == {"calls.view": 2, "recordings.listen": 4}
    shown = (await admin.get(f"/profiles/{rows['calls.view'][1]}")).text
    assert re.search(r'name="right:calls.view" value="2" checked', shown)
    assert (await admin.post("/profiles", data={**form, "right:calls.view": "9"})).status_code == 422
    assert (await admin.post("/profiles", data={"name": "Listening"})).status_code == 422


async def test_a_token_is_shown_once_and_revoked(sign_in: SignIn, cast: Cast) -> None:
    admin = await sign_in("admin")
    assert "No tokens" in (await admin.get("/tokens")).text
    form = {"name": "dialler", "user_id": str(cast.users["admin"]), "scopes": ["calls.view"], "days": "30"}
    answer = await admin.post("/tokens", data=form)
    token = re.findall(r"cct_[\w-]+", answer.text)[0]
    assert len(token) > 40
    listed = (await admin.get("/tokens")).text
    assert token not in listed
    assert "dialler" in listed
    revoke = re.findall(r"/tokens/\d+/revoke", listed)[0]
    await admin.post(revoke)
    assert "revoked" in (await admin.get("/tokens")).text
    assert (await admin.post("/tokens", data={**form, "scopes": []})).status_code == 422


async def test_announcements_appear_on_the_panel_escaped(sign_in: SignIn, clock: ManualClock) -> None:
    admin, anna = await sign_in("admin"), await sign_in("anna")
    form = {"text": "Fire drill <script>alert(1)</script>", "until": clock.now().date().isoformat()}
    assert (await admin.post("/announcements", data=form)).status_code == 303
    shown = (await anna.get("/")).text
    assert "Fire drill &lt;script&gt;" in shown
    late = {"text": "x", "until": (clock.now() - timedelta(days=2)).date().isoformat()}
    assert (await admin.post("/announcements", data=late)).status_code == 422


async def test_the_panel_shows_what_waits(web_services: Services, web_app: WithState, sign_in: SignIn) -> None:
    async def block(actor: Actor) -> tuple[HomeTile, ...]:
        return (HomeTile(state=State(word=msg("Callbacks due"), icon="phone"), count=3, href="/callbacks?due=1"),)

    anna = await sign_in("anna")
    assert "Nothing waits for you now." in (await anna.get("/")).text
    object.__setattr__(web_services, "home", (block,))
    shown = (await anna.get("/")).text
    assert "Callbacks due" in shown
    assert "/callbacks?due=1" in shown


async def test_i_correct_my_own_data_and_nothing_else(sign_in: SignIn, uow: UnitOfWork, cast: Cast) -> None:
    anna = await sign_in("anna")
    form = {
        "mobile_phone": "+44 7700 900123",
        "timezone": "Europe/Kyiv",
        "role_id": "1",
        "login": "root",
        "active": "0",
    }
    assert (await anna.post("/me", data=form)).status_code == 303
    async with uow.read() as session:
        user = await session.get_one(User, cast.users["anna"])
    assert (user.mobile_phone, user.timezone) == ("+447700900123", "Europe/Kyiv")
    assert (user.login, user.role_id, user.active) == ("anna", cast.roles["collector"], True)
    assert (await anna.post("/me", data={"timezone": "Mars/North"})).status_code == 422
    answer = await anna.post("/me/language", data={"language": "uk"}, headers={"Referer": "http://desk.example/me"})
    assert answer.headers["location"] == "/me"
    assert '<html lang="uk"' in (await anna.get("/me")).text
    stored = await anna.post("/me/theme", json={"theme": "dark"}, headers={"Accept": "application/json"})
    assert stored.json() == {"theme": "dark"}
    refused = await anna.post("/me/theme", json={"theme": "pink"}, headers={"Accept": "application/json"})
    assert refused.json()["errors"] == {"theme": translator("uk").gettext("Choose one of the list.")}
    for broken in (b"[1]", b"{", b'"x"'):
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        assert (await anna.post("/me/theme", content=broken, headers=headers)).status_code == 422


async def test_i_see_and_end_my_sessions(sign_in: SignIn) -> None:
    here, there = await sign_in("anna"), await sign_in("anna")
    shown = (await here.get("/me")).text
    assert "this one" in shown
    other = re.findall(r"/me/sessions/\d+/end", shown)[0]
    await here.post(other)
    assert (await there.get("/me")).status_code == 303
    third = await sign_in("anna")
    await here.post("/me/sessions/others")
    assert (await third.get("/me")).status_code == 303
    assert (await here.get("/me")).status_code == 200


async def test_the_trail_is_searched_opened_and_proved(sign_in: SignIn, uow: UnitOfWork, cast: Cast) -> None:
    admin = await sign_in("admin")
    await admin.post(f"/users/{cast.users['anna']}/deactivate")
    found = (await admin.get("/audit?q=users.deactivate")).text
    entry = re.findall(r"/audit/\d+", found)[0]
    opened = (await admin.get(entry)).text
    assert "User shut out" in opened
    assert "Active" in opened
    assert "True" in opened
    assert "not sealed yet" in opened
    await Sealer(uow).seal()
    assert "The trail is whole" in (await admin.post("/audit/verify")).text
    assert (await admin.get("/audit?at-from=2026-03-11&at-to=2026-03-11&kind=user")).status_code == 200
    assert "Nothing matches" in (await admin.get("/audit?at-from=2030-01-01")).text
    assert (await admin.get("/audit?at-from=never&after=x")).status_code == 200


async def test_the_navigation_shows_only_what_one_may(sign_in: SignIn) -> None:
    anna, sofia = await sign_in("anna"), await sign_in("sofia")
    assert 'href="/users"' not in (await anna.get("/")).text
    assert 'href="/users"' in (await sofia.get("/")).text
    assert 'href="/audit"' not in (await sofia.get("/")).text


async def test_health_says_which_part_does_not_work(stranger: httpx.AsyncClient, web_services: Services) -> None:
    async def well() -> tuple[bool, str]:
        return True, ""

    async def ill() -> tuple[bool, str]:
        return False, "no answer"

    object.__setattr__(web_services, "probes", {"database": well})
    assert (await stranger.get("/health")).status_code == 200
    object.__setattr__(web_services, "probes", {"database": well, "telephony": ill})
    answer = await stranger.get("/health")
    assert answer.status_code == 503
    assert answer.json()["parts"]["telephony"] == {"ok": False, "detail": "no answer"}


async def test_metrics_are_for_this_machine_or_the_administrator(web_app: WithState, cast: Cast) -> None:
    for address, status in (("127.0.0.1", 200), ("192.0.2.7", 303)):
        transport = httpx.ASGITransport(app=web_app, client=(address, 1000))
        async with httpx.AsyncClient(transport=transport, base_url="http://desk.example") as client:
            await client.get("/login")
            answer = await client.get("/metrics")
            assert answer.status_code == status
    assert status == 303


@pytest.mark.parametrize("language", ["en", "ru", "uk", "pl"])
async def test_every_page_opens_in_every_language(sign_in: SignIn, uow: UnitOfWork, cast: Cast, language: str) -> None:
    admin = await sign_in("admin")
    async with uow.write() as work:
        await work.session.execute(update(User).where(User.login == "admin").values(language=language))
    anna = cast.users["anna"]
    paths = ["/", "/me", "/me/password", "/me/factor", "/users", "/users/new", f"/users/{anna}", f"/users/{anna}/edit"]
    paths += ["/units", "/units/new", "/roles", "/roles/1", "/profiles", "/profiles/1", "/tokens", "/announcements"]
    for path in [*paths, "/audit"]:
        answer = await admin.get(path)
        assert answer.status_code == 200, path
        assert f'<html lang="{language}"' in answer.text
