"""A working hour on a real exchange, compressed: twenty collectors, three queues, two campaigns, and afterwards every
book that is kept of it says the same."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from websockets.asyncio.client import connect

from callcenter.agents.rules import State
from callcenter.calls.facts import AnsweredBy, Direction
from callcenter.calls.model import Call
from callcenter.productivity.asking import By
from callcenter.productivity.model import RollupMark
from callcenter.queues.model import MAIN, Queue
from core.cases.model import Case
from core.kernel.db import Database
from telephony.lab import LabOptions, sipp
from tests.desk import Desk, signed_in
from tests.e2e.agreement import cdr_since, told_by_asterisk, told_by_product
from tests.e2e.debtors import Debtor, enlist
from tests.e2e.floor import Floor, opened
from tests.e2e.hour import books, queue_log
from tests.e2e.hour.staff import Staff, at_work, hire
from tests.e2e.hour.traffic import WAYS, callers, ring_in
from tests.plugins.asterisk import cel_rows
from tests.plugins.figures import Figure
from tests.waiting import until

pytestmark = [
    pytest.mark.alone,
    pytest.mark.asterisk,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(420),
]
HOUR = 60.0
"""Seconds of work."""
NUMBERS = ("5550100", "5550101", "5550102")
OPTIONS = LabOptions(ring_seconds=4, queue_seconds=12, silence_seconds=10, lost_seconds=40, numbers=NUMBERS)
QUEUE = {"overflow": "goodbye", "closed": "voicemail", "active": "1", "own_first": "1", "own_seconds": "4"}
SOFT = {"code": "soft", "name": "Soft", "strategy": "leastrecent", "service_seconds": "2", "max_wait_seconds": "10"}
HARD: dict[str, object] = {
    "code": "hard",
    "name": "Hard",
    "strategy": "ringall",
    "service_seconds": "3",
    "max_wait_seconds": "5",
}
SOFT_LEVELS = {"102": 0, "201": 0, "203": 0, "206": 1, "207": 1}
HARD_LEVELS = {"202": 0, "204": 0, "208": 1}
CAMPAIGN = {
    "opens": "00:00",
    "closes": "24:00",
    "weekday": ["1", "2", "3", "4", "5", "6", "7"],
    "ring_seconds": "5",
    "most_a_day": "1",
    "most_in_total": "3",
    "apology": "vm-goodbye",
    "retry-BUSY": "10",
    "retry-NA": "120",
}
PROGRESSIVELY = {"name": "Asked by people", "mode": "progressive", "connect_seconds": "2"}
#: The greeting's end and the second within which a queue ends a wait are taken off the time to connect.
PREDICTIVELY = {"name": "Machines are told apart", "mode": "predictive", "connect_seconds": "4", "machines": "hang_up"}
PROGRESSIVE, PREDICTIVE = [str(one) for one in range(205, 212)], [str(one) for one in range(209, 218)]


async def test_every_book_says_the_same(tmp_path: Path, figure: Figure) -> None:
    async with opened(tmp_path / "call centre", options=OPTIONS, prepare=hire) as floor:
        url = f"sqlite+aiosqlite:///{floor.product.folder / 'callcenter.db'}"
        database = Database(url)
        debtors = await enlist(url, 90, owner="collector")
        try:
            async with at_work(Staff(floor=floor, database=database)) as staff, admin_of(floor) as admin:
                await _open_queues(admin, staff)
                since = time.time()
                with sipp.crowd(floor.pbx.trunk, WAYS) as trunk:
                    campaigns = [
                        await _campaign(admin, database, debtors[:35], staff.ids(PROGRESSIVE), PROGRESSIVELY),
                        await _campaign(admin, database, debtors[35:80], staff.ids(PREDICTIVE), PREDICTIVELY),
                    ]
                    await _work(floor, admin, staff, campaigns, [one.phone for one in debtors[80:]])
                    rung = Counter(event.name for event in trunk.events())
                await _settled(database)
                kept, log = await books.kept(database), queue_log.read(floor.lab.queue_log)
                _tell(kept, log, staff, figure)
                wrong = await _wrong(floor, database, staff, since, kept, log, await _board(admin))
                attempts = len(kept.attempts)
                wrong += [] if rung["started"] == attempts else [f"{rung['started']} rang for {attempts} attempts"]
                assert not wrong, "\n".join(wrong)
        finally:
            await database.close()


def admin_of(floor: Floor) -> Any:
    return signed_in(floor.product.url, "admin", floor.product.passwords["admin"])


async def _open_queues(admin: Desk, staff: Staff) -> None:
    """Two queues beside the main one, which everybody serves."""
    async with staff.database.read() as session:
        main = (await session.scalars(select(Queue.id).where(Queue.code == MAIN))).one()
    over = {"overflow": "queue", "overflow_queue_id": str(main)}
    for fields, levels, number in ((SOFT, SOFT_LEVELS, NUMBERS[1]), (HARD | over, HARD_LEVELS, NUMBERS[2])):
        made = await admin.post("/queues", **{**QUEUE, **fields})
        assert made.status_code == 303, made.text
        path = made.headers["location"]
        members = {f"level-{staff.collectors[one].user_id}": level for one, level in levels.items()}
        assert (await admin.post(f"{path}/members", **members)).status_code == 303
        assert (await admin.post(f"{path}/callers", numbers=number)).status_code == 303


async def _campaign(
    admin: Desk, database: Database, debtors: Sequence[Debtor], user_ids: Sequence[int], rules: Mapping[str, str]
) -> str:
    """A campaign over these debtors, started; its address."""
    users = [str(one) for one in user_ids]
    made = await admin.post("/campaigns", **CAMPAIGN, **rules, user=users)
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    async with database.read() as session:
        wanted = select(Case.number).where(Case.id.in_([one.case_id for one in debtors]))
        numbers = "\n".join(await session.scalars(wanted))
    file = {"file": ("numbers.csv", f"number\n{numbers}\n".encode(), "text/csv")}
    assert (await admin.http.post(f"{admin.url}{path}/cases", files=file)).status_code == 303
    assert (await admin.post(f"{path}/start")).status_code == 303
    return str(path)


async def _work(floor: Floor, admin: Desk, staff: Staff, campaigns: Sequence[str], known: Sequence[str]) -> None:
    """The hour: calls come and go, people have breaks, are sent into one, go home and are sent home."""
    async with asyncio.TaskGroup() as group:
        group.create_task(ring_in(floor, callers(NUMBERS, known, until=HOUR)))
        group.create_task(_breaks(admin, staff))
    for path in campaigns:
        assert (await admin.post(f"{path}/pause")).status_code == 303
    await floor.idle(60)


async def _breaks(admin: Desk, staff: Staff) -> None:
    people = staff.collectors
    await asyncio.sleep(HOUR * 0.2)
    await staff.send("103", "pause", "lunch")
    await staff.send("206", "pause", "break")
    await asyncio.sleep(HOUR * 0.2)
    sent = {"id": staff.ids(["204", "212"]), "why": "The printer is on fire"}
    assert (await admin.post("/agents/send", **sent, choice="pause:technical")).status_code == 303
    await staff.go_home("211")
    await staff.send("103", "available")
    await asyncio.sleep(HOUR * 0.2)
    assert (await admin.post("/agents/send", **sent, choice="available")).status_code == 303
    await staff.send("206", "available")
    staff.away.add("217")
    path = f"/agents/{people['217'].user_id}/sign-out"
    assert (await admin.post(path, why="The shift is over")).status_code == 303
    await asyncio.sleep(HOUR * 0.2)
    await staff.come_back("217")


async def _settled(database: Database) -> None:
    """Every call is over and told of, and figures are made of it."""

    async def over() -> bool:
        async with database.read() as session:
            live = select(Call.id).where(Call.ended_at.is_(None), Call.merged_into.is_(None))
            wrapping = select(Call.id).where(Call.wrap_started_at.is_not(None), Call.wrap_ended_at.is_(None))
            for what in (live, wrapping, select(RollupMark.id)):
                if await session.scalar(what.limit(1)) is not None:
                    return False
        return True

    await until(over, every=0.2)


def _tell(kept: books.Books, log: books.Log, staff: Staff, figure: Figure) -> None:
    figure("collectors", len(staff.collectors))
    figure("callers", sum(call.direction == Direction.INBOUND for call in kept.calls))
    figure("attempts", dict(Counter(one.outcome for one in kept.attempts)))
    figure("in queues", dict(Counter(visit.ended for visits in log.values() for visit in visits)))
    figure("states", sum(map(len, kept.states.values())))
    people = staff.by_user()
    figure("talk of calls, s", round(sum(books.by_legs(kept, people, State.TALKING).values()), 1))
    figure("each in whole seconds", sum(call.talk_seconds for call in kept.calls))
    figure("talk of collectors, s", round(sum(books.by_states(kept, people, State.TALKING).values()), 1))


async def _board(admin: Desk) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What the live board shows now, by its parts."""
    cookies = "; ".join(f"{name}={value}" for name, value in admin.http.cookies.items())
    address = f"{admin.url.replace('http', 'ws', 1)}/board/live"
    async with connect(address, origin=admin.url, additional_headers={"Cookie": cookies}) as link:  # type: ignore[arg-type]
        shown: Mapping[str, Any] = json.loads(await asyncio.wait_for(link.recv(), 60))
    assert shown["type"] == "snapshot"
    found: Mapping[str, Sequence[Mapping[str, Any]]] = shown["put"]
    return found


async def _wrong(
    floor: Floor,
    database: Database,
    staff: Staff,
    since: float,
    kept: books.Books,
    log: books.Log,
    board: Mapping[str, Any],
) -> list[str]:
    """Everything that two books say differently."""
    people = staff.by_user()
    file = floor.product.folder / "callcenter.db"
    by_queue = await books.reported(database, By.QUEUE, books.CALL_FIGURES)
    return [
        *books.calls_against_asterisk(
            told_by_product(file, since), told_by_asterisk(floor.lab, since), cdr_since(floor.lab, since), staff.holds
        ),
        *queue_log.unfinished(log),
        *books.calls_against_queue_log(kept, log, people),
        *books.queues_against_queue_log(by_queue, queue_log.figures(log)),
        *books.states_without_seam(kept, people),
        *books.talk_of_collectors_is_talk_of_calls(kept, people),
        *await books.reports_against_rows(database, kept),
        *await books.time_against_states(database, kept, people),
        *books.attempts_against_calls(kept),
        *books.judgements_against_cel(kept, cel_rows(floor.lab)),
        *books.board_against_reports(board, by_queue, kept),
        *_enough(kept, log),
    ]


def _enough(kept: books.Books, log: books.Log) -> list[str]:
    """Whether it was an hour at all: everything that was meant to happen did."""
    ends = Counter(visit.ended for visits in log.values() for visit in visits)
    outcomes = Counter(one.outcome for one in kept.attempts)
    reasons = {state.reason for states in kept.states.values() for state in states}
    seen = {
        "inbound calls": sum(call.direction == Direction.INBOUND for call in kept.calls) >= 50,
        "attempts": len(kept.attempts) >= 40,
        "outcomes": outcomes.keys() >= {"BUSY", "NA", "VM"},
        "machines found": sum(one.answered_by == AnsweredBy.MACHINE for one in kept.attempts) >= 1,
        "callers who gave up": ends[queue_log.GONE] >= 2,
        "every queue": {"main", "soft", "hard"} <= {visit.queue for visits in log.values() for visit in visits},
        "pauses": reasons >= {"lunch", "break", "technical"},
        "collectors who talked": len({leg.user_id for call in kept.calls for leg in call.legs if leg.talks}) >= 18,
    }
    return [f"too little of: {what}" for what, enough in seen.items() if not enough]
