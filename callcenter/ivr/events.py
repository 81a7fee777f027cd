"""What happened to menus."""

from dataclasses import dataclass

from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class MenusChanged(Event):
    """What callers hear is not what it was: look again."""
