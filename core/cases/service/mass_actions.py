"""The actions a run can take on a case: each by the use case that does it to one case, and how it is taken back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import record
from core.cases import rights
from core.cases.model import Case, CaseTag, CloseReason, EventKind, Stage, Tag, Task, TaskKind, TaskState
from core.cases.ports import PlannedWork
from core.cases.rules.mass import MassAction
from core.cases.service import cases as use_cases
from core.cases.service.planning import replan, set_next_action
from core.cases.service.tags import tag_case, untag_case
from core.cases.service.tasks import NewTask, add_task, cancel_task
from core.cases.service.timeline import add_event
from core.kernel.access import Actor
from core.kernel.errors import Invalid
from core.kernel.i18n import msg
from core.kernel.uow import Work
from core.people.model import User

_NEEDED = msg("This is needed.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Params:
    """What an action needs; the others stay empty. ``user_id`` None takes cases away from everybody, or leaves a task
    to whoever holds the case."""

    user_id: int | None = None
    stage_id: int | None = None
    tag_id: int | None = None
    kind: TaskKind = TaskKind.OTHER
    title: str = ""
    due_at: datetime | None = None
    until: date | None = None
    reason: str = ""
    close_reason: CloseReason | None = None

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: _plain(value) for name, value in values.items() if value is not None}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Params":
        """What :meth:`stored` wrote."""
        make: Mapping[str, Callable[[str], Any]] = {
            "due_at": datetime.fromisoformat,
            "until": date.fromisoformat,
            "kind": TaskKind,
            "close_reason": CloseReason,
        }
        return cls(**{name: make[name](value) if name in make else value for name, value in stored.items()})


@dataclass(frozen=True, kw_only=True, slots=True)
class Hand:
    """Who acts, in which transaction, when; ``sources`` are what plans work besides tasks and agreements."""

    work: Work
    actor: Actor
    at: datetime
    sources: Sequence[PlannedWork] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """An action with what it needs."""

    action: MassAction
    params: Params

    @property
    def aim(self) -> object:
        """What the action sets, to see whether it is so already."""
        by_action: Mapping[MassAction, object] = {
            MassAction.ASSIGN: self.params.user_id,
            MassAction.STAGE: self.params.stage_id,
            MassAction.NEXT: self.params.due_at,
        }
        return by_action.get(self.action)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a case was before and what it is after, field by field; undoing needs both. ``row`` is the id of a task
    that was made."""

    was: Mapping[str, Any]
    made: Mapping[str, Any]
    row: int | None = None


#: The right each action needs on the case, besides the right to act on many.
RIGHTS: Mapping[MassAction, str] = {
    MassAction.ASSIGN: rights.ASSIGN,
    MassAction.RULE: rights.ASSIGN,
    MassAction.STAGE: rights.EDIT,
    MassAction.TASK: rights.TASKS,
    MassAction.NEXT: rights.EDIT,
    MassAction.TAG: rights.EDIT,
    MassAction.UNTAG: rights.EDIT,
    MassAction.SUSPEND: rights.CLOSE,
    MassAction.RESUME: rights.CLOSE,
    MassAction.CLOSE: rights.CLOSE,
}
#: What each action changes in the case itself.
_FIELDS: Mapping[MassAction, tuple[str, ...]] = {
    MassAction.ASSIGN: ("collector_id", "unit_id"),
    MassAction.RULE: ("collector_id", "unit_id"),
    MassAction.STAGE: ("stage_id",),
    MassAction.NEXT: ("next_set_at",),
    MassAction.SUSPEND: ("state", "suspended_until", "suspended_reason"),
    MassAction.RESUME: ("state", "suspended_until", "suspended_reason"),
    MassAction.CLOSE: ("state", "close_reason", "closed_at", "next_set_at"),
}


async def check_params(session: AsyncSession, deed: Deed) -> None:
    """Raise ``Invalid`` for what is missing or is not there, before anything is begun."""
    faults = {name: _NEEDED for name, absent in _absent(deed.action, deed.params).items() if absent}
    if not faults:
        faults = {
            name: _NEEDED
            for name, row in await _named(session, deed.action, deed.params)
            if row is None or not row.active
        }
    if faults:
        raise Invalid(faults)


def _absent(action: MassAction, params: Params) -> dict[str, bool]:
    match action:
        case MassAction.STAGE:
            return {"stage_id": params.stage_id is None}
        case MassAction.TAG | MassAction.UNTAG:
            return {"tag_id": params.tag_id is None}
        case MassAction.TASK:
            return {"title": not params.title.strip(), "due_at": params.due_at is None}
        case MassAction.SUSPEND:
            return {"reason": not params.reason.strip()}
        case MassAction.CLOSE:
            return {"close_reason": params.close_reason is None}
    return {}


async def _named(session: AsyncSession, action: MassAction, params: Params) -> list[tuple[str, Any]]:
    """The rows that the parameters name: nobody is given cases who is not here any more."""
    asked = {
        MassAction.ASSIGN: ("user_id", User, params.user_id),
        MassAction.TASK: ("user_id", User, params.user_id),
        MassAction.STAGE: ("stage_id", Stage, params.stage_id),
        MassAction.TAG: ("tag_id", Tag, params.tag_id),
    }.get(action)
    if asked is None or asked[2] is None:
        return []
    name, kind, row_id = asked
    return [(name, await session.get(kind, row_id))]


async def act(hand: Hand, deed: Deed, case: Case) -> Change:
    """Do it to one case, which is locked and has no obstacle. Raises what the use case raises."""
    before = _picture(case, deed.action)
    row = await _DOING[deed.action](hand, deed.params, case.id)
    await hand.work.session.flush()
    return Change(was=before, made=_picture(case, deed.action), row=row)


async def take_back(hand: Hand, deed: Deed, case: Case, change: Change) -> bool:
    """Put one case back as it was, if it still is as the run left it; whether that was so. The case is locked."""
    action = deed.action
    if action is MassAction.TASK:
        return await _drop_task(hand, change)
    if action in (MassAction.TAG, MassAction.UNTAG):
        turn = untag_case if action is MassAction.TAG else tag_case
        return await turn(hand.work, hand.actor, case.id, deed.params.tag_id or 0, at=hand.at)
    if _picture(case, action) != change.made:
        return False
    changes = {name: (getattr(case, name), _value(name, change.was[name])) for name in _FIELDS[action]}
    for name, (_, value) in changes.items():
        setattr(case, name, value)
    await replan(hand.work, [case.id], hand.sources)
    record(hand.work, hand.actor, "case.taken_back", ("case", case.id), changes, at=hand.at)
    await _tell(hand, action, case)
    return True


def _picture(case: Case, action: MassAction) -> dict[str, Any]:
    return {name: _plain(getattr(case, name)) for name in _FIELDS.get(action, ())}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _value(name: str, plain: Any) -> Any:
    if plain is not None and name in ("closed_at", "next_set_at"):
        return datetime.fromisoformat(plain)
    return date.fromisoformat(plain) if plain is not None and name == "suspended_until" else plain


async def _drop_task(hand: Hand, change: Change) -> bool:
    task = await hand.work.session.get(Task, change.row or 0, populate_existing=True)
    if task is None or task.state != TaskState.OPEN:
        return False
    await cancel_task(hand.work, hand.actor, task.id, "", at=hand.at, sources=hand.sources)
    return True


async def _tell(hand: Hand, action: MassAction, case: Case) -> None:
    if action in (MassAction.ASSIGN, MassAction.RULE):
        add_event(
            hand.work, case.id, EventKind.ASSIGNED, hand.at, actor=hand.actor, data={"collector_id": case.collector_id}
        )
    elif action is MassAction.STAGE:
        stage = await hand.work.session.get(Stage, case.stage_id) if case.stage_id else None
        add_event(
            hand.work, case.id, EventKind.STAGE, hand.at, actor=hand.actor, data={"stage": stage.name if stage else "—"}
        )
    elif action is MassAction.NEXT:
        _planned(hand, case.id, case.next_set_at)
    else:
        add_event(
            hand.work, case.id, EventKind.STATE, hand.at, actor=hand.actor, data={"state": case.state, "reason": ""}
        )


async def _assign(hand: Hand, params: Params, case_id: int) -> None:
    await use_cases.assign(hand.work, hand.actor, [case_id], params.user_id, at=hand.at)


async def _stage(hand: Hand, params: Params, case_id: int) -> None:
    await use_cases.set_stage(hand.work, hand.actor, case_id, params.stage_id or 0, at=hand.at)


async def _task(hand: Hand, params: Params, case_id: int) -> int:
    new = NewTask(
        case_id=case_id,
        kind=params.kind,
        title=params.title,
        due_at=params.due_at or hand.at,
        assignee_id=params.user_id,
    )
    return (await add_task(hand.work, hand.actor, new, at=hand.at, sources=hand.sources)).id


async def _next(hand: Hand, params: Params, case_id: int) -> None:
    await set_next_action(hand.work, hand.actor, case_id, params.due_at, at=hand.at, sources=hand.sources)
    _planned(hand, case_id, params.due_at)


def _planned(hand: Hand, case_id: int, when: datetime | None) -> None:
    data = {"state": "next", "due_at": when.isoformat() if when else None}
    add_event(hand.work, case_id, EventKind.TASK, hand.at, actor=hand.actor, data=data)


async def _tag(hand: Hand, params: Params, case_id: int) -> None:
    await tag_case(hand.work, hand.actor, case_id, params.tag_id or 0, at=hand.at)


async def _untag(hand: Hand, params: Params, case_id: int) -> None:
    await untag_case(hand.work, hand.actor, case_id, params.tag_id or 0, at=hand.at)


async def _suspend(hand: Hand, params: Params, case_id: int) -> None:
    await use_cases.suspend(hand.work, hand.actor, case_id, params.until, params.reason, at=hand.at)


async def _resume(hand: Hand, _params: Params, case_id: int) -> None:
    await use_cases.reopen(hand.work, hand.actor, case_id, at=hand.at, sources=hand.sources)


async def _close(hand: Hand, params: Params, case_id: int) -> None:
    await use_cases.close(hand.work, hand.actor, case_id, CloseReason(params.close_reason or ""), at=hand.at)


_DOING: Mapping[MassAction, Callable[[Hand, Params, int], Awaitable[int | None]]] = {
    MassAction.ASSIGN: _assign,
    MassAction.RULE: _assign,
    MassAction.STAGE: _stage,
    MassAction.TASK: _task,
    MassAction.NEXT: _next,
    MassAction.TAG: _tag,
    MassAction.UNTAG: _untag,
    MassAction.SUSPEND: _suspend,
    MassAction.RESUME: _resume,
    MassAction.CLOSE: _close,
}


async def tagged_among(session: AsyncSession, tag_id: int | None, case_ids: Sequence[int]) -> set[int]:
    """Which of the cases bear the tag."""
    if tag_id is None:
        return set()
    found = select(CaseTag.case_id).where(CaseTag.tag_id == tag_id, CaseTag.case_id.in_(case_ids))
    return set(await session.scalars(found))
