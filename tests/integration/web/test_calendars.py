"""Hours of work as they are typed: read as meant, or refused with the line and the way to write it."""

import re

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


@pytest.mark.parametrize("time", ["09:00Z", "09:00+02:00", "T09", "0900"])
async def test_a_time_is_hours_and_minutes_of_the_place(sign_in: SignIn, time: str) -> None:
    admin = await sign_in("admin")
    refused = await admin.post("/calendars", data={**WEEK, "from_1": time, "until_1": "18:00"})
    assert refused.status_code == 422
    assert "Write a time as 09:00." in refused.text


@pytest.mark.parametrize(("given", "missing"), [({"until_1": "18:00"}, "from_1"), ({"from_1": "09:00"}, "until_1")])
async def test_the_missing_time_is_marked(sign_in: SignIn, given: dict[str, str], missing: str) -> None:
    admin = await sign_in("admin")
    refused = await admin.post("/calendars", data={**WEEK, **given})
    assert refused.status_code == 422
    assert refused.text.count("Write a time as 09:00.") == 1
    assert f'aria-describedby="{missing}-error"' in refused.text


TWICE = {"from_0": "09:00", "until_0": "13:00", "from_0_1": "14:00", "until_0_1": "18:00"}


async def test_a_day_that_is_open_twice_is_shown_and_kept_whole(sign_in: SignIn, uow: UnitOfWork) -> None:
    """Saving what is shown changes nothing; a stretch that is emptied is gone, whichever it is."""
    admin = await sign_in("admin")
    assert (await admin.post("/calendars", data={**WEEK, **TWICE})).status_code == 303
    async with uow.read() as session:
        known = (await session.scalars(select(Calendar))).one()
    assert known.week == {"0": [["09:00", "13:00"], ["14:00", "18:00"]]}
    path = f"/calendars/{known.id}"
    shown = dict(re.findall(r'type="time" name="(\w+)" value="([^"]*)"', (await admin.get(path)).text))
    assert {name: text for name, text in shown.items() if text} == TWICE
    assert shown["from_0_2"] == ""
    assert (await admin.post(path, data={**WEEK, **shown})).status_code == 303
    async with uow.read() as session:
        assert (await session.scalars(select(Calendar))).one().week == known.week
    assert (await admin.post(path, data={**WEEK, **shown, "from_0": "", "until_0": ""})).status_code == 303
    async with uow.read() as session:
        assert (await session.scalars(select(Calendar))).one().week == {"0": [["14:00", "18:00"]]}


@pytest.mark.parametrize(
    ("given", "field", "text"),
    [
        ({"from_0_1": "12:59"}, "from_0_1", "before the hours given before it are over"),
        ({"until_0_1": "13:30"}, "until_0_1", "The end is before the beginning."),
        ({"until_0_1": ""}, "until_0_1", "Write a time as 09:00."),
        ({"until_0": "00:00"}, "from_0_1", "before the hours given before it are over"),
    ],
)
async def test_what_is_wrong_in_the_second_hours_of_a_day_stands_there(
    sign_in: SignIn, given: dict[str, str], field: str, text: str
) -> None:
    admin = await sign_in("admin")
    refused = await admin.post("/calendars", data={**WEEK, **TWICE, **given})
    assert refused.status_code == 422
    assert re.findall(r'aria-describedby="(\w+)-error"', refused.text) == [field]
    assert text in refused.text


async def test_zones_are_read_as_cities_and_kept_by_their_names(sign_in: SignIn, uow: UnitOfWork) -> None:
    admin = await sign_in("admin")
    await admin.post("/me/language", data={"language": "ru"})
    form = (await admin.get("/calendars/new")).text
    assert re.search(r'<option value="Asia/Omsk">Омск, UTC\+6</option>', form)
    assert (await admin.post("/calendars", data={**WEEK, "zone": "Asia/Omsk"})).status_code == 303
    shown = (await admin.get("/calendars")).text
    assert "Омск, UTC+6" in shown
    for asked, found in {"омск": True, "asia/o": True, "UTC+6": True, "Томск": False}.items():
        assert ("Омск, UTC+6" in (await admin.get("/calendars", params={"q": asked})).text) is found, asked
    async with uow.read() as session:
        assert (await session.scalars(select(Calendar.zone))).one() == "Asia/Omsk"
    assert "Asia/Omsk" in (await admin.get("/calendars/export?format=csv")).text


async def test_the_empty_list_says_what_its_page_is_about(sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    await admin.post("/me/language", data={"language": "ru"})
    shown = (await admin.get("/calendars")).text
    assert "Часов работы пока нет" in shown
    assert "алендарей" not in shown
