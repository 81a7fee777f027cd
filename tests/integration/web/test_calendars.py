"""Hours of work as they are typed: read as meant, or refused with the line and the way to write it."""

import pytest
from sqlalchemy import select

from callcenter.queues.model import Calendar, CalendarDay
from core.kernel.uow import UnitOfWork
from tests.plugins.web import SignIn

WEEK = {"name": "Office", "zone": "Europe/Warsaw", "from_0": "09:00", "until_0": "18:00"}


async def test_days_are_read_as_they_are_shown(sign_in: SignIn, uow: UnitOfWork) -> None:
    admin = await sign_in("admin")
    lines = (
        "2026-12-31 New Year",
        "2026-12-30 10:00-15:00",
        "2026-12-29 09:00-12:00 13:00-15:00 Short day",
        "2026-05-01 1 May",
    )
    saved = await admin.post("/calendars", data={**WEEK, "days": "\n".join(lines)})
    assert saved.status_code == 303, saved.text
    async with uow.read() as session:
        known = (await session.scalars(select(Calendar.id))).one()
        days = {one.day.isoformat(): (one.name, one.hours) for one in await session.scalars(select(CalendarDay))}
    assert days == {
        "2026-12-31": ("New Year", []),
        "2026-12-30": ("", [["10:00", "15:00"]]),
        "2026-12-29": ("Short day", [["09:00", "12:00"], ["13:00", "15:00"]]),
        "2026-05-01": ("1 May", []),
    }
    shown = (await admin.get(f"/calendars/{known}")).text
    assert all(line in shown for line in lines)


@pytest.mark.parametrize(
    "line",
    ["2026-12-30 10-15", "2026-12-30 10:00", "2026-12-30 10.00-15.00", "2026-12-30 25:00-26:00", "2026-13-01", "soon"],
)
async def test_a_mistyped_day_is_no_holiday(sign_in: SignIn, uow: UnitOfWork, line: str) -> None:
    admin = await sign_in("admin")
    refused = await admin.post("/calendars", data={**WEEK, "days": f"2026-12-31\n{line}"})
    assert refused.status_code == 422
    assert "Line 2 is no day" in refused.text
    async with uow.read() as session:
        assert (await session.scalars(select(Calendar))).first() is None


async def test_a_day_is_given_once(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    refused = await admin.post("/calendars", data={**WEEK, "days": "2026-12-31\n\n2026-12-31 10:00-15:00"})
    assert refused.status_code == 422
    assert "Line 3 gives 2026-12-31 once more" in refused.text


@pytest.mark.parametrize(("given", "missing"), [({"until_1": "18:00"}, "from_1"), ({"from_1": "09:00"}, "until_1")])
async def test_the_missing_time_is_marked(sign_in: SignIn, given: dict[str, str], missing: str) -> None:
    admin = await sign_in("admin")
    refused = await admin.post("/calendars", data={**WEEK, **given})
    assert refused.status_code == 422
    assert refused.text.count("Write a time as 09:00.") == 1
    assert f'aria-describedby="{missing}-error"' in refused.text
