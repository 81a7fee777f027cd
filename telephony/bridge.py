"""The bridge to one Asterisk: its events in order through the fold into the call log, and never a call missed.

One task reads the wire, one consumes, one writes what changed into the call log. After every login the consumer asks
what lives, holds back what arrives meanwhile, reads from CEL what happened while nobody listened, and goes on from
there.
"""

import asyncio
import contextlib
import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import Counter

from callcenter.calls.facts import CallState
from callcenter.calls.ports import CallReports, Doorbell, TelephonyStatus
from callcenter.calls.presence import PhoneReports, PhoneState
from core.kernel.clock import Clock
from core.kernel.i18n import mark
from telephony.ami import events as e
from telephony.ami.client import AmiAccount, AmiClient, Arrival, Heard, LinkDown, LinkUp, Patience
from telephony.ami.decode import KINDS, PHONE_KINDS, decode
from telephony.memberships import Memberships
from telephony.phones import Phones
from telephony.recorders import Recorders
from telephony.rollcall import RollCall
from telephony.telling import CallTeller, PhoneTeller
from telephony.tracking.endpoints import Endpoints
from telephony.tracking.fold import Fold
from telephony.tracking.listing import Listing, at_question
from telephony.tracking.repair import CelRow, read_cel, rebuild
from telephony.tracking.resync import come_late, resync, unexplained
from telephony.watermark import Watermark

log = logging.getLogger(__name__)

CATCHING_UP = mark("The telephone exchange answers; its calls are being read.")

FAULTS = Counter(
    "callcenter_bridge_faults",
    "What the bridge could not take in; after each it read its calls anew",
    ("exchange", "fault"),
)
BATCH = 256
MARGIN = timedelta(seconds=5)
"""How much earlier than needed CEL is read: a row and an event of the same moment bear slightly different times."""
CEL_LATENESS = (0.0, 0.1, 0.2, 0.4, 0.6)
"""Seconds to wait before each look at a CEL that is behind what Asterisk lists: under load its rows come late."""
CEL_LATEST = timedelta(minutes=1)
"""A row is never later than this."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One Asterisk. ``cel`` is its CEL file as this program sees it (None: not readable, then calls that end unseen are
    marked lost), ``watermark`` where to keep up to when everything was reported. Seconds: ``listing`` to wait for the
    list of calls, ``recount`` between checks for ghosts, ``second_look`` after a repair before CEL is asked once more
    for what it was told late, ``retry`` before a failed report is repeated."""

    server: str
    account: AmiAccount
    endpoints: Endpoints
    cel: Path | None = None
    watermark: Path | None = None
    patience: Patience = field(default_factory=Patience)
    listing: float = 5.0
    recount: float = 60.0
    second_look: float = 2.0
    retry: float = 0.5
    repair_at_most: timedelta = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Gap:
    """Nobody listened from ``began`` to ``asked_at``, or not for long enough to look again; what it changed CEL tells
    from ``since`` on."""

    since: datetime
    asked_at: datetime
    began: datetime


class Bridge:
    """Runs as long as ``run`` does; everything else may be called from the same loop at any time."""

    def __init__(
        self,
        exchange: Exchange,
        reports: CallReports,
        clock: Clock,
        phone_reports: PhoneReports | None = None,
        bell: Doorbell | None = None,
    ) -> None:
        self.exchange = exchange
        self.client = AmiClient(exchange.account, clock, exchange.patience, KINDS)
        self.fold = Fold(exchange.server, exchange.endpoints)
        self.members = Memberships()
        self.recorders = Recorders(self.client)
        self.synced = asyncio.Event()
        self._reports = reports
        self._bell = bell
        self._calls = CallTeller(reports, exchange.retry, bell)
        self._phone_news = PhoneTeller(phone_reports, exchange.retry)
        self._clock = clock
        self._phones = Phones(exchange.server)
        self._watermark = Watermark(exchange.watermark) if exchange.watermark else None
        self._seen_until = self._taken_until = self._told_until = clock.now()
        self._saved_at: datetime | None = None
        self._roll_call = RollCall(exchange.server, self.client, exchange.listing)
        self._held_back: list[e.AmiEvent] = []
        self._about_phones: list[Heard] = []
        self._suspects: set[str] = set()
        self._repaired: _Gap | None = None
        self._resynced = False
        self._caught_up = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    def status(self) -> TelephonyStatus:
        """The lamp of this exchange: up when its calls are known."""
        link = self.client.status()
        if link.up and not self.synced.is_set():
            return TelephonyStatus(up=False, detail=CATCHING_UP, since=link.since)
        return TelephonyStatus(up=link.up, detail=link.detail, since=link.since)

    def phones(self) -> Mapping[str, PhoneState]:
        """Every phone heard of, by endpoint."""
        return self._phones.states()

    @property
    def caught_up(self) -> bool:
        """Whether the calls are known, and what was missed of them is reported as well."""
        return self.synced.is_set() and not self._resynced and not self._calls.missed

    async def run(self) -> None:
        """Bridge until cancelled. What was folded but not yet reported is read again from CEL at the next start."""
        if self._watermark is not None and (known := await asyncio.to_thread(self._watermark.read)):
            self._seen_until = self._taken_until = self._told_until = known
        async with asyncio.TaskGroup() as group:
            self._tasks = group
            group.create_task(self.client.run())
            group.create_task(self._consume())
            group.create_task(self._calls.run(self._has_told))
            group.create_task(self._phone_news.run())
            group.create_task(self.recorders.run())
            group.create_task(self._recount())

    async def _consume(self) -> None:
        while True:
            arrivals = await self.client.batch(BATCH)
            try:
                for arrival in arrivals:
                    await self._take(arrival)
                await self._report()
            except Exception as error:  # noqa: BLE001 - whatever it is, the other calls go on
                await self._stumbled(error, arrival)

    async def _take(self, arrival: Arrival) -> None:
        match arrival:
            case LinkUp():
                self._begin_listing(arrival.at)
            case LinkDown():
                self._lost(arrival.at)
            case Heard() if self.synced.is_set() and arrival.headers["event"] in PHONE_KINDS:
                self._about_phones.append(arrival)
            case Heard():
                await self._hear(arrival)

    def _lost(self, at: datetime) -> None:
        self.synced.clear()
        self._roll_call.stop()
        self._held_back.clear()
        self._about_phones.clear()
        self._phones.start_over(at)
        self._phone_news.take(self._phones.changed())
        self.members.start_over()

    async def _stumbled(self, error: Exception, arrival: Arrival) -> None:
        """Something came that could not be taken in. What is known may be wrong now, so it is forgotten, the link is
        dropped, and with the next one all is read anew. What was said is told by its shape alone: it is about people.
        """
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = _shape(arrival.headers) if isinstance(arrival, Heard) else type(arrival).__name__
        fault = type(error).__name__
        log.error("%s at %s:%s, the calls are read anew: %s", fault, where.filename, where.lineno, said)
        FAULTS.labels(self.exchange.server, fault).inc()
        self.fold = Fold(self.exchange.server, self.exchange.endpoints)
        self._suspects.clear()
        self._seen_until = self._told_until
        self._lost(arrival.at)
        await asyncio.sleep(self.exchange.retry)
        self.client.drop()

    async def _hear(self, arrival: Heard) -> None:
        event = decode(arrival.headers, arrival.at)
        if event is None:
            return
        self._phones.apply(event)
        self.members.apply(event)
        self.recorders.hear(event)
        if self._roll_call.hears(event):
            if (listing := self._roll_call.answer(event.at)) is not None:
                await self._counted(listing)
        elif self.synced.is_set():
            self._apply(event)
        else:
            self._held_back.append(event)

    def _apply(self, event: e.AmiEvent) -> None:
        self.fold.apply(event)
        self._seen_until = max(event.at, self._seen_until)

    # ---- asking what lives

    def _begin_listing(self, at: datetime) -> None:
        if self._tasks is not None:
            self._roll_call.begin(self._tasks, at, left_at=None if self.synced.is_set() else self._seen_until)

    async def _recount(self) -> None:
        """Now and then, and soon after a gap was repaired that no other one follows."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.exchange.recount):
                    await self._caught_up.wait()
            while self._caught_up.is_set():
                self._caught_up.clear()
                await asyncio.sleep(self.exchange.second_look)
            if self.synced.is_set() and not self._roll_call.is_on:
                self._begin_listing(self._clock.now())

    async def _counted(self, listing: Listing) -> None:
        if self.synced.is_set():
            self._look_for_ghosts(listing)
            await self._look_again()
            return
        await self._catch_up(at_question(listing, self._held_back))
        self.synced.set()
        self._caught_up.set()
        held_back, self._held_back = self._held_back, []
        for event in held_back:
            self._apply(event)

    def _look_for_ghosts(self, listing: Listing) -> None:
        """A channel missing from two lists in a row has ended without a Hangup; once may be a Hangup on its way."""
        missing = self.fold.unlisted(listing)
        self.fold.lose(missing & self._suspects, listing.at)
        self._suspects = missing

    # ---- what was missed

    async def _catch_up(self, listing: Listing) -> None:
        logged = await self._logged()
        if self._bell is not None:
            self._bell.know(logged)
        gap = self._repaired = self._gap(listing, logged)
        resync(
            self.fold,
            logged=logged,
            rebuilt=await self._from_cel(listing, gap),
            listing=listing,
            began=gap.began,
            seen_until=self._seen_until,
        )
        self._seen_until = max(self._seen_until, listing.asked_at)
        self._resynced = True

    def _gap(self, listing: Listing, logged: tuple[CallState, ...]) -> _Gap:
        """One that another follows before it was looked at again is one with it: of both CEL may still be told."""
        before = self._repaired
        began = max(before.began, listing.asked_at - CEL_LATEST) if before is not None else self._seen_until
        began = min(began, self._seen_until)
        starts = [state.started_at for state in logged] + [call.started_at for call in self.fold.live_calls()]
        since = max(min([began, *starts]) - MARGIN, listing.at - self.exchange.repair_at_most)
        return _Gap(since=since, asked_at=listing.asked_at, began=began)

    async def _logged(self) -> tuple[CallState, ...]:
        while True:
            try:
                async with self._calls.turn:  # a call that is just being written is neither here nor there
                    return await self._reports.live_calls(self.exchange.server)
            except Exception:
                log.warning("the call log does not answer", exc_info=True)
                await asyncio.sleep(self.exchange.retry)

    async def _from_cel(self, listing: Listing, gap: _Gap) -> tuple[CallState, ...]:
        """Calls as CEL tells them; asked again for a moment while it is behind what is listed."""
        rebuilt: tuple[CallState, ...] = ()
        for wait in CEL_LATENESS if self.exchange.cel is not None else ():
            await asyncio.sleep(wait)
            rows = await self._cel(gap.since)
            rebuilt = self._rebuilt(rows, gap)
            if not unexplained(self.fold, rows, rebuilt, listing, self._roll_call.died_at):
                break
        return rebuilt

    async def _look_again(self) -> None:
        """Once after each gap: what CEL was told of it only when it had been repaired."""
        gap, self._repaired = self._repaired, None
        if gap is not None:
            come_late(self.fold, self._rebuilt(await self._cel(gap.since), gap), gap.began)

    async def _cel(self, since: datetime) -> list[CelRow]:
        if self.exchange.cel is None:
            return []
        try:
            return await asyncio.to_thread(read_cel, self.exchange.cel, since)
        except OSError as error:
            log.warning("CEL cannot be read: %s", type(error).__name__)
            return []

    def _rebuilt(self, rows: list[CelRow], gap: _Gap) -> tuple[CallState, ...]:
        missed = [row for row in rows if row.at <= gap.asked_at]  # later ones come over the link as well
        return rebuild(self.exchange.server, self.exchange.endpoints, missed)

    # ---- telling

    async def _report(self) -> None:
        """Ring first; what is to be written is handed over, and how phones are is heard afterwards, so that nobody who
        is rung waits for it."""
        changed = self.fold.changed()
        if self._bell is not None:
            await self._bell.ring(changed)
        self._calls.take(changed, missed=self._resynced)
        self._resynced = False
        if changed:
            await asyncio.sleep(0)  # what the bell said goes out first
            self.recorders.follow(self.fold, changed)
        await self._hear_of_phones()
        self._taken_until = self._seen_until
        if self._calls.done:
            self._told_until = self._taken_until
        self._tell_of_phones()

    def _tell_of_phones(self) -> None:
        """After what was missed of calls: it was before, and who comes now did not talk later than he came."""
        if self.caught_up:
            self._phone_news.take(self._phones.changed())

    async def _hear_of_phones(self) -> None:
        heard, self._about_phones = self._about_phones, []
        for arrival in heard:
            await self._hear(arrival)

    async def _has_told(self) -> None:
        self._tell_of_phones()
        if self._calls.done:
            self._told_until = self._taken_until
            await self._save()

    async def _save(self) -> None:
        """Remember how far everything is reported, at most once a second."""
        at = self._told_until
        if self._watermark is None or not self.synced.is_set():
            return
        if self._saved_at is None or at - self._saved_at >= timedelta(seconds=1):
            self._saved_at = at
            try:
                await asyncio.to_thread(self._watermark.write, at)
            except OSError as error:  # the next start repairs more than it had to
                log.warning("the watermark cannot be written: %s", type(error).__name__)
                FAULTS.labels(self.exchange.server, type(error).__name__).inc()


def _shape(headers: Mapping[str, str]) -> str:
    """Which event, and the names and lengths of its headers."""
    lengths = ", ".join(f"{name[:40]!r}: {len(value)}" for name, value in list(headers.items())[:40])
    return f"{headers.get('event', '')[:40]!r} with {lengths}"
