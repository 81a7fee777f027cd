"""The words of a walk through a menu: what the interpreter is told, and what it wants done."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from callcenter.ivr.flow import Prompt
from core.kernel.i18n import Message
from core.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Line:
    """Something said in a language: what an agency wrote or recorded, or a sentence of the program."""

    language: str
    what: Prompt | Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who the caller has shown to be: somebody who owes, and his case."""

    party_id: int
    case_id: int


class Phase(StrEnum):
    """What a step that asks more than once waits for."""

    NONE = ""
    BIRTH = "birth"
    CASE = "case"
    AMOUNT = "amount"
    DAY = "day"
    CONFIRM = "confirm"
    NUMBER = "number"
    WHEN = "when"
    HOUR = "hour"


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Where a caller stands. ``walked`` counts steps and keys, ``tries`` vain answers to what is asked now, ``refused``
    how often he could not show who he is; ``said`` waits to be played."""

    step: str
    language: str
    number_known: bool = True
    phase: Phase = Phase.NONE
    tries: int = 0
    refused: int = 0
    walked: int = 0
    said: tuple[Line, ...] = ()
    who: Identity | None = None
    birth: date | None = None
    owed: Money | None = None
    today: date | None = None
    amount: Decimal | None = None
    due_on: date | None = None
    number: str | None = None


# ------------------------------------------------------------------ what the interpreter is told
@dataclass(frozen=True, slots=True)
class Entered:
    """The caller has come to the step."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """The keys he pressed in time; empty: none."""

    keys: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Whether somebody is there."""

    yes: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Who the caller is. ``more``: the number of his case is needed to tell."""

    who: Identity | None = None
    more: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """What he owes on ``today``, which is his own."""

    sum: Money
    today: date


@dataclass(frozen=True, slots=True)
class Pledged:
    """His promise was taken, or why not."""

    refusal: Message | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """When he will be called, in his own time; None: it could not be planned."""

    at: datetime | None


Heard = Entered | Pressed | Opened | Known | Owed | Pledged | Planned


# ------------------------------------------------------------------ what it wants done
@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """Play, and wait for at most ``most`` keys (``#`` ends them), ``seconds`` for each. The answer is ``Pressed``."""

    lines: tuple[Line, ...]
    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class LookUpHours:
    """The answer is ``Opened``."""

    calendar_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Identify:
    """Whoever was born that day, with the digits of his case's number if he was asked. The answer is ``Known``."""

    birth: date
    case: str | None


@dataclass(frozen=True, slots=True)
class LookUpDebt:
    """The answer is ``Owed``; the look is on record before it."""

    who: Identity


@dataclass(frozen=True, kw_only=True, slots=True)
class TakePromise:
    """The answer is ``Pledged``."""

    who: Identity
    amount: Decimal
    due_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanCallback:
    """At the next such ``hour`` (None: as soon as possible) of the caller's own day, at the ``number`` he gave (None:
    the one he calls from). The answer is ``Planned``."""

    hour: int | None
    number: str | None
    who: Identity | None


class Exit(StrEnum):
    """How a caller leaves a menu. ``OWN``: to his own collector, then the queue he belongs to."""

    OWN = "own"
    QUEUE = "queue"
    VOICEMAIL = "voicemail"
    HANG_UP = "hangup"


@dataclass(frozen=True, kw_only=True, slots=True)
class Leave:
    """Play, and let the caller go. ``queue`` is a code."""

    lines: tuple[Line, ...]
    exit: Exit
    queue: str = ""


Question = LookUpHours | Identify | LookUpDebt | TakePromise | PlanCallback
Act = Ask | Leave | Question
