"""The lists of the floor: searched, narrowed, sorted, and taken away as the file of what was asked."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import func, select

from callcenter.agents.model import AgentState, PauseReason
from callcenter.calls.model import ResultCode
from callcenter.campaigns.model import Campaign, CampaignState, Mode
from callcenter.ivr.model import IvrFlow, IvrVersion
from callcenter.queues.model import Calendar, Queue, QueueKind
from callcenter.queues.service import ship_queues
from core.audit.model import AuditEntry
from core.cases.model import Tag
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.people.model import User
from tests.factories.people import Cast
from tests.plugins.web import SignIn


async def in_file(client: httpx.AsyncClient, path: str, question: str = "") -> list[str]:
    """The first column of the file of a list."""
    answer = await client.get(f"{path}/export?format=csv&{question}")
    assert answer.status_code == 200, answer.text
    return [row[0] for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))][1:]


async def assert_found(client: httpx.AsyncClient, path: str, question: str, names: Sequence[str]) -> None:
    """The page and the file of that question hold these rows, in this order."""
    await assert_shown(client, path, question, names)
    assert await in_file(client, path, question) == names


async def assert_shown(client: httpx.AsyncClient, path: str, question: str, names: Sequence[str]) -> None:
    answer = await client.get(f"{path}?{question}")
    assert answer.status_code == 200, answer.text
    shown = answer.text.partition("<tbody>")[2].partition("</tbody>")[0]
    places = [shown.find(f">{name}<") for name in names]
    assert -1 not in places
    assert places == sorted(places)
    assert shown.count("<tr") == len(names)


@pytest.fixture
async def queues(uow: UnitOfWork) -> None:
    async with uow.write() as work:
        await ship_queues(work)
        work.session.add(Queue(code="night", name="After dark", service_seconds=60))
        work.session.add(Queue(code="east", name="East 100%", active=False, strategy="ringall"))
        work.session.add(Queue(code="campaign-7", name="Spring", kind=QueueKind.CAMPAIGN))


@pytest.mark.usefixtures("queues")
async def test_queues_are_searched_narrowed_and_taken_away(sign_in: SignIn) -> None:
    sofia = await sign_in("sofia")
    for question, names in {
        "": ["East 100%", "After dark", "Main queue", "Spring"],
        "q=NIGH": ["After dark"],
        "q=100%25": ["East 100%"],
        "q=main+q": ["Main queue"],
        "state=off": ["East 100%"],
        "kind=campaign": ["Spring"],
        "strategy=ringall&state=on": [],
        "sort=-service&kind=inbound&state=on": ["After dark", "Main queue"],
    }.items():
        await assert_found(sofia, "/queues", question, names)
    bella = await sign_in("bella")
    assert (await bella.get("/queues/export")).status_code == 403


@pytest.mark.usefixtures("queues")
async def test_the_shipped_queue_is_found_by_what_its_reader_calls_it(sign_in: SignIn) -> None:
    maria = await sign_in("maria")
    await maria.post("/me/language", data={"language": "ru"})
    assert await in_file(maria, "/queues", "q=ОСНОВН") == ["Основная очередь"]
    assert await in_file(maria, "/queues", "q=Spring") == ["Spring"]


async def test_hours_are_searched_sorted_and_taken_away(sign_in: SignIn, uow: UnitOfWork) -> None:
    async with uow.write() as work:
        for name, zone in (("Office", "Europe/Warsaw"), ("Hot line", "UTC"), ("Branch", "Asia/Omsk")):
            work.session.add(Calendar(name=name, zone=zone, week={}))
    sofia = await sign_in("sofia")
    for question, names in {
        "": ["Branch", "Hot line", "Office"],
        "q=line": ["Hot line"],
        "q=warsaw": ["Office"],
        "sort=-zone": ["Hot line", "Office", "Branch"],
    }.items():
        await assert_found(sofia, "/calendars", question, names)
    bella = await sign_in("bella")
    assert (await bella.get("/calendars/export")).status_code == 403


async def test_menus_are_searched_narrowed_and_taken_away(sign_in: SignIn, uow: UnitOfWork, clock: ManualClock) -> None:
    async with uow.write() as work:
        now = clock.now()
        for at, name in enumerate(("Night", "Day", "Holidays")):
            flow = IvrFlow(name=name, draft={}, changed_at=now - timedelta(days=at))
            work.session.add(flow)
        await work.session.flush()
        version = IvrVersion(flow_id=flow.id, number=1, content={}, published_at=now, published_by=1)
        work.session.add(version)
        await work.session.flush()
        flow.version_id = version.id
    maria = await sign_in("maria")
    for question, names in {
        "": ["Day", "Holidays", "Night"],
        "q=day": ["Day", "Holidays"],
        "q=day&state=draft": ["Day"],
        "state=heard": ["Holidays"],
        "sort=-changed": ["Night", "Day", "Holidays"],
    }.items():
        await assert_found(maria, "/menus", question, names)
    bella = await sign_in("bella")
    assert (await bella.get("/menus/export")).status_code == 403


async def test_campaigns_are_searched_narrowed_and_taken_away_within_reach(
    sign_in: SignIn, uow: UnitOfWork, clock: ManualClock, cast: Cast
) -> None:
    rows = (
        ("Spring", "sofia", "north-a", CampaignState.DRAFT),
        ("Autumn", "sofia", "north-a", CampaignState.RUNNING),
        ("Far", "karl", "north", CampaignState.DRAFT),
    )
    async with uow.write() as work:
        for place, (name, owner, unit, state) in enumerate(rows):
            row = Campaign(name=name, mode=Mode.PROGRESSIVE, state=state, priority=place, owner_id=cast.users[owner])
            row.unit_id = cast.units[unit]
            row.hours, row.weekdays, row.retries, row.apology = [480, 1200], [1], {}, "vm-goodbye"
            row.created_at = clock.now()
            work.session.add(row)
            await work.session.flush()
    maria, sofia = await sign_in("maria"), await sign_in("sofia")
    for question, names in {
        "": ["Far", "Autumn", "Spring"],
        "q=SPR": ["Spring"],
        "state=draft": ["Far", "Spring"],
        "mode=preview": [],
        "mode=progressive&sort=name": ["Autumn", "Far", "Spring"],
    }.items():
        await assert_found(maria, "/campaigns", question, names)
        await assert_shown(sofia, "/campaigns", question, [name for name in names if name != "Far"])
    assert (await sofia.get("/campaigns/export")).status_code == 403


async def test_reasons_of_pauses_are_found_as_their_reader_reads_them(sign_in: SignIn, uow: UnitOfWork) -> None:
    async with uow.write() as work:
        for place, (code, label, limit, active, shipped) in enumerate(
            (
                ("lunch", "Lunch", 3600, True, True),
                ("talk", "Talk 100%", None, True, False),
                ("old", "An old one", 60, False, False),
            ),
            start=1,
        ):
            row = PauseReason(code=code, label=label, limit_seconds=limit, active=active, shipped=shipped)
            row.position = place
            work.session.add(row)
    maria = await sign_in("maria")
    for question, names in {
        "": ["Lunch", "Talk 100%", "An old one"],
        "q=TALK+100": ["Talk 100%"],
        "sort=label": ["An old one", "Lunch", "Talk 100%"],
        "sort=-limit": ["Lunch", "An old one", "Talk 100%"],
        "state=off": ["An old one"],
        "q=nothing": [],
    }.items():
        await assert_shown(maria, "/pauses", question, names)
        assert await in_file(maria, "/pauses", f"{question}&col=label") == names
    await maria.post("/me/language", data={"language": "ru"})
    assert await in_file(maria, "/pauses", "q=ОБЕД&col=label") == ["Обед"]
    kept = await maria.post("/pauses", data={"code": "export", "label": "x", "position": "9"})
    assert (kept.status_code, 'id="f-code-error"' in kept.text) == (422, True)


async def test_results_are_searched_sorted_and_taken_away(sign_in: SignIn, uow: UnitOfWork) -> None:
    async with uow.write() as work:
        for place, (code, label) in enumerate((("OWN-B", "Beta"), ("OWN-A", "Gamma"), ("OWN-C", "Alpha")), start=901):
            row = ResultCode(code=code, label=label, position=place, rpc=False, active=place != 902)
            work.session.add(row)
    maria = await sign_in("maria")
    for question, names in {
        "q=own-": ["Beta", "Gamma", "Alpha"],
        "q=own-&sort=-label": ["Gamma", "Beta", "Alpha"],
        "q=own-&sort=code": ["Gamma", "Beta", "Alpha"],
        "q=alpha": ["Alpha"],
        "q=own-&state=off": ["Gamma"],
    }.items():
        await assert_shown(maria, "/results", question, names)
        assert await in_file(maria, "/results", f"{question}&col=label") == names
    bella = await sign_in("bella")
    assert (await bella.get("/results/export")).status_code == 403


async def test_tags_are_searched_sorted_and_taken_away(sign_in: SignIn, uow: UnitOfWork) -> None:
    async with uow.write() as work:
        work.session.add_all(Tag(name=name, active=name != "Heirs") for name in ("Insolvent", "Heirs", "Abroad"))
    maria = await sign_in("maria")
    for question, names in {
        "": ["Abroad", "Heirs", "Insolvent"],
        "q=HEI": ["Heirs"],
        "sort=-name": ["Insolvent", "Heirs", "Abroad"],
        "state=on": ["Abroad", "Insolvent"],
    }.items():
        await assert_found(maria, "/tags", question, names)


async def test_collectors_now_are_taken_away_within_reach(sign_in: SignIn, uow: UnitOfWork) -> None:
    sofia, maria = await sign_in("sofia"), await sign_in("maria")
    for web in (sofia, maria):
        shown = (await web.get("/agents?sort=-name")).text
        names = await in_file(web, "/agents", "sort=-name")
        assert names
        assert [name for name in names if f">{name}<" not in shown] == []
    assert set(await in_file(sofia, "/agents")) < set(await in_file(maria, "/agents"))
    (first, *_) = await in_file(maria, "/agents")
    assert await in_file(maria, "/agents", f"q={first}") == [first]
    async with uow.write() as work:
        limits = {"limit_seconds": None, "day_seconds": None}
        work.session.add(PauseReason(code="dentist", label="At the dentist", **limits, position=9, shipped=False))
        user_id = await work.session.scalar(select(User.id).where(User.extension.is_not(None)).limit(1))
        paused = {"state": "pause", "reason": "dentist", "started_at": datetime(2026, 3, 2, 8, tzinfo=UTC)}
        work.session.add(AgentState(user_id=user_id, **paused))
    assert "At the dentist" in (await maria.get("/agents?state=pause")).text
    assert "At the dentist" in (await maria.get(f"/agents/choose?id={user_id}")).text
    book = await maria.get("/agents/export?format=xlsx")
    assert (book.status_code, book.content[:2]) == (200, b"PK")


@pytest.mark.usefixtures("queues")
@pytest.mark.parametrize("path", ["calls", "users", "queues", "calendars", "menus", "campaigns", "cases"])
async def test_a_list_taken_away_is_in_the_trail(sign_in: SignIn, uow: UnitOfWork, path: str, cast: Cast) -> None:
    maria = await sign_in("maria")
    rows = await in_file(maria, f"/{path}", "q=n&sort=")
    async with uow.read() as session:
        entry = (await session.scalars(select(AuditEntry).where(AuditEntry.action == "list.exported"))).one()
    assert (entry.actor_id, entry.subject_kind, entry.subject_id) == (cast.users["maria"], "list", path)
    assert entry.changes == {"asked": [None, "q=n"], "format": [None, "csv"], "rows": [None, len(rows)]}
    admin = await sign_in("admin")
    assert "List taken away as a file" in (await admin.get("/audit")).text
    bella = await sign_in("bella")
    assert (await bella.get("/queues/export")).status_code == 403
    async with uow.read() as session:
        assert await session.scalar(select(func.count()).where(AuditEntry.action == "list.exported")) == 1
