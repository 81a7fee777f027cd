"""The session layer against a manager port that misbehaves on purpose."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from callcenter.calls.errors import OrderRefused, TelephonyUnavailable
from core.kernel.clock import SystemClock
from telephony.ami import actions as a
from telephony.ami.client import REFUSED, AmiAccount, AmiClient, Heard, LinkDown, LinkUp, Patience
from tests.fakes.ami_server import AmiServer

HASTY = Patience(ping_every=0.05, ping_timeout=0.1, backoff_first=0.01, backoff_most=0.05, answer=0.3, connect=0.5)
ORDER = a.Originate(
    action_id="cc-1-a",
    endpoint="100",
    place=a.Place(context="callcenter-outbound", exten="79000000001"),
    channel_id="cc-1-a",
    other_channel_id="cc-1-b",
)


@asynccontextmanager
async def session(server: AmiServer, patience: Patience = HASTY) -> AsyncIterator[AmiClient]:
    account = AmiAccount(host="127.0.0.1", port=server.port, username="u", secret="s")
    client = AmiClient(account, SystemClock(), patience)
    task = asyncio.create_task(client.run())
    try:
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def next_of(client: AmiClient, kind: type) -> object:
    async with asyncio.timeout(60):
        while True:
            for arrival in await client.batch(1):
                if isinstance(arrival, kind):
                    return arrival


def pinged(server: AmiServer, *, more_than: int) -> Callable[[], bool]:
    return lambda: len(server.actions("Ping")) > more_than


async def test_it_logs_in_and_says_since_when() -> None:
    async with AmiServer() as server, session(server) as client:
        before = client.status().since
        await next_of(client, LinkUp)
        assert client.status().up
        assert client.status().since >= before
        assert server.actions("Login")[0]["Events"] == "on"


async def test_an_order_unanswered_when_the_link_drops_is_never_sent_again() -> None:
    async with AmiServer() as server, session(server) as client:
        server.silent.add("Originate")
        await next_of(client, LinkUp)
        order = asyncio.create_task(client.send(ORDER))
        await server.until(lambda: len(server.actions("Originate")) == 1)
        server.cut()
        with pytest.raises(TelephonyUnavailable):
            await order
        server.silent.clear()
        await next_of(client, LinkUp)
        server.event(Event="FullyBooted", Status="Fully Booted")
        await next_of(client, Heard)
        await client.send(a.QueueStatus())
        assert len(server.actions("Originate")) == 1


async def test_every_action_times_out() -> None:
    async with AmiServer() as server, session(server) as client:
        server.silent.add("QueueAdd")
        await next_of(client, LinkUp)
        with pytest.raises(TelephonyUnavailable):
            await client.send(a.QueueAdd(queue="q", interface="PJSIP/100"), timeout=0.05)
        assert client.status().up


@pytest.mark.parametrize(
    "action",
    [
        a.Atxfer(channel="PJSIP/100-1", place=a.Place(context="c", exten="101")),
        a.QueueAdd(queue="q", interface="PJSIP/100"),
        ORDER,
    ],
)
async def test_answers_that_look_like_lists_end_the_order_and_not_the_link(action: a.Action) -> None:
    def queued(heard: dict[str, str]) -> str | None:
        if heard["Action"] not in ("Atxfer", "QueueAdd", "Originate"):
            return None
        text = "Added interface to queue" if heard["Action"] == "QueueAdd" else f"{heard['Action']} successfully queued"
        return f"Response: Success\r\nActionID: {heard['ActionID']}\r\nMessage: {text}\r\n\r\n"

    async with AmiServer(queued) as server, session(server) as client:
        await next_of(client, LinkUp)
        assert (await client.send(action)).success
        server.event(Event="OriginateResponse", ActionID="cc-1-a", Response="Failure", Reason=3)
        heard = await next_of(client, Heard)
        assert isinstance(heard, Heard)
        assert heard.headers["actionid"] == "cc-1-a"
        assert server.links == 1


async def test_a_half_open_link_is_dropped_and_made_anew() -> None:
    async with AmiServer() as server, session(server) as client:
        await next_of(client, LinkUp)
        server.silent.add("Ping")
        await next_of(client, LinkDown)
        assert not client.status().up
        server.silent.clear()
        await next_of(client, LinkUp)
        assert client.status().up


async def test_a_link_that_goes_on_telling_is_not_dropped_for_an_unanswered_ping() -> None:
    async with AmiServer() as server, session(server) as client:
        await next_of(client, LinkUp)
        server.silent.add("Ping")
        async with asyncio.timeout(60):
            while len(server.actions("Ping")) < 5:
                server.event(Event="Hold", Uniqueid=1)
                assert isinstance((await client.batch(1))[0], Heard)
                await asyncio.sleep(HASTY.ping_timeout / 4)  # the exchange's pace, not a wait for something
        assert client.status().up
        assert server.links == 1


async def test_a_program_that_was_too_busy_to_listen_does_not_blame_the_link() -> None:
    """The answer lies behind much else that came while nobody listened: it is read a few turns later."""
    async with AmiServer() as server, session(server) as client:
        await next_of(client, LinkUp)
        server.silent.add("Ping")
        answered = len(server.actions("Ping"))
        for _ in range(3):
            await server.until(pinged(server, more_than=answered))
            time.sleep(HASTY.ping_timeout * 2)  # noqa: ASYNC251 - what holds the loop up is the point
            for _ in range(5):
                await asyncio.sleep(0)
            answered = len(server.actions("Ping"))
            server.event(Response="Success", ActionID=server.actions("Ping")[-1]["ActionID"])
        assert server.links == 1


async def test_a_refusal_is_certain_and_an_order_without_a_link_is_refused() -> None:
    def refuse(action: dict[str, str]) -> str | None:
        if action["Action"] == "Originate":
            return f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: Extension does not exist.\r\n\r\n"
        return None

    async with AmiServer(refuse) as server, session(server) as client:
        with pytest.raises(OrderRefused):
            await client.send(ORDER)
        await next_of(client, LinkUp)
        with pytest.raises(OrderRefused, match="Extension does not exist"):
            await client.send(ORDER)


async def test_a_wrong_password_is_said_and_tried_again() -> None:
    passes = asyncio.Event()

    def guard(action: dict[str, str]) -> str | None:
        if action["Action"] == "Login" and not passes.is_set():
            return f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: Authentication failed\r\n\r\n"
        return None

    async with AmiServer(guard) as server, session(server) as client:
        await server.until(lambda: server.links >= 3)
        assert client.status().detail == REFUSED
        passes.set()
        await next_of(client, LinkUp)


async def test_events_keep_their_order_around_the_link() -> None:
    async with AmiServer() as server, session(server) as client:
        await next_of(client, LinkUp)
        for number in range(500):
            server.event(Event="Hold", Uniqueid=number)
        got: list[str] = []
        while len(got) < 500:
            got += [each.headers["uniqueid"] for each in await client.batch() if isinstance(each, Heard)]
        assert got == [str(number) for number in range(500)]


async def test_an_overfull_inbox_drops_the_link_instead_of_events() -> None:
    async with AmiServer() as server, session(server, Patience(inbox=100, backoff_first=0.01)) as client:
        await next_of(client, LinkUp)
        for number in range(5000):
            server.event(Event="Hold", Uniqueid=number)
        await server.until(lambda: server.links == 2)
        seen = []
        async with asyncio.timeout(60):
            while LinkUp not in seen:
                seen += [type(each) for each in await client.batch()]
        assert seen.index(LinkDown) < seen.index(LinkUp)


async def test_it_ends_when_told_and_does_not_come_back() -> None:
    async with AmiServer() as server:
        async with session(server) as client:
            await next_of(client, LinkUp)
            server.cut()
        links = server.links
        await asyncio.sleep(0.2)  # longer than any back-off here
        assert server.links == links
