"""The book of calls: which are alive, which lately ended, and which Linkedid or former id leads to which."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

from callcenter.calls.facts import LegKind
from telephony.tracking.ids import call_named_by, opens_call, own_call
from telephony.tracking.state import Call

REMEMBERED = 2000
"""Ended calls kept in mind, so that what comes late finds its call and opens no second one."""


class CallBook:
    """The calls of one server."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._live: dict[int, Call] = {}
        self._ended: OrderedDict[int, Call] = OrderedDict()
        self._by_linkedid: dict[str, Call] = {}
        self._aliases: dict[int, int] = {}

    def live(self, call_id: int) -> Call | None:
        """The live call of that id, or the one it was merged into."""
        return self._live.get(self._resolve(call_id))

    def all_live(self) -> list[Call]:
        return list(self._live.values())

    def find(self, call_id: int) -> Call | None:
        """The same, also when it lately ended."""
        call_id = self._resolve(call_id)
        return self._live.get(call_id) or self._ended.get(call_id)

    def linked(self, linkedids: Iterable[str]) -> Call | None:
        """The call, live or lately ended, that any of these Linkedids belongs to."""
        return next((self._by_linkedid[each] for each in linkedids if each in self._by_linkedid), None)

    def link(self, linkedid: str, call: Call) -> None:
        call.linkedids.append(linkedid)
        self._by_linkedid[linkedid] = call

    def call_for(self, uniqueid: str, linkedid: str, at: datetime) -> Call:
        """The call of a new channel: the one our id names, else the one of its Linkedid, else a new one."""
        for name in (uniqueid, linkedid):
            own = own_call(name)
            if own is not None and (call := self.find(own)):
                return call
            if own is not None and opens_call(name):
                return self.new(own, linkedid, at, ordered=True)
        return self.linked([linkedid]) or self.new(call_named_by(self._server, linkedid), linkedid, at)

    def new(self, call_id: int, linkedid: str, at: datetime, *, ordered: bool = False) -> Call:
        call = Call(call_id=call_id, server=self._server, started_at=at, ordered=ordered)
        self.link(linkedid, call)
        return call

    def open(self, call: Call) -> None:
        """Make a call live: a new one, or one that something came late for."""
        self._ended.pop(call.call_id, None)
        call.ended_at, call.lost = None, False
        self._live[call.call_id] = call

    def close(self, call: Call, at: datetime, lost: bool) -> None:
        """The last channel has gone. The customer's cause is the call's."""
        call.ended_at, call.lost = at, lost
        ended = [leg for leg in call.legs() if leg.cause is not None]
        customers = [leg for leg in ended if leg.kind is LegKind.CUSTOMER]
        call.cause = (customers or ended)[-1].cause if ended else None
        self._live.pop(call.call_id, None)
        self._ended[call.call_id] = call
        while len(self._ended) > REMEMBERED:
            self._forget(self._ended.popitem(last=False)[1])

    def merge(self, one: Call, two: Call) -> tuple[Call, Call]:
        """Make one call of two, and say which stays and which goes: the older one's id stays, as Asterisk keeps the
        oldest Linkedid."""
        keep, gone = (one, two) if (one.started_at, one.call_id) <= (two.started_at, two.call_id) else (two, one)
        for channel in gone.channels.values():
            channel.call = keep
        keep.absorb(gone)
        self._aliases[gone.call_id] = keep.call_id
        self._by_linkedid.update(dict.fromkeys(gone.linkedids, keep))
        self.drop(gone)
        return keep, gone

    def put(self, call: Call) -> None:
        """Enter a call that was known elsewhere."""
        call.ordered = any(own_call(linkedid) == call.call_id for linkedid in call.linkedids)
        self._by_linkedid.update(dict.fromkeys(call.linkedids, call))
        self._aliases.update(dict.fromkeys(call.merged_ids, call.call_id))
        (self._ended if call.ended_at else self._live)[call.call_id] = call

    def drop(self, call: Call) -> None:
        self._live.pop(call.call_id, None)
        self._ended.pop(call.call_id, None)

    def _resolve(self, call_id: int) -> int:
        while call_id in self._aliases:
            call_id = self._aliases[call_id]
        return call_id

    def _forget(self, call: Call) -> None:
        for linkedid in call.linkedids:
            if self._by_linkedid.get(linkedid) is call:
                del self._by_linkedid[linkedid]
        for merged in call.merged_ids:
            self._aliases.pop(merged, None)
