"""The server away for longer than a restart takes: the calls of that time are known afterwards, the rest of it was seen
by nobody and is no work."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, func, select, update

from callcenter.agents.model import AgentState, Downtime, ServerPulse
from callcenter.agents.rules import ASSUMED
from callcenter.app.demo.cases import number_of
from callcenter.calls.model import Call
from core.kernel.db import Database
from core.people.model import User
from telephony.lab import Lab, sipp
from tests.phones import desk_phone
from tests.plugins.product import running
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

_AWAY = timedelta(hours=1)


async def test_the_time_that_nobody_saw_is_offline_but_for_the_calls(tmp_path: Path) -> None:
    async with running(tmp_path / "floor") as product:
        lab = Lab(product.folder)
        pbx = lab.required().pbx
        phone = next(one for one in lab.phones() if one.extension == "101")
        database = Database(f"sqlite+aiosqlite:///{product.folder / 'callcenter.db'}")
        async with desk_phone(pbx.sip, phone, hertz=1500, auto_answer=True):
            await until(lambda: _is_in(database, {"available"}))
            await product.kill()
            order = sipp.Ring(caller=number_of(4, 2), number="101", hertz=440, seconds=2)
            with sipp.ring(pbx.sip, pbx.trunk.host, order) as debtor:
                assert await asyncio.to_thread(debtor.wait, 15) == 0, debtor.complaint()
            last_seen = await _as_if_since(database, _AWAY)
            back = datetime.now(UTC)
            await product.start()
            await until(lambda: _is_settled(database))
            await until(lambda: _is_in(database, {*ASSUMED, "wrap_up"}))
            stretches = await _time_of_101(database)
            call = await _only_call(database)
        await database.close()

    assert all(one.ended_at == following.started_at for one, following in pairwise(stretches))
    unseen = [one for one in stretches if one.started_at < back and (one.ended_at is None or one.ended_at > last_seen)]
    assert not [one for one in unseen if one.state in ASSUMED and one.started_at < back - timedelta(seconds=1)]
    (talk,) = [one for one in stretches if one.state == "talking"]
    assert (talk.call_id, talk.started_at) == (call.id, call.answered_at)
    assert talk.ended_at is not None
    assert call.ended_at is not None
    assert abs(talk.ended_at - call.ended_at) < timedelta(seconds=0.2)  # his telephone's end, and the call's
    assert stretches[0].state == "offline"


async def _as_if_since(database: Database, away: timedelta) -> datetime:
    """Have the server be last alive by ``away`` earlier than it was."""
    async with database.writing() as session, session.begin():
        at = await session.scalar(select(ServerPulse.at))
        assert at is not None
        await session.execute(update(ServerPulse).values(at=at - away))
        return at - away


def _mine() -> ColumnElement[bool]:
    return AgentState.user_id == select(User.id).where(User.extension == "101").scalar_subquery()


async def _is_in(database: Database, states: set[str]) -> bool:
    wanted = select(AgentState.state).where(_mine(), AgentState.ended_at.is_(None))
    async with database.read() as session:
        return await session.scalar(wanted) in states


async def _is_settled(database: Database) -> bool:
    async with database.read() as session:
        return await session.scalar(select(func.count(Downtime.id))) == 0


async def _time_of_101(database: Database) -> Sequence[AgentState]:
    """His stretches of this day, the first of them from before the downtime."""
    wanted = select(AgentState).where(_mine(), AgentState.started_at > datetime.now(UTC) - 2 * _AWAY)
    async with database.read() as session:
        return (await session.scalars(wanted.order_by(AgentState.started_at, AgentState.ended_at.nulls_last()))).all()


async def _only_call(database: Database) -> Call:
    wanted = select(Call).where(Call.started_at > datetime.now(UTC) - _AWAY, Call.answered_at.is_not(None))
    async with database.read() as session:
        return (await session.scalars(wanted)).one()
