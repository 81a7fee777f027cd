"""How many more answered calls may be abandoned before some hour holds too many. Pure."""

from bisect import bisect_left, bisect_right, insort

HOUR = 3600.0
_EPSILON = 1e-9


class Budget:
    """Answered and abandoned calls of the last hour, and what the ceiling leaves.

    The hour now ending is judged by what it holds. But an abandoned call of a minute ago will also stand in every hour
    that ends within the next 59 minutes, and one of now in the hour that begins; those hours lose the calls before it
    and gain calls not yet made, of which only a share of the present pace is relied upon, because agents may leave.
    Calls may be told in any order: how a call ended is known late after a broken link.
    """

    def __init__(self, ceiling: float) -> None:
        self._ceiling = ceiling
        self._answered: list[float] = []
        self._abandoned: list[float] = []

    def change(self, ceiling: float) -> None:
        """Another ceiling; the calls of the last hour stay."""
        self._ceiling = ceiling

    def answered(self, at: float) -> None:
        insort(self._answered, at)

    def abandoned(self, at: float) -> None:
        insort(self._abandoned, at)

    def allowed(self, now: float) -> float:
        """Calls that the hour ending now may hold abandoned."""
        self._forget(now)
        return self._ceiling * len(self._answered)

    def left(self, now: float, relied: float) -> float:
        """Calls that may still be abandoned now without breaking an hour that ends now or later, if of the present pace
        of answers at least the share ``relied`` goes on; may be negative."""
        self._forget(now)
        answered, abandoned = self._answered, self._abandoned
        if not answered:
            return -len(abandoned)
        pace = relied * len(answered) / max(600.0, now - answered[0])
        least = min(self._ceiling * len(answered) - len(abandoned), self._ceiling * pace * HOUR)
        for before, at in enumerate(abandoned):
            calls = len(answered) - bisect_left(answered, at) + pace * (at + HOUR - now)
            least = min(least, self._ceiling * calls - (len(abandoned) - before))
        return least + _EPSILON

    def _forget(self, now: float) -> None:
        for times in (self._answered, self._abandoned):
            if times and times[0] <= now - HOUR:
                del times[: bisect_right(times, now - HOUR)]
