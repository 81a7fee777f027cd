"""The rows of a run on many cases: each done or taken back by itself, and marked."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.model import Case, MassItem, MassOutcome, MassRun, MassState
from core.cases.rules.mass import NOT_THERE, MassAction, obstacle
from core.cases.service.assignment import Dealer
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
    deed = Deed(MassAction(run.action), Params.read(run.params))
    ids = [item.case_id for item in items if item.case_id is not None]
    cases = {case.id: case for case in await lock_cases(hand.work, ids)}
    if run.state == MassState.RUNNING:
        dealer = await Dealer.locked(hand.work, at=hand.at) if deed.action is MassAction.RULE else None
        todo = await foreseen(hand.work.session, hand.actor, deed, ids, dealer)
        step, lost = _forward(hand), MassOutcome.SKIPPED
    else:
        todo = dict.fromkeys(await _reached(hand.work.session, hand.actor, deed.action, ids), deed)
        step, lost = _backward(hand), MassOutcome.KEPT
    results = []
    for item in items:
        n, before = item.n, dict(item.before)  # a row that fails takes what is loaded with it
        found = todo.get(item.case_id or 0, NOT_THERE)
        if isinstance(found, Message):
            results.append({"item": n, "outcome": lost, "before": before, "error": stored(found)})
        else:
            done = _one(hand.work, step(cases[item.case_id or 0], before, found), lost)
            results.append({"item": n, "before": before, **await done})
    await _mark(hand.work, run.id, results)


_RowStep = Callable[[Case, Mapping[str, Any], Deed], Awaitable[dict[str, Any]]]


def _forward(hand: Hand) -> _RowStep:
    async def step(case: Case, _before: Mapping[str, Any], deed: Deed) -> dict[str, Any]:
        change = await act(hand, deed, case)
        before = {"was": dict(change.was), "made": dict(change.made), "row": change.row}
        return {"outcome": MassOutcome.DONE, "before": before, "error": {}}

    return step


def _backward(hand: Hand) -> _RowStep:
    async def step(case: Case, before: Mapping[str, Any], deed: Deed) -> dict[str, Any]:
        if await take_back(hand, deed, case, Change(**before)):
            return {"outcome": MassOutcome.UNDONE, "error": {}}
        return {"outcome": MassOutcome.KEPT, "error": stored(_CHANGED)}

    return step


async def _one(work: Work, step: Awaitable[dict[str, Any]], lost: MassOutcome) -> dict[str, Any]:
    """One row by itself: what it cannot do is passed over, and does not hold up the next."""
    try:
        async with work.session.begin_nested():
            return await step
    except DomainError as error:
        return {"outcome": lost, "error": stored(error.message)}
    except DBAPIError:
        _log.exception("a row of a mass action was refused")
        return {"outcome": MassOutcome.ERROR, "error": stored(_REFUSED)}


async def foreseen(
    session: AsyncSession, actor: Actor, deed: Deed, case_ids: Sequence[int], dealer: Dealer | None
) -> dict[int, Message | Deed]:
    """Case in reach → what would be done to it, or why it is passed over. ``dealer`` hands out where the rules are to
    say who gets what."""
    tagged = await tagged_among(session, deed.params.tag_id, case_ids)
    seen = _in_reach(actor, deed.action, select(Case)).where(Case.id.in_(case_ids)).order_by(Case.id)
    cases = (await session.scalars(seen)).all()
    barred = {case.id: obstacle(deed.action, case, deed.aim, tagged=case.id in tagged) for case in cases}
    todo: dict[int, Message | Deed] = {case_id: reason or deed for case_id, reason in barred.items()}
    if dealer is not None:
        free = [case for case in cases if barred[case.id] is None]
        for case_id, dealt in (await dealer.deal(session, free)).items():
            todo[case_id] = dealt.reason or Deed(deed.action, replace(deed.params, user_id=dealt.user_id))
    return todo


async def _reached(session: AsyncSession, actor: Actor, action: MassAction, case_ids: Sequence[int]) -> Sequence[int]:
    return (await session.scalars(_in_reach(actor, action, select(Case.id)).where(Case.id.in_(case_ids)))).all()


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
