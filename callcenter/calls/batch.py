"""The rows a batch of reports concerns, and the joining of each report with its row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from callcenter.calls.changes import Difference, Users, difference
from callcenter.calls.facts import CallPhase, CallState
from callcenter.calls.merging import absorb, is_ghost, join
from callcenter.calls.model import Call, CallLink, Leg
from callcenter.calls.ports import Staff
from callcenter.calls.rows import as_state, new_row, tombstone, write
from core.kernel.bulk import reserve_ids

# A list of pairs would have SQLite read the whole table; Linkedids that two servers share do no harm here.
_LINKED = select(CallLink.call_id).where(
    CallLink.server.in_(bindparam("servers", expanding=True)),
    CallLink.linkedid.in_(bindparam("linkedids", expanding=True)),
)
_CALLS = (
    select(Call)
    .where(Call.id.in_(bindparam("ids", expanding=True)))
    .options(selectinload(Call.legs), selectinload(Call.links))
    .order_by(Call.id)
    .with_for_update()
)


@dataclass(kw_only=True, slots=True)
class Change:
    """One call before and after a report."""

    row: Call
    before: CallState | None
    after: CallState
    difference: Difference


class Batch:
    """The rows a batch of reports concerns, loaded in a handful of questions. ``buried`` are those that were merged
    into others, each with what it was until then."""

    def __init__(self, session: AsyncSession, rows: Iterable[Call], users: Users) -> None:
        self._session = session
        self._rows = {row.id: row for row in rows}
        self._links = {(one.server, one.linkedid): row.id for row in self._rows.values() for one in row.links}
        self._moved: dict[tuple[str, str], CallLink] = {}
        self.users = users
        self.buried: list[tuple[Call, CallState]] = []

    @classmethod
    async def load(cls, session: AsyncSession, states: Sequence[CallState], staff: Staff) -> "Batch":
        ids = {state.call_id for state in states} | {one for state in states for one in state.merged_ids}
        links = {
            "servers": {state.server for state in states},
            "linkedids": {one for state in states for one in state.linkedids},
        }
        ids.update((await session.scalars(_LINKED, links)).all())
        rows = (await session.scalars(_CALLS, {"ids": ids})).all()
        endpoints = {leg.endpoint for state in states for leg in state.legs if leg.endpoint}
        endpoints |= {leg.endpoint for row in rows for leg in row.legs if leg.endpoint}
        return cls(session, rows, await staff.users(session, endpoints) if endpoints else {})

    def apply(self, state: CallState, region: str, told: frozenset[int] = frozenset()) -> Change | None:
        """Join the state with its row; None when that changes nothing. ``told``: see :func:`difference`."""
        row = self._find(state)
        if row is None and is_ghost(state):
            return None
        if row is not None and row.merged_into is not None:
            return None
        before = as_state(row) if row is not None else None
        after = self._absorbed(join(before or state, state), row)
        if after == before:
            return None
        if row is None:
            row = new_row(state)
            self._session.add(row)
            self._rows[row.id] = row
        write(row, after, self.users, region)
        self._link(row, after)
        return Change(row=row, before=before, after=after, difference=difference(before, after, self.users, told))

    async def number(self) -> None:
        """Draw the ids of all new legs and links, each kind at once: rows that must be asked for theirs are written one
        by one."""
        for kind in (Leg, CallLink):
            fresh = [one for one in self._session.new if isinstance(one, kind)]
            for one, drawn in zip(
                fresh, await reserve_ids(self._session, kind, len(fresh)) if fresh else (), strict=True
            ):
                one.id = drawn

    def _find(self, state: CallState) -> Call | None:
        """The call's row: by its own id, else by a Linkedid that is already known (a repair drew a new id)."""
        known = self._rows.get(state.call_id)
        if known is not None:
            return known
        ids = (self._links.get((state.server, linkedid)) for linkedid in state.linkedids)
        return next((self._rows[one] for one in ids if one in self._rows), None)

    def _absorbed(self, state: CallState, row: Call | None) -> CallState:
        """The state together with the calls that were merged into it, whose rows become tombstones."""
        for merged_id in state.merged_ids:
            merged = self._rows.get(merged_id)
            if merged is None:
                self._rows[merged_id] = tombstone(merged_id, state)
                self._session.add(self._rows[merged_id])
            elif merged.merged_into is None and merged is not row:
                before = as_state(merged)
                state = absorb(state, before)
                self._bury(merged, state)
                self.buried.append((merged, before))
        return state

    def _bury(self, merged: Call, survivor: CallState) -> None:
        for one in list(merged.links):
            key = (one.server, one.linkedid)
            self._links[key] = survivor.call_id
            self._moved[key] = one
        merged.legs.clear()
        merged.merged_into = survivor.call_id
        merged.phase = CallPhase.ENDED
        merged.ended_at = survivor.started_at
        merged.needs_result = False

    def _link(self, row: Call, state: CallState) -> None:
        known = {one.linkedid for one in row.links}
        for linkedid in state.linkedids:
            key = (state.server, linkedid)
            if linkedid in known or self._links.setdefault(key, row.id) != row.id:
                continue
            row.links.append(self._moved.get(key) or CallLink(server=state.server, linkedid=linkedid))


def folded(calls: Iterable[CallState]) -> list[CallState]:
    """One state per call; calls that the batch itself merges into others are left to those."""
    folded: dict[int, CallState] = {}
    for state in calls:
        known = folded.get(state.call_id)
        folded[state.call_id] = state if known is None else join(known, state)
    swallowed = {one for state in folded.values() for one in state.merged_ids}
    return [state for state in folded.values() if state.call_id not in swallowed]
