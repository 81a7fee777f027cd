"""Telling others what the bridge saw: calls in order of who waits for them, and phones, each until it is taken."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable

from callcenter.calls.facts import CallPhase, CallState
from callcenter.calls.ports import CallReports, Doorbell
from callcenter.calls.presence import PhoneReports, PhoneState
from core.kernel.errors import DatabaseBusy

log = logging.getLogger(__name__)

AT_ONCE = 32
"""Calls reported in one unit of work. One that changes while it is under way has to wait for its end."""
GATHER_SECONDS = 0.1
"""How soon one unit of work may follow another: what changes meanwhile goes together. Who is rung does not wait for it.
"""


PHONES_GATHER_SECONDS = 0.2
"""How soon one telling of phones may follow another: after a start all of them are news."""


class CallTeller:
    """Hands changed calls to the call log, those that ring somebody first. Of each call the latest state is told, so
    what is told of one call keeps its order. ``bell`` is told of calls that cannot be reported."""

    def __init__(self, reports: CallReports, retry: float, bell: Doorbell | None = None) -> None:
        self._reports = reports
        self._retry = retry
        self._bell = bell
        self._untold: dict[int, CallState] = {}
        self._refused: dict[int, CallState] = {}
        self._again_at = 0.0
        self._news = asyncio.Event()
        self.missed: set[int] = set()
        """Calls that changed while nobody listened and were not told since, nor refused."""
        self.turn = asyncio.Lock()
        """Held while calls are being reported."""

    def take(self, states: Iterable[CallState], *, missed: bool = False) -> None:
        """Calls that changed, ``missed`` while nobody listened. What is known of one that was merged into another goes
        with that one."""
        for state in states:
            if missed:
                self.missed.add(state.call_id)
            self.missed -= set(state.merged_ids)
            self._refused.pop(state.call_id, None)
            self._untold[state.call_id] = state
            for merged in state.merged_ids:
                self._untold.pop(merged, None)
                self._refused.pop(merged, None)
        self._news.set()

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

    async def run(self, told: Callable[[], Awaitable[None]]) -> None:
        """Tell until cancelled; ``told`` whenever some were."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.rest):
                    await self._news.wait()
            self._news.clear()
            began = _now()
            await self.tell()
            await told()
            await asyncio.sleep(began + GATHER_SECONDS - _now())

    async def tell(self) -> None:
        """Report the most urgent calls in one unit of work, or each in its own when that fails: a call that cannot be
        written must not silence the others, and is tried again."""
        if self._refused and _now() >= self._again_at:
            self._untold, self._refused = self._refused | self._untold, {}
        chosen = sorted(self._untold.values(), key=lambda state: state.phase is not CallPhase.RINGING)[:AT_ONCE]
        async with self.turn:
            if chosen and not await self._told(*chosen):
                for state in chosen:
                    if not await self._told(state):
                        self._refuse(state)

    def _refuse(self, state: CallState) -> None:
        """Try again later, and leave nobody before a call that may never be known."""
        if state.call_id in self._untold:
            self._refused[state.call_id] = self._untold.pop(state.call_id)
            self.missed.discard(state.call_id)
        self._again_at = _now() + self._retry
        if self._bell is not None:
            self._bell.silence([state])

    async def _told(self, *states: CallState) -> bool:
        """Whether nothing is wrong with these calls. While the database is busy all of them are kept to be told again:
        who is rung has been told, and stays told."""
        try:
            await self._reports.report(states)
        except DatabaseBusy:
            log.warning("%d calls wait for the database", len(states))
            return True
        except Exception:
            log.warning("calls could not be reported: %s", [state.call_id for state in states], exc_info=True)
            return False
        for state in states:
            self.missed.discard(state.call_id)
            if self._untold.get(state.call_id) is state:  # it may have changed meanwhile
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
            await asyncio.sleep(PHONES_GATHER_SECONDS)


def _now() -> float:
    return asyncio.get_running_loop().time()
