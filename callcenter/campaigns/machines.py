"""Answering machines: what a campaign does about them, and what is known of who answered an attempt."""

from dataclasses import dataclass
from enum import StrEnum

from core.kernel.i18n import Message, msg

#: Who answered, as the exchange judged.
PERSON, MACHINE, UNSURE = "person", "machine", "unsure"
#: What a person who heard a message asks for by a key: that nobody rings this number any more, to talk to somebody.
NO_CALLS, TALK = "no_calls", "talk"


class Machines(StrEnum):
    """What becomes of a call that a machine takes. ``OFF``: nobody listens for one, whoever answers is put through."""

    OFF = "off"
    HANG_UP = "hang_up"
    MESSAGE = "message"


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """Who answered, why the exchange thinks so, after how many milliseconds; ``left``: it was left a message,
    ``hung_up``: nothing was judged, because who answered hung up first. ``wish``: what he asked for by a key."""

    by: str
    because: str
    milliseconds: int
    left: bool = False
    hung_up: bool = False
    wish: str | None = None


def faults(machines: Machines, message: str | None, connect_seconds: int) -> dict[str, Message]:
    """What is wrong with these rules, by field. The judgement takes up to a second of the time in which a person must
    be put through."""
    found: dict[str, Message] = {}
    if machines is Machines.MESSAGE and not message:
        found["machine_message"] = msg("Say which recording is left on machines.")
    if machines is not Machines.OFF and connect_seconds < 2:
        found["connect_seconds"] = msg("At least 2 seconds where machines are told from people.")
    return found
