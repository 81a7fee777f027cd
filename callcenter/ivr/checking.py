"""What is wrong with a menu, each fault at the step it is in. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from callcenter.ivr.flow import AnyStep, Flow, Language, Menu, Prompt, Say, keyless, prompt_of, ways
from core.kernel.i18n import LANGUAGES, Message, msg

KEYS = "0123456789*"
"""What a caller may choose with; the hash ends what he enters."""
MOST_STEPS = 60
LONGEST_TEXT = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """``step`` is empty when the menu as a whole is meant, ``field`` when the step as a whole is."""

    step: str
    field: str
    text: Message


def faults(flow: Flow) -> list[Fault]:
    """Everything that stands in the way of using the menu, in the order of its steps; empty when callers may walk it.

    A menu without faults always comes to an end without keys: no way leads back to a step unless somebody presses one.
    """
    if flow.entry not in flow.steps:
        return [Fault(step="", field="entry", text=msg("Choose the step at which a caller begins."))]
    found = [
        Fault(step="", field="", text=msg("A menu has at most {most} steps.", most=MOST_STEPS))
        for _ in flow.steps
        if len(flow.steps) > MOST_STEPS
    ][:1]
    reached, circling = _reached(flow), _circling(flow)
    for key, step in flow.steps.items():
        found += [Fault(step=key, field=field, text=text) for field, text in _of_step(flow, step)]
        if key not in reached:
            found.append(Fault(step=key, field="", text=msg("No way leads here.")))
        if key in circling:
            found.append(Fault(step=key, field="", text=msg("A caller who presses nothing comes back here for ever.")))
    return found


def _of_step(flow: Flow, step: AnyStep) -> Iterator[tuple[str, Message]]:
    for field, target in ways(step).items():
        if target not in flow.steps:
            yield field, msg("Choose where the caller goes on.")
    if isinstance(step, Menu | Language):
        yield from _choices(step)
    prompt = prompt_of(step)
    if prompt is not None:
        yield from _prompt(flow, step, prompt)


def _choices(step: Menu | Language) -> Iterator[tuple[str, Message]]:
    if not step.choices:
        yield "choices", msg("Give at least one key.")
    if any(len(key) != 1 or key not in KEYS for key in step.choices):
        yield "choices", msg("A key is one of 0 to 9 or *.")
    if isinstance(step, Language) and not set(step.choices.values()) <= set(LANGUAGES):
        yield "choices", msg("Choose one of the list.")
    if not 1 <= step.tries <= 9:
        yield "tries", msg("Ask one to nine times.")
    if not 1 <= step.seconds <= 60:
        yield "seconds", msg("Wait one to sixty seconds.")


def _prompt(flow: Flow, step: AnyStep, prompt: Prompt) -> Iterator[tuple[str, Message]]:
    spoken = tuple(step.choices.values()) if isinstance(step, Language) else flow.languages
    needed = isinstance(step, Say | Menu | Language) or any(prompt.speaks(one) for one in LANGUAGES)
    for language in dict.fromkeys(spoken):
        if needed and not prompt.speaks(language):
            yield f"text-{language}", msg("Nothing is said in this language.")
    for language, text in prompt.texts.items():
        if len(text) > LONGEST_TEXT:
            yield f"text-{language}", msg("At most {most} characters.", most=LONGEST_TEXT)


def _reached(flow: Flow) -> set[str]:
    seen, waiting = set[str](), [flow.entry]
    while waiting:
        key = waiting.pop()
        if key in flow.steps and key not in seen:
            seen.add(key)
            waiting += ways(flow.steps[key]).values()
    return seen


def _circling(flow: Flow) -> set[str]:
    """The steps from which a way without a key leads back to themselves."""
    return {key for key in flow.steps if key in _after(flow, key)}


def _after(flow: Flow, start: str) -> set[str]:
    seen, waiting = set[str](), list(keyless(flow.steps[start]).values())
    while waiting:
        key = waiting.pop()
        if key in flow.steps and key not in seen:
            seen.add(key)
            waiting += keyless(flow.steps[key]).values()
    return seen
