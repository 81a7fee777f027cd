"""The doorbell: whose phone begins to ring is told at once, who calls is looked up, and only then is it written.

Writing a call takes its turn among others; a collector decides within a second whether to answer. What the bell says
follows from the state of the call alone, so the log would say the same a moment later; :class:`RingBook` keeps the two
from saying it twice, and takes back what the log could not write (docs/decisions/0015).
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.changes import ringing_endpoints, ringing_users
from callcenter.calls.events import CallOffered, CallRef, CallWithdrawn
from callcenter.calls.facts import CallState, Direction
from callcenter.calls.offers import Offer, offers_of
from callcenter.calls.ports import Callers, Match, Staff
from callcenter.calls.ringbook import RingBook
from core.kernel.bus import Bus
from core.kernel.clock import Clock
from core.kernel.phones import normalise
from core.kernel.uow import UnitOfWork

log = logging.getLogger(__name__)

#: A look-up that takes longer is given up: the log tells the same after it has written.
PATIENCE_SECONDS = 0.25


class Bell:
    """Implements ``callcenter.calls.ports.Doorbell``. ``region`` (ISO 3166) reads national spellings of numbers."""

    def __init__(
        self,
        uow: UnitOfWork,
        bus: Bus,
        clock: Clock,
        book: RingBook,
        *,
        staff: Staff,
        callers: Callers,
        region: str = "RU",
    ) -> None:
        self._uow = uow
        self._bus = bus
        self._clock = clock
        self._book = book
        self._staff = staff
        self._callers = callers
        self._region = region
        self._heard: dict[int, frozenset[str]] = {}

    async def ring(self, calls: Sequence[CallState]) -> None:
        """Tell those whose phones newly ring. A failure is logged: then they are told when the call is written."""
        anew = [call for call in calls if self._is_new(call)]
        if not anew:
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), self._uow.read(brief=True) as session:
                users = await self._staff.users(session, {one for call in anew for one in ringing_endpoints(call)})
                rung = {call.call_id: ringing_users(call, users) - self._book.told(call.call_id) for call in anew}
                offers = await self._offers(session, [call for call in anew if rung[call.call_id]])
        except Exception as error:  # noqa: BLE001 - whatever it is, the calls themselves go on
            log.warning("those who are rung are told late: %s", type(error).__name__)
            return
        for call in anew:
            self._tell(call, rung[call.call_id], offers.get(call.call_id))

    def silence(self, calls: Sequence[CallState]) -> None:
        """Take back what was told of calls that cannot be written."""
        for call in calls:
            self._heard.pop(call.call_id, None)
            if told := self._book.forget(call.call_id):
                self._bus.publish([self._withdrawn(call, told)])

    def _is_new(self, call: CallState) -> bool:
        """Whether phones ring for the call that did not when it was last looked at."""
        for merged in call.merged_ids:
            self._heard.pop(merged, None)
        rings, before = ringing_endpoints(call), self._heard.pop(call.call_id, frozenset())
        if rings:
            self._heard[call.call_id] = rings
        return bool(rings - before)

    def _tell(self, call: CallState, users: frozenset[int], offer: Offer | None) -> None:
        if offer is None:
            return
        self._book.tell(call.call_id, users)
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

    async def _offers(self, session: AsyncSession, calls: Sequence[CallState]) -> Mapping[int, Offer]:
        """The cards: of a call the log has, as it has it (a person may have chosen the caller), else by number."""
        logged = [call.call_id for call in calls if self._may_be_logged(call)]
        known = await offers_of(session, logged) if logged else {}
        found = [self._by_number(call) for call in calls if call.call_id not in known]
        phones = {card.phone for card in found if card.phone and card.direction != Direction.INTERNAL}
        matches = await self._callers.match(session, phones) if phones else {}
        queues = {call.call_id: call.queue for call in calls}
        seen = [replace(card, queue=queues[card.call_id] or card.queue) for card in known.values()]
        return {card.call_id: card for card in [*seen, *(_matched(card, matches) for card in found)]}

    def _by_number(self, call: CallState) -> Offer:
        """The card of a call that only its state tells of."""
        return Offer(
            call_id=call.call_id,
            direction=call.direction,
            phone=normalise(call.phone, self._region),
            party_id=None,
            case_id=None,
            name=None,
            case_number=None,
            creditor=None,
            queue=call.queue,
        )

    def _may_be_logged(self, call: CallState) -> bool:
        return call.direction is not Direction.INBOUND or self._book.is_logged(call.call_id)


def _matched(card: Offer, matches: Mapping[str, Match]) -> Offer:
    match = matches.get(card.phone or "")
    return replace(card, **asdict(match)) if match is not None else card
