"""Searching everything, what waits, the life of a case, blocks and directories, asked as browsers ask."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.app.demo.cases import demo_cases
from callcenter.calls.directory import ship_results
from callcenter.calls.model import ResultCode
from callcenter.compliance.model import ContactBlock, RuleSetting
from core.cases.model import Case
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from tests.factories.people import Cast
from tests.plugins.web import SignIn

PHONE = "+79000000100"


async def _laid(uow: UnitOfWork, clock: ManualClock, cast: Cast) -> None:
    await demo_cases(uow, clock, [cast.users["anna"], cast.users["diego"]])


@pytest.mark.slow
async def test_search_goes_straight_to_the_one_case_it_can_mean(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    await _laid(uow, clock, cast)
    anna = await sign_in("anna")
    for typed in ("D0000", " d0000 ", "8 (900) 000-01-00", "+7 900 000 01 00"):
        answer = await anna.get("/search", params={"q": typed})
        assert (answer.status_code, answer.headers.get("location")) == (303, "/cases/1"), typed
    several = await anna.get("/search", params={"q": "Травников"})
    assert "/cases/1" in several.text
    foreign = await anna.get("/search", params={"q": "D0001"})
    assert foreign.status_code == 200
    assert "/cases/2" not in foreign.text


@pytest.mark.usefixtures("one_city")
async def test_what_waits_is_on_the_panel(uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn) -> None:
    await _laid(uow, clock, cast)
    clock.advance(timedelta(days=2))
    mine = f"/cases?collector={cast.users['anna']}&amp;state=open&amp;next-to=2026-03-13"
    assert mine in (await (await sign_in("anna")).get("/")).text


@pytest.mark.usefixtures("one_city")
async def test_the_life_of_a_case(uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn) -> None:
    await _laid(uow, clock, cast)
    maria = await sign_in("maria")

    async def case() -> Case:
        async with uow.read() as session:
            return await session.get_one(Case, 1)

    await maria.post("/cases/1/assign", data={"collector_id": str(cast.users["clara"])})
    assert (await case()).collector_id == cast.users["clara"]
    await maria.post("/cases/1/suspend", data={"reason": "A stay by the court."})
    assert (await case()).state == "suspended"
    await maria.post("/cases/1/reopen")
    await maria.post("/cases/1/close", data={"reason": "withdrawn"})
    assert ((await case()).state, (await case()).close_reason) == ("closed", "withdrawn")


@pytest.mark.usefixtures("one_city")
async def test_blocks_are_entered_listed_and_lifted_with_a_reason(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    await _laid(uow, clock, cast)
    maria, anna = await sign_in("maria"), await sign_in("anna")
    form = {"kind": "do_not_call", "what": PHONE, "basis": "Asked in a letter.", "ends_on": "2030-01-01"}
    assert (await anna.post("/cases/1/blocks", data=form)).status_code == 303
    assert (await anna.post("/cases/2/blocks", data=form)).status_code == 404
    assert "Asked in a letter." in (await maria.get("/blocks", params={"q": "900 000 01 00"})).text
    assert (await anna.post("/blocks/1/lift", data={"reason": "x"})).status_code == 403
    assert (await maria.post("/blocks/1/lift", data={"reason": " "})).status_code == 422
    await maria.post("/blocks/1/lift", data={"reason": "Taken back by telephone."})
    async with uow.read() as session:
        row = await session.get_one(ContactBlock, 1)
    assert (row.phone, row.lift_reason) == (PHONE, "Taken back by telephone.")


async def test_rules_are_changed_with_a_reason_and_restored(uow: UnitOfWork, cast: Cast, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    form = {"severity": "deny", "maximum": "1", "reason": "Stricter than the law."}
    assert (await admin.post("/law/rules/ru.calls.week", data=form)).status_code == 303
    assert "Stricter than the law." in (await admin.get("/law")).text
    backwards = {"severity": "deny", "reason": "x", "working_from": "20:00", "working_to": "08:00"}
    assert (await admin.post("/law/rules/ru.hours", data=backwards)).status_code == 422
    await admin.post("/law/rules/ru.calls.week/restore")
    async with uow.read() as session:
        assert (await session.scalars(select(RuleSetting))).all() == []


async def test_a_shipped_name_left_alone_stays_translatable(uow: UnitOfWork, cast: Cast, sign_in: SignIn) -> None:
    async with uow.write() as work:
        await ship_results(work)
    admin = await sign_in("admin")
    page = (await admin.get("/results/NA")).text
    shown = page.split('name="label"')[1].split('value="')[1].split('"')[0]
    form = {"label": shown, "contact": "no", "need": "-", "stop": "retry", "position": "4", "active": "1"}
    await admin.post("/results/NA", data=form)
    await admin.post("/results/BUSY", data={**form, "label": "Engaged"})
    assert (await admin.post("/results", data={**form, "code": "NA"})).status_code == 422
    async with uow.read() as session:
        kept, renamed = await session.get_one(ResultCode, "NA"), await session.get_one(ResultCode, "BUSY")
    assert (kept.label, kept.shipped, kept.position) == ("No answer", True, 4)
    assert (renamed.label, renamed.shipped) == ("Engaged", False)
