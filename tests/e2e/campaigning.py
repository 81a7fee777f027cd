"""Campaigns on a real exchange, as tests start and watch them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from callcenter.calls.model import Call
from callcenter.campaigns.model import CampaignAttempt
from core.cases.model import Case
from core.kernel.db import Database
from core.people.model import User
from telephony.lab import Lab
from tests.desk import Desk, signed_in
from tests.e2e.debtors import Debtor, enlist
from tests.phones import desk_phone
from tests.plugins.product import Product, running
from tests.waiting import until

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


@asynccontextmanager
async def opened(folder: Path, count: int) -> AsyncIterator[Scene]:
    """Two collectors at desk phones that take what rings; ``count`` debtors."""
    url = f"sqlite+aiosqlite:///{folder / 'campaigns.db'}"
    async with running(folder / "floor", CALLCENTER_DATABASE_URL=url) as product, AsyncExitStack() as stack:
        lab = Lab(product.folder)
        database = Database(url)
        stack.push_async_callback(database.close)
        debtors = await enlist(url, count, owner="collector")
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


async def until_ended(scene: Scene, campaign_id: int, count: int) -> None:
    """Wait for ``count`` attempts to be over, while collectors say that they are done with their calls."""

    async def ended() -> bool:
        await scene.wrap_ups_end()
        made = await scene.attempts(campaign_id)
        return len(made) >= count and all(one.ended_at is not None for one in made)

    await until(ended, within=60, every=0.2)
