"""Case, contract and claim numbers as people write them into the purpose of a payment.

A number is compared as a *reference*: its letters in one alphabet (Cyrillic letters that look like Latin ones become
those), its groups of digits without leading zeros. ``ДЛ-000123/24``, ``дл 123 / 24`` and ``ДЛ123-24`` are the same.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: What is written shorter is only looked for behind a word that announces a number.
SHORTEST = 5
#: A shorter key is never looked for.
SHORTEST_KEY = 2
_LONGEST_KEY = 60
_MOST_PARTS = 6
_MOST_KEYS = 120
_ALIKE = str.maketrans("АВЕЁКМНОРСТУХІЇЈЅ", "ABEEKMHOPCTYXIIJS")
_PART = re.compile(r"\d+|[^\W\d_]+")
_DATE = re.compile(r"(?<![\w./-])\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})(?!\w)(?:\s*г(?:ода|\.)?)?", re.IGNORECASE)
_SUM = re.compile(r"(?<![\w./-])\d{1,3}(?:[ \u00a0]\d{3})*[.,]\d{2}(?![\w/-])|(?<![\w./-])\d+[.,=]\d{2}(?![\w./-])")
#: Beginnings of words that a number follows.
_WORDS = (
    *("НОМЕР", "ДОГ", "ДЕЛ", "СЧЕТ", "СЧЁТ", "КРЕДИТ", "ЗАЙМ", "ЗАЕМ", "СПРАВ", "ЛИЦЕВ", "РАХУН", "ПОЗИК"),
    *("CASE", "REF", "CONTRACT", "CLAIM", "ACCOUNT", "INVOICE", "LOAN", "UMOW", "SPRAW", "SYGN", "FAKTUR", "POZYCZ"),
)
_ANNOUNCES = re.compile(rf"(?:#|\b(?:N|NO|NR|ID)\.?|\b(?:{'|'.join(_WORDS).translate(_ALIKE)})\w*)[\s:#.\-]*$")
_GAP = " \t\u00a0-–—_/\\.:#"
#: A word that goes on with a sentence rather than with a number, when only a space stands before it.
_STOP = frozenset(
    part.translate(_ALIKE)
    for part in ("ОТ", "ЗА", "ПО", "НА", "ДО", "БЕЗ", "НДС", "ВІД", "OD", "DO", "ZA", "DATED", "FOR", "OF")
)
#: A longer word is no part of a number.
_LONGEST_WORD = 6


@dataclass(frozen=True, slots=True)
class Reference:
    """Something in a text that may be a number. ``parts`` keeps where groups end; ``key`` is looked up.

    ``written`` is how many letters and digits stand there, leading zeros counted. ``announced``: a word like *contract*
    or *№* stands before it; only asked for short ones.
    """

    parts: tuple[str, ...]
    written: int
    announced: bool = False

    @property
    def key(self) -> str:
        return "".join(self.parts)


def parts_of(number: str) -> tuple[str, ...]:
    """The groups of a number: letters in one alphabet, digits without leading zeros."""
    return tuple(part.lstrip("0") or "0" if part.isdecimal() else part for part in _PART.findall(_plain(number)))


def _plain(text: str) -> str:
    """Upper case, one alphabet; the numero sign stays a sign instead of becoming the letters *No*."""
    return unicodedata.normalize("NFKC", text.replace("№", " # ")).upper().translate(_ALIKE)


def key_of(number: str) -> str:
    """What a number is looked up by, at most sixty characters; "" for one without digits."""
    parts = parts_of(number)
    return "".join(parts)[:_LONGEST_KEY] if any(part.isdecimal() for part in parts) else ""


def references(purpose: str) -> list[Reference]:
    """Everything in a text that may be the number of a case, contract or claim, each once. Dates and sums are left
    out."""
    text = _SUM.sub(_blank, _DATE.sub(_blank, _plain(purpose[:2000])))
    pieces = list(_PART.finditer(text))
    found: dict[tuple[str, ...], Reference] = {}
    for start in range(len(pieces)):
        for reference in _from(text, pieces, start):
            known = found.get(reference.parts)
            if known is None or (reference.announced and not known.announced):
                found[reference.parts] = reference
        if len(found) >= _MOST_KEYS:
            break
    return list(found.values())


def _from(text: str, pieces: list[re.Match[str]], start: int) -> Iterator[Reference]:
    """The references that begin at a piece: it alone and with what follows it closely."""
    parts: tuple[str, ...] = ()
    length, written, telling = 0, 0, False
    announced: bool | None = None
    for index in range(start, min(start + _MOST_PARTS, len(pieces))):
        word = pieces[index].group()
        if index > start and not _goes_on(text[pieces[index - 1].end() : pieces[index].start()], word):
            return
        digits = word.isdecimal()
        if not digits and len(word) > _LONGEST_WORD:
            return
        part = word.lstrip("0") or "0" if digits else word
        parts, length, telling = (*parts, part), length + len(part), telling or digits
        written += len(word)
        if length > _LONGEST_KEY:
            return
        if telling and written <= SHORTEST and announced is None:
            announced = _announced(text, pieces[start].start())
        if telling and length >= SHORTEST_KEY and (written >= SHORTEST or announced):
            yield Reference(parts, written, bool(announced))


def _goes_on(gap: str, word: str) -> bool:
    """Whether a word may belong to the same number as the one before the gap."""
    return not gap.strip(_GAP) and not (word in _STOP and gap.isspace())


def _announced(text: str, place: int) -> bool:
    return _ANNOUNCES.search(text, max(place - 24, 0), place) is not None


def _blank(found: re.Match[str]) -> str:
    return "|" * len(found.group())
