"""Those who promise to be brief are: nothing that is asked for a ring, a result, a note or a state reads a whole
table."""

import re
import sqlite3
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event, make_url, select

from bench.floor import collectors_at_work, debtors_with_cases
from bench.rings import caller_of
from callcenter.agents.directory import ship_reasons
from callcenter.agents.service import AgentService
from callcenter.app.adapters.callbacks import AgreedCallbacks, CallbackLaw, FloorDialler
from callcenter.app.adapters.cases import CallerLookup, CaseEffects
from callcenter.app.adapters.law import CallGate, DebtorFacts
from callcenter.app.presets import install
from callcenter.app.rights import RIGHTS
from callcenter.callbacks.service import CallbackService
from callcenter.calls.demands import ResultDetails
from callcenter.calls.effects import ResultEffects
from callcenter.calls.history import CaseHistory
from callcenter.calls.model import Call
from callcenter.calls.ports import Agreed, Promised
from callcenter.calls.reporting import CallReporter
from callcenter.calls.results import CallResults
from callcenter.compliance.registry import Registry
from callcenter.compliance.service import Gate
from core.cases.service.cases import add_note
from core.kernel.access import Actor, Scope
from core.kernel.clock import ManualClock
from core.kernel.i18n import translator
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import FakeGate, FakeStaff, answered, ended, incoming, ringing

pytestmark = pytest.mark.usefixtures("shipped")
_SHORT = re.compile(r"SCAN (json_each|CONSTANT ROW|call_result_codes)\b")
EVERY_RIGHT = [right.key for right in RIGHTS]


class Floor(NamedTuple):
    reporter: CallReporter
    results: CallResults
    agents: AgentService


@pytest.fixture
async def asked(uow: UnitOfWork) -> dict[str, Any]:
    """Statements put to the writer of a floor of two collectors, each with values it was put with."""
    async with uow.write() as work:
        roles = await install(work, translator("en"))
        await collectors_at_work(work, 2, roles["collector"])
        await debtors_with_cases(work, 2, 2)
        await ship_reasons(work)
    heard: dict[str, Any] = {}

    @event.listens_for(uow.database.writer_engine.sync_engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        heard[statement] = values[0] if many and isinstance(values, list) else values

    return heard


@pytest.fixture
def floor(uow: UnitOfWork, clock: ManualClock) -> Floor:
    """As the house is wired, without contact law of its own."""
    callbacks = CallbackService(uow, clock, dialler=FloorDialler(), law=CallbackLaw(Gate(DebtorFacts(), clock)))
    agents = AgentService(uow, clock)
    followers = (agents, callbacks, CaseHistory())
    reporter = CallReporter(uow, clock, staff=FakeStaff(), callers=CallerLookup(), gate=FakeGate(), followers=followers)
    law = CallGate(Gate(DebtorFacts(), clock), Registry(clock))
    effects = ResultEffects(clock, gate=law, cases=CaseEffects(), callbacks=AgreedCallbacks(callbacks))
    return Floor(reporter, CallResults(uow, clock, gate=law, effects=effects, followers=followers), agents)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_statement_of_a_report_reads_a_table(floor: Floor, asked: dict[str, Any], database_url: str) -> None:
    talked = ringing(incoming(1, f"+{caller_of(0)}"), 1, 2)
    missed = ringing(incoming(2, f"+{caller_of(1)}"), 1)
    await floor.reporter.report((talked, missed))
    await floor.reporter.report((answered(talked, 1),))
    await floor.reporter.report((ended(answered(talked, 1), 60), ended(missed, 30)))
    assert any("callbacks" in statement for statement in asked)
    assert _reading(database_url, asked) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_no_statement_of_what_collectors_write_reads_a_table(
    floor: Floor, asked: dict[str, Any], uow: UnitOfWork, clock: ManualClock, database_url: str
) -> None:
    talked = ringing(incoming(1, f"+{caller_of(0)}"), 1)
    for state in (talked, answered(talked, 1), ended(answered(talked, 1), 60)):
        await floor.reporter.report((state,))
    asked.clear()
    now, actor = clock.now(), Actor(user_id=1, login="all", rights=dict.fromkeys(EVERY_RIGHT, Scope.ALL))
    soon = Agreed(start=now + timedelta(hours=1), end=now + timedelta(hours=2), reason="asked", phone=None)
    paper = ResultDetails(document="a paper", reason="a reason")
    promised = Promised(amount=Decimal(10), due=now.date() + timedelta(days=2))
    for code, given in {
        "RPC-PTP": ResultDetails(promise=promised),
        "RPC-CALLBACK": ResultDetails(callback=soon),
        "RPC-PAID": ResultDetails(),
        "RPC-DISPUTE": paper,
        "DECEASED": paper,
        "WRONG": ResultDetails(),
    }.items():
        await floor.results.result(actor, 1, code, given)
    async with uow.read() as session:
        case_id = await session.scalar(select(Call.case_id).where(Call.id == 1))
    assert case_id is not None
    async with uow.write(brief=True) as work:
        await add_note(work, actor, case_id, "a note", at=now, call_id=1)
    await floor.agents.choose(actor, "pause", "lunch")
    for table in ("promises", "callbacks", "tasks", "contact_blocks", "case_events", "agent_states"):
        assert any(f"INSERT INTO {table}" in statement for statement in asked), table
    assert _reading(database_url, asked) == {}


def _reading(url: str, asked: dict[str, Any]) -> dict[str, str]:
    """The statements that read a table, each with its plan; what is asked for may be read, and the few result codes."""
    plans = {statement: _SHORT.sub("", plan) for statement, plan in _plans(url, asked).items()}
    return {statement: plan for statement, plan in plans.items() if "SCAN" in plan}


def _plans(url: str, asked: dict[str, Any]) -> dict[str, str]:
    with sqlite3.connect(make_url(url).database or "") as database:
        plans = {
            statement: " | ".join(row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", values))
            for statement, values in asked.items()
        }
    database.close()
    return plans
