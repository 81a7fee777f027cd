"""Case, contract and claim numbers as people write them into the purpose of a payment.

A number is compared as a *reference*: its letters in one alphabet (Cyrillic letters that look like Latin ones become
those), its groups of digits without leading zeros. ``ДЛ-000123/24``, ``дл 123 / 24`` and ``ДЛ123-24`` are the same.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

#: Shorter numbers are only looked for behind a word that announces a number.
SHORTEST_KEY = 5
_LONGEST_KEY = 60
_MOST_PARTS = 6
_MOST_KEYS = 120
_ALIKE = str.maketrans("АВЕЁКМНОРСТУХІЇЈЅ", "ABEEKMHOPCTYXIIJS")
_PART = re.compile(r"\d+|[^\W\d_]+")
_DATE = re.compile(r"(?<![\w./-])\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})(?!\w)(?:\s*г(?:ода|\.)?)?", re.IGNORECASE)
_SUM = re.compile(r"(?<![\w./-])\d{1,3}(?:[ \u00a0]\d{3})*[.,]\d{2}(?![\w/-])|(?<![\w./-])\d+[.,=]\d{2}(?![\w./-])")
_ANNOUNCES = re.compile(
    r"(?:#|\bN|\bNO|\bNR|\bНОМЕР|\bДОГ\w*|\bДЕЛ[ОУА]|\bСЧ[ЕЁ]Т\w*|\bКРЕДИТ\w*|\bЗАЙМ\w*|\bЗАЁМ|\bСПРАВ\w*|\bCASE|\bREF\w*"
    r"|\bCONTRACT|\bUMOW\w*|\bSPRAW\w*|\bSYGN\w*|\bAKT\w*|\bCLAIM|\bACCOUNT|\bINVOICE|\bFAKTUR\w*|\bID)\.?[\s:#.\-]*$",
    re.IGNORECASE,
)
_GAP = re.compile(r"[\s\-–—_/\\.:#]*")


@dataclass(frozen=True, slots=True)
class Reference:
    """Something in a text that may be a number. ``parts`` keeps where groups end; ``key`` is looked up.

    ``announced``: a word like *contract* or *№* stands before it.
    """

    parts: tuple[str, ...]
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
    """Everything in a text that may be the number of a case, contract or claim, each once, the longest first at each
    place. Dates and sums are left out."""
    text = _SUM.sub(_blank, _DATE.sub(_blank, _plain(purpose[:2000])))
    pieces = list(_PART.finditer(text))
    found: dict[tuple[str, ...], Reference] = {}
    for start in range(len(pieces)):
        announced = _ANNOUNCES.search(text[max(pieces[start].start() - 24, 0) : pieces[start].start()]) is not None
        for reference in _from(text, pieces, start, announced=announced):
            known = found.get(reference.parts)
            if known is None or (reference.announced and not known.announced):
                found[reference.parts] = reference
        if len(found) >= _MOST_KEYS:
            break
    return list(found.values())


def _from(text: str, pieces: list[re.Match[str]], start: int, *, announced: bool) -> Iterator[Reference]:
    """The references that begin at a piece: it alone and with what follows it closely."""
    taken: list[str] = []
    grown: list[Reference] = []
    for index in range(start, min(start + _MOST_PARTS, len(pieces))):
        if index > start and not _GAP.fullmatch(text, pieces[index - 1].end(), pieces[index].start()):
            break
        piece = pieces[index].group()
        taken.append(piece.lstrip("0") or "0" if piece.isdecimal() else piece)
        reference = Reference(tuple(taken), announced)
        if _telling(reference):
            grown.append(reference)
    yield from reversed(grown)


def _telling(reference: Reference) -> bool:
    """Whether it is worth a look-up: digits at its end or several, and long enough not to be anything at all."""
    parts, key = reference.parts, reference.key
    if not any(part.isdecimal() for part in parts) or len(key) > _LONGEST_KEY:
        return False
    if sum(not part.isdecimal() and len(part) > 8 for part in parts):
        return False
    return len(key) >= SHORTEST_KEY or (reference.announced and len(key) >= 2)


def _blank(found: re.Match[str]) -> str:
    return "|" * len(found.group())
