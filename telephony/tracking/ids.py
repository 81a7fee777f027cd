"""Own call ids: read from ids we gave Asterisk, or made from the Linkedid of a call that came by itself.

The id of a call that came in depends on its server and first Linkedid alone. So the live fold, the resync and the
repair from CEL name it alike, even when the program died in between, and nothing is logged twice.
"""

import re
from datetime import UTC, datetime
from hashlib import blake2b

_SPY = re.compile(r"spy-\d{1,16}(?:-b)?")
_OWN = re.compile(r"cc-(\d{1,16})-([a-z])")
_ASTERISK = re.compile(r"(\d{9,11})\.(\d+)$")
_EPOCH = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
_NODE = 15
"""The node of ``core.kernel.ids.IdSource`` that is left to exchanges: drawn ids and these never meet."""


def own_call(uniqueid: str) -> int | None:
    """The call that a Uniqueid or Linkedid of ours names (``cc-<call>-…``)."""
    match = _OWN.match(uniqueid)
    return int(match[1]) if match else None


def opens_call(uniqueid: str) -> bool:
    """Whether this is the first leg of an order: only that one may open a call; others join the one they name."""
    match = _OWN.match(uniqueid)
    return match is not None and match[2] in "ab"


def is_spy(uniqueid: str) -> bool:
    """Whether this is the phone of somebody who listens to a call (``spy-<watch>``). He is no party to it: nothing of
    that channel is part of any call."""
    return _SPY.fullmatch(uniqueid) is not None


def call_named_by(server: str, linkedid: str) -> int:
    """The 53-bit id of a call that was not ordered: in the layout of ``IdSource``, from the seconds and counter in an
    Asterisk id and 8 bits of hash. Any other Linkedid is hashed whole."""
    digest = int.from_bytes(blake2b(f"{server}\n{linkedid}".encode(), digest_size=8).digest(), "big")
    if match := _ASTERISK.search(linkedid):
        milliseconds = (int(match[1]) - _EPOCH) * 1000 + int(match[2]) % 1000
    else:
        milliseconds = digest >> 24
    return ((milliseconds & (1 << 41) - 1) << 4 | _NODE) << 8 | digest & 255
