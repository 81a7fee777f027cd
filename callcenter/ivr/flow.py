"""A menu as a value: steps by their keys, as they are written, stored and walked."""

from typing import Any

import msgspec

from core.kernel.i18n import LANGUAGES


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller hears, by language: a text to be read out, or the name of an own recording, which goes first."""

    texts: dict[str, str] = {}
    sounds: dict[str, str] = {}

    def speaks(self, language: str) -> bool:
        """Whether it says anything in that language."""
        return bool(self.sounds.get(language) or self.texts.get(language, "").strip())


class Step(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """A step of a menu. Fields that name where the caller goes on hold keys of steps; empty: nothing was chosen."""


class Say(Step, frozen=True, kw_only=True, tag="say"):
    """Something is said."""

    prompt: Prompt = Prompt()
    next: str = ""


class Menu(Step, frozen=True, kw_only=True, tag="menu"):
    """A key chooses the way. Without a known key it is asked ``tries`` times, ``seconds`` each, then ``otherwise``."""

    prompt: Prompt = Prompt()
    choices: dict[str, str] = {}
    tries: int = 3
    seconds: int = 5
    otherwise: str = ""


class Hours(Step, frozen=True, kw_only=True, tag="hours"):
    """The hours of a calendar choose the way; a calendar that is gone counts as open."""

    calendar_id: int | None = None
    open: str = ""
    closed: str = ""


class Language(Step, frozen=True, kw_only=True, tag="language"):
    """A key chooses the language; ``prompt`` is said in each of them, in the order of the keys. Without a known key
    nothing changes."""

    prompt: Prompt = Prompt()
    choices: dict[str, str] = {}
    tries: int = 2
    seconds: int = 5
    next: str = ""


class Balance(Step, frozen=True, kw_only=True, tag="balance"):
    """Whoever shows by his date of birth who he is hears what he owes; ``otherwise``: he could not show it."""

    next: str = ""
    otherwise: str = ""


class Pledge(Step, frozen=True, kw_only=True, tag="promise"):
    """The same person promises a sum by a day; ``otherwise``: it did not come to that."""

    next: str = ""
    otherwise: str = ""


class CallMe(Step, frozen=True, kw_only=True, tag="callback"):
    """The caller says when to be called back; ``otherwise``: it did not come to that."""

    next: str = ""
    otherwise: str = ""


class Voicemail(Step, frozen=True, kw_only=True, tag="voicemail"):
    """The caller leaves a message."""

    prompt: Prompt = Prompt()


class ToQueue(Step, frozen=True, kw_only=True, tag="queue"):
    """The caller goes to the queue of that code; empty: where he belongs, his own collector first."""

    prompt: Prompt = Prompt()
    queue: str = ""


class HangUp(Step, frozen=True, kw_only=True, tag="hangup"):
    """The call ends."""

    prompt: Prompt = Prompt()


AnyStep = Say | Menu | Hours | Language | Balance | Pledge | CallMe | Voicemail | ToQueue | HangUp
KINDS: tuple[type[AnyStep], ...] = (
    Say, Menu, Hours, Language, Balance, Pledge, CallMe, Voicemail, ToQueue, HangUp,
)  # fmt: skip


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """A whole menu: where it begins, the language of those who chose none, and its steps in the order they are
    edited."""

    entry: str = ""
    language: str = "en"
    steps: dict[str, AnyStep] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """Every language a caller may come to hear."""
        chosen = {one for step in self.steps.values() if isinstance(step, Language) for one in step.choices.values()}
        return tuple(one for one in LANGUAGES if one in chosen | {self.language})


def loaded(content: Any) -> Flow:
    """A menu from the JSON of its row."""
    return msgspec.convert(content, Flow)


def stored(flow: Flow) -> Any:
    """The JSON of its row."""
    return msgspec.to_builtins(flow)


def prompt_of(step: AnyStep) -> Prompt | None:
    """What the step itself says; None for kinds whose sentences come with the program."""
    return getattr(step, "prompt", None)


def keyless(step: AnyStep) -> dict[str, str]:
    """Where a caller may go on from a step without pressing a key, by the field that names it."""
    match step:
        case Say() | Language():
            return {"next": step.next}
        case Menu():
            return {"otherwise": step.otherwise}
        case Hours():
            return {"open": step.open, "closed": step.closed}
        case Balance():
            return {"next": step.next, "otherwise": step.otherwise}
        case Pledge() | CallMe():
            return {"otherwise": step.otherwise}
        case _:
            return {}


def ways(step: AnyStep) -> dict[str, str]:
    """Every way on from a step by the field that names it; a choice's field is its key with ``key-`` before it."""
    pressed: dict[str, str] = {}
    if isinstance(step, Menu):
        pressed = {f"key-{key}": target for key, target in step.choices.items()}
    elif isinstance(step, Pledge | CallMe):
        pressed = {"next": step.next}
    return keyless(step) | pressed
