"""Telling others what the bridge saw: calls in order of who waits for them, and phones, each until it is taken."""

import asyncio
import logging
from collections.abc import Iterable

from callcenter.calls.facts import CallPhase, CallState
from callcenter.calls.ports import CallReports
from callcenter.calls.presence import PhoneReports, PhoneState

log = logging.getLogger(__name__)

AT_ONCE = 12
"""Calls reported in one unit of work. A call that begins to ring while it is under way has to wait for its end."""


class CallTeller:
    """Hands changed calls to the call log, those that ring somebody first. Of each call the latest state is told, so
    what is told of one call keeps its order."""

    def __init__(self, reports: CallReports, retry: float) -> None:
        self._reports = reports
        self._retry = retry
        self._untold: dict[int, CallState] = {}
        self._refused: dict[int, CallState] = {}
        self._again_at = 0.0

    def take(self, states: Iterable[CallState]) -> None:
        """Calls that changed. What is known of one that was merged into another goes with that one."""
        for state in states:
            self._refused.pop(state.call_id, None)
            self._untold[state.call_id] = state
            for merged in state.merged_ids:
                self._untold.pop(merged, None)
                self._refused.pop(merged, None)

    @property
    def done(self) -> bool:
        """Whether everything was told."""
        return not self._untold and not self._refused

    @property
    def rest(self) -> float | None:
        """Seconds until there is something to tell; None while there is nothing."""
        if self._untold:
            return 0
        return max(0.0, self._again_at - _now()) if self._refused else None

    async def tell(self) -> None:
        """Report the most urgent calls in one unit of work, or each in its own when that fails: a call that cannot be
        written must not silence the others, and is tried again."""
        if self._refused and _now() >= self._again_at:
            self._untold, self._refused = self._refused | self._untold, {}
        chosen = sorted(self._untold.values(), key=lambda state: state.phase is not CallPhase.RINGING)[:AT_ONCE]
        if chosen and not await self._told(*chosen):
            for state in chosen:
                if not await self._told(state):
                    self._refused[state.call_id] = self._untold.pop(state.call_id)
                    self._again_at = _now() + self._retry

    async def _told(self, *states: CallState) -> bool:
        try:
            await self._reports.report(states)
        except Exception:
            log.warning("calls could not be reported: %s", [state.call_id for state in states], exc_info=True)
            return False
        for state in states:
            del self._untold[state.call_id]
        return True


class PhoneTeller:
    """Hands changed phones to who wants to know, beside the calls: nobody waits for them."""

    def __init__(self, reports: PhoneReports | None, retry: float) -> None:
        self._reports = reports
        self._retry = retry
        self._untold: dict[tuple[str, str], PhoneState] = {}
        self._news = asyncio.Event()

    def take(self, phones: Iterable[PhoneState]) -> None:
        """Phones that changed."""
        self._untold |= {(phone.server, phone.endpoint): phone for phone in phones}
        if self._untold:
            self._news.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while self._reports is not None:
            await self._news.wait()
            self._news.clear()
            telling, self._untold = self._untold, {}
            try:
                await self._reports.phones_changed(tuple(telling.values()))
            except Exception:
                log.warning("%d phones could not be reported", len(telling), exc_info=True)
                self._untold = telling | self._untold
                self._news.set()
                await asyncio.sleep(self._retry)


def _now() -> float:
    return asyncio.get_running_loop().time()
