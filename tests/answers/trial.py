"""Recordings played to a real exchange, many at a time, and what its dialplan makes of who answered."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from callcenter.calls.errors import OrderRefused
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
_PATIENCE = 40.0
#: SIPp reads no longer scenario than one with so many sounds.
_MOST_SOUNDS = 60
#: What is left on machines, and how long it is (GSM: 33 bytes for 20 ms).
_MESSAGE, _MESSAGE_SECONDS = "vm-goodbye", 0.88


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What the exchange said of a take: ``by`` person, machine or unsure, and how long it listened. ``spoke`` is the
    second after the answer at which a message on a machine began, where one was left."""

    take: Take
    by: str
    because: str
    milliseconds: int
    spoke: float | None = None


class Trial:
    """Rings takes at a running lab. ``at_once`` are on the line at the same time; who answers hangs up after ``stays``
    seconds, or never."""

    def __init__(self, client: AmiClient, lab: Lab, at_once: int, stays: float | None) -> None:
        self._client = client
        self._pbx = lab.required().pbx
        self._lines = asyncio.Semaphore(at_once)
        self._stays = stays
        self._waiting: dict[str, asyncio.Queue[Mapping[str, str]]] = {}
        self._run = 0
        client.listener = self._heard

    async def judge(self, takes: Sequence[Take], place: Place = CAMPAIGN, *, leave: bool = False) -> list[Said]:
        """What the dialplan at ``place`` says of every take, in their order; with ``leave`` machines are left a
        message."""
        said: list[Said] = []
        for start in range(0, len(takes), _MOST_SOUNDS):
            said += await self._some(takes[start : start + _MOST_SOUNDS], place, leave)
        return said

    async def _some(self, takes: Sequence[Take], place: Place, leave: bool) -> list[Said]:
        self._run += 1
        sounds = {n: take.ulaw for n, take in enumerate(takes)}
        with sipp.answer(self._pbx.trunk, seconds=self._stays, ring_seconds=0.1, sounds=sounds):
            return list(await asyncio.gather(*(self._one(place, n, take, leave) for n, take in enumerate(takes))))

    def _heard(self, headers: Mapping[str, str]) -> None:
        if headers.get("userevent") == ANSWERER and headers.get("uniqueid") in self._waiting:
            self._waiting[headers["uniqueid"]].put_nowait(headers)

    async def _one(self, place: Place, n: int, take: Take, leave: bool) -> Said:
        async with self._lines:
            channel = f"take-{self._run:04}-{n:04}"  # as long as all others: Asterisk takes a prefix for the same
            told = self._waiting[channel] = asyncio.Queue()
            await self._client.send(_order(place, channel, f"{_PREFIX}{n:04}", leave))
            judged = await _next(told, take)
            spoke = None
            if leave and judged["by"] == "machine":
                left = await _next(told, take)
                since = float(left["timestamp"]) - float(judged["timestamp"])
                spoke = since + int(judged["milliseconds"]) / 1000 - _MESSAGE_SECONDS if left["left"] == "yes" else None
            with suppress(OrderRefused):  # it may have hung up by itself
                await self._client.send(Hangup(channel=channel))
        because, took = judged.get("because", ""), int(judged["milliseconds"])
        return Said(take=take, by=judged["by"], because=because, milliseconds=took, spoke=spoke)


async def _next(told: asyncio.Queue[Mapping[str, str]], take: Take) -> Mapping[str, str]:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await told.get()
    except TimeoutError:
        raise TimeoutError(f"nothing more was said of: {take.name}") from None


def _order(place: Place, channel: str, number: str, leave: bool) -> Originate:
    variables = {
        "CALLCENTER_DIALLED": number,
        "CALLCENTER_QUEUE": "main",
        "CALLCENTER_WAIT": "2",
        "CALLCENTER_MACHINES": "message" if leave else "hang_up",
        "CALLCENTER_MACHINE_MESSAGE": _MESSAGE,
        "CALLCENTER_APOLOGY": _MESSAGE,
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
async def listening(lab: Lab, at_once: int = 20, *, stays: float | None = None) -> AsyncIterator[Trial]:
    """A trial at the lab."""
    pbx = lab.required().pbx
    dialplan = lab.config_dir / "extensions.conf"
    if STOCK.context not in dialplan.read_text():
        dialplan.write_text(dialplan.read_text() + _STOCK_DIALPLAN)
    await asyncio.to_thread(lab.rx, "dialplan reload")
    account = AmiAccount(host=pbx.ami.host, port=pbx.ami.port, username=pbx.ami_user, secret=pbx.ami_secret)
    client = AmiClient(account, SystemClock())
    tasks = [asyncio.create_task(client.run())]
    try:
        async with asyncio.timeout(60):
            while not client.status().up:
                await client.batch()
        tasks.append(asyncio.create_task(_drained(client)))
        yield Trial(client, lab, at_once, stays)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _drained(client: AmiClient) -> None:
    while True:
        await client.batch()
