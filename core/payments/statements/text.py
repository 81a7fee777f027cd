"""From bytes to numbered lines of text: banks declare one encoding and write another."""

import codecs
import io
import itertools
import re
from collections.abc import Iterator

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 200_000
_CYRILLIC = frozenset("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґАБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯІЇЄҐ")
_POLISH = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ")
_COMMON = frozenset("оеаинтсрвлкОЕАИНТСРВЛК")
_SIGNS = frozenset("№«»–—„”“…§°€\u00a0")
#: In the order of preference where two read the bytes equally well.
_ENCODINGS = (
    ("cp1251", _CYRILLIC),
    ("cp866", _CYRILLIC),
    ("koi8-u", _CYRILLIC),
    ("cp1250", _POLISH),
    ("iso8859-2", _POLISH),
    ("cp852", _POLISH),
)
_WORD = re.compile(r"[^\W\d_]+")


def decode(data: bytes) -> str:
    """The text of a bank file, by what the bytes look like rather than by what the file says of itself.

    A byte-order mark, then UTF-16 by its zero bytes, then UTF-8 if all of it is valid, else the single-byte encoding of
    the region that makes words out of it. Never fails: bytes that mean nothing become U+FFFD.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(name, errors="replace")
    head = data[:_SAMPLE]
    if wide := _wide(head):
        return data.decode(wide, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_narrow(head), errors="replace")


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte is that of a block of letters, Latin (0) or Cyrillic (4)."""
    sample = head[:400]
    even, odd = sample[::2], sample[1::2]
    if _blocks(odd) > 0.8 > _blocks(even):
        return "utf-16-le"
    if _blocks(even) > 0.8 > _blocks(odd):
        return "utf-16-be"
    return None


def _blocks(sample: bytes) -> float:
    return (sample.count(0) + sample.count(4)) / max(len(sample), 1)


def _narrow(head: bytes) -> str:
    bytes_above = re.compile(rb"[^\n]*[\x80-\xff][^\n]*")
    telling = b"\n".join(found.group()[:2000] for found in bytes_above.finditer(head))[:4_000]
    best = max(_ENCODINGS, key=lambda entry: _likeness(telling.decode(entry[0], errors="replace"), entry[1]))
    return best[0]


def _likeness(text: str, letters: frozenset[str]) -> int:
    """How much of the text is words of one alphabet: letters that fit less what does not."""
    score = -3 * sum(
        not character.isascii() and not character.isalpha() and character not in _SIGNS for character in text
    )
    for word in _WORD.findall(text):
        foreign = [character for character in word if not character.isascii()]
        fitting = sum(character in letters for character in foreign)
        score += fitting - 3 * (len(foreign) - fitting)
        if letters is _CYRILLIC:
            score += sum(character in _COMMON for character in foreign)
            score -= 2 * len(foreign) * (len(foreign) < len(word))
            score -= sum(before.islower() and after.isupper() for before, after in itertools.pairwise(word))
        elif len(foreign) == len(word) > 2:
            score -= 2 * len(word)
    return score


def lines(text: str) -> Iterator[tuple[int, str]]:
    """(number from 1, line without its end); CR, LF and CRLF end a line, nothing else does."""
    yield from enumerate((line.removesuffix("\n") for line in io.StringIO(text, newline=None)), start=1)
