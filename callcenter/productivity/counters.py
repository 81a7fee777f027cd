"""What is counted, and by what it can be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from callcenter.productivity.slots import PER_BLOCK, PER_DAY

#: Of calls, by the slot in which they began.
CALL_COUNTERS: Final = (
    "calls",
    "inbound",
    "attempts",
    "answered",
    "contacts",
    "attempt_contacts",
    "right_party",
    "attempt_right_party",
    "promises",
    "handled",
    "talk_seconds",
    "hold_seconds",
    "wrap_seconds",
    "handle_seconds",
    "queued",
    "timed",
    "taken",
    "in_time",
    "abandoned",
    "wait_seconds",
)
#: Of collectors' time, in milliseconds, by the slot in which it was spent.
TIME_COUNTERS: Final = (
    "available_ms",
    "ringing_ms",
    "talking_ms",
    "hold_ms",
    "wrap_up_ms",
    "pause_ms",
    "planned_ms",
    "adhered_ms",
)
#: Of promises that fell due on a day, and of money that came in on it.
DAY_COUNTERS: Final = ("due_kept", "due_partly", "due_broken")
AMOUNTS: Final = ("due_promised", "due_paid", "collected", "commission")

#: What a slot's counters are kept by. 0 and "" stand for nobody and nothing.
CALL_DIMENSIONS: Final = (
    "user_id",
    "unit_id",
    "creditor_id",
    "stage_id",
    "campaign_id",
    "queue",
    "direction",
)
#: A collector's time belongs to him and his team alone; money and promises have no hour, queue or campaign.
TIME_DIMENSIONS: Final = ("user_id", "unit_id")
DAY_DIMENSIONS: Final = ("user_id", "unit_id", "creditor_id", "stage_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cube:
    """One way the counters are summed: over pieces of ``size`` slots, by ``dimensions`` alone. ``clock``: each
    half-hour of the day apart, those of all days of a piece together, in its first day."""

    number: int
    size: int
    dimensions: tuple[str, ...]
    clock: bool = False

    def slot(self, slot: int) -> int:
        """Where the counters of a slot are kept."""
        return slot // self.size * self.size + (slot % PER_DAY if self.clock else 0)


FULL: Final = Cube(number=0, size=1, dimensions=CALL_DIMENSIONS)
DAYS: Final = Cube(number=1, size=PER_DAY, dimensions=CALL_DIMENSIONS)
BLOCKS: Final = Cube(number=2, size=PER_BLOCK, dimensions=CALL_DIMENSIONS)
#: Hours of a long period, without collectors: by team and queue, and by whose debts.
FLOOR: Final = Cube(number=3, size=1, dimensions=("unit_id", "campaign_id", "queue", "direction"))
BOOK: Final = Cube(number=4, size=1, dimensions=("creditor_id", "stage_id", "direction"))
#: Hours of a long period by collector: ten days together, or there would be as many rows as in the full cube.
CLOCK: Final = Cube(number=5, size=10 * PER_DAY, dimensions=("user_id", "unit_id", "direction"), clock=True)
CUBES: Final = (FULL, DAYS, BLOCKS, FLOOR, BOOK, CLOCK)
#: What a cube that leaves a dimension out writes there.
NOTHING: Final[Mapping[str, int | str]] = {
    **dict.fromkeys(CALL_DIMENSIONS, 0),
    "queue": "",
    "direction": "",
}
SLOT_COUNTERS: Final = CALL_COUNTERS + TIME_COUNTERS
