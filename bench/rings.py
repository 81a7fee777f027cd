"""Recorded calls as many calls: the same events with other channels, other numbers and the time of the day."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TRACES = Path(__file__).resolve().parent.parent / "tests" / "traces"
#: Of four callers three are answered; one gives up while the phone rings, and is owed a call.
_RECORDED = ("queue_answered", "direct_abandoned", "queue_answered", "queue_answered")
#: Events closer together than this (seconds) were one burst of the exchange.
_BURST = 0.05
_STAMP = re.compile(r"^Timestamp: ([\d.]+)\r$", re.MULTILINE)
_NAMES = re.compile(
    r"(?P<trunk>PJSIP/trunk-[0-9a-f]{8})|(?P<phone>PJSIP/100-[0-9a-f]{8})|(?P<device>PJSIP/100)\b"
    r"|(?P<caller>\b79\d{9}\b)|(?P<bridge>(?<=-)[0-9a-f]{12}(?=\r))|(?P<own>(?<=: )100(?=\r))"
    r"|(?P<id>\b\d{10}\.\d{1,5}\b)(?!\d)|(?P<stamp>\b\d{10}\.\d{6}\b)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ring:
    """One call: what the manager says, burst by burst, each so many seconds after the stream began. The first burst
    is the ring."""

    caller: int
    extension: str
    bursts: tuple[tuple[float, bytes], ...]


def rings(
    extensions: Sequence[str], *, each_second: float, seconds: int, epoch: float, first: int = 0
) -> Iterator[Ring]:
    """A ring every 1/``each_second`` s, going round the extensions. ``epoch`` is when the stream begins (Unix time),
    ``first`` the number of the first caller."""
    for number in range(first, first + int(each_second * seconds)):
        recorded = _bursts(_RECORDED[number % len(_RECORDED)])
        after, extension = (number - first) / each_second, extensions[number % len(extensions)]
        began = recorded[0][0]
        told = [
            (after + at - began, _renamed(text, number, extension, epoch + after - began).encode())
            for at, text in recorded
        ]
        yield Ring(caller=caller_of(number), extension=extension, bursts=tuple(told))


def caller_of(number: int) -> int:
    """The caller of ring ``number``: an invented mobile number as E.164 without the plus."""
    return 79_000_000_000 + number


@cache
def _bursts(name: str) -> list[tuple[float, str]]:
    """The events of a trace, those of one moment together, each with its time."""
    text = (TRACES / f"{name}.ami").read_bytes().decode()
    found: list[tuple[float, str]] = []
    last = 0.0
    for message in text.split("\r\n\r\n"):
        if stamp := _STAMP.search(message):
            at = float(stamp[1])
            if at - last > _BURST:
                found.append((at, ""))
            found[-1] = (found[-1][0], f"{found[-1][1]}{message}\r\n\r\n")
            last = at
    return found


def _renamed(text: str, number: int, extension: str, shift: float) -> str:
    def other(found: re.Match[str]) -> str:
        match found.lastgroup:
            case "trunk":
                return f"PJSIP/trunk-{number:08x}"
            case "phone":
                return f"PJSIP/{extension}-{number:08x}"
            case "device":
                return f"PJSIP/{extension}"
            case "caller":
                return str(caller_of(number))
            case "bridge":
                return f"{number:012x}"
            case "stamp":
                return f"{float(found[0]) + shift:.6f}"
            case "id":
                return f"{int(found[0].split('.')[0]) + 1000 * number}.{found[0].split('.')[1]}"
            case _:
                return extension

    return _NAMES.sub(other, text)
