"""Who was told that his phone rings, before the log has it written (docs/decisions/0015).

The book is no truth of its own: whatever is written corrects it, and what it holds is gone with the process.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field

from callcenter.calls.facts import CallPhase, CallState

#: Nobody waits longer for a call to be written: what he asked for is then shown without it.
PATIENCE_SECONDS = 2.0


@dataclass(slots=True)
class _Ring:
    """One call. ``unwritten`` are those of ``told`` the log does not know of yet."""

    told: frozenset[int] = frozenset()
    unwritten: frozenset[int] = frozenset()
    written: asyncio.Event = field(default_factory=asyncio.Event)


class RingBook:
    """Users who were told of calls, by call. Kept while a call rings."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._rings: dict[int, _Ring] = {}
        self._logged: set[int] = set()
        self._patience = patience

    def told(self, call_id: int) -> frozenset[int]:
        """Whom the call was said to ring."""
        ring = self._rings.get(call_id)
        return ring.told if ring is not None else frozenset()

    def is_logged(self, call_id: int) -> bool:
        """Whether the log is known to have the call, which goes on."""
        return call_id in self._logged

    def tell(self, call_id: int, users: frozenset[int]) -> None:
        """They are told now, ahead of the log."""
        ring = self._rings.setdefault(call_id, _Ring())
        ring.told |= users
        ring.unwritten |= users
        ring.written.clear()

    def written(self, call: CallState, known: frozenset[int], ringing: frozenset[int]) -> None:
        """The log has the call as it was when ``known`` had been told; then it rang ``ringing``."""
        for merged in call.merged_ids:
            self._logged.discard(merged)
            self.forget(merged)
        if call.phase is CallPhase.ENDED:
            self._logged.discard(call.call_id)
        else:
            self._logged.add(call.call_id)
        ring = self._rings.setdefault(call.call_id, _Ring())
        ring.told = ringing | (ring.told - known)
        self._settle(call.call_id, ring, known)

    def forget(self, call_id: int) -> frozenset[int]:
        """The call is not to be known any more; whom it was said to ring."""
        ring = self._rings.get(call_id, _Ring())
        told, ring.told = ring.told, frozenset()
        self._settle(call_id, ring, told)
        return told

    async def until_written(self, user_id: int) -> None:
        """Return once the log has what the user was told of, so that he finds whatever he asks about it."""
        waiting = [ring.written for ring in self._rings.values() if user_id in ring.unwritten]
        if waiting:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    for written in waiting:
                        await written.wait()

    def _settle(self, call_id: int, ring: _Ring, known: frozenset[int]) -> None:
        ring.unwritten -= known
        if not ring.unwritten:
            ring.written.set()
        if not ring.told:
            self._rings.pop(call_id, None)
