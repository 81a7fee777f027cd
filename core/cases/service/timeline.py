"""The time line of a case."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.cases.events import CaseChanged
from core.cases.model import CaseEvent, EventKind
from core.kernel.access import Actor
from core.kernel.bulk import insert_many
from core.kernel.uow import Work


def add_event(
    work: Work,
    case_id: int,
    kind: EventKind,
    at: datetime,
    *,
    actor: Actor | None = None,
    text: str = "",
    call_id: int | None = None,
    party_id: int | None = None,
    promise_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> CaseEvent:
    """Write an entry and tell screens to look again. Rights are the caller's: this is a part of its own use case.

    ``data`` is JSON; the program itself (``actor`` None or ``PROGRAM``) has no author.
    """
    entry = CaseEvent(
        case_id=case_id,
        kind=kind,
        at=at,
        actor_id=actor.user_id if actor and actor.user_id else None,
        text=text,
        call_id=call_id,
        party_id=party_id,
        promise_id=promise_id,
        data=dict(data or {}),
    )
    work.session.add(entry)
    work.emit(CaseChanged(at=at, case_id=case_id, kind=kind))
    return entry


async def add_events(
    work: Work,
    kind: EventKind,
    entries: Sequence[tuple[int, Mapping[str, Any]]],
    at: datetime,
    *,
    actor: Actor,
    text: str = "",
) -> None:
    """The same on many cases at once: (case id, data) each."""
    told = {"kind": kind, "at": at, "actor_id": actor.user_id or None, "text": text}
    rows = [{"case_id": case_id, "data": dict(data), **told} for case_id, data in entries]
    await insert_many(work.session, CaseEvent, rows)
    work.emit(*(CaseChanged(at=at, case_id=case_id, kind=kind) for case_id, _ in entries))
