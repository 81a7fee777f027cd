"""The base of what happened."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A fact in the past tense, published after the transaction that made it true. ``at`` is aware UTC."""

    at: datetime
