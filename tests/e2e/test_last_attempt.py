"""Two collectors and an automatic callback race for the last attempt the law allows: exactly one call comes of it."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from callcenter.callbacks.model import Callback, CallbackState
from callcenter.calls.model import Call
from callcenter.compliance.model import ContactAttempt
from callcenter.compliance.queries import OUTCOMES
from core.kernel.db import Database
from core.people.model import User
from telephony.lab import Lab, sipp
from tests.cel import Cel
from tests.conftest import admin
from tests.desk import Desk, signed_in
from tests.e2e.debtors import Debtor, enlist
from tests.phones import desk_phone
from tests.plugins.figures import Figure
from tests.plugins.product import Product, running

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(150)]

ROUNDS = 20
OWNER, RIVAL, PLANNER = "collector", "collector2", "supervisor"
_EXTENSIONS = {"100", "101", "102"}


@dataclass(frozen=True, kw_only=True)
class Ring:
    """The three who race, and where to see what came of it."""

    owner: Desk
    rival: Desk
    planner: Desk
    database: Database
    cel: Cel


@pytest.fixture(params=["sqlite", "postgresql"])
def database_setting(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database for a copy of the product."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'race.db'}"
    server = request.getfixturevalue("postgres_server")
    asyncio.run(admin(server, "CREATE DATABASE race"))
    return f"{server}/race"


@pytest.fixture
async def floor(database_setting: str, tmp_path: Path) -> AsyncIterator[Product]:
    async with running(tmp_path / "floor", CALLCENTER_DATABASE_URL=database_setting) as product:
        yield product


@pytest.fixture
async def ring(floor: Product, database_setting: str) -> AsyncIterator[Ring]:
    """Everybody at his desk, with a phone that takes what he ordered; debtors pick up and soon hang up."""
    lab = Lab(floor.folder)
    pbx = lab.required().pbx
    database = Database(database_setting)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        for phone in lab.phones():
            if phone.extension in _EXTENSIONS:
                await stack.enter_async_context(desk_phone(pbx.sip, phone, auto_answer=True, browser=True))
        stack.enter_context(sipp.answer(pbx.trunk, seconds=0.4, ring_seconds=0.1))
        desks = [
            await stack.enter_async_context(signed_in(floor.url, login, floor.passwords[login]))
            for login in (OWNER, RIVAL, PLANNER)
        ]
        for desk in desks:
            await stack.enter_async_context(desk.open())
        owner, rival, planner = desks
        yield Ring(owner=owner, rival=rival, planner=planner, database=database, cel=Cel(lab.cel_file))


async def test_three_race_for_the_last_attempt(ring: Ring, database_setting: str, figure: Figure) -> None:
    chance = random.Random(3)
    winners: Counter[str] = Counter()
    for debtor in await enlist(database_setting, ROUNDS, owner=OWNER):
        winners[await _race(ring, debtor, chance)] += 1
    figure("rounds", ROUNDS)
    figure("won by", dict(winners))
    assert len(winners) > 1, "one side always won: that was no race"
    async with ring.database.read() as session:
        stuck = select(func.count()).where(Callback.state.in_((CallbackState.DIALLING, CallbackState.DUE)))
        assert await session.scalar(stuck) == 0


async def _race(ring: Ring, debtor: Debtor, chance: random.Random) -> str:
    """One round; who won it."""
    due = datetime.now(UTC) + timedelta(seconds=0.5)
    at = due.astimezone(debtor.zone).replace(tzinfo=None).isoformat()
    planned = await ring.planner.post(
        f"/cases/{debtor.case_id}/callbacks", at=at, phone_id=debtor.phone_id, automatic=1
    )
    assert planned.status_code == 303, planned.text
    await asyncio.sleep(0.5 + chance.random())  # the callback is dialled at a moment of the server's choice
    key = f"click-{debtor.case_id}"
    clicks = await asyncio.gather(
        ring.owner.post("/calls/dial", phone=debtor.phone, case_id=debtor.case_id, key=key),
        ring.rival.post("/calls/dial", phone=debtor.phone),
        ring.owner.post("/calls/dial", phone=debtor.phone, case_id=debtor.case_id, key=key),
    )
    call, login = await _only_call(ring, debtor)
    by_callback = "callback:" in (call.order_key or "")
    _agree(clicks, call.id, by_callback=by_callback)
    _once_in_cel(ring.cel, debtor, call.id)
    winner = next(desk for desk in (ring.owner, ring.rival, ring.planner) if desk.login == login)
    assert (await winner.post(f"/calls/{call.id}/wrap-up/end")).status_code == 204
    return "callback" if by_callback else login


async def _only_call(ring: Ring, debtor: Debtor) -> tuple[Call, str]:
    """The debtor's one call, once it is over, and whose it is; it is the only one, and counts once."""
    mine = select(Call, User.login).join(User, User.id == Call.user_id).where(Call.phone == debtor.phone)
    counted = select(func.count()).where(ContactAttempt.party_id == debtor.party_id, ContactAttempt.state.in_(OUTCOMES))
    async with asyncio.timeout(60):
        while True:
            async with ring.database.read() as session:
                calls = [(row.Call, row.login) for row in await session.execute(mine)]
                attempts = await session.scalar(counted)
            assert len(calls) <= 1, [call.order_key for call, _ in calls]
            if calls and calls[0][0].ended_at is not None:
                assert attempts == 1
                assert calls[0][0].answered_at is not None
                return calls[0]
            await asyncio.sleep(0.1)


def _agree(clicks: Sequence[httpx.Response], call_id: int, *, by_callback: bool) -> None:
    """One click won, or none; the same key got the same answer; whoever lost was told that the law forbids it."""
    first, _rival, again = clicks
    won = [answer for answer in clicks if answer.status_code == 201]
    assert first.status_code == again.status_code, (first.text, again.text)
    assert len({answer.request.headers["cookie"] for answer in won}) == (0 if by_callback else 1)
    assert all(answer.json()["call_id"] == call_id for answer in won)
    lost = [answer for answer in clicks if answer not in won]
    assert all(answer.json()["code"] == "contact_forbidden" for answer in lost), [answer.text for answer in lost]


def _once_in_cel(cel: Cel, debtor: Debtor, call_id: int) -> None:
    """Asterisk dialled the debtor once, for this call, and made one channel to him."""
    dialled = [channel for channel in cel.read().channels.values() if channel.dialled == debtor.phone]
    assert [channel.uniqueid for channel in dialled] == [f"cc-{call_id}-a"]
    customers = [channel for channel in cel.calls()[dialled[0].linkedid] if channel.is_customer]
    assert len(customers) == 1
