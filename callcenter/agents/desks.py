"""The desks of the collectors a change concerns: read together, settled in memory, written together.

A ring changes several collectors' states, and fifty rings come in a second.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, delete, select, update

from callcenter.agents.events import AgentStateChanged
from callcenter.agents.model import AgentCall, AgentDesk, AgentState
from callcenter.agents.rules import Desk, Standing, State, standing
from core.kernel.bulk import insert_many, insert_missing
from core.kernel.uow import Work
from core.people.model import User

#: A row of ``agent_states``, not yet written when it has no id.
_Stretch = dict[str, Any]
_IDLE = "idle"
_CALLS, _STATES = AgentCall.__table__, AgentState.__table__
assert isinstance(_CALLS, Table)
assert isinstance(_STATES, Table)
_USERS: BindParameter[int] = bindparam("users", expanding=True)
#: What follows is read only once the desks are locked, or it would be what was before.
_LOCKED = (
    select(AgentDesk, User.unit_id)
    .outerjoin(User, User.id == AgentDesk.user_id)
    .where(AgentDesk.user_id.in_(_USERS))
    .order_by(AgentDesk.user_id)
    .with_for_update(of=AgentDesk)
)
_CALLS_OF = select(_CALLS).where(_CALLS.c.user_id.in_(_USERS))
_OPEN_OF = select(_STATES).where(_STATES.c.user_id.in_(_USERS), _STATES.c.ended_at.is_(None))
_FORGET = delete(_CALLS).where(_CALLS.c.user_id == bindparam("user"), _CALLS.c.call_id == bindparam("call"))
_END = update(_STATES).where(_STATES.c.id == bindparam("stretch")).values(ended_at=bindparam("at"))


class Desks:
    """Locked from :meth:`load` to the end of the transaction: changes of one collector come one after the other."""

    def __init__(self, work: Work, rows: Iterable[AgentDesk], units: dict[int, int | None]) -> None:
        self._work = work
        self._rows = {row.user_id: row for row in rows}
        self._units = units
        self._calls: dict[int, dict[int, str]] = {user_id: {} for user_id in self._rows}
        self._open: dict[int, _Stretch] = {}
        self._touched: dict[tuple[int, int], str] = {}
        self._begun: list[_Stretch] = []
        self._ended: dict[int, datetime] = {}

    @classmethod
    async def load(cls, work: Work, user_ids: Collection[int]) -> "Desks":
        """The desks of these users; who had none yet gets one."""
        session = work.session
        rows = (await session.execute(_LOCKED, {"users": user_ids})).all()
        if len(rows) < len(user_ids):
            fresh = {"live": False, "registered": False, "phone_since": None, "choice": State.AVAILABLE, "reason": None}
            missing = sorted(set(user_ids) - {row.AgentDesk.user_id for row in rows})
            await insert_missing(session, AgentDesk, [{"user_id": user_id, **fresh} for user_id in missing])
            rows = (await session.execute(_LOCKED, {"users": user_ids})).all()
        desks = cls(work, (row.AgentDesk for row in rows), {row.AgentDesk.user_id: row.unit_id for row in rows})
        for call in await session.execute(_CALLS_OF, {"users": user_ids}):
            desks._calls[call.user_id][call.call_id] = call.activity
        for state in (await session.execute(_OPEN_OF, {"users": user_ids})).mappings():
            desks._open[state["user_id"]] = {**state}
        return desks

    def __contains__(self, user_id: int) -> bool:
        return user_id in self._rows

    def __getitem__(self, user_id: int) -> AgentDesk:
        return self._rows[user_id]

    def does(self, user_id: int, call_id: int, activity: str) -> None:
        """What the collector now does for the call."""
        calls = self._calls[user_id]
        calls.pop(call_id, None)
        if activity != _IDLE:
            calls[call_id] = activity
        self._touched[user_id, call_id] = activity

    def settle(self, user_id: int, now: datetime) -> None:
        """Close the open stretch and begin the next one at the same instant, if the state is another."""
        row, current = self._rows[user_id], self._open.get(user_id)
        new = standing(
            Desk(
                live=row.live,
                registered=row.registered,
                choice=State(row.choice),
                reason=row.reason,
                calls=self._calls[user_id],
            )
        )
        if current is not None and _same(current, new):
            return
        at = max(now, current["started_at"]) if current is not None else now
        if current is not None:
            self._end(current, at)
        begun = {
            "user_id": user_id,
            "unit_id": self._units.get(user_id),
            "state": new.state,
            "reason": new.reason,
            "call_id": new.call_id,
            "started_at": at,
            "ended_at": None,
        }
        self._open[user_id] = begun
        self._begun.append(begun)
        self._work.emit(
            AgentStateChanged(
                at=now,
                user_id=user_id,
                unit_id=self._units.get(user_id),
                state=new.state,
                reason=new.reason,
                call_id=new.call_id,
                since=at,
            )
        )

    def _end(self, current: _Stretch, at: datetime) -> None:
        if "id" in current:
            self._ended[current["id"]] = at
        else:  # begun in this very change
            current["ended_at"] = at

    async def write(self) -> None:
        """Write what was settled. An open stretch is ended before the next is begun: there is one of each collector."""
        session = self._work.session
        await session.flush()
        if self._touched:
            await session.execute(_FORGET, [{"user": user, "call": call} for user, call in self._touched])
        kept = [
            {"user_id": user, "call_id": call, "activity": activity}
            for (user, call), activity in self._touched.items()
            if activity != _IDLE
        ]
        await insert_many(session, AgentCall, kept)
        if self._ended:
            await session.execute(_END, [{"stretch": stretch, "at": at} for stretch, at in self._ended.items()])
        await insert_many(session, AgentState, self._begun)


def _same(current: _Stretch, new: Standing) -> bool:
    return (current["state"], current["reason"], current["call_id"]) == (new.state, new.reason, new.call_id)
