"""Guesses from one address are few; those who know their password are not kept waiting for it."""

import asyncio

import pytest

from core.kernel.errors import DatabaseBusy, DomainError
from core.people.errors import AccountLocked, BadCode, BadCredentials, TooManyAttempts
from web.throttle import Throttle

ADDRESS = "192.0.2.7"


async def attempt(throttle: Throttle, fault: DomainError | None, address: str = ADDRESS) -> None:
    """Somebody at that address tries to log in: with success, or with this fault."""
    async with throttle.login(address):
        await asyncio.sleep(0)
        if fault is not None:
            raise fault


async def came_to(throttle: Throttle, *faults: DomainError | None, address: str = ADDRESS) -> list[type[object]]:
    """How attempts made at the same moment ended."""
    ends = await asyncio.gather(*(attempt(throttle, one, address) for one in faults), return_exceptions=True)
    return [type(end) for end in ends]


async def test_a_floor_that_signs_in_at_the_same_moment_is_let_in() -> None:
    throttle = Throttle("20/minute")
    assert set(await came_to(throttle, *[None] * 200)) == {type(None)}
    assert throttle._doors == {}


async def test_guesses_at_the_same_moment_are_as_few_as_one_after_another() -> None:
    throttle = Throttle("20/minute")
    ends = await came_to(throttle, *[BadCredentials() for _ in range(100)])
    assert (ends.count(BadCredentials), ends.count(TooManyAttempts)) == (20, 80)
    assert await came_to(throttle, None) == [TooManyAttempts]
    assert await came_to(throttle, None, address="192.0.2.8") == [type(None)]


async def test_what_the_house_could_not_do_is_nobodys_guess() -> None:
    throttle = Throttle("3/minute")
    for _ in range(5):
        assert await came_to(throttle, DatabaseBusy()) == [DatabaseBusy]
    for fault in (BadCredentials(), BadCode(), AccountLocked(minutes=1)):
        assert await came_to(throttle, fault) == [type(fault)]
    assert await came_to(throttle, None) == [TooManyAttempts]


async def test_a_customers_network_is_one_address() -> None:
    throttle = Throttle("3/minute")
    for last in ("1", "2", "ffff:3"):
        await came_to(throttle, BadCredentials(), address=f"2001:db8:0:1::{last}")
    assert await came_to(throttle, None, address="2001:db8:0:1:ab::9") == [TooManyAttempts]
    assert await came_to(throttle, None, address="2001:db8:0:2::1") == [type(None)]


@pytest.mark.parametrize("spelling", ["::ffff:192.0.2.7", "192.0.2.7"])
async def test_an_address_is_the_same_however_it_is_written(spelling: str) -> None:
    throttle = Throttle("1/minute")
    await came_to(throttle, BadCredentials())
    assert await came_to(throttle, None, address=spelling) == [TooManyAttempts]
    assert await came_to(throttle, None, address="") == [type(None)]
