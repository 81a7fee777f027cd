"""The rows of a run on many cases: each done or taken back by itself, and marked."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import Case, MassItem, MassOutcome, MassRun, MassState
from core.cases.rules.mass import NOT_THERE, MassAction, obstacle
from core.cases.service.ledger import lock_cases
from core.cases.service.mass_actions import RIGHTS, Change, Deed, Hand, Params, act, tagged_among, take_back
from core.kernel.access import Actor
from core.kernel.errors import DomainError
from core.kernel.i18n import Message, msg
from core.kernel.uow import Work
from core.people.access import visible

_REFUSED = msg("The database refused this row.")
_CHANGED = msg("Somebody has changed this case since.")
_log = structlog.get_logger(__name__)


async def do_rows(hand: Hand, run: MassRun, items: Sequence[MassItem]) -> None:
    """Do these rows, or take them back when the run goes back, and mark them."""
    step = _forward(hand, run) if run.state == MassState.RUNNING else _backward(hand, run)
    await _mark(hand.work, run.id, await _each(hand, run, items, step))


def _deed(run: MassRun) -> Deed:
    return Deed(MassAction(run.action), Params.read(run.params))


def _forward(hand: Hand, run: MassRun) -> "_RowStep":
    deed = _deed(run)

    async def step(case: Case, _item: MassItem) -> dict[str, Any]:
        change = await act(hand, deed, case)
        before = {"was": dict(change.was), "made": dict(change.made), "row": change.row}
        return {"outcome": MassOutcome.DONE, "before": before, "error": {}}

    return step


def _backward(hand: Hand, run: MassRun) -> "_RowStep":
    deed = _deed(run)

    async def step(case: Case, item: MassItem) -> dict[str, Any]:
        if await take_back(hand, deed, case, Change(**item.before)):
            return {"outcome": MassOutcome.UNDONE, "before": item.before, "error": {}}
        return {"outcome": MassOutcome.KEPT, "before": item.before, "error": stored(_CHANGED)}

    return step


_RowStep = Callable[[Case, MassItem], Awaitable[dict[str, Any]]]


async def _each(hand: Hand, run: MassRun, items: Sequence[MassItem], step: _RowStep) -> list[dict[str, Any]]:
    """Every row by itself: what one cannot do is passed over, and does not hold up the next."""
    deed, work, actor = _deed(run), hand.work, hand.actor
    forward = run.state == MassState.RUNNING
    ids = [item.case_id for item in items]
    cases = {case.id: case for case in await lock_cases(work, [one for one in ids if one is not None])}
    barred: Mapping[int, Message | None] = (
        await obstacles(work.session, actor, deed, ids)
        if forward
        else dict.fromkeys(await _reached(work.session, actor, deed.action, ids))
    )
    results = []
    for item, kept in [(item, dict(item.before)) for item in items]:
        reason = barred.get(item.case_id or 0, NOT_THERE)
        lost = {"outcome": MassOutcome.SKIPPED if forward else MassOutcome.KEPT, "before": kept}
        n = item.n
        if reason is not None:
            results.append({"item": n, **lost, "error": stored(reason)})
            continue
        try:
            async with work.session.begin_nested():
                results.append({"item": n, **await step(cases[item.case_id or 0], item)})
        except DomainError as error:
            results.append({"item": n, **lost, "error": stored(error.message)})
        except DBAPIError:
            _log.warning("a row of a mass action was refused", run=run.id, row=n)
            results.append({"item": n, **lost, "outcome": MassOutcome.ERROR, "error": stored(_REFUSED)})
    return results


async def obstacles(
    session: AsyncSession, actor: Actor, deed: Deed, case_ids: Sequence[int | None]
) -> dict[int, Message | None]:
    """Case in reach → why the action is passed over there, None for not at all."""
    ids = [one for one in case_ids if one is not None]
    tagged = await tagged_among(session, deed.params.tag_id, ids)
    cases = await session.scalars(_in_reach(actor, deed.action, select(Case)).where(Case.id.in_(ids)))
    return {case.id: obstacle(deed.action, case, deed.aim, tagged=case.id in tagged) for case in cases}


async def _reached(
    session: AsyncSession, actor: Actor, action: MassAction, case_ids: Sequence[int | None]
) -> Sequence[int]:
    ids = [one for one in case_ids if one is not None]
    return (await session.scalars(_in_reach(actor, action, select(Case.id)).where(Case.id.in_(ids)))).all()


def _in_reach(actor: Actor, action: MassAction, statement: Select[Any]) -> Select[Any]:
    """Both rights have to reach the case: to act on many, and to do this to one."""
    for right in (rights.MASS, RIGHTS[action]):
        statement = visible(statement, actor, right, owner=Case.collector_id, unit=Case.unit_id)
    return statement


def stored(text: Message) -> dict[str, Any]:
    return {"text": text.msgid, "params": {name: str(value) for name, value in text.params.items()}}


async def waiting_rows(
    session: AsyncSession, run_id: int, outcome: MassOutcome, size: int, *, after: int = 0
) -> Sequence[MassItem]:
    next_rows = select(MassItem).where(MassItem.run_id == run_id, MassItem.outcome == outcome, MassItem.n > after)
    return (await session.scalars(next_rows.order_by(MassItem.n).limit(size))).all()


_ITEMS = MassItem.__table__


async def _mark(work: Work, run_id: int, results: Sequence[Mapping[str, Any]]) -> None:
    marked = (
        update(_ITEMS)  # type: ignore[arg-type]
        .where(_ITEMS.c.run_id == run_id, _ITEMS.c.n == bindparam("item"))
        .values(outcome=bindparam("outcome"), error=bindparam("error"), before=bindparam("before"))
    )
    await work.session.flush()
    connection = await work.session.connection()
    await connection.execute(marked, list(results))
