"""What campaigns play: sounds the exchange has by name, or recordings of the house's own; and the keys that answer."""

import re
from collections.abc import Mapping

from callcenter.campaigns.model import Mode
from core.kernel.i18n import Message, msg

#: Before the name of a recording of the house's own.
OWN = "own:"
#: Fields of a campaign that name a sound, and those that name a key.
SOUNDS = ("message", "apology", "machine_message", "opted_out")
KEYS = ("opt_out_key", "talk_key")
_ALWAYS = ("apology", "opted_out")
_SOUND = re.compile(r"(?:own:)?[A-Za-z0-9_.-]{1,76}")
_KEY = re.compile(r"[0-9]")


def own_name(sound: str | None) -> str | None:
    """The name of the house's own recording, if it is one."""
    return sound.removeprefix(OWN) if sound and sound.startswith(OWN) else None


def faults(mode: Mode, given: Mapping[str, str | None]) -> dict[str, Message]:
    """What is wrong with the values of ``SOUNDS`` and ``KEYS``, by field."""
    found = {key: msg("This field is needed.") for key in _ALWAYS if not given[key]}
    if mode is Mode.AGENTLESS and not given["message"]:
        found["message"] = msg("Say which recording is to be played.")
    for key in SOUNDS:
        if (sound := given[key]) and not _SOUND.fullmatch(sound):
            found[key] = msg("The name of a sound at the exchange: letters, digits, dots, hyphens.")
    for key in KEYS:
        if (digit := given[key]) is not None and not _KEY.fullmatch(digit):
            found[key] = msg("One digit, or nothing.")
    if given["talk_key"] is not None and given["talk_key"] == given["opt_out_key"]:
        found["talk_key"] = msg("Choose two different keys.")
    return found
