"""What happened to cases."""

from dataclasses import dataclass

from core.cases.model import EventKind
from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseChanged(Event):
    """There is something new on a case; ``kind`` says of what sort."""

    case_id: int
    kind: EventKind
