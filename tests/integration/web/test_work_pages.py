"""The pages of work in a browser's eyes: tasks, worklists, tags and actions on many cases."""

import io
from datetime import timedelta

import pytest
import xlsxwriter
from sqlalchemy import select

from callcenter.app.wiring import House
from core.cases.model import Case, MassItem, Tag, Task, TaskState
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from tests.factories.people import Cast
from tests.integration.web.test_desk_pages import _laid as laid
from tests.plugins.web import SignIn


async def case_of(uow: UnitOfWork, case_id: int = 1) -> Case:
    async with uow.read() as session:
        return await session.get_one(Case, case_id)


@pytest.mark.slow
async def test_a_task_from_the_case_to_the_panel(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    await laid(uow, clock, cast)
    anna = await sign_in("anna")
    form = {"title": "Check the bank", "kind": "check_payment", "due_at": "2026-03-11T16:00"}
    assert (await anna.post("/cases/1/tasks", data=form)).status_code == 303
    assert (await anna.post("/cases/2/tasks", data=form)).status_code == 404
    assert (await anna.post("/cases/1/tasks", data={**form, "due_at": ""})).status_code == 422
    for path in ("/cases/1", "/todo", "/worklists/todo"):
        assert "Check the bank" in (await anna.get(path)).text, path
    assert 'href="/todo"' in (await anna.get("/")).text
    assert (await anna.post("/cases/1/tasks/1/move", data={"due_at": "2026-03-12T16:00"})).status_code == 303
    assert (await anna.post("/cases/1/tasks/1/finish", data={"result": "there it is"})).status_code == 303
    assert (await anna.post("/cases/1/tasks/1/finish")).status_code == 409
    assert "Check the bank" not in (await anna.get("/todo")).text
    assert "there it is" in (await anna.get("/cases/1")).text
    async with uow.read() as session:
        assert (await session.scalars(select(Task.state))).all() == [TaskState.DONE]


@pytest.mark.slow
async def test_worklists_do_what_the_list_of_cases_does(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    await laid(uow, clock, cast)
    async with uow.write() as work:
        for case in await work.session.scalars(select(Case)):
            case.next_action_at, case.last_payment_at = None, clock.now() - timedelta(days=1)
    anna, maria = await sign_in("anna"), await sign_in("maria")
    first = await anna.get("/worklists", follow_redirects=True)
    assert 'href="/cases/1"' in first.text
    assert 'href="/cases/2"' not in first.text
    assert "Everybody's" not in first.text
    assert 'href="/cases/1"' not in (await maria.get("/worklists/unplanned")).text
    every = await maria.get("/worklists/paid?whose=all&sort=-amount&col=number&col=paid")
    assert 'href="/cases/1"' in every.text
    assert 'href="/worklists/unplanned?whose=all"' in every.text
    chosen = await maria.get(f"/worklists/unplanned?collector={cast.users['anna']}")
    assert 'href="/cases/1"' in chosen.text
    nothing = await maria.get("/worklists/unplanned?whose=all&amount-from=9999999")
    assert "Nothing matches" in nothing.text
    exported = await maria.get("/worklists/unplanned/export?whose=all&format=csv")
    assert exported.status_code == 200
    assert len(exported.text.splitlines()) >= 2
    assert (await anna.get("/worklists/whatever")).status_code == 404
    saved = {"list": "worklist-paid", "name": "Mine", "query": "whose=all"}
    assert (await maria.post("/me/views", data=saved)).status_code == 303
    assert "Mine" in (await maria.get("/worklists/paid")).text


@pytest.mark.slow
async def test_tags_mark_and_find(uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn) -> None:
    await laid(uow, clock, cast)
    maria, anna = await sign_in("maria"), await sign_in("anna")
    assert (await maria.post("/tags", data={"name": "Pensioner", "active": "1"})).status_code == 303
    assert (await maria.post("/tags", data={"name": "Pensioner", "active": "1"})).status_code == 422
    assert (await maria.post("/tags", data={"name": ""})).status_code == 422
    assert (await anna.post("/tags", data={"name": "Mine"})).status_code == 403
    assert (await anna.post("/cases/1/tags", data={"tag_id": "1"})).status_code == 303
    assert "Pensioner" in (await anna.get("/cases/1")).text
    assert 'href="/cases/1"' in (await anna.get("/cases?tag=1")).text
    assert "Pensioner" in (await maria.get("/tags")).text
    assert (await maria.post("/tags/1", data={"name": "Retired"})).status_code == 303
    assert (await anna.post("/cases/1/tags/1/remove")).status_code == 303
    assert 'href="/cases/1"' not in (await anna.get("/cases?tag=1")).text
    async with uow.read() as session:
        assert not (await session.get_one(Tag, 1)).active


@pytest.mark.slow
async def test_cases_chosen_in_the_list_are_given_away_and_back(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn, house: House
) -> None:
    await laid(uow, clock, cast)
    maria, owner = await sign_in("maria"), cast.users["clara"]
    assert "/mass/choose?list=&amp;action=assign" in (await maria.get("/cases")).text
    chosen = await maria.post("/mass/choose?list=&action=assign", data={"id": ["1", "999"]})
    run = chosen.headers["location"].partition("?")[0]
    assert "Collector" in (await maria.get(chosen.headers["location"])).text
    form = {"action": "assign", "user_id": str(owner)}
    told = await maria.post(f"{run}/foresee", data=form)
    assert "It would be done to 1 case." in told.text
    assert (await maria.post(f"{run}/foresee", data={"action": "assign"})).status_code == 422
    assert (await maria.post(f"{run}/start", data=form)).status_code == 303
    assert "mass-progress" in (await maria.get(run)).text
    assert (await maria.get(f"{run}/progress")).status_code == 200
    await house.jobs.run_due()
    assert (await case_of(uow)).collector_id == owner
    done = await maria.get(run)
    assert "Take it back" in done.text
    exported = await maria.get(f"{run}/export?format=csv")
    assert "done" in exported.text
    assert (await maria.post(f"{run}/undo")).status_code == 303
    await house.jobs.run_due()
    assert (await case_of(uow)).collector_id == cast.users["anna"]
    assert "taken back" in (await maria.get(run)).text
    assert run in (await maria.get("/mass")).text
    sofia = await sign_in("sofia")
    assert (await sofia.get(run)).status_code == 404


@pytest.mark.slow
async def test_everything_a_worklist_finds(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn, house: House
) -> None:
    await laid(uow, clock, cast)
    async with uow.write() as work:
        for case in await work.session.scalars(select(Case)):
            case.next_action_at = None
    admin = await sign_in("admin")
    chosen = await admin.post("/mass/choose?list=unplanned", data={"all": "1", "whose": "all"})
    run = chosen.headers["location"]
    for action in ("assign", "stage", "task", "next", "tag", "untag", "suspend", "resume", "close"):
        assert (await admin.get(f"{run}?action={action}")).status_code == 200, action
    form = {"action": "task", "title": "Look", "due_at": "2026-03-12T10:00", "kind": "review"}
    assert (await admin.post(f"{run}/start", data={**form, "title": ""})).status_code == 422
    assert (await admin.post(f"{run}/start", data=form)).status_code == 303
    await house.jobs.run_due()
    async with uow.read() as session:
        assert len((await session.scalars(select(Task))).all()) == 60


def workbook(rows: list[list[str]]) -> bytes:
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held)
    sheet = book.add_worksheet()
    for n, row in enumerate(rows):
        for column, text in enumerate(row):
            sheet.write_string(n, column, text)
    book.close()
    return held.getvalue()


@pytest.mark.slow
async def test_a_file_of_numbers(uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn) -> None:
    await laid(uow, clock, cast)
    number, admin = (await case_of(uow)).number, await sign_in("admin")
    files = {
        "list.xlsx": workbook([["Список"], ["№ п/п", "Номер дела"], ["1", number], ["2", "X-404"]]),
        "bare.xlsx": workbook([[number], ["X-404"]]),
        "list.csv": f"name;case number\nA;{number}\nB;X-404\n".encode(),
        "list.txt": f"{number}\r\n\r\nX-404\r\n".encode("utf-16"),
        "old.csv": f"Должник;Номер дела\nПетров;{number}\nИванов;X-404\n".encode("cp1251"),
    }
    for name, content in files.items():
        answer = await admin.post("/mass", files={"file": (name, content)})
        assert answer.status_code == 303, (name, answer.text)
        run = int(answer.headers["location"].rpartition("/")[2])
        async with uow.read() as session:
            rows = (await session.scalars(select(MassItem).where(MassItem.run_id == run).order_by(MassItem.n))).all()
        assert [(row.number, row.case_id) for row in rows] == [(number, 1), ("X-404", None)], name
        assert name in (await admin.get(f"/mass/{run}")).text
    for content in (b"", b"\x00\x01\x02", b"PK\x03\x04 not a workbook", b"\n\n\n"):
        refused = await admin.post("/mass", files={"file": ("odd.xlsx", content)})
        assert refused.status_code == 422, content
    assert (await admin.post("/mass", data={"creditor_id": ""})).status_code == 422


@pytest.mark.slow
async def test_the_next_case_and_why(uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn) -> None:
    await laid(uow, clock, cast)
    anna, maria = await sign_in("anna"), await sign_in("maria")
    clock.advance(timedelta(minutes=1))
    served = await anna.post("/next", data={"after": "1"})
    assert served.headers["location"].startswith("/cases/")
    assert served.headers["location"] != "/cases/1"
    shown = await anna.get(served.headers["location"])
    assert "Why this case" in shown.text
    assert "A case is waiting for you" in (await anna.get("/next")).text
    assert (await maria.post("/next")).headers["location"] == "/next"
    assert "No case to work on now" in (await maria.get("/next")).text
    assert (await anna.get("/worklists/settings")).status_code == 403
    assert "Balance" in (await maria.get("/worklists/settings")).text
    weights = dict.fromkeys(
        ("promise_due", "broken", "planned", "best_hour", "attempts", "age", "priority", "new"), "0"
    )
    only = {**weights, "balance": "7"}
    assert (await maria.post("/worklists/settings/example", data=only)).status_code == 200
    assert (await maria.post("/worklists/settings/example", data={"balance": "x"})).status_code == 200
    assert (await maria.post("/worklists/settings", data={**only, "balance": "101"})).status_code == 422
    assert (await maria.post("/worklists/settings", data=only)).status_code == 303
    assert 'value="7"' in (await maria.get("/worklists/settings")).text


@pytest.mark.slow
async def test_assignment_rules_and_loads(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn, house: House
) -> None:
    await laid(uow, clock, cast)
    maria, anna = await sign_in("maria"), cast.users["anna"]
    rule = {"name": "Everything", "user_ids": [str(cast.users["clara"])], "active": "1", "max_load": "3"}
    assert (await maria.post("/assignment", data=rule)).status_code == 303
    assert (await maria.post("/assignment", data={**rule, "name": "Second"})).status_code == 303
    assert (await maria.post("/assignment", data={**rule, "user_ids": []})).status_code == 422
    assert (await maria.post("/assignment", data={**rule, "min_amount": "5", "max_amount": "4"})).status_code == 422
    assert (await maria.post("/assignment/2/up")).status_code == 303
    assert (await maria.post("/assignment/1/remove")).status_code == 303
    assert (await maria.post("/assignment/imports", data={"on": "1"})).status_code == 303
    shown = (await maria.get("/assignment")).text
    assert "Second" in shown
    assert "switch off" in shown
    assert "Second" in (await maria.get("/assignment/2")).text
    chosen = await maria.post("/mass/choose?action=rule", data={"all": "1", "collector": str(anna), "state": "open"})
    run = chosen.headers["location"].partition("?")[0]
    assert (await maria.post(f"{run}/start", data={"action": "rule"})).status_code == 303
    await house.jobs.run_due()
    async with uow.read() as session:
        held = select(Case.id).where(Case.collector_id == cast.users["clara"])
        assert len((await session.scalars(held)).all()) == 3
    assert "holds as many cases as he may" in (await maria.get(run)).text
