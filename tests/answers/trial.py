"""Recordings played to a real exchange, many at a time, and what its dialplan makes of who answered."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from core.kernel.clock import SystemClock
from telephony.ami.actions import Hangup, Originate, Place
from telephony.ami.client import AmiAccount, AmiClient
from telephony.ami.decode import ANSWERER
from telephony.gateway import CAMPAIGN
from telephony.lab import Lab, sipp
from tests.answers.take import Take

#: Asterisk's own parameters, told in the words of ours.
STOCK = Place(context="callcenter-stock", exten="s")
_STOCK_DIALPLAN = f"""
[{STOCK.context}]
exten => s,1,Set(BEGAN=${{STRFTIME(,,%s%3q)}})
 same => n,AMD()
 same => n,Set(BY=${{IF($["${{AMDSTATUS}}" = "HUMAN"]?person:${{IF($["${{AMDSTATUS}}" = "MACHINE"]?machine:unsure)}})}})
 same => n,Set(TOOK=$[${{STRFTIME(,,%s%3q)}} - ${{BEGAN}}])
 same => n,UserEvent({ANSWERER},By: ${{BY}},Because: ${{AMDCAUSE}},Milliseconds: ${{TOOK}},Left: no)
 same => n,Hangup(16)
"""
_PREFIX = "+790000"
_PATIENCE = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What the exchange said of a take: ``by`` person, machine or unsure, and how long it listened."""

    take: Take
    by: str
    because: str
    milliseconds: int


class Trial:
    """Rings takes at a running lab. ``at_once`` are on the line at the same time."""

    def __init__(self, client: AmiClient, takes: Sequence[Take], at_once: int) -> None:
        self._client = client
        self._takes = takes
        self._lines = asyncio.Semaphore(at_once)
        self._waiting: dict[str, asyncio.Future[Mapping[str, str]]] = {}
        self._run = 0
        client.listener = self._heard

    async def judge(self, place: Place = CAMPAIGN) -> list[Said]:
        """What the dialplan at ``place`` says of every take, in their order."""
        self._run += 1
        return list(await asyncio.gather(*(self._one(place, n) for n in range(len(self._takes)))))

    def _heard(self, headers: Mapping[str, str]) -> None:
        if headers.get("event") != "UserEvent" or headers.get("userevent") != ANSWERER:
            return
        waiting = self._waiting.pop(headers.get("uniqueid", ""), None)
        if waiting is not None:
            waiting.set_result(headers)

    async def _one(self, place: Place, n: int) -> Said:
        async with self._lines:
            channel = f"take-{self._run}-{n:04}"  # as long as all others: Asterisk takes a prefix for the same
            judged = self._waiting[channel] = asyncio.get_running_loop().create_future()
            await self._client.send(_order(place, channel, f"{_PREFIX}{n:04}"))
            try:
                async with asyncio.timeout(_PATIENCE):
                    headers = await judged
            except TimeoutError:
                raise TimeoutError(f"{self._takes[n].name} was never judged") from None
            with suppress(Exception):  # it may have hung up by itself
                await self._client.send(Hangup(channel=channel))
        take, took = self._takes[n], int(headers["milliseconds"])
        return Said(take=take, by=headers["by"], because=headers.get("because", ""), milliseconds=took)


def _order(place: Place, channel: str, number: str) -> Originate:
    variables = {
        "CALLCENTER_DIALLED": number,
        "CALLCENTER_QUEUE": "main",
        "CALLCENTER_WAIT": "2",
        "CALLCENTER_MACHINES": "hang_up",
        "CALLCENTER_APOLOGY": "vm-goodbye",
    }
    return Originate(
        action_id=channel,
        endpoint=number,
        trunk="trunk",
        place=place,
        channel_id=channel,
        other_channel_id=f"{channel}-b",
        ring_seconds=20,
        callee=number,
        variables=variables,
    )


@asynccontextmanager
async def listening(lab: Lab, takes: Sequence[Take], at_once: int = 20) -> AsyncIterator[Trial]:
    """A trial at the lab, whose debtors answer with the takes."""
    pbx = lab.required().pbx
    dialplan = lab.config_dir / "extensions.conf"
    dialplan.write_text(dialplan.read_text() + _STOCK_DIALPLAN)
    await asyncio.to_thread(lab.rx, "dialplan reload")
    account = AmiAccount(host=pbx.ami.host, port=pbx.ami.port, username=pbx.ami_user, secret=pbx.ami_secret)
    client = AmiClient(account, SystemClock())
    with sipp.answer(pbx.trunk, ring_seconds=0.1, sounds={n: take.ulaw for n, take in enumerate(takes)}):
        tasks = [asyncio.create_task(client.run())]
        try:
            async with asyncio.timeout(20):
                while not client.status().up:
                    await client.batch()
            tasks.append(asyncio.create_task(_drained(client)))
            yield Trial(client, takes, at_once)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _drained(client: AmiClient) -> None:
    while True:
        await client.batch()
