"""What the live board is made of: lines about collectors, calls and queues, as values without a language."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.kernel.access import Actor, Scope


class Kind(StrEnum):
    """The parts of the board; also their names in its messages."""

    AGENTS = "agents"
    CALLS = "calls"
    QUEUES = "queues"


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentLine:
    """A collector now. ``since`` is when the state began, ``phone`` whether one of his phones could ring, ``alarms``
    the kinds of alarms that are on."""

    id: int
    name: str
    extension: str
    unit_id: int | None
    state: str
    reason: str | None
    since: datetime | None
    call_id: int | None
    phone: bool
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CallLine:
    """A call that goes on. ``user_id`` and ``unit_id`` are those of the collector whose call it is; None while nobody
    has it. ``since`` is when its present wait or talk began."""

    id: int
    user_id: int | None
    unit_id: int | None
    direction: str
    phase: str
    queue: str | None
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueLine:
    """A queue by its code: how many wait in it and since when the longest, and of those who came today how many a
    collector took, how many of these within ``service_seconds``, and how many had gone before anybody did."""

    id: str
    waiting: int
    since: datetime | None
    service_seconds: int
    answered: int
    in_time: int
    abandoned: int


Line = AgentLine | CallLine | QueueLine
Key = tuple[Kind, int | str]

_KINDS: dict[type, Kind] = {AgentLine: Kind.AGENTS, CallLine: Kind.CALLS, QueueLine: Kind.QUEUES}


def kind_of(line: Line) -> Kind:
    return _KINDS[type(line)]


def key_of(line: Line) -> Key:
    return kind_of(line), line.id


def within(line: Line, actor: Actor, right: str) -> bool:
    """Whether the actor's right reaches what the line is about. Queues, and callers nobody has yet, are everybody's who
    has the right at all: there is no person in them."""
    scope = actor.rights.get(right)
    if scope is None:
        return False
    owner = line.id if isinstance(line, AgentLine) else line.user_id if isinstance(line, CallLine) else None
    if scope is Scope.ALL or owner is None or owner == actor.user_id:
        return True
    units = {Scope.TEAM: actor.team, Scope.DEPARTMENT: actor.department}.get(scope, frozenset())
    return not isinstance(line, QueueLine) and line.unit_id in units
