"""Campaigns on a real exchange: who is rung, by whom, how often, and what comes of it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.callbacks.model import Callback
from callcenter.calls.model import Call
from callcenter.campaigns.model import CampaignAttempt, CampaignEntry, EntryState
from callcenter.compliance.model import ContactAttempt
from callcenter.compliance.queries import OUTCOMES
from core.cases.model import Case
from core.kernel.db import Database
from core.people.model import User
from telephony.lab import Lab, sipp
from telephony.lab.scenarios import Answer
from tests.desk import Desk, signed_in
from tests.e2e.debtors import Debtor, enlist
from tests.phones import desk_phone
from tests.plugins.asterisk import eventually
from tests.plugins.product import Product, running

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(240)]

AGENTS = {"101": "collector", "102": "collector2"}
RULES = {
    "name": "Spring",
    "mode": "progressive",
    "opens": "00:00",
    "closes": "24:00",
    "weekday": ["1", "2", "3", "4", "5", "6", "7"],
    "ring_seconds": "6",
    "connect_seconds": "2",
    "most_a_day": "1",
    "most_in_total": "3",
    "apology": "vm-goodbye",
    "retry-BUSY": "10",
    "retry-NA": "120",
}


@dataclass
class Scene:
    """A running copy of the product with its exchange, and the database behind it."""

    product: Product
    lab: Lab
    database: Database
    admin: Desk
    debtors: Sequence[Debtor]
    desks: dict[int, Desk]

    async def campaign(self, debtors: Sequence[Debtor], **rules: object) -> int:
        """A campaign over these debtors with the seated collectors, started."""
        made = await self.admin.post("/campaigns", **{**RULES, "user": [str(one) for one in self.desks], **rules})
        assert made.status_code == 303, made.text
        path = made.headers["location"]
        numbers = "\n".join(await self.numbers(debtors))
        answer = await self.admin.http.post(
            f"{self.admin.url}{path}/cases",
            files={"file": ("numbers.csv", f"number\n{numbers}\n".encode(), "text/csv")},
        )
        assert answer.status_code == 303, answer.text
        assert (await self.admin.post(f"{path}/start")).status_code == 303
        return int(path.rsplit("/", 1)[1])

    async def numbers(self, debtors: Sequence[Debtor]) -> list[str]:
        async with self.database.read() as session:
            wanted = select(Case.number).where(Case.id.in_([one.case_id for one in debtors]))
            return list((await session.scalars(wanted)).all())

    async def attempts(self, campaign_id: int) -> list[CampaignAttempt]:
        async with self.database.read() as session:
            wanted = select(CampaignAttempt).where(CampaignAttempt.campaign_id == campaign_id)
            return list((await session.scalars(wanted.order_by(CampaignAttempt.id))).all())

    async def wrap_ups_end(self) -> None:
        """Every collector says at once that he is done with his last call."""
        async with self.database.read() as session:
            wanted = select(Call).where(Call.wrap_started_at.is_not(None), Call.wrap_ended_at.is_(None))
            rows = (await session.scalars(wanted)).all()
        for row in rows:
            if row.user_id in self.desks:
                await self.desks[row.user_id].post(f"/calls/{row.id}/wrap-up/end")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Two collectors at desk phones that take what rings; twelve debtors."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'campaigns.db'}"
    async with running(tmp_path / "floor", CALLCENTER_DATABASE_URL=url) as product, AsyncExitStack() as stack:
        lab = Lab(product.folder)
        database = Database(url)
        stack.push_async_callback(database.close)
        debtors = await enlist(url, 12, owner="collector")
        async with database.read() as session:
            ids = {user.login: user.id for user in await session.scalars(select(User))}
        desks = {}
        for phone in lab.phones():
            if phone.extension in AGENTS:
                login = AGENTS[phone.extension]
                pbx = lab.required().pbx
                await stack.enter_async_context(desk_phone(pbx.sip, phone, auto_answer=True))
                desks[ids[login]] = await stack.enter_async_context(
                    signed_in(product.url, login, product.passwords[login])
                )
        admin = await stack.enter_async_context(signed_in(product.url, "admin", product.passwords["admin"]))
        yield Scene(product, lab, database, admin, debtors, desks)


async def until(look: Callable[[], Awaitable[bool]], scene: Scene, seconds: float = 60) -> None:
    """Wait, while collectors say that they are done with their calls."""
    async with asyncio.timeout(seconds):
        while not await look():
            await scene.wrap_ups_end()
            await asyncio.sleep(0.2)


async def all_ended(scene: Scene, campaign_id: int, count: int) -> bool:
    made = await scene.attempts(campaign_id)
    return len(made) >= count and all(one.ended_at is not None for one in made)


@pytest.mark.parametrize("mode", ["progressive", "predictive"])
async def test_campaign_with_collectors(scene: Scene, mode: str) -> None:
    """Everybody is rung once, hears a collector at once, and no contact is counted that was not made."""
    debtors = scene.debtors[:6]
    with sipp.answer(scene.lab.required().pbx.trunk, seconds=1.0, ring_seconds=0.3) as trunk:
        campaign_id = await scene.campaign(debtors, mode=mode)
        await until(lambda: all_ended(scene, campaign_id, 6), scene)
        rung = Counter(event.name for event in trunk.events())
    made = await scene.attempts(campaign_id)
    assert rung["started"] == 6, "nobody is rung twice"
    assert {one.phone for one in made} == {one.phone for one in debtors}
    assert [one.outcome for one in made] == ["TALK"] * 6
    assert {one.user_id for one in made} == set(scene.desks)
    waits = [
        (one.connected_at - one.picked_up_at).total_seconds() for one in made if one.connected_at and one.picked_up_at
    ]
    assert len(waits) == 6
    assert max(waits) < 1.0, waits
    async with scene.database.read() as session:
        calls = (await session.scalars(select(Call).where(Call.campaign_id == campaign_id))).all()
        contacts = (await session.scalars(select(ContactAttempt).where(ContactAttempt.state.in_(OUTCOMES)))).all()
        states = set(await session.scalars(select(CampaignEntry.state)))
    assert {call.queue for call in calls} == {f"campaign-{campaign_id}"}
    assert {call.case_id for call in calls} == {one.case_id for one in debtors}
    assert Counter(one.party_id for one in contacts) == Counter(one.party_id for one in debtors)
    assert states == {EntryState.TALKED}


async def test_results_of_the_network_decide_what_follows(scene: Scene) -> None:
    trunk = scene.lab.required().pbx.trunk
    with sipp.answer(trunk, Answer.BUSY, ring_seconds=0.3):
        busy = await scene.campaign(scene.debtors[:2])
        await until(lambda: all_ended(scene, busy, 2), scene)
    with sipp.answer(trunk, Answer.NO_ANSWER):
        silent = await scene.campaign(scene.debtors[2:4])
        await until(lambda: all_ended(scene, silent, 2), scene)
    async with scene.database.read() as session:
        entries = {one.campaign_id: one for one in await session.scalars(select(CampaignEntry))}
    assert {one.outcome for one in await scene.attempts(busy)} == {"BUSY"}
    assert {one.outcome for one in await scene.attempts(silent)} == {"NA"}
    assert {entries[busy].state, entries[silent].state} == {EntryState.WAITING}
    assert entries[busy].reason == "BUSY"


async def test_who_finds_nobody_hears_why_and_is_called_back(scene: Scene) -> None:
    """A collector whose phone is not picked up: the debtor waits two seconds, hears the apology, and is owed a call."""
    trunk = scene.lab.required().pbx.trunk
    for desk in scene.desks.values():  # at lunch as soon as the line rings: nobody takes it
        await desk.post("/me/state", state="available")
    with sipp.answer(trunk, ring_seconds=1.5) as line:
        campaign_id = await scene.campaign(scene.debtors[:1])
        await eventually(line.events, seconds=30)
        for desk in scene.desks.values():
            assert (await desk.post("/me/state", state="pause", reason="lunch")).status_code == 204
        await until(lambda: all_ended(scene, campaign_id, 1), scene)
    (attempt,) = await scene.attempts(campaign_id)
    assert attempt.outcome == "ABANDONED"
    assert attempt.picked_up_at is not None
    assert attempt.ended_at is not None
    assert 2 <= (attempt.ended_at - attempt.picked_up_at).total_seconds() < 6
    async with scene.database.read() as session:
        owed = (await session.scalars(select(Callback).where(Callback.source_call_id == attempt.call_id))).one()
    assert owed.phone == attempt.phone
