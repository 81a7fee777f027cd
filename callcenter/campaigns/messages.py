"""What campaigns play: sounds the exchange has by name, or recordings of the house's own; and the keys that answer."""

import re
from collections.abc import Mapping
from typing import Protocol

from callcenter.campaigns.model import Mode
from core.kernel.i18n import Message, msg

#: Before the name of a recording of the house's own.
OWN = "own:"
#: Fields of a campaign that name a sound.
SOUNDS = ("message", "apology", "machine_message", "opted_out")
_KEYS = ("opt_out_key", "talk_key")
_SOUND = re.compile(r"(?:own:)?[A-Za-z0-9_.-]{1,76}")


class Spoken(Protocol):
    """The fields of a campaign that say what is played and which keys answer."""

    @property
    def mode(self) -> Mode: ...
    @property
    def message(self) -> str | None: ...
    @property
    def apology(self) -> str: ...
    @property
    def opt_out_key(self) -> str | None: ...
    @property
    def talk_key(self) -> str | None: ...


def own_name(sound: str | None) -> str | None:
    """The name of the house's own recording, if it is one."""
    return sound.removeprefix(OWN) if sound and sound.startswith(OWN) else None


def faults(data: Spoken) -> Mapping[str, Message]:
    """What is wrong with sounds and keys, by field."""
    found: dict[str, Message] = {}
    if data.mode is Mode.AGENTLESS and not data.message:
        found["message"] = msg("Say which recording is to be played.")
    for key in ("apology", "opted_out"):
        if not getattr(data, key):
            found[key] = msg("This field is needed.")
    for key in SOUNDS:
        value = getattr(data, key)
        if value and not _SOUND.fullmatch(value):
            found[key] = msg("The name of a sound at the exchange: letters, digits, dots, hyphens.")
    for key in _KEYS:
        value = getattr(data, key)
        if value is not None and not (len(value) == 1 and value in "0123456789"):
            found[key] = msg("One digit, or nothing.")
    if data.talk_key is not None and data.talk_key == data.opt_out_key:
        found["talk_key"] = msg("Choose two different keys.")
    return found
