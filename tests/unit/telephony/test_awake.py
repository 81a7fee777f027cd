"""An exchange may count on a program that says that it is there, for as long as that can do its work."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from telephony.awake import VARIABLE, Awake
from telephony.bridge import Bridge
from tests.fakes.ami_server import AmiServer
from tests.integration.telephony.exchange import Log
from tests.unit.telephony.test_bridge import bridged

AT = 1_795_350_000.25


def _clock(action: dict[str, str]) -> str | None:
    if action["Action"] != "Ping":
        return None
    return f"Response: Success\r\nActionID: {action['ActionID']}\r\nPing: Pong\r\nTimestamp: {AT}\r\n\r\n"


@dataclass
class Hindered:
    """A bridge that is as far behind as the test says."""

    bridge: Bridge
    behind: float

    @property
    def client(self) -> object:
        return self.bridge.client


async def test_it_is_said_by_the_clock_of_the_exchange() -> None:
    async with AmiServer(_clock) as server, bridged(server, Log()) as (bridge, _):
        saying = asyncio.create_task(Awake(bridge, every=0.01).run())
        await server.until(lambda: len(server.actions("Setvar")) > 1)
        saying.cancel()
    said = server.actions("Setvar")[0]
    assert (said["Variable"], said["Value"]) == (VARIABLE, "1795350002")
    assert "Channel" not in said


async def test_who_cannot_tell_what_he_hears_does_not_say_so() -> None:
    async with AmiServer(_clock) as server, bridged(server, Log()) as (bridge, _):
        hindered = Hindered(bridge, behind=9.0)
        saying = asyncio.create_task(Awake(hindered, every=0.01).run())  # type: ignore[arg-type]
        with suppress(TimeoutError):
            await server.until(lambda: bool(server.actions("Setvar")), timeout=0.3)
        assert not server.actions("Setvar")
        hindered.behind = 0.0
        await server.until(lambda: bool(server.actions("Setvar")))
        saying.cancel()


async def test_a_link_that_is_gone_does_not_end_it() -> None:
    async with AmiServer(_clock) as server, bridged(server, Log()) as (bridge, _):
        saying = asyncio.create_task(Awake(bridge, every=0.01).run())
        await server.until(lambda: bool(server.actions("Setvar")))
        server.cut()
        before = len(server.actions("Setvar"))
        await server.until(lambda: len(server.actions("Setvar")) > before + 1, timeout=10)
        assert not saying.done()
        saying.cancel()
