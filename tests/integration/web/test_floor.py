"""The floor's pages and orders as a browser sees them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from callcenter.agents.directory import ship_reasons
from callcenter.agents.service import AgentService
from callcenter.app.adapters.figures import FloorFigures
from callcenter.callbacks.ports import LawAnswer
from callcenter.callbacks.service import CallbackService, Plan
from callcenter.calls.control import CallControl
from callcenter.calls.directory import ship_results
from callcenter.calls.effects import ResultEffects
from callcenter.calls.ports import PhoneLine, PhoneLines
from callcenter.calls.recorded import Recordings
from callcenter.calls.reporting import CallReporter
from callcenter.calls.results import CallResults
from callcenter.calls.service import CallService
from callcenter.productivity.ports import RawFigures
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.ids import IdSource
from core.kernel.uow import UnitOfWork
from tests.factories.people import PASSWORD, Cast
from tests.fakes.floor import (
    DEBTOR,
    FakeCallbacks,
    FakeCases,
    FakeGate,
    FakeStaff,
    FakeTelephony,
    answered,
    at,
    ended,
    incoming,
    ringing,
)
from tests.plugins.web import WithState, _no_lifespan, browser
from web.routes import ROUTES
from web.server import build
from web.state import Services

HIDDEN = "+79000000077"


class Nobody:
    """Callers nobody knows: no case has to exist."""

    async def match(self, session: object, phones: object) -> dict[str, object]:
        return {}

    async def own_numbers(self, session: object, case_id: object) -> tuple[str, ...]:
        return ()


class Lines:
    async def line(self, user_id: int) -> PhoneLine | None:
        return PhoneLine(uri="sip:101@pbx", password="p", websocket="ws://{host}:8088/ws", display_name="A")


class NoRecordings:
    async def of_calls(self, actor: object, call_ids: object) -> dict[int, object]:
        return {}


class AnyTime:
    async def may_call(self, session: object, **_: object) -> LawAnswer:
        return LawAnswer(allowed=True)


class Floor:
    """The parts of the floor, and a collector's browser."""

    def __init__(self, client: httpx.AsyncClient, user_id: int, **parts: object) -> None:
        self.client, self.user_id = client, user_id
        self.__dict__.update(parts)

    telephony: FakeTelephony
    gate: FakeGate
    reporter: CallReporter
    callbacks: CallbackService


@pytest.fixture
async def floor(uow: UnitOfWork, clock: ManualClock, web_services: Services, cast: Cast) -> AsyncIterator[Floor]:
    telephony, gate = FakeTelephony(), FakeGate()
    user_id = cast.users["anna"]
    staff = FakeStaff()
    async with uow.write() as work:
        await ship_results(work)
        await ship_reasons(work)
    callbacks = CallbackService(uow, clock, dialler=None, law=AnyTime())  # type: ignore[arg-type]
    calls = CallService(
        uow,
        clock,
        ids=IdSource(),
        telephony=telephony,
        gate=gate,
        callers=Nobody(),
        staff=staff,  # type: ignore[arg-type]
    )
    effects = ResultEffects(clock, gate=gate, cases=FakeCases(), callbacks=FakeCallbacks())
    parts: dict[Any, Any] = {
        CallService: calls,
        CallControl: CallControl(uow, clock, telephony=telephony, staff=staff),
        CallResults: CallResults(uow, clock, gate=gate, effects=effects),
        CallbackService: callbacks,
        AgentService: AgentService(uow, clock),
        PhoneLines: Lines(),
        Recordings: NoRecordings(),
        RawFigures: FloorFigures(),
    }
    app = WithState(build(ROUTES, _no_lifespan), replace(web_services, parts=parts))
    reporter = CallReporter(uow, clock, staff=staff, callers=Nobody(), gate=gate)  # type: ignore[arg-type]
    looks = asyncio.create_task(web_services.looks.run(), name="looks")
    async with browser(app) as client:
        assert (await client.post("/login", data={"login": "anna", "password": PASSWORD})).status_code == 303
        yield Floor(client, user_id, telephony=telephony, gate=gate, reporter=reporter, callbacks=callbacks)
    looks.cancel()
    with suppress(asyncio.CancelledError):
        await looks


async def talked(floor: Floor, call_id: int = 1) -> None:
    call = ringing(incoming(call_id, HIDDEN), floor.user_id)
    await floor.reporter.report((ended(answered(call, floor.user_id), 60),))


async def test_a_click_dials_and_a_refusal_explains_itself(floor: Floor) -> None:
    order = {"phone": DEBTOR, "key": "one"}
    answer = await floor.client.post("/calls/dial", json=order)
    assert answer.status_code == 201
    assert (await floor.client.post("/calls/dial", json=order)).json() == answer.json()
    assert len(floor.telephony.orders) == 1
    floor.gate.left, floor.gate.next_allowed_at = 0, at(3600)
    refused = await floor.client.post("/calls/dial", json={"phone": DEBTOR}, headers={"Accept": "application/json"})
    problem = refused.json()
    assert refused.status_code == 409
    assert (problem["code"], problem["rule"], problem["reason"]) == (
        "contact_forbidden",
        "test.day",
        "Enough for today.",
    )
    assert problem["next_allowed_at"] == at(3600).isoformat()


async def test_the_phone_registers_where_the_page_came_from(floor: Floor) -> None:
    config = (await floor.client.get("/phone/config")).json()
    assert config["ws"] == "ws://desk.example:8088/ws"


async def test_the_call_log_and_a_call_and_its_result(floor: Floor) -> None:
    await talked(floor)
    listed = await floor.client.get("/calls?fate=no_result&sort=-talk_seconds")
    assert listed.status_code == 200
    assert "/calls/1" in listed.text
    assert "/calls/1" not in (await floor.client.get("/calls?direction=outbound")).text
    page = await floor.client.get("/calls/1")
    assert "This call still needs a result" in page.text
    incomplete = await floor.client.post("/calls/1/result", data={"code": "RPC-REFUSE"})
    assert incomplete.status_code == 422
    given = {"code": "TPC", "note": "<b>his neighbour</b>"}
    assert (await floor.client.post("/calls/1/result", data=given)).headers["location"] == "/calls/1"
    page = await floor.client.get("/calls/1")
    assert "Third party, message left" in page.text
    assert "&lt;b&gt;his neighbour" in page.text
    file = await floor.client.get("/calls/export?format=csv")
    assert file.status_code in (200, 403)
    assert (await floor.client.get("/calls/999")).status_code == 404


async def test_steering_notes_and_state(floor: Floor) -> None:
    await floor.reporter.report((answered(ringing(incoming(1, HIDDEN), floor.user_id), floor.user_id),))
    client = floor.client
    assert (await client.post("/calls/1/hold")).status_code == 204
    assert (await client.post("/calls/1/unhold")).status_code == 204
    assert (await client.post("/calls/1/transfer", json={"target": "102", "attended": True})).status_code == 204
    assert (await client.post("/calls/1/note", json={"note": "calm"})).status_code == 204
    assert (await client.post("/calls/1/bookmarks", json={"label": "promise here"})).status_code == 201
    assert (await client.post("/calls/1/hangup")).status_code == 204
    assert [name for name, *_ in floor.telephony.commands] == ["hold", "ring_back", "attended_transfer", "hang_up"]
    assert (await client.post("/me/state", json={"state": "pause", "reason": "lunch"})).status_code == 204
    assert (await client.post("/me/state", json={"state": "talking"})).status_code == 422


async def test_callbacks_listed_moved_and_cancelled(floor: Floor, clock: ManualClock) -> None:
    plan = Plan(phone=DEBTOR, start=at(3600), end=at(7200), user_id=floor.user_id, reason="salary day")
    callback_id = await floor.callbacks.plan(PROGRAM, plan)
    assert "salary day" in (await floor.client.get("/callbacks")).text
    assert "salary day" not in (await floor.client.get("/callbacks?due=1")).text
    assert "Call now" in (await floor.client.get(f"/callbacks/{callback_id}")).text
    later = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert (await floor.client.post(f"/callbacks/{callback_id}/move", data={"at": later})).status_code == 303
    assert (await floor.client.post(f"/callbacks/{callback_id}/cancel", data={"reason": "paid"})).status_code == 303
    assert "salary day" not in (await floor.client.get("/callbacks")).text


async def test_who_is_calling(floor: Floor) -> None:
    await floor.reporter.report((ringing(incoming(1, HIDDEN), floor.user_id),))
    assert (await floor.client.get("/calls/1/caller")).status_code == 200
    assert "Nothing found" in (await floor.client.get("/calls/1/caller/search?q=zzzzzz")).text
    made = await floor.client.post("/calls/1/caller/contact", data={"name": "New Person", "note": "asks for a receipt"})
    assert made.status_code == 303
    assert "New Person" in (await floor.client.get("/calls/1")).text
