"""Setting campaigns up and running them."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, select, update

from callcenter.campaigns import filling, machines, messages, staffing
from callcenter.campaigns.errors import CampaignMoves, CampaignNotFound, NothingToDial
from callcenter.campaigns.events import CampaignChanged
from callcenter.campaigns.floor import staff_of
from callcenter.campaigns.machines import Machines
from callcenter.campaigns.model import (
    Campaign,
    CampaignAttempt,
    CampaignEntry,
    CampaignState,
    EntryState,
    Mode,
)
from callcenter.campaigns.ports import Queues, Recordings
from callcenter.campaigns.rights import EDIT, RUN
from callcenter.campaigns.staffing import Named
from core.audit.service import altered, record
from core.cases.queries.lists import ListQuery
from core.cases.service.mass import run_for
from core.kernel.access import PROGRAM, Actor
from core.kernel.clock import Clock
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, msg
from core.kernel.uow import UnitOfWork, Work
from core.people.access import visible

#: What a result leads to unless the campaign says otherwise: minutes until the next attempt.
RETRIES: Mapping[str, int] = {"BUSY": 10, "NA": 120, "VM": 240, "CONGEST": 5, "FAIL": 60, "ABANDONED": 1440}
#: A live list is looked through again so often.
_REFRESH = timedelta(minutes=1)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_STARTS_FROM = (CampaignState.DRAFT, CampaignState.PAUSED)


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignData:
    """What may be said of a campaign; see :class:`callcenter.campaigns.model.Campaign`."""

    name: str
    mode: Mode = Mode.PROGRESSIVE
    priority: int = 0
    opens: int = 9 * 60
    closes: int = 20 * 60
    weekdays: tuple[int, ...] = (1, 2, 3, 4, 5)
    ceiling: float = 0.03
    most_per_agent: float = 3.0
    withdraws: bool = True
    ring_seconds: int = 25
    connect_seconds: int = 2
    countdown_seconds: int = 0
    machines: Machines = Machines.OFF
    machine_message: str | None = None
    lines: int = 5
    retries: Mapping[str, int] = field(default_factory=lambda: dict(RETRIES))
    most_a_day: int = 2
    most_in_total: int = 6
    show_number: str | None = None
    message: str | None = None
    apology: str = "vm-goodbye"
    opt_out_key: str | None = None
    talk_key: str | None = None
    opted_out: str = "vm-goodbye"
    unit_id: int | None = None
    users: tuple[int, ...] = ()
    units: tuple[int, ...] = ()

    @property
    def named(self) -> Named:
        return Named(unit_id=self.unit_id, users=frozenset(self.users), units=frozenset(self.units))


class CampaignService:
    """Use cases of campaigns. A change holds from the dialler's next attempt on."""

    def __init__(self, uow: UnitOfWork, clock: Clock, queues: Queues, recordings: Recordings) -> None:
        self._uow = uow
        self._clock = clock
        self._queues = queues
        self._recordings = recordings

    async def create(self, actor: Actor, data: CampaignData, run_id: int | None = None) -> int:
        """A new campaign, as a draft, with the cases of a run on its list; its id. Raises ``Invalid``."""
        actor.require(EDIT)
        check(data)
        now = self._clock.now()
        async with self._uow.write() as work:
            await self._recorded(work, data)
            await staffing.require_reach(work, actor, data.named, Named())
            row = Campaign(owner_id=actor.user_id, created_at=now, state=CampaignState.DRAFT, **_columns(data))
            work.session.add(row)
            await work.session.flush()
            await staffing.name(work, row.id, data.named)
            record(work, actor, "campaigns.added", ("campaign", row.id), {"name": (None, data.name)}, at=now)
            if run_id is not None:
                await self._add_run(work, actor, row, run_id)
            return row.id

    async def edit(self, actor: Actor, campaign_id: int, data: CampaignData) -> None:
        """Change a campaign that is not over. Raises ``CampaignNotFound``, ``CampaignMoves``, ``Invalid``."""
        check(data)
        now = self._clock.now()
        async with self._uow.write() as work:
            row = await campaign_for(work, actor, EDIT, campaign_id)
            if row.state == CampaignState.ENDED:
                raise CampaignMoves
            await self._recorded(work, data)
            before = await staffing.named_in(work.session, row)
            await staffing.require_reach(work, actor, data.named, before)
            changes = altered(row, _columns(data))
            changes["users"] = sorted(before.users), sorted(data.named.users)
            changes["units"] = sorted(before.units), sorted(data.named.units)
            await staffing.name(work, row.id, data.named)
            if row.state != CampaignState.DRAFT:
                await self._open_queue(work, actor, row)
            record(work, actor, "campaigns.changed", ("campaign", row.id), changes, at=now)
            work.emit(CampaignChanged(at=now, campaign_id=row.id))

    async def start(self, actor: Actor, campaign_id: int) -> None:
        """Start or go on. Raises ``CampaignMoves`` from any other state, ``NothingToDial``."""
        now = self._clock.now()
        async with self._uow.write() as work:
            row = await self._step(work, actor, campaign_id, _STARTS_FROM, CampaignState.RUNNING)
            await filling.refresh(work, row, now)
            users = (await staff_of(work.session, [row.id]))[row.id]
            if ((row.puts_through or row.mode == Mode.PREVIEW) and not users) or not await filling.size(work, row.id):
                raise NothingToDial
            row.started_at = now
            await self._open_queue(work, actor, row)

    async def pause(self, actor: Actor, campaign_id: int) -> None:
        """Start no attempt from now on; those under way go on. Raises ``CampaignMoves``."""
        async with self._uow.write() as work:
            await self._step(work, actor, campaign_id, (CampaignState.RUNNING,), CampaignState.PAUSED)

    async def end(self, actor: Actor, campaign_id: int) -> None:
        """End for good. Raises ``CampaignMoves``."""
        going = (*_STARTS_FROM, CampaignState.RUNNING)
        async with self._uow.write() as work:
            row = await self._step(work, actor, campaign_id, going, CampaignState.ENDED)
            row.ended_at = self._clock.now()

    async def follow_filter(self, actor: Actor, campaign_id: int, query: ListQuery, name: str) -> int:
        """Keep the list what the query means from now on; how many cases came at once. Raises ``CampaignNotFound``,
        ``CampaignMoves`` when it is over."""
        now = self._clock.now()
        async with self._uow.write() as work:
            row = await campaign_for(work, actor, EDIT, campaign_id)
            if row.state == CampaignState.ENDED:
                raise CampaignMoves
            row.filter, row.filter_name, row.owner_id = filling.stored(query), name[:120], actor.user_id
            added = await filling.refresh(work, row, now)
            self._filled(work, actor, row, added, name)
            return added

    async def add_cases(self, actor: Actor, campaign_id: int, run_id: int) -> int:
        """Add the cases of a mass action that was chosen and not begun (a file of numbers, a selection); how many
        were new. Raises ``CampaignNotFound``, ``CampaignMoves`` when it is over."""
        async with self._uow.write() as work:
            return await self._add_run(work, actor, await campaign_for(work, actor, EDIT, campaign_id), run_id)

    async def _add_run(self, work: Work, actor: Actor, row: Campaign, run_id: int) -> int:
        if row.state == CampaignState.ENDED:
            raise CampaignMoves
        run = await run_for(work.session, actor, run_id)
        added = await filling.fill_from_run(work, row, run_id, self._clock.now())
        self._filled(work, actor, row, added, run.source)
        return added

    async def refresh(self) -> int:
        """Bring lists and the queues' collectors up to date and close the queues of campaigns that are over; how many
        cases came. For a ticker."""
        now = self._clock.now()
        stale = select(Campaign.id).where(
            Campaign.state == CampaignState.RUNNING,
            Campaign.filter.is_not(None),
            (Campaign.filled_at.is_(None)) | (Campaign.filled_at < now - _REFRESH),
        )
        async with self._uow.read() as session:
            ids = (await session.scalars(stale)).all()
            rested = await session.scalar(select(CampaignEntry.id).where(*filling.rested(now)).limit(1))
        if rested is not None:
            async with self._uow.write() as work:
                await filling.revive(work, now)
        added = 0
        for campaign_id in ids:
            async with self._uow.write() as work:
                row = await work.session.get_one(Campaign, campaign_id)
                added += await filling.refresh(work, row, now)
        await self._keep_queues()
        await self._close_queues()
        return added

    async def _keep_queues(self) -> None:
        """Have the queues served by whoever works in the campaign now: the dialler counts on those who came to a unit
        since it was started."""
        running = (Campaign.state == CampaignState.RUNNING, Campaign.queue_open)
        async with self._uow.read() as session:
            ids = (await session.scalars(select(Campaign.id).where(*running))).all()
        for campaign_id in ids:
            async with self._uow.write() as work:
                row = await work.session.scalar(select(Campaign).where(Campaign.id == campaign_id, *running))
                if row is not None:
                    users = (await staff_of(work.session, [row.id]))[row.id]
                    await self._queues.serve(work, PROGRAM, row.id, users)

    async def _close_queues(self) -> None:
        """Give back the queues of campaigns that are over, once their last debtor is gone."""
        in_flight = exists().where(CampaignAttempt.campaign_id == Campaign.id, CampaignAttempt.ended_at.is_(None))
        idle = select(Campaign.id).where(
            Campaign.queue_open, Campaign.state == CampaignState.ENDED, ~in_flight.correlate(Campaign)
        )
        async with self._uow.read() as session:
            ids = (await session.scalars(idle)).all()
        for campaign_id in ids:
            async with self._uow.write() as work:
                row = await work.session.get_one(Campaign, campaign_id)
                await self._queues.close(work, PROGRAM, campaign_id)
                row.queue_open = False

    async def stop_cases(self, work: Work, case_ids: Collection[int], reason: str) -> None:
        """Take cases off every list within the caller's transaction; a call under way goes on."""
        if case_ids:
            await work.session.execute(
                update(CampaignEntry)
                .where(
                    CampaignEntry.case_id.in_(case_ids),
                    CampaignEntry.state.in_((EntryState.WAITING, EntryState.SHOWN, EntryState.TALKED)),
                )
                .values(state=EntryState.STOPPED, reason=reason)
            )

    async def _recorded(self, work: Work, data: CampaignData) -> None:
        """Raises ``Invalid`` for a recording of the house's own that is not there."""
        named = {key: own for key in messages.SOUNDS if (own := messages.own_name(getattr(data, key))) is not None}
        known = await self._recordings.known(work.session, set(named.values())) if named else ()
        missing = [key for key, own in named.items() if own not in known]
        if missing:
            raise Invalid({key: msg("Choose one of the list.") for key in missing})

    async def _open_queue(self, work: Work, actor: Actor, row: Campaign) -> None:
        if row.puts_through:
            users = (await staff_of(work.session, [row.id]))[row.id]
            await self._queues.open(work, actor, row.id, row.name, users)
            row.queue_open = True

    async def _step(
        self, work: Work, actor: Actor, campaign_id: int, before: Sequence[CampaignState], after: CampaignState
    ) -> Campaign:
        """Move on by conditional update: of two who press a button one wins."""
        row = await campaign_for(work, actor, RUN, campaign_id)
        was, now = row.state, self._clock.now()
        moved = update(Campaign).where(Campaign.id == row.id, Campaign.state.in_(before)).values(state=after)
        if await work.session.scalar(moved.returning(Campaign.id)) is None:
            raise CampaignMoves
        await work.session.refresh(row)
        record(work, actor, f"campaigns.{after}", ("campaign", row.id), {"state": (was, after.value)}, at=now)
        work.emit(CampaignChanged(at=now, campaign_id=row.id))
        return row

    def _filled(self, work: Work, actor: Actor, row: Campaign, added: int, source: str) -> None:
        now = self._clock.now()
        changes = {"entries": (None, added), "source": (None, source)}
        record(work, actor, "campaigns.filled", ("campaign", row.id), changes, at=now)
        work.emit(CampaignChanged(at=now, campaign_id=row.id))


async def campaign_for(work: Work, actor: Actor, right: str, campaign_id: int) -> Campaign:
    """The campaign, if the right reaches it: the own ones, those of the units, or all. Raises ``CampaignNotFound``."""
    wanted = select(Campaign).where(Campaign.id == campaign_id)
    row = await work.session.scalar(visible(wanted, actor, right, owner=Campaign.owner_id, unit=Campaign.unit_id))
    if row is None:
        raise CampaignNotFound
    return row


def check(data: CampaignData) -> None:
    """Raises ``Invalid`` with what is wrong at each field."""
    faults: dict[str, Message] = {}
    if not data.name.strip():
        faults["name"] = msg("This field is needed.")
    if not 0 <= data.opens < data.closes <= 1440:
        faults["closes"] = msg("The end of the hours must lie after their beginning, on the same day.")
    if not data.weekdays or not set(data.weekdays) <= set(range(1, 8)):
        faults["weekdays"] = msg("Choose at least one day of the week.")
    if not 0 <= data.ceiling <= 0.2:
        faults["ceiling"] = msg("Between 0 and 20 per cent.")
    for key, low, high in _BOUNDS:
        if not low <= getattr(data, key) <= high:
            faults[key] = msg("Between {low} and {high}.", low=low, high=high)
    for code, minutes in data.retries.items():
        if not 0 <= minutes <= 43_200:
            faults[f"retry-{code}"] = msg("Between 0 minutes and 30 days.")
    if data.show_number and not _E164.fullmatch(data.show_number):
        faults["show_number"] = msg("A number as +79001234567: a plus sign, the country, the number.")
    faults |= machines.faults(data.machines, data.machine_message, data.connect_seconds)
    faults |= messages.faults(data.mode, {key: getattr(data, key) for key in (*messages.SOUNDS, *messages.KEYS)})
    if faults:
        raise Invalid(faults)


_BOUNDS = (
    ("priority", -100, 100),
    ("most_per_agent", 1, 10),
    ("ring_seconds", 5, 120),
    ("connect_seconds", 1, 30),
    ("countdown_seconds", 0, 120),
    ("lines", 1, 200),
    ("most_a_day", 1, 50),
    ("most_in_total", 1, 500),
)


def _columns(data: CampaignData) -> dict[str, Any]:
    plain = (
        "mode", "priority", "ceiling", "most_per_agent", "withdraws", "ring_seconds", "connect_seconds",
        "countdown_seconds", "machines", "machine_message", "lines", "most_a_day", "most_in_total", "show_number",
        "message", "apology", "opt_out_key", "talk_key", "opted_out", "unit_id",
    )  # fmt: skip
    return {
        "name": data.name.strip()[:120],
        "hours": [data.opens, data.closes],
        "weekdays": sorted(set(data.weekdays)),
        "retries": dict(data.retries),
        **{key: getattr(data, key) for key in plain},
    }
