"""Actions on many cases: chosen, foreseen, done as a job row by row, stopped, and taken back where it can be.

A run keeps its cases from the moment they were chosen, so that what was foreseen is what is done. The job goes forward
in short transactions, each of which first makes sure that the run still goes on, and marks its rows in the same
transaction: after a crash it continues exactly there.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import record
from core.cases import rights
from core.cases.errors import MassBusy
from core.cases.model import Case, MassItem, MassOutcome, MassRun, MassState
from core.cases.ports import PlannedWork
from core.cases.queries.lists import ListQuery, matching
from core.cases.rules.mass import AMBIGUOUS, NOT_THERE, TWICE, MassAction
from core.cases.service.assignment import Dealer
from core.cases.service.mass_actions import RIGHTS, Deed, Hand, check_params
from core.cases.service.mass_rows import do_rows, foreseen, stored, waiting_rows
from core.kernel.access import Actor
from core.kernel.bulk import insert_many
from core.kernel.clock import Clock
from core.kernel.errors import NotFound
from core.kernel.i18n import Message
from core.kernel.jobs import JobHandler, enqueue
from core.kernel.uow import UnitOfWork, Work
from core.people.access import actor_of, reaches, visible
from core.people.model import User

RUN_JOB = "mass.run"
#: As many cases can be acted on at once.
MOST_CASES = 100_000
_FIRST_CHUNK, _LARGEST_CHUNK = 20, 200
#: A transaction holds up every other writer on SQLite: chunks stay near this.
_CHUNK_SECONDS = 0.1
_YIELD = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreseen:
    """What a run would do: how many cases it can be done to, and how many it passes over for which reason."""

    done: int
    skipped: Sequence[tuple[Message, int]]


class Mass:
    """The use cases of acting on many cases."""

    def __init__(self, uow: UnitOfWork, clock: Clock, sources: Sequence[PlannedWork] = ()) -> None:
        self._uow = uow
        self._clock = clock
        self._sources = tuple(sources)

    @property
    def handlers(self) -> Mapping[str, JobHandler]:
        """The jobs to register with the runner."""
        return {RUN_JOB: self._job}

    async def choose(self, actor: Actor, case_ids: Sequence[int]) -> int:
        """A new run over chosen cases; its id. Those out of reach are left out."""
        chosen = ListQuery(within=(Case.id.in_(list(dict.fromkeys(case_ids))[:MOST_CASES]),))
        return await self.choose_all(actor, chosen)

    async def choose_all(self, actor: Actor, query: ListQuery) -> int:
        """A new run over everything the list's query means, as many as can be acted on at once; its id."""
        actor.require(rights.MASS)
        found = matching(actor, query, rights.MASS, MOST_CASES).subquery()
        async with self._uow.write() as work:
            run = await self._draft(work, actor, "")
            columns = ("run_id", "n", "number", "case_id", "outcome", "error", "before")
            numbered = select(
                literal(run.id),
                func.row_number().over(order_by=found.c.id),
                found.c.number,
                found.c.id,
                literal(MassOutcome.WAITING.value),
                literal({}, MassItem.error.type),
                literal({}, MassItem.before.type),
            )
            await work.session.execute(insert(MassItem).from_select(columns, numbered))
            await _count(work, run)
            return run.id

    async def choose_numbers(
        self, actor: Actor, numbers: Sequence[str], source: str, *, creditor_id: int | None = None
    ) -> int:
        """A new run over the cases of these numbers, of one creditor or of any; its id.

        A number that means no case in reach, several cases, or one named before keeps its row with the reason.
        """
        actor.require(rights.MASS)
        async with self._uow.write() as work:
            run = await self._draft(work, actor, source)
            known = await _by_number(work.session, actor, numbers, creditor_id)
            rows, seen = [], set[int]()
            for n, number in enumerate(numbers[:MOST_CASES], 1):
                found = known.get(number, [])
                fault = _fault(found, seen)
                seen.update(found)
                rows.append(_item(run.id, n, number, found[0] if len(found) == 1 else None, fault))
            await insert_many(work.session, MassItem, rows)
            await _count(work, run)
            return run.id

    async def _draft(self, work: Work, actor: Actor, source: str) -> MassRun:
        run = MassRun(
            action="",
            params={},
            source=source[:255],
            state=MassState.DRAFT,
            created_by_id=actor.user_id,
            created_at=self._clock.now(),
        )
        work.session.add(run)
        await work.session.flush()
        return run

    async def foresee(self, actor: Actor, run_id: int, deed: Deed) -> Foreseen:
        """What the action would do, without doing anything. Raises ``Invalid`` for parameters that do not do."""
        actor.require(RIGHTS[deed.action])
        async with self._uow.read() as session:
            await run_for(session, actor, run_id)
            await check_params(session, deed)
        reasons: Counter[str] = Counter()
        dealer: Dealer | None = None
        done, after = 0, 0
        while True:
            async with self._uow.read() as session:
                items = await waiting_rows(session, run_id, MassOutcome.WAITING, 1000, after=after)
                if not items:
                    break
                dealer = dealer or await _dealer(session, deed)
                ids = [one.case_id for one in items if one.case_id is not None]
                todo = await foreseen(session, actor, deed, ids, dealer)
            after = items[-1].n
            for item in items:
                found = todo.get(item.case_id or 0, NOT_THERE)
                if isinstance(found, Message):
                    reasons[found.msgid] += 1
                else:
                    done += 1
        return Foreseen(done=done, skipped=tuple((Message(text, {}), count) for text, count in reasons.most_common()))

    async def start(self, actor: Actor, run_id: int, deed: Deed) -> None:
        """Begin. Raises ``MassBusy`` when it has begun already, ``Invalid`` for parameters that do not do."""
        actor.require(RIGHTS[deed.action])
        now = self._clock.now()
        async with self._uow.write() as work:
            await run_for(work.session, actor, run_id)
            await check_params(work.session, deed)
            await _step(
                work, run_id, (MassState.DRAFT,), MassState.RUNNING, action=deed.action, params=deed.params.stored()
            )
            record(work, actor, "mass.started", ("mass", run_id), {"action": (None, deed.action)}, at=now)
            await enqueue(work, RUN_JOB, {"run": run_id}, at=now, key=f"{RUN_JOB}:{run_id}")

    async def stop(self, actor: Actor, run_id: int) -> None:
        """Stop where it is; what was done stays done and can be taken back. Raises ``MassBusy``."""
        now = self._clock.now()
        async with self._uow.write() as work:
            await run_for(work.session, actor, run_id)
            await _step(work, run_id, (MassState.RUNNING,), MassState.STOPPED, finished_at=now)
            record(work, actor, "mass.stopped", ("mass", run_id), at=now)

    async def undo(self, actor: Actor, run_id: int) -> None:
        """Take back every row that is still as the run left it. Raises ``MassBusy``."""
        now = self._clock.now()
        async with self._uow.write() as work:
            run = await run_for(work.session, actor, run_id)
            await _step(work, run_id, (MassState.DONE, MassState.STOPPED), MassState.UNDOING)
            actor.require(RIGHTS[MassAction(run.action)])
            record(work, actor, "mass.undone", ("mass", run_id), at=now)
            await enqueue(work, RUN_JOB, {"run": run_id}, at=now, key=f"{RUN_JOB}:{run_id}:back")

    async def _job(self, payload: Mapping[str, Any]) -> None:
        """Go forward or back until nothing waits or somebody stops it."""
        run_id, size = int(payload["run"]), _FIRST_CHUNK
        while True:
            started = time.perf_counter()
            if not await self._chunk(run_id, size):
                return
            took = time.perf_counter() - started
            size = min(max(int(size * _CHUNK_SECONDS / max(took, 0.001)), size // 2, 5), size * 2, _LARGEST_CHUNK)
            await asyncio.sleep(took * _YIELD)

    async def _chunk(self, run_id: int, size: int) -> bool:
        """Some rows in one transaction; False when there is nothing left or the run was stopped."""
        now = self._clock.now()
        async with self._uow.write() as work:
            run = await _going(work, run_id)
            if run is None:
                return False
            actor = await actor_of(work.session, await work.session.get_one(User, run.created_by_id))
            outcome = MassOutcome.WAITING if run.state == MassState.RUNNING else MassOutcome.DONE
            items = await waiting_rows(work.session, run_id, outcome, size)
            if not items:
                await _finish(work, actor, run, now)
                return False
            await do_rows(Hand(work=work, actor=actor, at=now, sources=self._sources), run, items)
        return True


async def _dealer(session: AsyncSession, deed: Deed) -> Dealer | None:
    return await Dealer.of(session) if deed.action is MassAction.RULE else None


async def run_for(session: AsyncSession, actor: Actor, run_id: int) -> MassRun:
    """The run, if it is the actor's own or of somebody the right reaches. Raises ``NotFound``."""
    wanted_run = select(MassRun).where(MassRun.id == run_id)
    found = await session.scalar(visible(wanted_run, actor, rights.MASS, owner=MassRun.created_by_id))
    if found is None:
        raise NotFound()
    return found


async def _by_number(
    session: AsyncSession, actor: Actor, numbers: Sequence[str], creditor_id: int | None
) -> dict[str, list[int]]:
    """Number → the cases in reach that bear it."""
    reach = reaches(actor, rights.MASS, owner=Case.collector_id, unit=Case.unit_id)
    narrowed = [] if reach is None else [reach]
    if creditor_id is not None:
        narrowed.append(Case.creditor_id == creditor_id)
    found: dict[str, list[int]] = {}
    for start in range(0, len(numbers), 500):
        piece = select(Case.number, Case.id).where(Case.number.in_(numbers[start : start + 500]), *narrowed)
        for row in await session.execute(piece):
            found.setdefault(row.number, []).append(row.id)
    return found


def _fault(found: Sequence[int], seen: set[int]) -> Message | None:
    if len(found) != 1:
        return AMBIGUOUS if found else NOT_THERE
    return TWICE if found[0] in seen else None


def _item(run_id: int, n: int, number: str, case_id: int | None, fault: Message | None) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "n": n,
        "number": number[:60],
        "case_id": case_id,
        "outcome": MassOutcome.WAITING if fault is None else MassOutcome.SKIPPED,
        "error": {} if fault is None else stored(fault),
        "before": {},
    }


async def _count(work: Work, run: MassRun) -> None:
    counted = select(func.count()).select_from(MassItem).where(MassItem.run_id == run.id)
    run.total = await work.session.scalar(counted) or 0


async def _step(work: Work, run_id: int, allowed: Sequence[MassState], to: MassState, **values: Any) -> None:
    """Move the run on by conditional update: of two who press the button one wins."""
    moved = update(MassRun).where(MassRun.id == run_id, MassRun.state.in_(allowed)).values(state=to, **values)
    if await work.session.scalar(moved.returning(MassRun.id)) is None:
        raise MassBusy()


async def _going(work: Work, run_id: int) -> MassRun | None:
    """The run, locked, while it goes forward or back."""
    going = (MassState.RUNNING, MassState.UNDOING)
    held = update(MassRun).where(MassRun.id == run_id, MassRun.state.in_(going)).values(total=MassRun.total)
    if await work.session.scalar(held.returning(MassRun.id)) is None:
        return None
    return await work.session.get_one(MassRun, run_id, populate_existing=True)


async def _finish(work: Work, actor: Actor, run: MassRun, now: datetime) -> None:
    """The run is over: one summary of what became of its rows."""
    run.state = MassState.DONE if run.state == MassState.RUNNING else MassState.UNDONE
    run.finished_at = now
    counts = await outcome_counts(work.session, run.id)
    summary = {"action": (None, run.action), **{key: (None, count) for key, count in counts.items()}}
    record(work, actor, f"mass.{run.state}", ("mass", run.id), summary, at=now)


async def outcome_counts(session: AsyncSession, run_id: int) -> dict[str, int]:
    """How many rows of the run came out how."""
    grouped = select(MassItem.outcome, func.count()).where(MassItem.run_id == run_id).group_by(MassItem.outcome)
    return {row[0]: row[1] for row in await session.execute(grouped)}
