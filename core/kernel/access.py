"""Who acts, and what they may do."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from core.kernel.errors import Forbidden
from core.kernel.i18n import Message


class Scope(IntEnum):
    """How far a right reaches: own rows, those of the team, of the department with its subdivisions, or all."""

    OWN = 1
    TEAM = 2
    DEPARTMENT = 3
    ALL = 4


@dataclass(frozen=True, slots=True)
class Right:
    """A right that exists: its key ``module.action`` and what it lets one do, for the profile editor."""

    key: str
    label: Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """A logged-in user (or the program itself) with the sum of the rights of all profiles.

    ``team`` is the user's own unit, ``department`` the top unit above it with everything below: sets of unit ids.
    """

    user_id: int
    login: str
    rights: Mapping[str, Scope]
    team: frozenset[int] = field(default_factory=frozenset)
    department: frozenset[int] = field(default_factory=frozenset)
    language: str = "en"
    timezone: str = "UTC"

    def may(self, right: str) -> bool:
        return right in self.rights

    def require(self, right: str) -> Scope:
        """The scope of ``right``; raises ``Forbidden`` when the actor lacks it."""
        scope = self.rights.get(right)
        if scope is None:
            raise Forbidden(right=right)
        return scope


@dataclass(frozen=True, slots=True)
class _Everything(Mapping[str, Scope]):
    """The rights of the program itself."""

    def __getitem__(self, key: str) -> Scope:
        return Scope.ALL

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __contains__(self, key: object) -> bool:
        return True


#: The program acting by itself: jobs, the bridge, the command line. User id 0 belongs to nobody.
PROGRAM = Actor(user_id=0, login="program", rights=_Everything())
