"""Texts as people compare them: without case, accents, quotes and doubled spaces. It imports nothing of the database:
the reader of strangers' files, a process for each file, would wait for that longer than for the file."""

import unicodedata

_VARIANTS = str.maketrans({"ё": "е", "ґ": "г", "’": "'", "ʼ": "'", "`": "'", "ł": "l", "«": " ", "»": " ", '"': " "})


def _bare(letter: str) -> str:
    """The letter without its accent; й and ї are letters of their own, not accented ones."""
    return unicodedata.normalize("NFKD", letter)[0]


#: Latin letters lose their accents; Cyrillic ones are left alone but for the variants people mix up.
_FOLDED = {code: _bare(chr(code)) for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))} | _VARIANTS


def fold(text: str) -> str:
    """Lower case without accents that people leave out (``ё``, ``ł``, ``ó``), quotes and doubled spaces."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(plain.casefold().translate(_FOLDED).split())
