"""The fold of phones: registrations and device states in, the present state of each phone out. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from callcenter.calls.presence import PhoneState, PhoneUse
from telephony.ami import events as e

_USES = {
    "NOT_INUSE": PhoneUse.IDLE,
    "RINGING": PhoneUse.RINGING,
    "RINGINUSE": PhoneUse.BUSY,
    "INUSE": PhoneUse.BUSY,
    "BUSY": PhoneUse.BUSY,
    "ONHOLD": PhoneUse.HELD,
}
_PREFIX = "PJSIP/"


class Phones:
    """The phones of one server.

    Registrations are told when they change. Of a phone whose registration was not heard of, because it is older than
    the link, the state of its device says whether it is there.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._states: dict[str, PhoneState] = {}
        self._contacts: dict[str, set[str]] = {}
        self._changed: set[str] = set()

    def states(self) -> Mapping[str, PhoneState]:
        """Every phone heard of, by endpoint."""
        return dict(self._states)

    def changed(self) -> tuple[PhoneState, ...]:
        """The phones that changed since the last time this was asked."""
        states = tuple(self._states[endpoint] for endpoint in sorted(self._changed))
        self._changed.clear()
        return states

    def start_over(self, at: datetime) -> None:
        """Nothing is known any more (the link broke): nobody can be rung until said otherwise."""
        self._contacts.clear()
        for endpoint in self._states:
            self._set(endpoint, at, reachable=False, use=PhoneUse.UNKNOWN)

    def apply(self, event: e.AmiEvent) -> None:
        if isinstance(event, e.ContactChanged):
            contacts = self._contacts.setdefault(event.endpoint, set())
            (contacts.add if event.reachable else contacts.discard)(event.uri)
            self._set(event.endpoint, event.at, reachable=bool(contacts))
        elif isinstance(event, e.DeviceChanged) and event.device.startswith(_PREFIX):
            endpoint, use = event.device.removeprefix(_PREFIX), _USES.get(event.state, PhoneUse.UNKNOWN)
            there = None if endpoint in self._contacts else use is not PhoneUse.UNKNOWN
            self._set(endpoint, event.at, reachable=there, use=use)

    def _set(self, endpoint: str, at: datetime, *, reachable: bool | None = None, use: PhoneUse | None = None) -> None:
        old = self._states.get(endpoint) or PhoneState(
            server=self._server, endpoint=endpoint, reachable=False, use=PhoneUse.UNKNOWN, since=at
        )
        new = replace(old, reachable=old.reachable if reachable is None else reachable, use=use or old.use)
        if new != self._states.get(endpoint):
            self._states[endpoint] = replace(new, since=at)
            self._changed.add(endpoint)
