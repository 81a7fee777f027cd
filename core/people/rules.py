"""Decisions about passwords, locks, rights and reach, without I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.kernel.access import Actor, Scope
from core.kernel.i18n import Message, msg

#: NIST SP 800-63B 5.1.1.2: length counts, rules of composition do not help. The upper end keeps hashing cheap.
PASSWORD_MIN, PASSWORD_MAX = 10, 200
_DISTINCT_MIN = 5
_FREE_TRIES = 4
_FIRST_LOCK = timedelta(seconds=30)
_LONGEST_LOCK = timedelta(hours=1)

#: A session ends this long after it was last used, and in any case this long after the login.
SESSION_IDLE = timedelta(hours=4)
SESSION_LONGEST = timedelta(hours=16)


def password_fault(password: str, login: str) -> Message | None:
    """Why ``password`` will not do for ``login``, or None."""
    if len(password) < PASSWORD_MIN:
        return msg("Use at least {count} characters.", count=PASSWORD_MIN)
    if len(password) > PASSWORD_MAX:
        return msg("Use at most {count} characters.", count=PASSWORD_MAX)
    if login and login.casefold() in password.casefold():
        return msg("The password must not contain the login.")
    if len(set(password)) < _DISTINCT_MIN:
        return msg("Use more different characters.")
    return None


def lock_after(failures: int) -> timedelta | None:
    """How long an account is closed after so many failed logins in a row: four are free, then 30 s, 1 min … 1 h."""
    if failures <= _FREE_TRIES:
        return None
    factor: int = 2 ** min(failures - _FREE_TRIES - 1, 10)
    return min(_FIRST_LOCK * factor, _LONGEST_LOCK)


def session_end(created: datetime, now: datetime) -> datetime:
    """When a session used ``now`` ends unless it is used again."""
    return min(created + SESSION_LONGEST, now + SESSION_IDLE)


def sum_rights(profiles: Iterable[Mapping[str, Scope]]) -> dict[str, Scope]:
    """The rights of several profiles together: the union, each with the widest scope any of them gives."""
    total: dict[str, Scope] = {}
    for profile in profiles:
        for right, scope in profile.items():
            total[right] = max(scope, total.get(right, scope))
    return total


def narrowed(rights: Mapping[str, Scope], wanted: Iterable[str]) -> dict[str, Scope]:
    """Of ``rights`` those that are ``wanted``, never more: what a token may do for its user."""
    names = set(wanted)
    return {right: scope for right, scope in rights.items() if right in names}


def exceeding(given: Mapping[str, Scope], held: Mapping[str, Scope]) -> set[str]:
    """The rights in ``given`` that somebody with the rights ``held`` may not hand on."""
    return {right for right, scope in given.items() if right not in held or held[right] < scope}


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitNode:
    """A unit as the reach needs it."""

    id: int
    parent_id: int | None
    head_id: int | None = None
    deputy_id: int | None = None


def below(units: Iterable[UnitNode], roots: Iterable[int]) -> frozenset[int]:
    """``roots`` and every unit under them."""
    children: dict[int | None, list[int]] = {}
    for unit in units:
        children.setdefault(unit.parent_id, []).append(unit.id)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(children.get(current, ()))
    return frozenset(found)


def reach(units: Iterable[UnitNode], user_id: int, unit_id: int | None) -> tuple[frozenset[int], frozenset[int]]:
    """``(team, department)`` of a user as sets of unit ids.

    The team is the user's own unit, and whatever the user heads or stands in for, with everything below. The department
    is everything under the top unit above any of these.
    """
    known = {unit.id: unit for unit in units}
    led = [unit.id for unit in known.values() if user_id in (unit.head_id, unit.deputy_id)]
    own = [unit_id] if unit_id in known else []
    team = frozenset(own) | below(known.values(), led)
    return team, below(known.values(), {_top(known, unit) for unit in team})


def _top(known: Mapping[int, UnitNode], unit_id: int) -> int:
    seen: set[int] = set()
    while unit_id not in seen:
        seen.add(unit_id)
        parent = known[unit_id].parent_id
        unit_id = parent if parent is not None and parent in known else unit_id
    return unit_id


def covers(actor: Actor, right: str, *, owner_id: int | None, unit_id: int | None) -> bool:
    """Whether ``right`` reaches a row that belongs to ``owner_id`` (or nobody) of the unit ``unit_id``."""
    scope = actor.rights.get(right)
    if scope is None:
        return False
    if scope == Scope.ALL or (owner_id is not None and owner_id == actor.user_id):
        return True
    units = {Scope.TEAM: actor.team, Scope.DEPARTMENT: actor.department}.get(scope, frozenset())
    return unit_id is not None and unit_id in units
