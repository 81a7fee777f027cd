"""Ids that are known before the row is written, ordered by time and safe as a JavaScript number."""

from datetime import UTC, datetime

_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_SEQUENCE_BITS = 8
_NODE_BITS = 4


class IdSource:
    """Draws 53-bit ids: 41 bits of milliseconds since 2024, 4 bits of node, 8 bits of sequence.

    ``node`` (0 to 15) tells apart the processes that draw ids at the same time. Ids of one source rise strictly, even
    when the clock steps back or more than 256 are drawn in a millisecond: the source then runs ahead of the clock.
    """

    def __init__(self, node: int = 0) -> None:
        if not 0 <= node < 1 << _NODE_BITS:
            raise ValueError(f"node must be 0 to {(1 << _NODE_BITS) - 1}, not {node}")
        self._node = node
        self._last = 0

    def next(self, now: datetime) -> int:
        """The next id at the aware time ``now``."""
        ticks = int((now - _EPOCH).total_seconds() * 1000) << _SEQUENCE_BITS
        self._last = max(self._last + 1, ticks)
        return self._compose(self._last)

    def _compose(self, ticks: int) -> int:
        milliseconds, sequence = ticks >> _SEQUENCE_BITS, ticks & ((1 << _SEQUENCE_BITS) - 1)
        return ((milliseconds << _NODE_BITS | self._node) << _SEQUENCE_BITS) | sequence
