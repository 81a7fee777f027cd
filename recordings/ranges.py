"""Byte ranges of HTTP as a pure decision (RFC 9110, sections 13.1.5 and 14)."""

import re
from dataclasses import dataclass
from enum import Enum

MAX_RANGES = 20
"""A request for more ranges than any player asks for is answered whole."""

_SPEC = re.compile(r"(?P<first>[0-9]*)-(?P<last>[0-9]*)")
_MAX_DIGITS = 18


class Whole(Enum):
    """Send everything (200)."""

    WHOLE = "whole"


class Unsatisfiable(Enum):
    """Nothing of what was asked for exists (416)."""

    UNSATISFIABLE = "unsatisfiable"


@dataclass(frozen=True, slots=True)
class Part:
    """Send the bytes from ``start`` up to, not including, ``stop`` (206)."""

    start: int
    stop: int


Decision = Whole | Unsatisfiable | Part


def decide(range_field: str | None, if_range: str | None, etag: str, size: int) -> Decision:
    """What to send of ``size`` bytes whose strong entity tag is ``etag`` (with its quotes).

    A field that is no valid byte range, or an ``If-Range`` that names anything but this tag, is ignored. Of several
    ranges the first that exists is sent: no player asks for more, and an answer in parts would help only an attacker.
    """
    if range_field is None or (if_range is not None and if_range.strip() != etag):
        return Whole.WHOLE
    specs = _specs(range_field)
    if not specs:
        return Whole.WHOLE
    parts = [part for spec in specs if (part := _part(*spec, size)) is not None]
    return parts[0] if parts else Unsatisfiable.UNSATISFIABLE


def _specs(field: str) -> list[tuple[int | None, int | None]]:
    """First and last position of every range; empty when the field is not valid."""
    unit, equals, ranges = field.partition("=")
    items = ranges.split(",")
    if not equals or unit.strip().lower() != "bytes" or len(items) > MAX_RANGES:
        return []
    specs = []
    for item in items:
        found = _SPEC.fullmatch(item.strip(" \t"))
        if found is None:
            return []
        first, last = _number(found["first"]), _number(found["last"])
        if (first is None and last is None) or (first is not None and last is not None and last < first):
            return []
        specs.append((first, last))
    return specs


def _number(digits: str) -> int | None:
    """A position; one with more digits than any file has bytes lies beyond every end."""
    if not digits:
        return None
    return int(digits) if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS


def _part(first: int | None, last: int | None, size: int) -> Part | None:
    if first is None:
        start, stop = max(0, size - (last or 0)), size
    else:
        start, stop = first, size if last is None else min(last + 1, size)
    return Part(start, stop) if start < stop else None
