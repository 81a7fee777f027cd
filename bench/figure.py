"""What a scenario reports."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A measured value beside its bare reference, both in ``unit``.

    ``ratio`` above 1 means the product is slower (times) or faster (rates) than the reference. ``aim`` is the largest
    (times) or smallest (rates) ratio or value hoped for, in words.
    """

    name: str
    value: float
    unit: str
    reference: float | None = None
    reference_name: str = ""
    aim: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.reference if self.reference else None


def percentile(samples: Sequence[float], share: float) -> float:
    """The value below which ``share`` (0 to 1) of the samples lie."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(action: Callable[[], object]) -> float:
    """Seconds that ``action`` takes."""
    start = perf_counter()
    action()
    return perf_counter() - start
