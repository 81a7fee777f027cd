"""What stands around every page, as data: navigation, who is signed in, telephony, agent state."""

from dataclasses import dataclass
from datetime import datetime

from web.pages.listing import State, Text


@dataclass(frozen=True, kw_only=True, slots=True)
class NavItem:
    """``icon`` is a Tabler icon's name. Only what the reader has the right to is in the navigation at all."""

    label: Text
    href: str
    icon: str
    active: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NavGroup:
    label: Text
    entries: tuple[NavItem, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Me:
    """The reader. ``theme`` is ``light``, ``dark`` or ``auto``; ``zone`` an IANA name; ``has_phone`` draws a phone."""

    name: str
    login: str
    language: str
    zone: str
    theme: str = "auto"
    has_phone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Lamp:
    """Whether calls are possible; ``detail`` says what is wrong when they are not."""

    up: bool
    detail: Text
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentChoice:
    """A state the collector may take up: ``value`` is posted as ``state``, ``reason`` names the pause."""

    value: str
    label: Text
    icon: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentBadge:
    """The collector's present state and since when (aware UTC); ``limit_seconds`` is when a pause gets too long,
    ``reason`` the code of the pause."""

    value: str
    state: State
    since: datetime
    choices: tuple[AgentChoice, ...]
    reason: str = ""
    limit_seconds: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """Everything ``base.html`` needs besides the page itself."""

    me: Me
    nav: tuple[NavGroup, ...]
    telephony: Lamp | None = None
    agent: AgentBadge | None = None
    notices: int = 0

    def context(self) -> dict[str, object]:
        """The names templates use."""
        return {
            "me": self.me,
            "nav": self.nav,
            "telephony": self.telephony,
            "agent": self.agent,
            "notices": self.notices,
            "language": self.me.language,
            "zone": self.me.zone,
        }
