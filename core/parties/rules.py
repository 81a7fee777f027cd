"""What makes two written names or identifiers the same, and what may be shown of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from core.parties.folding import fold
from core.parties.model import IdKind, PartyKind

_NOT_WORD = re.compile(r"[^\w]+")
_NOT_ID = re.compile(r"[\W_]+")
_ID_TAIL = 3
#: Nobody who owes was born before; an earlier date is a slip of the keyboard.
EARLIEST_BIRTH = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class PersonName:
    """The parts of a person's name in the order that lists are sorted by."""

    surname: str
    given: str | None = None
    middle: str | None = None

    @property
    def full(self) -> str:
        return " ".join(filter(None, (self.surname, self.given, self.middle)))


def split_name(full: str) -> PersonName:
    """``Surname Given Middle…`` as its parts; a single word is a surname."""
    surname, *rest = full.split()
    return PersonName(surname, rest[0] if rest else None, " ".join(rest[1:]) or None)


@lru_cache(maxsize=2048)
def name_key(name: str) -> str:
    """One spelling for every way of writing a name: folded, without punctuation, the words in alphabetical order."""
    words = _NOT_WORD.sub(" ", fold(name).replace("'", "")).split()
    return " ".join(sorted(words))[:300]


def id_value(raw: str) -> str:
    """An identifier as it is stored and compared: letters and digits only, upper case."""
    return _NOT_ID.sub("", raw).upper()[:60]


def masked_id(value: str) -> str:
    """All but the last three characters hidden."""
    return "•" * max(len(value) - _ID_TAIL, 0) + value[-_ID_TAIL:]


def search_text(name: str, ids: Iterable[str], numbers: Iterable[int], emails: Iterable[str]) -> str:
    """What a party is found by: its name, identifiers, the digits of its phones, and its e-mails, folded."""
    return fold(" ".join((name, *ids, *map(str, numbers), *emails)))


def guess_kind(name: str, ids: Iterable[IdKind]) -> PartyKind:
    """Whether a registry's debtor is an organisation: by its legal form in the name or by an id only they have."""
    organisation = bool(_LEGAL_FORM.search(fold(name))) or bool({IdKind.EDRPOU, IdKind.NIP} & set(ids))
    return PartyKind.ORGANISATION if organisation else PartyKind.PERSON


_LEGAL_FORM = re.compile(
    r"(?:^|\s)(?:ооо|оао|пао|зао|ао|тов|пат|прат|пп|sp\.? ?z ?o\.? ?o\.?|s\.a\.|llc|ltd|inc|corp|gmbh)(?:[\s.,]|$)"
)
