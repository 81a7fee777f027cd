"""Which phones the call floor can ring."""

from collections.abc import Sequence

from telephony.bridge import Bridge


class BridgedPhones:
    """Implements ``callcenter.calls.ports.Phones`` over the bridges."""

    def __init__(self, bridges: Sequence[Bridge]) -> None:
        self._bridges = tuple(bridges)

    def reachable(self, endpoint: str) -> bool:
        states = (bridge.phones().get(endpoint) for bridge in self._bridges)
        return any(state is not None and state.reachable for state in states)
