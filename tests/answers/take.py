"""One recording and what is true of it."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from telephony.lab import tone

Sound = NDArray[np.float64]


class Who(StrEnum):
    PERSON = "person"
    MACHINE = "machine"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Take:
    """What is heard from the moment of the answer, at 8 kHz within ±1. ``greeted`` is the second at which the first
    greeting of a person is over (None: nothing is said), ``beeped`` the one at which a machine's beep is, ``tuning``
    whether it may be used to choose parameters."""

    name: str
    who: Who
    kind: str
    language: str
    sound: Sound
    greeted: float | None
    beeped: float | None
    tuning: bool

    @property
    def ulaw(self) -> bytes:
        """As it goes over the trunk: G.711 µ-law."""
        return tone.encode(self.sound)

    @property
    def seconds(self) -> float:
        return len(self.sound) / tone.RATE
