"""Finding the row of headings and what each column means."""

import re
from collections.abc import Mapping, Sequence

from core.importing.fields import TARGETS
from core.parties.search import fold

#: Creditors put a title, a date and a logo above the table, hardly more.
SEARCHED_ROWS = 30
_ENOUGH = 2
_NOT_WORD = re.compile(r"[^\w№]+")


def heading(text: str) -> str:
    """A heading as it is compared and saved: folded, without punctuation."""
    return " ".join(_NOT_WORD.sub(" ", fold(text).replace("'", "")).split())


_WORDS: Mapping[str, str] = {heading(word): key for key, target in TARGETS.items() for word in target.words}
_LONGEST_FIRST = sorted(_WORDS, key=lambda word: (-len(word), word))


def meaning(text: str) -> str | None:
    """The target a heading names: the same words, else the longest known words within it."""
    said = heading(text)
    if said in _WORDS:
        return _WORDS[said]
    if not said or len(said) > 120:
        return None
    padded = f" {said} "
    return next((_WORDS[word] for word in _LONGEST_FIRST if len(word) > 3 and f" {word} " in padded), None)


def understood(row: Sequence[str], saved: Mapping[str, str]) -> int:
    """How many different things the cells of a row name, by their words or as the creditor's columns were mapped."""
    return len({saved.get(heading(cell)) or meaning(cell) for cell in row if cell} - {None, ""})


def header_row(rows: Sequence[Sequence[str]], saved: Mapping[str, str]) -> int | None:
    """The index of the row that names the most columns; None when no row names two."""
    scores = [understood(row, saved) for row in rows[:SEARCHED_ROWS]]
    best = max(scores, default=0)
    return scores.index(best) if best >= _ENOUGH else None


def suggest(headings: Sequence[str], saved: Mapping[str, str]) -> dict[int, str]:
    """Column index → target: as the creditor's columns were mapped before, else by what they are called.

    ``saved`` goes from a folded heading to a target, or to ``""`` for a column that is left out. Of several columns
    with one meaning the first takes it, unless the target may be filled from many.
    """
    mapping: dict[int, str] = {}
    known = [saved.get(heading(text)) for text in headings]
    for index, text in enumerate(headings):
        target = known[index] if known[index] is not None else meaning(text)
        taken = target in mapping.values() or (known[index] is None and target in known)
        if target in TARGETS and (not taken or TARGETS[str(target)].many):
            mapping[index] = str(target)
    return mapping


def remember(headings: Sequence[str], mapping: Mapping[int, str]) -> dict[str, str]:
    """What to save of a mapping: folded heading → target, ``""`` for columns left out."""
    return {heading(text): mapping.get(index, "") for index, text in enumerate(headings) if heading(text)}


def missing(mapping: Mapping[int, str]) -> list[str]:
    """Targets without which nothing can be imported and that no column fills."""
    filled = set(mapping.values())
    needed = [key for key, target in TARGETS.items() if target.required and key not in filled]
    return needed if filled & {"name", "surname"} else [*needed, "name"]
