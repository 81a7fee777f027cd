"""The time line of a case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.cases.events import CaseChanged
from core.cases.model import CaseEvent, EventKind
from core.kernel.access import Actor
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
