"""A menu as a form: fields named after their step, and read back into one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.datastructures import FormData

from callcenter.ivr.flow import AnyStep, Flow, Language, Menu, Prompt, loaded, prompt_of, stored
from core.kernel.errors import Invalid
from core.kernel.i18n import LANGUAGES, Message, msg
from web.forms import is_position
from web.pages.floor.menu_words import KINDS

#: So many steps one form may hold: far more than a menu may.
_MOST = 200
_TARGETS = ("next", "otherwise", "open", "closed", "queue")
_NUMBERS = ("tries", "seconds", "calendar_id")
#: A telephone key and what it chooses, as they were typed; either may be missing.
Pressed = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Misread:
    """What a menu cannot be made of: ``fields`` what was typed and what is wrong with it, by the field of the form,
    ``keys`` all rows of keys of the steps in which some cannot be read. A row's field is ``s1-press-2``."""

    fields: Mapping[str, tuple[str, Message]] = field(default_factory=dict)
    keys: Mapping[str, Sequence[Pressed]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.fields)


def flow_of(sent: FormData) -> Flow:
    """The menu a form describes. Raises ``Invalid`` for a form that no page of ours sends."""
    keys = [str(key) for key in sent.getlist("step")]
    if len(keys) > _MOST or len(set(keys)) != len(keys):
        raise Invalid
    content = {
        "entry": str(sent.get("entry", "")),
        "language": str(sent.get("language", "en")),
        "steps": {key: _step(sent, key) for key in keys},
    }
    try:
        return loaded(content)
    except msgspec.ValidationError as error:
        raise Invalid from error


def misread(sent: FormData) -> Misread:
    """Where a number is needed and none was typed, and keys that are given twice or not at all: a menu made of them
    would be one that nobody wrote."""
    steps = [str(key) for key in sent.getlist("step")]
    names = [f"{key}-{name}" for key in steps for name in ("tries", "seconds")]
    given = {name: str(sent[name]).strip() for name in names if name in sent}
    numbers = {name: (text, msg("Give a whole number.")) for name, text in given.items() if not is_position(text)}
    rows = {key: _pressed(sent, key) for key in steps}
    keys = {f"{key}-press-{n}": fault for key in steps for n, fault in _misread_keys(rows[key])}
    return Misread(fields=numbers | keys, keys={one: rows[one] for one in {name.split("-")[0] for name in keys}})


def _pressed(sent: FormData, key: str) -> list[Pressed]:
    typed = zip(sent.getlist(f"{key}-press"), sent.getlist(f"{key}-goes"), strict=False)
    return [(str(press), str(goes)) for press, goes in typed if press or goes]


def _misread_keys(rows: Sequence[Pressed]) -> Iterator[tuple[int, tuple[str, Message]]]:
    """By row, counted from 1, what is wrong with its key."""
    before = set()
    for n, (press, _goes) in enumerate(rows, 1):
        if not press:
            yield n, (press, msg("Choose the key."))
        elif press in before:
            yield n, (press, msg("This key is given already. Choose another one."))
        before.add(press)


def _step(sent: FormData, key: str) -> dict[str, Any]:
    kind = str(sent.get(f"{key}-kind", ""))
    known = {field.name for field in msgspec.structs.fields(KINDS[kind][0])} if kind in KINDS else set()
    found: dict[str, Any] = {"kind": kind}
    for name in known & set(_TARGETS):
        found[name] = str(sent.get(f"{key}-{name}", ""))
    for name in known & set(_NUMBERS):
        value = str(sent.get(f"{key}-{name}", "")).strip()
        if is_position(value):
            found[name] = int(value)
    if "prompt" in known:
        found["prompt"] = {"texts": _by_language(sent, key, "text"), "sounds": _by_language(sent, key, "sound")}
    if "choices" in known:
        found["choices"] = {press: goes for press, goes in _pressed(sent, key) if press}
    return found


def _by_language(sent: FormData, key: str, what: str) -> dict[str, str]:
    values = {language: str(sent.get(f"{key}-{what}-{language}", "")).strip() for language in LANGUAGES}
    return {language: value for language, value in values.items() if value}


def fields_of(flow: Flow) -> list[tuple[str, str]]:
    """The form that describes a menu, as pairs: the other way round."""
    return [
        ("entry", flow.entry),
        ("language", flow.language),
        *(pair for key in flow.steps for pair in _pairs(flow, key)),
    ]


def _pairs(flow: Flow, key: str) -> Iterator[tuple[str, str]]:
    step: Mapping[str, Any] = stored(flow)["steps"][key]
    yield "step", key
    for name, value in step.items():
        if name == "choices":
            for press, goes in value.items():
                yield f"{key}-press", press
                yield f"{key}-goes", goes
        elif name == "prompt":
            for what in ("texts", "sounds"):
                for language, text in value[what].items():
                    yield f"{key}-{what[:-1]}-{language}", text
        elif value is not None:
            yield f"{key}-{name}", str(value)


# ------------------------------------------------------------------ buttons of the page
def added(flow: Flow, kind: str) -> Flow:
    """With one more step of that kind at the end. Raises ``Invalid``."""
    if kind not in KINDS:
        raise Invalid({"kind": msg("Choose one of the list.")})
    number = 1 + max((int(key[1:]) for key in flow.steps if key[1:].isdecimal()), default=0)
    return msgspec.structs.replace(flow, steps={**flow.steps, f"s{number}": KINDS[kind][0]()})


def removed(flow: Flow, key: str) -> Flow:
    """Without that step; ways that led there lead nowhere."""
    steps = {other: _without(step, key) for other, step in flow.steps.items() if other != key}
    return msgspec.structs.replace(flow, steps=steps, entry="" if flow.entry == key else flow.entry)


def _without(step: AnyStep, key: str) -> AnyStep:
    changes: dict[str, Any] = {name: "" for name in _TARGETS[:4] if getattr(step, name, None) == key}
    if isinstance(step, Menu):
        changes["choices"] = {press: goes for press, goes in step.choices.items() if goes != key}
    return msgspec.structs.replace(step, **changes)


def moved(flow: Flow, key: str, by: int) -> Flow:
    """With that step further up or down in the order they are edited."""
    keys = list(flow.steps)
    if key not in keys:
        return flow
    place = keys.index(key)
    keys.insert(max(0, place + by), keys.pop(place))
    return msgspec.structs.replace(flow, steps={one: flow.steps[one] for one in keys})


def title_of(key: str, step: AnyStep, label: str) -> str:
    """What a step is called where ways lead to it: its number, kind and first words."""
    prompt = prompt_of(step) or Prompt()
    words = next((text for text in prompt.texts.values() if text), "")
    return f"{key[1:]}. {label}" + (f": {words[:40]}" if words else "")


def speaks(flow: Flow, step: AnyStep) -> tuple[str, ...]:
    """The languages in which a step says something."""
    return tuple(dict.fromkeys(step.choices.values())) if isinstance(step, Language) else flow.languages
