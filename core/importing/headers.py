"""Finding the row of headings and what each column means."""

import re
from collections.abc import Mapping, Sequence

from core.importing.targets import Target
from core.parties.folding import fold

#: Creditors put a title, a date and a logo above the table, hardly more.
SEARCHED_ROWS = 30
_ENOUGH = 2
_NOT_WORD = re.compile(r"[^\w№]+")


def heading(text: str) -> str:
    """A heading as it is compared and saved: folded, without punctuation."""
    return " ".join(_NOT_WORD.sub(" ", fold(text).replace("'", "")).split())


def remember(headings: Sequence[str], mapping: Mapping[int, str]) -> dict[str, str]:
    """What to save of a mapping: folded heading → target, ``""`` for columns left out."""
    return {heading(text): mapping.get(index, "") for index, text in enumerate(headings) if heading(text)}


class Vocabulary:
    """The headings by which the columns of one kind of workbook are known.

    ``saved``, wherever it is asked for, is how columns were mapped before (:func:`remember`).
    """

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self._targets = targets
        self._words = {heading(word): key for key, target in targets.items() for word in target.words}
        self._longest_first = sorted(self._words, key=lambda word: (-len(word), word))

    def meaning(self, text: str) -> str | None:
        """The target a heading names: the same words, else the longest known words within it."""
        said = heading(text)
        if said in self._words:
            return self._words[said]
        if not said or len(said) > 120:
            return None
        padded = f" {said} "
        within = (word for word in self._longest_first if len(word) > 3 and f" {word} " in padded)
        return next((self._words[word] for word in within), None)

    def understood(self, row: Sequence[str], saved: Mapping[str, str]) -> int:
        """How many different things the cells of a row name, by their words or as the columns were mapped."""
        return len({saved.get(heading(cell)) or self.meaning(cell) for cell in row if cell} - {None, ""})

    def header_row(self, rows: Sequence[Sequence[str]], saved: Mapping[str, str]) -> int | None:
        """The index of the row that names the most columns; None when no row names two."""
        scores = [self.understood(row, saved) for row in rows[:SEARCHED_ROWS]]
        best = max(scores, default=0)
        return scores.index(best) if best >= _ENOUGH else None

    def suggest(self, headings: Sequence[str], saved: Mapping[str, str]) -> dict[int, str]:
        """Column index → target: as the columns were mapped before, else by what they are called.

        Of several columns with one meaning the first takes it, unless the target may be filled from many.
        """
        mapping: dict[int, str] = {}
        known = [saved.get(heading(text)) for text in headings]
        for index, text in enumerate(headings):
            target = known[index] if known[index] is not None else self.meaning(text)
            taken = target in mapping.values() or (known[index] is None and target in known)
            if target in self._targets and (not taken or self._targets[str(target)].many):
                mapping[index] = str(target)
        return mapping
