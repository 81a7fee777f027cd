"""A menu as a form: fields named after their step, and read back into one."""

from collections.abc import Iterator, Mapping
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
#: What was typed and what is wrong with it, by the field of the form.
Misread = Mapping[str, tuple[str, Message]]


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
    """The fields in which a number is needed and none was typed: a menu made of them would have one nobody chose."""
    names = [f"{key}-{name}" for key in sent.getlist("step") for name in ("tries", "seconds")]
    given = {name: str(sent[name]).strip() for name in names if name in sent}
    return {name: (text, msg("Give a whole number.")) for name, text in given.items() if not is_position(text)}


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
        pressed = zip(sent.getlist(f"{key}-press"), sent.getlist(f"{key}-goes"), strict=False)
        found["choices"] = {str(press): str(goes) for press, goes in pressed if press != ""}
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
