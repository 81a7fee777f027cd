"""Trying a menu out: what would be said to a caller who presses these keys. Nothing is looked up or written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from callcenter.ivr.flow import Flow
from callcenter.ivr.interpreter import advance, begin
from callcenter.ivr.speaking import words
from callcenter.ivr.walk import (
    Ask,
    Exit,
    Heard,
    Identify,
    Identity,
    Known,
    Leave,
    LookUpDebt,
    LookUpHours,
    Opened,
    Owed,
    PlanCallback,
    Planned,
    Pledged,
    Pressed,
    Question,
    TakePromise,
)
from core.kernel.money import Money

SUM = Money(Decimal("1234.50"), "EUR")
_SOMEBODY = Identity(party_id=0, case_id=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a caller hears, and in which language."""

    language: str
    text: str
    sound: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What was heard, and the keys pressed after it (None: not yet, or the menu let go)."""

    said: tuple[Said, ...]
    keys: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A walk so far. ``exit`` is set when the menu has let the caller go, ``step`` where he stands."""

    turns: tuple[Turn, ...]
    step: str
    exit: Exit | None
    queue: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Pretence:
    """What the caller finds: whether somebody is there, and whether his data are right."""

    open: bool = True
    known: bool = True


def tried(flow: Flow, keys: Sequence[str], pretence: Pretence, now: datetime) -> Trial:
    """The walk of a caller who presses ``keys``, one answer after another."""
    state, act = begin(flow, language=None, number_known=True)
    waiting, turns = list(keys), list[Turn]()
    while not isinstance(act, Leave):
        if isinstance(act, Ask):
            pressed = waiting.pop(0) if waiting else None
            turns.append(_turn(act, pressed))
            if pressed is None:
                return Trial(turns=tuple(turns), step=state.step, exit=None, queue="")
            state, act = advance(flow, state, Pressed(pressed[: act.most]))
        else:
            state, act = advance(flow, state, _pretended(act, pretence, now))
    turns.append(_turn(act, None))
    return Trial(turns=tuple(turns), step=state.step, exit=act.exit, queue=act.queue)


def _turn(act: Ask | Leave, keys: str | None) -> Turn:
    said = tuple(
        Said(language=line.language, text=words(line), sound=bool(getattr(line.what, "sounds", {}).get(line.language)))
        for line in act.lines
    )
    return Turn(said=said, keys=keys)


def _pretended(question: Question, pretence: Pretence, now: datetime) -> Heard:
    match question:
        case LookUpHours():
            return Opened(pretence.open)
        case Identify(case=None):
            return Known(who=_SOMEBODY) if pretence.known else Known(more=True)
        case Identify():
            return Known()
        case LookUpDebt():
            return Owed(sum=SUM, today=now.date())
        case TakePromise():
            return Pledged()
        case PlanCallback(hour=hour):
            return Planned(now if hour is None else now.replace(hour=hour, minute=0) + timedelta(days=1))
