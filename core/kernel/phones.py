"""Telephone numbers in every written form, and the one form that is stored."""

import re
from collections.abc import Sequence
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, timezone

#: Asterisk and trunks name a hidden caller in these ways.
HIDDEN = frozenset({"", "anonymous", "unknown", "unavailable", "restricted", "private", "asterisk", "s", "<unknown>"})
_MASK_KEEP = 4
_SIGNIFICANT = 9
_LEAST_DIGITS, _TRUNK_LENGTH = 4, 11
#: A number with the code of a country where every number has one length: nearly all of them, without parsing each.
_FIXED_LENGTH = re.compile(r"7[347-9]\d{9}|48[1-9]\d{8}|380[1-9]\d{8}|1[2-9]\d{9}")
#: Where such digits without a plus are no national number.
_UNMISTAKEN = frozenset({"", "RU", "UA", "PL", "US"})


@lru_cache(maxsize=4096)  # a call's number is asked for whenever the call changes
def normalise(raw: str | None, region: str = "RU") -> str | None:
    """``raw`` as E.164 (``+79000000001``), or None when it is no possible number.

    Takes what people and trunks write: spaces, brackets, ``8…`` and ``00…`` prefixes, digits without a plus. ``region``
    (ISO 3166) reads national forms.
    """
    text = (raw or "").strip()
    if text.lower() in HIDDEN:
        return None
    digits = re.sub(r"\D", "", text)
    if (text.startswith("+") or region in _UNMISTAKEN) and _FIXED_LENGTH.fullmatch(digits):
        return "+" + digits
    for candidate in _candidates(text, digits, region):
        number = _parse(candidate, region)
        if number is not None:
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return None


def _candidates(text: str, digits: str, region: str) -> Sequence[str]:
    if text.startswith("+"):
        return ("+" + digits,)
    if digits.startswith("00"):
        return ("+" + digits[2:],)
    national = (digits,) if region else ()
    return (*national, "+" + digits)


def _parse(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def typed_digits(text: str) -> str | None:
    """The digits to look for in stored numbers when (a part of) one is typed, however it is written; None for what is
    none: letters, or fewer than four digits. The ``8`` and ``00`` by which a whole one is dialled are not stored."""
    digits = re.sub(r"\D", "", text)
    if len(digits) < _LEAST_DIGITS or any(map(str.isalpha, text)):
        return None
    return digits[1:] if len(digits) == _TRUNK_LENGTH and digits[0] == "8" else digits.removeprefix("00")


def as_key(e164: str) -> int:
    """The digits as an integer: what the look-up table is keyed by."""
    return int(e164.lstrip("+"))


def tail_key(text: str) -> int | None:
    """The last nine digits, for trunks that mangle prefixes; None when there are fewer than nine."""
    digits = re.sub(r"\D", "", text)
    return int(digits[-_SIGNIFICANT:]) if len(digits) >= _SIGNIFICANT else None


def masked(e164: str) -> str:
    """All but the last four digits hidden, for logs and for eyes without the right."""
    return re.sub(r"\d", "•", e164[:-_MASK_KEEP]) + e164[-_MASK_KEEP:]


def zone_guesses(e164: str) -> tuple[str, ...]:
    """Time zones the number's prefix may lie in: a guess, weaker than anything the debtor said."""
    number = _parse(e164, "")
    zones = timezone.time_zones_for_number(number) if number else ()
    return tuple(zone for zone in zones if zone != timezone.UNKNOWN_TIMEZONE)
