"""What endpoints may ask for: the services that wiring built, carried by the lifespan's state."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypedDict, TypeVar, cast

from starlette.requests import HTTPConnection

from core.audit.service import Looks
from core.cases.ports import PlannedWork
from core.kernel.access import Actor, Right
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork
from core.people.service.keys import Keys
from core.people.service.logins import Logins
from core.people.service.own import OwnAccount
from core.people.service.profiles import Profiles
from core.people.service.roles import Roles
from core.people.service.units import Units
from core.people.service.users import Users
from core.people.service.views import Announcements, SavedViews
from core.people.vault import Vault
from web.pages.frame import AgentBadge, Lamp
from web.pages.listing import State
from web.throttle import Throttle

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeTile:
    """One line of the home page: how much of something waits, and where to go for it."""

    state: State
    count: int
    href: str


class HomeBlock(Protocol):
    """A domain's part of the home page: what waits for this actor; empty when nothing does or no right exists."""

    async def __call__(self, actor: Actor) -> tuple[HomeTile, ...]: ...


async def _no_agent(_actor: Actor) -> AgentBadge | None:
    return None


async def _no_notices(_actor: Actor) -> int:
    return 0


async def nothing_to_write(_user_id: int) -> None:
    """A house without a telephone tells nobody anything ahead."""


#: Whether a part works: True or False, and in a word why.
Probe = Callable[[], Awaitable[tuple[bool, str]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """Everything the web needs, built in one place.

    ``parts`` holds the services of the other domains by their class; endpoints get them by :func:`part`. ``rights`` are
    all rights there are, ``home`` what the domains put on the home page, ``probes`` what ``/health`` asks.
    ``until_written`` returns once everything is in the database that the user was told of before it was.
    """

    uow: UnitOfWork
    clock: Clock
    vault: Vault
    logins: Logins
    own: OwnAccount
    users: Users
    units: Units
    roles: Roles
    profiles: Profiles
    keys: Keys
    views: SavedViews
    announcements: Announcements
    looks: Looks
    throttle: Throttle
    rights: tuple[Right, ...]
    home: tuple[HomeBlock, ...] = ()
    until_written: Callable[[int], Awaitable[None]] = nothing_to_write
    telephony: Callable[[], Lamp | None] = lambda: None
    agent: Callable[[Actor], Awaitable[AgentBadge | None]] = _no_agent
    notices: Callable[[Actor], Awaitable[int]] = _no_notices
    probes: Mapping[str, Probe] = field(default_factory=dict)
    default_language: str = "en"
    parts: Mapping[Callable[..., Any], Any] = field(default_factory=dict)


class LifespanState(TypedDict):
    """What the lifespan yields."""

    services: Services


def services(connection: HTTPConnection[Any]) -> Services:
    """The services behind a request or websocket."""
    return cast(Services, connection.scope["state"]["services"])


def part(connection: HTTPConnection[Any], kind: Callable[..., T]) -> T:
    """The service of class or protocol ``kind`` that wiring put into ``Services.parts``.

    Typed as a callable because ``type[T]`` would refuse protocols.
    """
    return cast(T, services(connection).parts[kind])


def planned_work(connection: HTTPConnection[Any]) -> tuple[PlannedWork, ...]:
    """What plans work on cases beside tasks and promises."""
    return (part(connection, PlannedWork),)
