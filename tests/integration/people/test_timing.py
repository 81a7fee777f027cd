"""An unknown login costs as long as a known one, with the real hash."""

import statistics
import time

import pytest
from sqlalchemy import update

from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.people.errors import AccountLocked, BadCredentials
from core.people.model import User
from core.people.passwords import Passwords
from core.people.service.logins import Logins, Origin
from core.people.vault import Vault
from tests.factories.people import Cast


@pytest.mark.slow
async def test_timing_does_not_tell_which_logins_exist(
    uow: UnitOfWork, clock: ManualClock, vault: Vault, cast: Cast
) -> None:
    passwords = Passwords()
    hashed = await passwords.hash("the password of this one")
    async with uow.write() as work:
        await work.session.execute(update(User).values(password_hash=hashed))
    logins = Logins(uow, clock, passwords, vault)

    async def seconds(login: str) -> float:
        began = time.perf_counter()
        with pytest.raises((BadCredentials, AccountLocked)):
            await logins.log_in(login, "wrong", Origin())
        return time.perf_counter() - began

    known, unknown = [], []
    for number, login in enumerate(cast.users):
        known.append(await seconds(login))
        unknown.append(await seconds(f"stranger-{number}"))
    ratio = statistics.median(unknown) / statistics.median(known)
    assert 0.5 < ratio < 2.0
