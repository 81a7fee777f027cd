"""What a report changed, as facts to tell: the difference between two states of one call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from callcenter.calls.facts import CallPhase, CallState, Direction, LegKind, LegOutcome, LegState

#: The user behind a collector's phone, by its endpoint.
Users = Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Users it newly rings (or who were in it before anybody saw it ring), no longer rings, who newly talk; whether
    hold began or ended; whether the call ended."""

    offered: frozenset[int]
    withdrawn: frozenset[int]
    answered: frozenset[int]
    held: bool | None
    ended: bool
    merged_ids: tuple[int, ...]


def difference(
    before: CallState | None, after: CallState, users: Users, told: frozenset[int] = frozenset()
) -> Difference:
    """What is to be told about a call that was ``before`` (None: unknown) and is now ``after``. ``told`` are those who
    know already that it rang them."""
    rang, rings = ringing_users(before, users) | told, ringing_users(after, users)
    talked, talks = talking_users(before, users), talking_users(after, users)
    taken = _users(after, users, is_in)
    merged_ids = tuple(sorted(set(after.merged_ids) - set(before.merged_ids if before else ())))
    at_once = reached_users(after, users) - _users(before, users, is_in) if not merged_ids else frozenset()
    was_held = before is not None and before.phase is CallPhase.HELD
    is_held = after.phase is CallPhase.HELD
    ended = after.phase is CallPhase.ENDED
    return Difference(
        offered=(rings | at_once) - rang,
        withdrawn=rang - rings - taken,
        answered=talks - talked,
        held=is_held if is_held != was_held and not ended else None,
        ended=ended and not _had_ended(before, after),
        merged_ids=merged_ids,
    )


def _had_ended(before: CallState | None, after: CallState) -> bool:
    """Whether the call was over already. An order that was given up for lost, of which no phone had been seen, and that
    was carried out after all has only ended now."""
    if before is None or before.phase is not CallPhase.ENDED:
        return False
    return not (before.lost and not before.legs and after.legs)


def ringing_users(call: CallState | None, users: Users) -> frozenset[int]:
    """Collectors whose phones ring for the call now; not the one who rings a colleague with his own."""
    return _users(call, users, lambda leg: rings(leg) and not _calls(call, leg))


def reached_users(call: CallState | None, users: Users) -> frozenset[int]:
    """Collectors whose phones ring for the call or are in it: a phone that answers by itself may do so before anybody
    looks. Not the one who rings a colleague."""
    return _users(call, users, lambda leg: (rings(leg) or is_in(leg)) and not _calls(call, leg))


def ringing_endpoints(call: CallState) -> frozenset[str]:
    """The phones of the house that ring for the call now, whoever they belong to."""
    return _endpoints(call, rings)


def busy_endpoints(call: CallState) -> frozenset[str]:
    """The phones of the house that are in the call now."""
    return _endpoints(call, is_in)


def _endpoints(call: CallState, test: Callable[[LegState], bool]) -> frozenset[str]:
    if call.phase is CallPhase.ENDED:
        return frozenset()
    legs = (leg for leg in call.legs if leg.kind is LegKind.AGENT and test(leg))
    return frozenset(leg.endpoint for leg in legs if leg.endpoint)


def waiting_users(call: CallState | None, users: Users) -> frozenset[int]:
    """Collectors whose phones ring, or who wait for the other side to answer."""
    return _users(call, users, rings) | (_users(call, users, is_in) - talking_users(call, users))


def talking_users(call: CallState | None, users: Users) -> frozenset[int]:
    """Collectors who are in the call now, once somebody of the other side is: before that they wait for an answer."""
    return _users(call, users, is_in) if call is not None and call.answered_at is not None else frozenset()


def rings(leg: LegState) -> bool:
    return leg.answered_at is None and leg.ended_at is None and leg.outcome is LegOutcome.PENDING


def _calls(call: CallState | None, leg: LegState) -> bool:
    """Whether somebody of the agency began the call with this leg: an internal call's first one."""
    if call is None or call.direction is not Direction.INTERNAL:
        return False
    return leg == min(call.legs, key=lambda one: (one.started_at, one.uniqueid))


def is_in(leg: LegState) -> bool:
    return leg.answered_at is not None and leg.ended_at is None


def owner(call: CallState, users: Users) -> int | None:
    """Whose call it is: the last collector who took it, else the last who was rung.

    An outbound leg counts as taken only once the customer is there; before that its collector is the only one.
    """
    legs = [leg for leg in call.legs if leg.kind is LegKind.AGENT and leg.endpoint in users]
    if not legs:
        return None
    talked = [leg for leg in legs if leg.talks] or [leg for leg in legs if leg.answered_at is not None]
    last = max(talked or legs, key=lambda leg: (leg.answered_at or leg.started_at, leg.uniqueid))
    return users[last.endpoint or ""]


def is_lost_caller(call: CallState) -> bool:
    """An inbound call that ended without anybody answering."""
    return call.direction is Direction.INBOUND and call.phase is CallPhase.ENDED and call.answered_at is None


def _users(call: CallState | None, users: Users, test: Callable[[LegState], bool]) -> frozenset[int]:
    if call is None or call.phase is CallPhase.ENDED:
        return frozenset()
    legs = (leg for leg in call.legs if leg.kind is LegKind.AGENT and leg.endpoint in users)
    return frozenset(users[leg.endpoint or ""] for leg in legs if test(leg))
