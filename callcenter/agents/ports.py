"""How agents hear of calls."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class CallNews(Protocol):
    """What the call log tells its followers, as far as states need it: per collector what he does for the call now
    (``ringing``, ``talking``, ``hold``, ``wrap_up`` or ``idle``)."""

    @property
    def at(self) -> datetime: ...
    @property
    def call_id(self) -> int: ...
    @property
    def activities(self) -> Mapping[int, str]: ...
