"""``callcenter demo``: everything invented, in one go, any number of times."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import make_url

from callcenter.app import wiring
from callcenter.app.demo.cases import demo_cases
from callcenter.app.demo.money import demo_money
from callcenter.app.demo.people import SHOWN, collectors, demo_people
from callcenter.app.schema import downgrade, migrate
from callcenter.app.settings import Settings
from callcenter.app.shipping import ship
from core.kernel.db import Database


async def install_demo(settings: Settings, *, reset: bool = False) -> Sequence[str]:
    """Add what is missing of the demo; what to tell the person at the terminal."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if reset:
        await _empty(settings)
        await asyncio.to_thread(_throw_away, settings)
    database = Database(settings.database)
    try:
        await migrate(database)
        base = wiring.ground(settings, database)
        passwords = await demo_people(base.uow, wiring.people(base).users)
        async with base.uow.write() as work:
            await ship(work, at=base.clock.now())
        await demo_cases(base.uow, base.clock, await collectors(base.uow))
        await demo_money(wiring.build(base, wiring.people(base), sites=()))
    finally:
        await database.close()
    return _told(passwords)


def _told(passwords: dict[str, str]) -> list[str]:
    if not passwords:
        return ["The demo is installed. Its passwords were shown when it was made; new ones: callcenter demo --reset"]
    width = max(map(len, passwords))
    shown = [login for login in SHOWN if login in passwords] + [login for login in passwords if login not in SHOWN]
    return ["Logins of the demo, shown this once:", *(f"  {login:<{width}}  {passwords[login]}" for login in shown)]


async def _empty(settings: Settings) -> None:
    """Take a server's database down to nothing; a SQLite file is thrown away whole."""
    if make_url(settings.database).get_backend_name() != "sqlite":
        database = Database(settings.database)
        await downgrade(database, "base")
        await database.close()


def _throw_away(settings: Settings) -> None:
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite":
        for ending in ("", "-wal", "-shm"):
            Path(f"{url.database}{ending}").unlink(missing_ok=True)
    for folder in ("recordings", "imports", "scratch", "watermarks"):
        shutil.rmtree(settings.data_dir / folder, ignore_errors=True)
