"""The door: sessions, locks, the second factor, and what guessing gets."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pyotp
from sqlalchemy import select, update

from core.audit.model import AuditEntry
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.people.model import User, UserSession
from core.people.vault import Vault
from tests.factories.people import PASSWORD, Cast
from tests.plugins.web import SAME_ORIGIN, SignIn, WithState, browser
from web.state import Services
from web.throttle import Throttle

COOKIE = "callcenter_session"


async def test_signs_in_and_shows_the_panel(sign_in: SignIn) -> None:
    anna = await sign_in("anna")
    answer = await anna.get("/")
    assert answer.status_code == 200
    assert "Anna" in answer.text
    assert "Collector" in answer.text


async def test_the_cookie_is_opaque_and_out_of_reach_of_scripts(stranger: httpx.AsyncClient, cast: Cast) -> None:
    answer = await stranger.post("/login", data={"login": "anna", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "anna" not in cookie


async def test_over_https_the_cookie_is_secure_and_bound_to_the_host(web_app: WithState, cast: Cast) -> None:
    async with browser(web_app) as client:
        answer = await client.post("https://desk.example/login", data={"login": "anna", "password": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-callcenter_session=")
    assert "Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers


async def test_only_a_hash_of_the_token_is_stored(sign_in: SignIn, uow: UnitOfWork) -> None:
    anna = await sign_in("anna")
    async with uow.read() as session:
        stored = await session.scalar(select(UserSession.token_hash))
    assert anna.cookies[COOKIE] != stored
    assert len(stored or "") == 64


async def test_a_session_planted_before_the_login_is_worth_nothing(stranger: httpx.AsyncClient, cast: Cast) -> None:
    stranger.cookies.set(COOKIE, "planted", domain="desk.example")
    await stranger.post("/login", data={"login": "anna", "password": PASSWORD})
    tokens = {cookie.value for cookie in stranger.cookies.jar if cookie.name == COOKIE}
    assert tokens != {"planted"}
    async with browser(stranger._transport.app) as attacker:  # type: ignore[attr-defined]
        attacker.cookies.set(COOKIE, "planted", domain="desk.example")
        assert (await attacker.get("/")).headers["location"] == "/login"


async def test_signing_in_again_ends_the_session_before(sign_in: SignIn, web_app: WithState) -> None:
    anna = await sign_in("anna")
    before = anna.cookies[COOKIE]
    await anna.post("/login", data={"login": "bella", "password": PASSWORD})
    async with browser(web_app) as other:
        other.cookies.set(COOKIE, before, domain="desk.example")
        assert (await other.get("/me")).status_code == 303


async def test_logging_out_ends_the_row_and_not_only_the_cookie(sign_in: SignIn, web_app: WithState) -> None:
    anna = await sign_in("anna")
    token = anna.cookies[COOKIE]
    assert (await anna.post("/logout")).headers["location"] == "/login"
    async with browser(web_app) as other:
        other.cookies.set(COOKIE, token, domain="desk.example")
        assert (await other.get("/me")).status_code == 303


async def test_a_session_ends_when_idle_and_in_any_case_after_a_day_of_work(
    sign_in: SignIn, clock: ManualClock
) -> None:
    anna = await sign_in("anna")
    for _ in range(4):
        clock.advance(timedelta(hours=3, minutes=50))
        assert (await anna.get("/me")).status_code == 200
    clock.advance(timedelta(hours=1))
    assert (await anna.get("/me")).status_code == 303


async def test_an_idle_session_ends(sign_in: SignIn, clock: ManualClock) -> None:
    anna = await sign_in("anna")
    clock.advance(timedelta(hours=4, seconds=1))
    assert (await anna.get("/me")).status_code == 303


async def test_unknown_and_known_logins_answer_alike(stranger: httpx.AsyncClient, cast: Cast) -> None:
    known = await stranger.post("/login", data={"login": "anna", "password": "wrong wrong"})
    unknown = await stranger.post("/login", data={"login": "anne", "password": "wrong wrong"})
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("anna", "anne") == unknown.text


async def test_five_failures_lock_known_and_unknown_alike(
    stranger: httpx.AsyncClient, cast: Cast, clock: ManualClock
) -> None:
    for login in ("anna", "nobody"):
        for _ in range(5):
            assert (await stranger.post("/login", data={"login": login, "password": "wrong"})).status_code == 401
        locked = await stranger.post("/login", data={"login": login, "password": PASSWORD})
        assert locked.status_code == 429
        assert locked.headers["retry-after"] == "60"
    clock.advance(timedelta(seconds=31))
    assert (await stranger.post("/login", data={"login": "anna", "password": PASSWORD})).status_code == 303


async def test_the_lock_grows(stranger: httpx.AsyncClient, cast: Cast, uow: UnitOfWork, clock: ManualClock) -> None:
    for _ in range(4):
        await stranger.post("/login", data={"login": "anna", "password": "wrong"})
    spans = []
    for _ in range(3):
        await stranger.post("/login", data={"login": "anna", "password": "wrong"})
        async with uow.read() as session:
            until = await session.scalar(select(User.locked_until).where(User.login == "anna"))
        assert until is not None
        spans.append(until - clock.now())
        clock.set(until)
    assert spans == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]


async def test_success_forgets_failures(stranger: httpx.AsyncClient, cast: Cast, uow: UnitOfWork) -> None:
    for _ in range(3):
        await stranger.post("/login", data={"login": "anna", "password": "wrong"})
    await stranger.post("/login", data={"login": "anna", "password": PASSWORD})
    async with uow.read() as session:
        assert await session.scalar(select(User.failed_logins).where(User.login == "anna")) == 0


async def test_failures_are_in_the_trail_without_what_was_typed(
    stranger: httpx.AsyncClient, cast: Cast, uow: UnitOfWork
) -> None:
    await stranger.post("/login", data={"login": "my password by mistake", "password": "x"})
    async with uow.read() as session:
        entry = await session.scalar(select(AuditEntry).where(AuditEntry.action == "logins.fail"))
    assert entry is not None
    assert "mistake" not in f"{entry.subject_id}{entry.changes}"


async def test_a_deactivated_user_is_refused_like_a_wrong_password(
    stranger: httpx.AsyncClient, cast: Cast, uow: UnitOfWork
) -> None:
    async with uow.write() as work:
        await work.session.execute(update(User).where(User.login == "anna").values(active=False))
    answer = await stranger.post("/login", data={"login": "anna", "password": PASSWORD})
    assert answer.status_code == 401


async def test_nobody_is_sent_to_another_site_after_the_login(stranger: httpx.AsyncClient, cast: Cast) -> None:
    for wanted in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        form = {"login": "anna", "password": PASSWORD, "next": wanted}
        assert (await stranger.post("/login", data=form)).headers["location"] == "/"
    form = {"login": "anna", "password": PASSWORD, "next": "/me?tab=1"}
    assert (await stranger.post("/login", data=form)).headers["location"] == "/me?tab=1"


async def test_a_stranger_comes_back_to_the_page_wanted(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/users?state=active")
    assert answer.headers["location"] == "/login?next=/users%3Fstate%3Dactive"


async def test_the_login_page_speaks_the_browsers_language_or_the_chosen_one(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/login", headers={"Accept-Language": "pl-PL,pl;q=0.9"})
    assert '<html lang="pl">' in answer.text
    answer = await stranger.get("/login?language=uk")
    assert '<html lang="uk">' in answer.text
    assert '<html lang="uk">' in (await stranger.get("/login")).text


async def test_second_factor_from_setting_up_to_signing_in(
    sign_in: SignIn, web_app: WithState, clock: ManualClock, uow: UnitOfWork, vault: Vault
) -> None:
    anna = await sign_in("anna")
    await anna.post("/me/factor")
    shown = await anna.get("/me/factor")
    assert "data:image/svg+xml" in shown.text
    async with uow.read() as session:
        sealed = await session.scalar(select(User.totp_secret).where(User.login == "anna"))
    secret = vault.open("totp", sealed or "")
    assert secret not in (sealed or "")
    code = pyotp.TOTP(secret).at(clock.now())
    assert (
        await anna.post("/me/factor/confirm", data={"code": "000000" if code != "000000" else "1"})
    ).status_code == 422
    assert (await anna.post("/me/factor/confirm", data={"code": code})).status_code == 303

    async with browser(web_app) as other:
        step = await other.post("/login", data={"login": "anna", "password": PASSWORD})
        assert step.status_code == 200
        assert COOKIE not in other.cookies
        ticket = step.text.split('name="ticket" value="')[1].split('"')[0]
        again = await other.post("/login", data={"ticket": ticket, "code": code})
        assert again.status_code == 401, "a code is taken once"
        clock.advance(timedelta(seconds=30))
        later = pyotp.TOTP(secret).at(clock.now())
        assert (await other.post("/login", data={"ticket": ticket, "code": later})).status_code == 303
        assert (await other.get("/me")).status_code == 200


async def test_guessing_codes_locks_the_account(
    sign_in: SignIn, web_app: WithState, uow: UnitOfWork, vault: Vault, clock: ManualClock, cast: Cast
) -> None:
    sealed = vault.seal("totp", pyotp.random_base32(), clock.now())
    async with uow.write() as work:
        values = {"totp_secret": sealed, "totp_confirmed_at": clock.now()}
        await work.session.execute(update(User).where(User.login == "anna").values(**values))
    async with browser(web_app) as thief:
        step = await thief.post("/login", data={"login": "anna", "password": PASSWORD})
        ticket = step.text.split('name="ticket" value="')[1].split('"')[0]
        answers = [await thief.post("/login", data={"ticket": ticket, "code": "abc"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429, 429]


async def test_a_stale_ticket_is_worth_nothing(
    web_app: WithState, vault: Vault, clock: ManualClock, cast: Cast
) -> None:
    ticket = vault.seal("login", str(cast.users["anna"]), clock.now())
    clock.advance(timedelta(minutes=6))
    async with browser(web_app) as thief:
        assert (await thief.post("/login", data={"ticket": ticket, "code": "1"})).status_code == 401
        forged = await thief.post("/login", data={"ticket": "forged", "code": "1"})
    assert forged.status_code == 401


def _narrow(web_app: WithState, web_services: object) -> WithState:
    """The same house, which lets an address fail three times a minute."""
    assert isinstance(web_services, Services)
    return WithState(web_app.app, replace(web_services, throttle=Throttle("3/minute")))


async def test_one_address_cannot_hammer_the_door(web_app: WithState, web_services: object, cast: Cast) -> None:
    narrow = _narrow(web_app, web_services)
    async with browser(narrow) as client:
        known = {"login": "anna", "password": PASSWORD}
        for _ in range(4):  # a whole floor signs in from one address when its shift begins
            assert (await client.post("/login", data=known)).status_code == 303
        answers = [await client.post("/login", data={"login": f"x{i}", "password": "y"}) for i in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1].headers["retry-after"]) <= 60
    async with browser(narrow) as client:
        assert (await client.post("/login", data=known)).status_code == 429, "nor is it found out which guess was right"


async def test_many_guesses_at_once_are_no_way_round(web_app: WithState, web_services: object, cast: Cast) -> None:
    narrow = _narrow(web_app, web_services)
    async with browser(narrow) as client:
        guesses = (client.post("/login", data={"login": f"x{i}", "password": "y"}) for i in range(12))
        answers = await asyncio.gather(*guesses)
    assert sorted(answer.status_code for answer in answers)[:4] == [401, 401, 401, 429]


async def test_somebody_elses_password_has_to_be_replaced_first(sign_in: SignIn, uow: UnitOfWork, cast: Cast) -> None:
    anna = await sign_in("anna")
    async with uow.write() as work:
        await work.session.execute(update(User).where(User.login == "anna").values(must_change_password=True))
    assert (await anna.get("/")).headers["location"] == "/me/password"
    form = {"old": PASSWORD, "new": "another good horse", "again": "another good horse"}
    assert (await anna.post("/me/password", data=form)).status_code == 303
    assert (await anna.get("/")).status_code == 200


async def test_a_new_password_ends_the_other_sessions(sign_in: SignIn) -> None:
    here, there = await sign_in("anna"), await sign_in("anna")
    form = {"old": PASSWORD, "new": "another good horse", "again": "another good horse"}
    assert (await here.post("/me/password", data=form, headers=SAME_ORIGIN)).status_code == 303
    assert (await here.get("/me")).status_code == 200
    assert (await there.get("/me")).status_code == 303


async def test_a_bad_new_password_says_why(sign_in: SignIn) -> None:
    anna = await sign_in("anna")
    for new, reason in (
        ("short", "at least 10"),
        ("anna anna anna", "must not contain the login"),
        ("aaaaaaaaaaaa", "different"),
    ):
        answer = await anna.post("/me/password", data={"old": PASSWORD, "new": new, "again": new})
        assert answer.status_code == 422
        assert reason in answer.text
    answer = await anna.post("/me/password", data={"old": "wrong", "new": "fine new horse", "again": "fine new horse"})
    assert "not your present password" in answer.text
