"""From a report of telephony to the screens it concerns, over a real websocket endpoint."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.websockets import WebSocket

from callcenter.agents.directory import ship_reasons
from callcenter.agents.events import AgentStateChanged
from callcenter.agents.model import PauseReason
from callcenter.agents.service import AgentService
from callcenter.calls.facts import CallPhase, Direction, Interval, LegKind
from callcenter.calls.queries import live_calls_of
from callcenter.calls.recorded import RecordingPaused
from callcenter.calls.reporting import CallReporter
from core.kernel.access import Actor
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import FakeTelephony, answered, at, collector, ended, incoming, phone_of, ringing
from web.live.endpoint import LiveDesk, live
from web.live.hub import Audience, Hub
from web.live.messages import LiveMessages
from web.live.presence import ScreenPresence


@dataclass
class Browser:
    """A screen's end of the websocket."""

    app: Any
    actor: Actor
    after: str = ""
    logins: Any = None
    sent: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)
    told: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)
    task: "asyncio.Task[None] | None" = None

    async def __aenter__(self) -> "Browser":
        state = {"services": SimpleNamespace(parts={LiveDesk: self.app}, logins=self.logins)}
        headers = [(b"authorization", b"Bearer token")]
        scope = {"type": "websocket", "path": "/api/live", "query_string": self.after.encode(), "headers": headers}
        scope |= {"state": state, "identity": SimpleNamespace(actor=self.actor, session_id=None), "subprotocols": []}
        await self.sent.put({"type": "websocket.connect"})
        self.task = asyncio.create_task(live(WebSocket(scope, self.sent.get, self.told.put)))  # type: ignore[arg-type]
        assert (await self.told.get())["type"] == "websocket.accept"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.sent.put({"type": "websocket.disconnect", "code": 1001})
        assert self.task is not None
        await self.task

    async def next(self) -> dict[str, Any]:
        """The next message, within the test's patience."""
        found = await asyncio.wait_for(self.told.get(), 60)
        message: dict[str, Any] = json.loads(found["text"])
        return message

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of a kind."""
        while (message := await self.next())["type"] != kind:
            pass
        return message


class SomePaused:
    """Collector 3 has paused the recording of call 77."""

    async def paused_calls(self, user_id: int) -> tuple[int, ...]:
        return (77,) if user_id == 3 else ()


@pytest.fixture
async def desk(uow: UnitOfWork, bus: Bus, clock: ManualClock, telephony: FakeTelephony) -> AsyncIterator[LiveDesk]:
    hub = Hub(clock)
    messages = LiveMessages(hub, uow, telephony, SomePaused())
    messages.subscribe(bus)
    presence = ScreenPresence(AgentService(uow, clock), grace=0)
    yield LiveDesk(hub, messages, presence)
    await presence.close()


async def test_the_card_pops_for_those_who_are_rung_and_for_nobody_else(desk: LiveDesk, reporter: CallReporter) -> None:
    async with (
        Browser(desk, collector(1)) as anna,
        Browser(desk, collector(2)) as boris,
        Browser(desk, collector(3)) as vera,
    ):
        assert (await anna.next())["type"] == "snapshot"
        await reporter.report((ringing(incoming(1), 1, 2),))
        offer = await anna.until("call.offered")
        assert (offer["call_id"], offer["url"], offer["phone"]) == (1, "/cases/70", "+79000000001")
        assert offer["number"] == "+7 900 000-00-01"  # as every page writes it
        assert (await boris.until("call.offered"))["call_id"] == 1
        await reporter.report((answered(ringing(incoming(1), 1, 2), 2),))
        assert (await anna.until("call.withdrawn"))["reason"] == "answered_elsewhere"
        assert (await boris.until("call.answered"))["call_id"] == 1
        await reporter.report((ended(answered(ringing(incoming(1), 1, 2), 2), 60),))
        assert (await boris.until("call.ended"))["needs_result"] is True
        await reporter.report((ringing(incoming(2), 3),))
        assert (await vera.until("call.offered"))["call_id"] == 2


async def test_from_whom_a_call_was_taken_he_is_told_when_another_has_it(
    desk: LiveDesk, reporter: CallReporter, uow: UnitOfWork
) -> None:
    talk = answered(ringing(incoming(1), 1), 1)
    await reporter.report((talk,))
    (own,) = (leg for leg in talk.legs if leg.kind is LegKind.AGENT)
    parted = replace(own, ended_at=at(20), talks=(replace(own.talks[0], end=at(20)),))
    other = phone_of(2, 2, started_at=at(21), answered_at=at(22), talks=(Interval(start=at(22)),))
    rest = tuple(leg for leg in talk.legs if leg is not own)
    async with Browser(desk, collector(1)) as anna:
        await reporter.report((replace(talk, legs=(*rest, parted, other)),))
        assert (await anna.until("call.answered"))["user_ids"] == [2]
        async with uow.read() as session:
            assert await live_calls_of(session, 1) == []


async def test_a_screen_that_was_away_resumes_or_starts_from_a_snapshot(desk: LiveDesk, reporter: CallReporter) -> None:
    async with Browser(desk, collector(1)) as anna:
        seen = (await anna.next())["seq"]
    await reporter.report((ringing(incoming(1), 1),))
    async with Browser(desk, collector(1), after=f"after={seen}") as again:
        assert (await again.until("call.offered"))["call_id"] == 1
    async with Browser(desk, collector(1), after="after=1") as anew:
        snapshot = await anew.next()
    assert (snapshot["type"], [offer["call_id"] for offer in snapshot["offers"]]) == ("snapshot", [1])
    assert snapshot["telephony"]["up"] is True


async def test_who_talks_learns_when_the_recording_goes_on(desk: LiveDesk, reporter: CallReporter, bus: Bus) -> None:
    await reporter.report((answered(ringing(incoming(1), 1), 1),))
    async with Browser(desk, collector(1)) as anna, Browser(desk, collector(3)) as vera:
        assert (await anna.next())["paused"] == []
        assert (await vera.next())["paused"] == [77]
        bus.publish([RecordingPaused(at=at(9), call_id=1, paused_until=at(129))])
        assert (await anna.until("recording.paused"))["paused_until"] == at(129).isoformat()
        bus.publish([RecordingPaused(at=at(129), call_id=1, paused_until=None)])
        told = await anna.until("recording.paused")
        assert (told["call_id"], told["paused_until"]) == (1, None)
        await reporter.report((ringing(incoming(2), 3),))
        assert (await vera.until("call.offered"))["call_id"] == 2


async def test_a_hidden_caller_opens_the_page_to_choose(desk: LiveDesk, reporter: CallReporter) -> None:
    async with Browser(desk, collector(1)) as anna:
        await reporter.report((ringing(replace(incoming(1, None), queue=None), 1),))
        assert (await anna.until("call.offered"))["url"] == "/calls/1/caller"


async def test_presence_follows_the_screens(desk: LiveDesk) -> None:
    async with Browser(desk, collector(1)) as anna:
        assert (await anna.until("agent.state"))["state"] == "available"
        assert desk.hub.screens_of(1) == 1
        async with Browser(desk, collector(2)) as boris:
            await boris.until("agent.state")
    assert desk.hub.screens_of(1) == 0


async def test_a_pause_for_a_reason_of_the_agencys_own_is_called_by_it(
    desk: LiveDesk, uow: UnitOfWork, bus: Bus
) -> None:
    """A word of the agency's is shown as it is written, also where it happens to be one of ours."""
    async with uow.write() as work:
        await ship_reasons(work)
        for code, label in (("dentist", "At the dentist"), ("walk", "Lunch")):
            limits = {"limit_seconds": None, "day_seconds": None}
            work.session.add(PauseReason(code=code, label=label, **limits, position=9, shipped=False))
    pause = AgentStateChanged(at=at(1), user_id=1, unit_id=None, state="pause", reason=None, call_id=None, since=at(1))
    async with Browser(desk, replace(collector(1), language="ru")) as anna:
        assert (await anna.next())["type"] == "snapshot"
        for reason, word in (("lunch", "Обед"), ("dentist", "At the dentist"), ("walk", "Lunch")):
            bus.publish([replace(pause, reason=reason)])
            while (told := await anna.until("agent.state"))["reason"] != reason:
                pass
            assert told["word"] == word


async def test_who_rings_a_colleague_is_not_offered_his_own_call(desk: LiveDesk, reporter: CallReporter) -> None:
    inside = replace(
        incoming(1, None),
        direction=Direction.INTERNAL,
        phase=CallPhase.RINGING,
        legs=(phone_of(1, 1), phone_of(1, 2, started_at=at(1))),
    )
    async with Browser(desk, collector(1)) as anna, Browser(desk, collector(2)) as boris:
        await reporter.report((inside,))
        assert (await boris.until("call.offered"))["call_id"] == 1
        await reporter.report((ringing(incoming(2), 1),))
        assert (await anna.until("call.offered"))["call_id"] == 2
    async with Browser(desk, collector(1)) as anna, Browser(desk, collector(2)) as boris:
        assert [offer["call_id"] for offer in (await anna.next())["offers"]] == [2]
        assert [offer["call_id"] for offer in (await boris.next())["offers"]] == [1]


async def test_who_takes_a_call_over_is_offered_it_and_learns_what_became_of_his_own(
    desk: LiveDesk, reporter: CallReporter
) -> None:
    talk = answered(ringing(incoming(1), 1), 1)
    asked = phone_of(2, 2, started_at=at(8), answered_at=at(9), talks=(Interval(start=at(9)),))
    consult = replace(
        incoming(2, None),
        direction=Direction.INTERNAL,
        phase=CallPhase.TALKING,
        answered_at=at(9),
        legs=(phone_of(2, 1, started_at=at(7), answered_at=at(9), talks=(Interval(start=at(9)),)), asked),
    )
    await reporter.report((talk, consult))
    async with Browser(desk, collector(2)) as boris:
        await reporter.report((replace(talk, legs=(*talk.legs, *consult.legs), merged_ids=(2,)),))
        assert (await boris.until("call.merged"))["merged_ids"] == [2]
        assert (await boris.until("call.offered"))["call_id"] == 1
        assert (await boris.until("call.answered"))["call_id"] == 1


@dataclass
class Logins:
    """Who the token belongs to, until it is revoked."""

    actor: Actor
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    revoked: bool = False

    async def identify_token(self, _token: str) -> Any:
        self.asked.set()
        return None if self.revoked else SimpleNamespace(actor=self.actor)


async def test_a_token_that_is_revoked_ends_its_link_however_busy(
    desk: LiveDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.live.endpoint.HEARTBEAT_SECONDS", 0.01)
    logins = Logins(collector(1))
    async with Browser(desk, collector(1), logins=logins) as program, asyncio.timeout(60):
        assert (await program.next())["type"] == "snapshot"
        await logins.asked.wait()
        logins.revoked = True
        while (told := await program.told.get())["type"] != "websocket.close":
            desk.hub.publish("test", Audience(everybody=True), lambda _language: {})
        assert told["code"] == 1008
