"""Whose channel is it? Read off its name: ``PJSIP/trunk-0000001a`` is a customer, ``PJSIP/100-0000001b`` a phone."""

import re
from dataclasses import dataclass

from callcenter.calls.facts import LegKind

_REAL = frozenset({"PJSIP", "SIP", "IAX2", "DAHDI", "Motif", "Mobile", "USTM", "WebSocket"})
"""Technologies with somebody at the other end. Local, Surrogate, AsyncGoto, CBAnn and the like are Asterisk's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoints:
    """How channels are told apart: the names of trunk endpoints, and what a collector's phone is named like.

    ``hold`` is the context and extension of the dialplan where a customer is put on hold.
    """

    trunks: frozenset[str]
    phones: re.Pattern[str] = re.compile(r"[0-9]{2,10}d?")
    hold: tuple[str, str] = ("callcenter-held", "hold")

    def place(self, channel: str) -> tuple[LegKind | None, str | None]:
        """The kind of leg and the endpoint of a channel; (None, None) for one of Asterisk's own."""
        technology, _, rest = channel.partition("/")
        if technology not in _REAL:
            return None, None
        endpoint = rest.rpartition("-")[0] or rest
        if endpoint in self.trunks:
            return LegKind.CUSTOMER, endpoint
        if self.phones.fullmatch(endpoint):
            return LegKind.AGENT, endpoint
        return LegKind.OTHER, endpoint


def local_pair(channel: str) -> tuple[str, str] | None:
    """For one half of a Local channel its common name and which half it is (``1`` or ``2``)."""
    name, semicolon, half = channel.rpartition(";")
    return (name, half) if semicolon and channel.startswith("Local/") else None
