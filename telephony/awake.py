"""Tells an exchange that the program is there, and so what the dialplan may leave to it."""

import asyncio
from contextlib import suppress

from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from telephony.ami.actions import Ping, SetGlobal
from telephony.bridge import Bridge

VARIABLE = "CALLCENTER_AWAKE_UNTIL"
SECONDS = 2
"""For how long the exchange may count on the program after each word from it."""
_BEHIND_SECONDS = 2.0


class Awake:
    """The lifespan owns the task that runs :meth:`run`; ``every`` seconds it says so.

    The dialplan pauses a collector as he puts down, and only this program lets him go on. One that is away never would;
    so it must have said lately, by the exchange's own clock, that it is there, and one that cannot write what it hears
    does not say so.
    """

    def __init__(self, bridge: Bridge, every: float = 0.5) -> None:
        self._bridge = bridge
        self._every = every

    async def run(self) -> None:
        """Say so until cancelled."""
        while True:
            if self._bridge.behind < _BEHIND_SECONDS:
                with suppress(OrderRefused, TelephonyUnavailable):
                    await self._say()
            await asyncio.sleep(self._every)

    async def _say(self) -> None:
        answer = await self._bridge.client.send(Ping())
        if answer.timestamp:
            until = int(float(answer.timestamp)) + SECONDS
            await self._bridge.client.send(SetGlobal(variable=VARIABLE, value=str(until)))
