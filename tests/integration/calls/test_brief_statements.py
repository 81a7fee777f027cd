"""The call log keeps its promise to be brief: nothing it asks for a ring reads a whole table."""

import sqlite3
from typing import Any

import pytest
from sqlalchemy import event, make_url

from bench.floor import collectors_at_work, debtors_with_cases
from bench.rings import caller_of
from callcenter.agents.service import AgentService
from callcenter.app.adapters.callbacks import CallbackLaw, FloorDialler
from callcenter.app.adapters.cases import CallerLookup
from callcenter.app.adapters.law import DebtorFacts
from callcenter.app.presets import install
from callcenter.callbacks.service import CallbackService
from callcenter.calls.history import CaseHistory
from callcenter.calls.reporting import CallReporter
from callcenter.compliance.service import Gate
from core.kernel.clock import ManualClock
from core.kernel.i18n import translator
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import FakeGate, FakeStaff, answered, ended, incoming, ringing

pytestmark = pytest.mark.usefixtures("shipped")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_statement_of_a_report_reads_a_table(uow: UnitOfWork, clock: ManualClock, database_url: str) -> None:
    async with uow.write() as work:
        roles = await install(work, translator("en"))
        await collectors_at_work(work, 2, roles["collector"])
        await debtors_with_cases(work, 2, 2)
    callbacks = CallbackService(uow, clock, dialler=FloorDialler(), law=CallbackLaw(Gate(DebtorFacts(), clock)))
    followers = (AgentService(uow, clock), callbacks, CaseHistory())
    reporter = CallReporter(uow, clock, staff=FakeStaff(), callers=CallerLookup(), gate=FakeGate(), followers=followers)
    asked: dict[str, Any] = {}

    @event.listens_for(uow.database.writer_engine.sync_engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        asked[statement] = values[0] if many and isinstance(values, list) else values

    talked = ringing(incoming(1, f"+{caller_of(0)}"), 1, 2)
    missed = ringing(incoming(2, f"+{caller_of(1)}"), 1)
    await reporter.report((talked, missed))
    await reporter.report((answered(talked, 1),))
    await reporter.report((ended(answered(talked, 1), 60), ended(missed, 30)))
    assert any("callbacks" in statement for statement in asked)
    plans = {statement: plan.replace("SCAN json_each", "") for statement, plan in _plans(database_url, asked).items()}
    reading = {statement: plan for statement, plan in plans.items() if "SCAN" in plan}  # what is asked for may be
    assert reading == {}


def _plans(url: str, asked: dict[str, Any]) -> dict[str, str]:
    with sqlite3.connect(make_url(url).database or "") as database:
        plans = {
            statement: " | ".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", values))
            for statement, values in asked.items()
        }
    database.close()
    return plans
