"""A menu as its page draws it: a card for each step with what is wrong in it, and the overview of ways."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from callcenter.ivr.checking import Fault
from callcenter.ivr.flow import AnyStep, Flow, Hours, ToQueue, ways
from core.kernel.i18n import Translator, msg
from web.pages.floor import menu_form, menu_words
from web.pages.floor.menu_form import Misread, Pressed
from web.pages.listing import Option, Text

_NO_HOURS = msg("These hours of work are no longer there. Choose others.")
_NO_QUEUE = msg("Callers can no longer be sent to this queue. Choose another one.")
_CHOSEN_BEFORE = msg("what was chosen before")


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """What steps may lead to beside other steps. ``calendars`` is None for a reader who may not see them."""

    calendars: Sequence[Option] | None
    queues: Sequence[Option]


@dataclass(frozen=True, kw_only=True, slots=True)
class StepCard:
    """A step as the page draws it. ``faults`` by field, "" for the step itself; ``typed`` holds what was typed into
    fields that could not be read, ``pressed`` keys and what each chooses; ``calendars`` and ``queues`` are what it may
    lead to, what it leads to included."""

    key: str
    kind: str
    title: str
    step: AnyStep
    languages: Sequence[str]
    faults: Mapping[str, Text]
    typed: Mapping[str, str]
    pressed: Sequence[Pressed]
    calendars: Sequence[Option]
    queues: Sequence[Option]


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """A step in the drawn overview: how one comes to it, what it is, and where it leads; ``again`` when it is drawn
    further up already."""

    way: Text
    key: str
    title: str
    again: bool
    branches: Sequence["Branch"]


def titles_of(flow: Flow, texts: Translator) -> dict[str, str]:
    """What each step is called in the reader's language."""
    return {
        key: menu_form.title_of(key, step, texts.render(menu_words.KINDS[menu_words.kind_of(step)][1]))
        for key, step in flow.steps.items()
    }


def lost(flow: Flow, offered: Offered) -> list[Fault]:
    """Steps that lead to hours or to a queue that are no longer there."""
    found = []
    for key, step in flow.steps.items():
        match step:
            case Hours(calendar_id=int() as chosen) if offered.calendars is not None:
                if str(chosen) not in _values(offered.calendars):
                    found.append(Fault(step=key, field="calendar_id", text=_NO_HOURS))
            case ToQueue(queue=code) if code and code not in _values(offered.queues):
                found.append(Fault(step=key, field="queue", text=_NO_QUEUE))
    return found


def card(
    key: str,
    flow: Flow,
    title: str,
    *,
    found: Sequence[Fault],
    misread: Misread,
    offered: Offered,
) -> StepCard:
    """The card of a step; what could not be read is shown as it was typed."""
    step = flow.steps[key]
    mine = {name.removeprefix(f"{key}-"): what for name, what in misread.fields.items() if name.startswith(f"{key}-")}
    faults: dict[str, Text] = {fault.field: fault.text for fault in reversed(found) if fault.step == key}
    return StepCard(
        key=key,
        kind=menu_words.kind_of(step),
        title=title,
        step=step,
        languages=menu_form.speaks(flow, step),
        faults=faults | {name: text for name, (_, text) in mine.items()},
        pressed=misread.keys.get(key) or tuple(getattr(step, "choices", {}).items()),
        typed={name: given for name, (given, _) in mine.items()},
        calendars=_with(offered.calendars or (), str(getattr(step, "calendar_id", None) or "")),
        queues=_with(offered.queues, getattr(step, "queue", "")),
    )


def _with(options: Sequence[Option], chosen: str) -> Sequence[Option]:
    """What may be chosen and what is: a form that left it out would choose something else without a word."""
    if not chosen or chosen in _values(options):
        return options
    return (*options, Option(value=chosen, label=_CHOSEN_BEFORE))


def _values(options: Sequence[Option]) -> Collection[str]:
    return {option.value for option in options}


def branch(flow: Flow, titles: Mapping[str, str], way: Text, key: str, drawn: set[str]) -> Branch | None:
    """The overview from one step on; each step's own ways are drawn where it comes first."""
    if key not in flow.steps:
        return None
    again = key in drawn
    drawn.add(key)
    found = (
        branch(flow, titles, _way(field), target, drawn)
        for field, target in ({} if again else ways(flow.steps[key])).items()
    )
    return Branch(way=way, key=key, title=titles[key], again=again, branches=[one for one in found if one is not None])


def _way(field: str) -> Text:
    return msg("Key {key}", key=field.removeprefix("key-")) if field.startswith("key-") else menu_words.WAYS[field]
