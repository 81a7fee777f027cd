"""Walking a menu: where a caller stands and what was heard give where he stands then and what is to be done. Pure.

A walk always ends: after :data:`MOST` steps and answers the caller goes to the queue he belongs to, as from anything
that a checked menu does not hold.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from callcenter.ivr import texts
from callcenter.ivr.flow import (
    AnyStep,
    Balance,
    CallMe,
    Flow,
    HangUp,
    Hours,
    Language,
    Menu,
    Pledge,
    Prompt,
    Say,
    ToQueue,
    Voicemail,
)
from callcenter.ivr.walk import (
    Act,
    Ask,
    Entered,
    Exit,
    Heard,
    Identify,
    Known,
    Leave,
    Line,
    LookUpDebt,
    LookUpHours,
    Opened,
    Owed,
    Phase,
    PlanCallback,
    Planned,
    Pledged,
    Pressed,
    State,
    TakePromise,
)
from core.kernel.i18n import Message, msg

MOST = 100
"""Steps and answers of one call: far more than any sensible menu takes."""
TRIES = 3
"""How often the program's own questions are asked; who he is a caller may show that often in a whole call."""
_SECONDS = 7
_NUMBER = re.compile(r"[0-9]{9,15}")

Walked = tuple[State, Act]


def begin(flow: Flow, *, language: str | None, number_known: bool) -> Walked:
    """A caller comes in. ``language`` is his as far as known, ``number_known``: his number is not hidden."""
    spoken = language if language in flow.languages else flow.language
    return _go(flow, State(step="", language=spoken or flow.language, number_known=number_known), flow.entry)


def advance(flow: Flow, state: State, heard: Heard) -> Walked:
    """The next act after something was heard."""
    step = flow.steps.get(state.step)
    if step is None or state.walked >= MOST:
        return _out(state)
    counted = replace(state, walked=state.walked + 1)
    return _HANDLERS[type(step)](flow, counted, step, heard)


def _go(flow: Flow, state: State, key: str) -> Walked:
    """On to another step."""
    return advance(flow, replace(state, step=key, phase=Phase.NONE, tries=0), Entered())


def _out(state: State) -> Walked:
    return _leave(state, Exit.OWN)


def _leave(state: State, way: Exit, queue: str = "") -> Walked:
    return replace(state, said=()), Leave(lines=state.said, exit=way, queue=queue)


def _saying(state: State, what: Prompt | Message, language: str | None = None) -> State:
    spoken = language or state.language
    if isinstance(what, Prompt) and not what.speaks(spoken):
        return state
    return replace(state, said=(*state.said, Line(spoken, what)))


def _ask(state: State, phase: Phase, what: Message, *, most: int, seconds: int = _SECONDS) -> Walked:
    return _listen(_saying(replace(state, phase=phase), what), most=most, seconds=seconds)


def _listen(state: State, *, most: int, seconds: int) -> Walked:
    return replace(state, said=()), Ask(lines=state.said, most=most, seconds=seconds)


# ------------------------------------------------------------------ steps an agency writes
def _say(flow: Flow, state: State, step: Say, _heard: Heard) -> Walked:
    return _go(flow, _saying(state, step.prompt), step.next)


def _menu(flow: Flow, state: State, step: Menu, heard: Heard) -> Walked:
    if isinstance(heard, Pressed):
        if heard.keys in step.choices:
            return _go(flow, state, step.choices[heard.keys])
        state = replace(state, tries=state.tries + 1)
        if state.tries >= step.tries:
            return _go(flow, state, step.otherwise)
        if heard.keys:
            state = _saying(state, texts.AGAIN)
    return _listen(_saying(state, step.prompt), most=1, seconds=step.seconds)


def _hours(flow: Flow, state: State, step: Hours, heard: Heard) -> Walked:
    if isinstance(heard, Opened):
        return _go(flow, state, step.open if heard.yes else step.closed)
    return state, LookUpHours(step.calendar_id)


def _language(flow: Flow, state: State, step: Language, heard: Heard) -> Walked:
    if isinstance(heard, Pressed):
        if heard.keys in step.choices:
            return _go(flow, replace(state, language=step.choices[heard.keys]), step.next)
        state = replace(state, tries=state.tries + 1)
        if state.tries >= step.tries:
            return _go(flow, state, step.next)
    for _key, language in sorted(step.choices.items()):
        state = _saying(state, step.prompt, language)
    return _listen(state, most=1, seconds=step.seconds)


def _voicemail(_flow: Flow, state: State, step: Voicemail, _heard: Heard) -> Walked:
    return _leave(_saying(state, step.prompt), Exit.VOICEMAIL)


def _queue(_flow: Flow, state: State, step: ToQueue, _heard: Heard) -> Walked:
    return _leave(_saying(state, step.prompt), Exit.QUEUE if step.queue else Exit.OWN, step.queue)


def _hang_up(_flow: Flow, state: State, step: HangUp, _heard: Heard) -> Walked:
    return _leave(_saying(state, step.prompt), Exit.HANG_UP)


# ------------------------------------------------------------------ who it is
def _identify(flow: Flow, state: State, step: Balance | Pledge, heard: Heard) -> Walked:
    """Nothing about a debt is said before this has come to an end with a person."""
    if state.refused >= TRIES:
        return _go(flow, _saying(state, texts.UNKNOWN), step.otherwise)
    match heard:
        case Known(who=None, more=True):
            return _ask(state, Phase.CASE, texts.CASE, most=20)
        case Known(who=None):
            return _not_known(flow, state, step, texts.NO_MATCH)
        case Known():
            shown = replace(state, who=heard.who, phase=Phase.NONE, tries=0)
            return advance(flow, shown, Entered())
        case Pressed() if state.phase is Phase.CASE and state.birth is not None:
            return state, Identify(birth=state.birth, case=heard.keys)
        case Pressed() if state.phase is Phase.BIRTH:
            birth = birth_date(heard.keys)
            if birth is None:
                return _not_known(flow, state, step, texts.NO_DATE)
            return replace(state, birth=birth), Identify(birth=birth, case=None)
        case _:
            return _ask(state, Phase.BIRTH, texts.BIRTH, most=8)


def _not_known(flow: Flow, state: State, step: Balance | Pledge, why: Message) -> Walked:
    return _identify(flow, _saying(replace(state, refused=state.refused + 1), why), step, Entered())


def birth_date(keys: str) -> date | None:
    """Day, month and year as eight digits; None for what is no day of the past hundred and fifty years or so."""
    if not re.fullmatch(r"[0-9]{8}", keys) or int(keys[4:]) < 1880:
        return None
    try:
        return date(int(keys[4:]), int(keys[2:4]), int(keys[:2]))
    except ValueError:
        return None


# ------------------------------------------------------------------ balance and promise
def _balance(flow: Flow, state: State, step: Balance, heard: Heard) -> Walked:
    if state.who is None:
        return _identify(flow, state, step, heard)
    if isinstance(heard, Owed):
        return _go(flow, _saying(state, _owes(heard)), step.next)
    return state, LookUpDebt(state.who)


def _owes(heard: Owed) -> Message:
    if heard.sum.amount <= 0:
        return msg("You owe nothing.")
    return msg("Today you owe {sum}.", sum=heard.sum)


def _pledge(flow: Flow, state: State, step: Pledge, heard: Heard) -> Walked:
    if state.who is None:
        return _identify(flow, state, step, heard)
    match heard:
        case Owed() if heard.sum.amount <= 0:
            return _go(flow, _saying(state, _owes(heard)), step.otherwise)
        case Owed():
            return _ask_amount(_saying(replace(state, owed=heard.sum, today=heard.today), _owes(heard)))
        case Pressed(keys=keys) if state.phase is Phase.AMOUNT and state.owed is not None:
            amount = state.owed.rounded().amount if keys == "0" else _whole(keys)
            if amount is None or amount <= 0:
                return _vainly(flow, state, step.otherwise, texts.NO_SUM, _ask_amount)
            return _ask_day(replace(state, amount=amount, tries=0))
        case Pressed(keys=keys) if state.phase is Phase.DAY and state.today is not None:
            due_on = next_day(keys, state.today)
            if due_on is None:
                return _vainly(flow, state, step.otherwise, texts.NO_DATE, _ask_day)
            return _confirm(replace(state, due_on=due_on, tries=0))
        case Pressed(keys=keys) if state.phase is Phase.CONFIRM and state.amount is not None and state.due_on:
            return _confirmed(flow, state, step, keys)
        case Pledged(refusal=None):
            return _go(flow, _saying(state, texts.THANKS), step.next)
        case Pledged(refusal=refusal):
            return _vainly(flow, state, step.otherwise, refusal or texts.NOT_TAKEN, _ask_amount)
        case _:
            return state, LookUpDebt(state.who)


def _confirmed(flow: Flow, state: State, step: Pledge, keys: str) -> Walked:
    if keys == "1" and state.who is not None and state.amount is not None and state.due_on is not None:
        return state, TakePromise(who=state.who, amount=state.amount, due_on=state.due_on)
    if keys == "2":
        return _ask_amount(state)
    return _vainly(flow, state, step.otherwise, texts.AGAIN, _confirm)


def _ask_amount(state: State) -> Walked:
    text = msg("Enter the sum you promise to pay, in whole units, then press hash. For all you owe press 0, then hash.")
    return _ask(state, Phase.AMOUNT, text, most=9)


def _ask_day(state: State) -> Walked:
    return _ask(state, Phase.DAY, texts.DAY, most=4)


def _confirm(state: State) -> Walked:
    promised = replace(state.owed, amount=state.amount) if state.owed and state.amount else None
    text = msg(
        "You promise to pay {sum} by {day}. To confirm press 1, to change it press 2.", sum=promised, day=state.due_on
    )
    return _ask(state, Phase.CONFIRM, text, most=1)


def _vainly(flow: Flow, state: State, otherwise: str, why: Message, anew: Callable[[State], Walked]) -> Walked:
    """Ask once more, or give it up."""
    state = _saying(replace(state, tries=state.tries + 1), why)
    return _go(flow, state, otherwise) if state.tries >= TRIES else anew(state)


def _whole(keys: str) -> Decimal | None:
    return Decimal(keys) if keys.isdecimal() else None


def next_day(keys: str, today: date) -> date | None:
    """The next such day and month (four digits) from ``today`` on; None for what is no day."""
    if not re.fullmatch(r"[0-9]{4}", keys):
        return None
    for year in range(today.year, today.year + 9):  # the 29th of February is at most eight years away
        try:
            day = date(year, int(keys[2:]), int(keys[:2]))
        except ValueError:
            continue
        if day >= today:
            return day
    return None


# ------------------------------------------------------------------ call me back
def _call_me(flow: Flow, state: State, step: CallMe, heard: Heard) -> Walked:
    match heard:
        case Pressed(keys=keys) if state.phase is Phase.NUMBER:
            if not _NUMBER.fullmatch(keys):
                return _vainly(flow, state, step.otherwise, texts.NO_NUMBER, _ask_number)
            return _ask_when(replace(state, number=keys, tries=0))
        case Pressed(keys="1") if state.phase is Phase.WHEN:
            return state, PlanCallback(hour=None, number=state.number, who=state.who)
        case Pressed(keys="2") if state.phase is Phase.WHEN:
            return _ask_hour(replace(state, tries=0))
        case Pressed() if state.phase is Phase.WHEN:
            return _vainly(flow, state, step.otherwise, texts.AGAIN, _ask_when)
        case Pressed(keys=keys) if state.phase is Phase.HOUR:
            if not re.fullmatch(r"[01]?[0-9]|2[0-3]", keys):
                return _vainly(flow, state, step.otherwise, texts.NO_HOUR, _ask_hour)
            return state, PlanCallback(hour=int(keys), number=state.number, who=state.who)
        case Planned(at=None):
            return _vainly(flow, state, step.otherwise, texts.NO_CALLBACK, _ask_when)
        case Planned(at=at):
            told = msg(
                "We will call you back on {day}, after {hour} o'clock.", day=at and at.date(), hour=at and at.hour
            )
            return _go(flow, _saying(state, told), step.next)
        case _:
            return _ask_when(state) if state.number_known else _ask_number(state)


def _ask_number(state: State) -> Walked:
    return _ask(state, Phase.NUMBER, texts.NUMBER, most=15)


def _ask_when(state: State) -> Walked:
    return _ask(state, Phase.WHEN, texts.WHEN, most=1)


def _ask_hour(state: State) -> Walked:
    return _ask(state, Phase.HOUR, texts.HOUR, most=2)


_HANDLERS: dict[type[AnyStep], Callable[[Flow, State, Any, Heard], Walked]] = {
    Say: _say,
    Menu: _menu,
    Hours: _hours,
    Language: _language,
    Balance: _balance,
    Pledge: _pledge,
    CallMe: _call_me,
    Voicemail: _voicemail,
    ToQueue: _queue,
    HangUp: _hang_up,
}
