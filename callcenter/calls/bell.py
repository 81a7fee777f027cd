"""The doorbell: whose phone begins to ring is told at once, who calls is looked up, and only then is it written.

Writing a call takes its turn among others; a collector decides within a second whether to answer. What the bell says
follows from the state of the call alone, so the log would say the same a moment later; :class:`RingBook` keeps the two
from saying it twice, and takes back what the log could not write (docs/decisions/0015).
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from callcenter.calls.changes import Users, busy_endpoints, reached_users, ringing_endpoints
from callcenter.calls.events import CallOffered, CallRef, CallWithdrawn
from callcenter.calls.facts import CallState, Direction
from callcenter.calls.offers import Offer
from callcenter.calls.ports import Match
from callcenter.calls.ringbook import RingBook
from core.kernel.bus import Bus
from core.kernel.clock import Clock
from core.kernel.phones import normalise

log = logging.getLogger(__name__)

_NOBODY = Match(party_id=None, case_id=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plates:
    """The user behind each phone that is somebody's, who the numbers probably are, the cards of logged calls."""

    users: Users
    matches: Mapping[str, Match]
    offers: Mapping[int, Offer]


class Doorplates(Protocol):
    """Whose phones ring, and who calls: all of it in one brief look. Raises ``TimeoutError`` when it takes too long for
    who is rung: the log tells the same after it has written."""

    async def read(self, endpoints: Collection[str], phones: Collection[str], logged: Collection[int]) -> Plates: ...


class Bell:
    """Implements ``callcenter.calls.ports.Doorbell``. ``region`` (ISO 3166) reads national spellings of numbers."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        book: RingBook,
        plates: Doorplates,
        *,
        region: str = "RU",
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._book = book
        self._plates = plates
        self._region = region
        self._heard: dict[int, frozenset[str]] = {}

    async def ring(self, calls: Sequence[CallState]) -> None:
        """Tell those whose phones newly ring, or have been answered already. A failure is logged: then they are told
        when the call is written."""
        anew = [(call, phones) for call in calls if (phones := self._newly_reached(call))]
        if not anew:
            return
        numbers = {call.call_id: normalise(call.phone, self._region) for call, _ in anew}
        outside = {numbers[call.call_id] for call, _ in anew if call.direction is not Direction.INTERNAL}
        try:
            plates = await self._plates.read(
                {endpoint for _, phones in anew for endpoint in phones},
                {number for number in outside if number is not None},
                [call.call_id for call, _ in anew if self._may_be_logged(call)],
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the calls themselves go on
            log.warning("those who are rung are told late: %s", type(error).__name__)
            return
        for call, phones in anew:
            owners = {endpoint: user for endpoint, user in plates.users.items() if endpoint in phones}
            if users := reached_users(call, owners) - self._book.told(call.call_id):
                self._tell(users, _card(call, numbers[call.call_id], plates))

    def know(self, calls: Sequence[CallState]) -> None:
        """Nobody who is in one of these calls is told of it again."""
        for call in calls:
            if busy := busy_endpoints(call):
                self._heard[call.call_id] = self._heard.get(call.call_id, frozenset()) | busy

    def silence(self, calls: Sequence[CallState]) -> None:
        """Take back what was told of calls that cannot be written."""
        for call in calls:
            self._heard.pop(call.call_id, None)
            if told := self._book.forget(call.call_id):
                self._bus.publish([self._withdrawn(call, told)])

    def _newly_reached(self, call: CallState) -> frozenset[str]:
        """The phones that the call did not reach when it was last looked at. Whoever brings it along from a call that
        it was merged with is in it without being rung."""
        along = frozenset[str]().union(*(self._heard.pop(merged, frozenset()) for merged in call.merged_ids))
        rung, busy = ringing_endpoints(call), busy_endpoints(call)
        before = self._heard.pop(call.call_id, frozenset())
        if rung or busy:
            self._heard[call.call_id] = rung | busy
        return (rung - before) | (busy - before - along)

    def _tell(self, users: frozenset[int], offer: Offer) -> None:
        self._book.tell(offer.call_id, users)
        who = CallRef(
            call_id=offer.call_id,
            direction=offer.direction,
            phone=offer.phone,
            party_id=offer.party_id,
            case_id=offer.case_id,
        )
        self._bus.publish([CallOffered(at=self._clock.now(), call=who, user_ids=users, offer=offer)])

    def _withdrawn(self, call: CallState, users: frozenset[int]) -> CallWithdrawn:
        who = CallRef(
            call_id=call.call_id,
            direction=call.direction,
            phone=normalise(call.phone, self._region),
            party_id=None,
            case_id=None,
        )
        return CallWithdrawn(at=self._clock.now(), call=who, user_ids=users, taken=False)

    def _may_be_logged(self, call: CallState) -> bool:
        return call.direction is not Direction.INBOUND or self._book.is_logged(call.call_id)


def _card(call: CallState, number: str | None, plates: Plates) -> Offer:
    """As the log has it, for a person may have chosen the caller; else by the number."""
    if (logged := plates.offers.get(call.call_id)) is not None:
        return replace(logged, queue=call.queue or logged.queue)
    match = _NOBODY if call.direction is Direction.INTERNAL else plates.matches.get(number or "", _NOBODY)
    return Offer(
        call_id=call.call_id,
        direction=call.direction,
        phone=number,
        party_id=match.party_id,
        case_id=match.case_id,
        name=match.name,
        case_number=match.case_number,
        creditor=match.creditor,
        queue=call.queue,
    )
