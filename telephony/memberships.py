"""The fold of queue members: what the exchange says of who stands in its queues. Pure."""

from collections.abc import Callable, Collection, Mapping

from callcenter.queues.ports import Seat, Standing
from telephony.ami import events as e

LISTED = "QueueStatusComplete"
_PREFIX = "PJSIP/"


class Memberships:
    """The members of one server's queues, as far as they are its PJSIP phones."""

    def __init__(self) -> None:
        self._seats: dict[Seat, Standing] = {}
        self._listed: dict[Seat, Standing] = {}
        self._known = False
        self._tell: list[Callable[[], None]] = []
        self._tell_lost: list[Callable[[], None]] = []

    def seats(self) -> Mapping[Seat, Standing] | None:
        """Every phone in a queue; None before the exchange was asked."""
        return dict(self._seats) if self._known else None

    def on_known(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` whenever all members have been listed."""
        self._tell.append(tell)

    def on_lost(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` whenever nothing is known any more."""
        self._tell_lost.append(tell)

    def start_over(self) -> None:
        """Nothing is known any more."""
        self._known = False
        self._listed.clear()
        for tell in self._tell_lost:
            tell()

    def keep(self, queues: Collection[str]) -> None:
        """There are no other queues any more. The exchange says nothing of who stood in those that went, and nobody
        does when one of the same name comes back."""
        for seats in (self._seats, self._listed):
            for seat in [one for one in seats if one.queue not in queues]:
                del seats[seat]

    def apply(self, event: e.AmiEvent) -> None:
        if isinstance(event, e.QueueMemberEvent) and event.interface.startswith(_PREFIX):
            self._member(event, Seat(queue=event.queue, endpoint=event.interface.removeprefix(_PREFIX)))
        elif isinstance(event, e.ListEnded) and event.name == LISTED:
            self._seats, self._listed, self._known = self._listed, {}, True
            for tell in self._tell:
                tell()

    def _member(self, event: e.QueueMemberEvent, seat: Seat) -> None:
        if isinstance(event, e.QueueMemberRemoved):
            self._seats.pop(seat, None)
            self._listed.pop(seat, None)
        elif isinstance(event, e.QueueMemberSeen):
            self._listed[seat] = Standing(penalty=event.penalty, paused=event.paused, fixed=event.fixed)
            if not event.listed:
                self._seats[seat] = self._listed[seat]
