"""Shifts in the browser of whoever leads."""

from sqlalchemy import func, select

from callcenter.productivity.model import ShiftBlock
from core.kernel.uow import UnitOfWork
from tests.factories.people import Cast
from tests.plugins.web import SignIn

WEEK = "week=2026-03-09"
FORM = {"day": ["2026-03-09", "2026-03-10"], "start": "09:00", "end": "18:00", "from-0": "13:00", "to-0": "14:00"}


async def stretches(uow: UnitOfWork) -> int:
    async with uow.read() as session:
        return await session.scalar(select(func.count(ShiftBlock.id))) or 0


async def test_a_week_is_planned_copied_and_given_off(sign_in: SignIn, uow: UnitOfWork, cast: Cast) -> None:
    web = await sign_in("sofia")
    address = f"/shifts/{cast.users['anna']}?{WEEK}"
    assert 'value="2026-03-09" checked' in (await web.get(address)).text
    assert (await web.post(address, data=FORM)).status_code == 303
    assert await stretches(uow) == 6
    page = (await web.get(f"/shifts?{WEEK}")).text
    assert page.count("09:00–18:00") == 2
    assert page.count("13:00–14:00") == 2
    assert (await web.post(f"/shifts/copy?{WEEK}", data={"onto": "2026-03-19"})).status_code == 303
    assert await stretches(uow) == 12
    assert (await web.post(address, data={"day": "2026-03-09", "off": "on"})).status_code == 303
    assert await stretches(uow) == 9


async def test_days_with_other_hours_are_seen_and_stay_unless_they_are_chosen(
    sign_in: SignIn, uow: UnitOfWork, cast: Cast
) -> None:
    web = await sign_in("sofia")
    address = f"/shifts/{cast.users['anna']}?{WEEK}"
    assert (await web.post(address, data=FORM)).status_code == 303
    short = {"day": "2026-03-13", "start": "10:00", "end": "15:00"}
    assert (await web.post(address, data=short)).status_code == 303
    page = (await web.get(address)).text
    assert [f'value="2026-03-{day:02}" checked' in page for day in (9, 10, 11, 13)] == [True, True, False, False]
    assert page.count("09:00–18:00, 13:00–14:00") == 2
    assert "10:00–15:00" in page


async def test_what_cannot_be_worked_is_said_at_the_field(sign_in: SignIn, uow: UnitOfWork, cast: Cast) -> None:
    web = await sign_in("sofia")
    address = f"/shifts/{cast.users['anna']}?{WEEK}"
    for wrong, field in (
        ({"day": []}, "day-error"),
        ({"end": ""}, "f-end-error"),
        ({"start": "", "end": ""}, "f-start-error"),  # breaks alone are no day off
        ({"to-0": "08:00"}, "breaks-error"),
        ({"end": "18:00Z"}, "f-end-error"),  # hours are the collector's own, wherever he is
        ({"to-0": "14:00Z"}, "breaks-error"),
    ):
        answer = await web.post(address, data={**FORM, **wrong})
        assert answer.status_code == 422
        assert f'id="{field}"' in answer.text
        assert 'value="13:00"' in answer.text
    assert (await web.get(f"/shifts/{cast.users['diego']}?{WEEK}")).status_code == 404
    assert (await web.post(f"/shifts/copy?{WEEK}", data={"onto": "2026-03-10"})).status_code == 422
    assert await stretches(uow) == 0
