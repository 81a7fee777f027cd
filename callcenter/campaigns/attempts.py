"""Attempts: chosen, reserved and written in one transaction, then ordered, then accounted for.

Of two who want the same entry one gets it: it is locked, and the step from waiting to dialling is taken in the
transaction that asks the law and writes the call. What died between that and the exchange is ended by the call log (an
order that was sent may have rung and counts), and :meth:`Attempts.settle_lost` takes over how it ended.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.errors import EntryTaken, NotNow
from callcenter.campaigns.floor import staff_of
from callcenter.campaigns.model import Campaign, CampaignAttempt, CampaignEntry, CampaignState, EntryState, Mode
from callcenter.campaigns.numbers import numbers_of
from callcenter.campaigns.ports import CallBacks, CallNews, Leave, LineOrder, Lines, Owed, Wanted
from callcenter.campaigns.rights import WORK
from callcenter.campaigns.rules import (
    ABANDONED,
    NOT_IN_SERVICE,
    TALKED,
    Fate,
    Hours,
    Number,
    Patience,
    Tally,
    counted,
    hours_away,
    in_order,
    next_attempt,
    outcome_of,
    over_for_today,
)
from core.cases.model import Case, CaseState
from core.cases.queries.zones import debtor_zones
from core.cases.service.access import let_in
from core.kernel.access import PROGRAM, Actor
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work

#: So many entries are looked at in one transaction before somebody else may write.
_LOOKED_AT = 12
#: How long an entry rests that cannot be rung for something that passes: a call under way.
_SOON = timedelta(minutes=1)
#: How long a case stays with the collector it is shown to, and how long it rests when he passes it on.
_SHOWN_FOR, _PASSED_FOR = timedelta(minutes=10), timedelta(minutes=30)
#: So many numbers of a case are asked about.
_MOST_NUMBERS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class _Waiting:
    """An entry that could be rung, with what decides about it."""

    entry: CampaignEntry
    case: Case
    zone: ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A case of a preview campaign as it is shown before it is rung."""

    entry_id: int
    case_id: int
    campaign: str
    attempts: int
    countdown_seconds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _For:
    """For whom an attempt is made: ``user_id`` is the collector who waits for it, ``own`` whether he dials himself."""

    campaign: Campaign
    actor: Actor = PROGRAM
    user_id: int | None = None
    own: bool = False


class Attempts:
    """Makes attempts and follows them; a follower of the call log within its transactions."""

    def __init__(self, uow: UnitOfWork, clock: Clock, *, lines: Lines, callbacks: CallBacks) -> None:
        self._uow = uow
        self._clock = clock
        self._lines = lines
        self._callbacks = callbacks

    async def take(self, campaign_id: int, user_id: int | None = None) -> LineOrder | None:
        """Reserve the next attempt of a running campaign, for a collector who waits; None when nothing may be dialled
        now. The order is to be sent at once."""
        async with self._uow.write() as work:
            campaign = await _running(work, campaign_id)
            if campaign is None:
                return None
            whom = _For(campaign=campaign, user_id=user_id)
            for one in await self._candidates(work, campaign):
                wanted, leave = await self._try(work, whom, one)
                if wanted is not None and leave.call_id is not None:
                    self._write(work, whom, one, wanted, leave.call_id)
                    return order_of(campaign, leave.call_id, wanted.phone, leave.show_number)
        return None

    async def show(self, actor: Actor) -> Shown | None:
        """The next case of the actor's preview campaigns, his until he dials or time runs out; None when there is
        none. Asked again, he is shown the same."""
        actor.require(WORK)
        now = self._clock.now()
        async with self._uow.write() as work:
            mine = select(CampaignEntry, Campaign).join(Campaign, Campaign.id == CampaignEntry.campaign_id)
            held = (
                CampaignEntry.state == EntryState.SHOWN,
                CampaignEntry.user_id == actor.user_id,
                Campaign.state == CampaignState.RUNNING,
            )
            if (row := (await work.session.execute(mine.where(*held).limit(1))).first()) is not None:
                return _shown(row.CampaignEntry, row.Campaign)
            for campaign in await _previews(work.session, actor.user_id):
                for one in await self._candidates(work, campaign):
                    later = await self._not_now(work.session, campaign, one)
                    if later is not None:
                        _put_off(one.entry, later[0], later[1])
                        continue
                    one.entry.state, one.entry.user_id = EntryState.SHOWN, actor.user_id
                    one.entry.next_at = now + _SHOWN_FOR
                    await let_in(work, {(one.case.id, actor.user_id): now + _SHOWN_FOR})
                    return _shown(one.entry, campaign)
        return None

    async def dial(self, actor: Actor, entry_id: int) -> int:
        """Ring the case shown to the actor from his own phone; the call's id. Raises ``EntryTaken``, ``NotNow`` (the
        entry then waits until it may be rung), that he has no phone, and what the exchange refuses."""
        actor.require(WORK)
        async with self._uow.write() as work:
            one, campaign = await self._mine(work, actor, entry_id)
            endpoint = await self._lines.phone_of(work.session, actor.user_id)
            whom = _For(campaign=campaign, actor=actor, user_id=actor.user_id, own=True)
            wanted, leave = await self._try(work, whom, one)
            if wanted is not None and leave.call_id is not None:
                self._write(work, whom, one, wanted, leave.call_id)
            elif one.entry.state == EntryState.SHOWN:
                one.entry.state, one.entry.user_id = EntryState.WAITING, None
        if wanted is None or leave.call_id is None:
            raise NotNow
        await self._lines.ring(leave.call_id, endpoint, wanted.phone, leave.show_number)
        return leave.call_id

    async def pass_on(self, actor: Actor, entry_id: int) -> None:
        """Give the case shown back; it comes again later, to whoever is free. Raises ``EntryTaken``."""
        actor.require(WORK)
        async with self._uow.write() as work:
            one, _campaign = await self._mine(work, actor, entry_id)
            one.entry.state, one.entry.user_id = EntryState.WAITING, None
            one.entry.next_at, one.entry.reason = self._clock.now() + _PASSED_FOR, "passed"

    async def give_back(self) -> int:
        """Put back what was shown to somebody who did nothing about it; how many. For a ticker."""
        now = self._clock.now()
        late = (
            update(CampaignEntry)
            .where(CampaignEntry.state == EntryState.SHOWN, CampaignEntry.next_at <= now)
            .values(state=EntryState.WAITING, user_id=None)
            .returning(CampaignEntry.id)
        )
        async with self._uow.write() as work:
            return len((await work.session.scalars(late)).all())

    async def _mine(self, work: Work, actor: Actor, entry_id: int) -> tuple[_Waiting, Campaign]:
        """The entry shown to the actor in a campaign that still runs, locked."""
        wanted = (
            select(CampaignEntry, Campaign, Case)
            .join(Campaign, Campaign.id == CampaignEntry.campaign_id)
            .join(Case, Case.id == CampaignEntry.case_id)
            .where(
                CampaignEntry.id == entry_id,
                CampaignEntry.state == EntryState.SHOWN,
                CampaignEntry.user_id == actor.user_id,
                Campaign.state == CampaignState.RUNNING,
            )
            .with_for_update(of=CampaignEntry)
        )
        row = (await work.session.execute(wanted)).first()
        if row is None:
            raise EntryTaken
        zones = await debtor_zones(work.session, [row.Case.debtor_id] if row.Case.debtor_id else [])
        zone = zones.get(row.Case.debtor_id, ZoneInfo("UTC"))
        return _Waiting(entry=row.CampaignEntry, case=row.Case, zone=zone), row.Campaign

    async def _candidates(self, work: Work, campaign: Campaign) -> Sequence[_Waiting]:
        """Entries whose time has come, those nearest their best hour first."""
        now = self._clock.now()
        due = (
            select(CampaignEntry, Case)
            .join(Case, Case.id == CampaignEntry.case_id)
            .where(
                CampaignEntry.campaign_id == campaign.id,
                CampaignEntry.state == EntryState.WAITING,
                CampaignEntry.next_at <= now,
            )
            .order_by(CampaignEntry.next_at, CampaignEntry.id)
            .limit(_LOOKED_AT)
            .with_for_update(of=CampaignEntry, skip_locked=True)
        )
        rows = (await work.session.execute(due)).all()
        zones = await debtor_zones(work.session, {row.Case.debtor_id for row in rows if row.Case.debtor_id})
        found = [
            _Waiting(entry=row.CampaignEntry, case=row.Case, zone=zones.get(row.Case.debtor_id, ZoneInfo("UTC")))
            for row in rows
        ]
        return sorted(found, key=lambda one: (hours_away(one.case.best_hour, now, one.zone), one.entry.id))

    async def _try(self, work: Work, whom: _For, one: _Waiting) -> tuple[Wanted | None, Leave]:
        """Reserve a call for the entry, or put it where it belongs."""
        nothing = Leave(call_id=None)
        later = await self._not_now(work.session, whom.campaign, one)
        if later is not None:
            _put_off(one.entry, later[0], later[1])
            return None, nothing
        numbers = await numbers_of(work.session, one.case.id, one.entry.id)
        if await self._lines.busy(work.session, {n.party_id for n in numbers}, {n.phone for n in numbers}):
            _put_off(one.entry, self._clock.now() + _SOON, "busy")
            return None, nothing
        return await self._ask(work, whom, one, in_order(numbers)[:_MOST_NUMBERS])

    async def _not_now(
        self, session: AsyncSession, campaign: Campaign, one: _Waiting
    ) -> tuple[datetime | None, str] | None:
        """Why the entry is not rung now, with when it is to be looked at again (None: never); None when it may be."""
        now = self._clock.now()
        if one.case.state == CaseState.CLOSED:
            return None, "closed"
        if (window := (await self._callbacks.until(session, [one.case.id])).get(one.case.id)) is not None:
            return max(window, now + _SOON), "callback"
        hours, today = hours_of(campaign), now.astimezone(one.zone).date()
        opens = hours.open_at(now, one.zone)
        if opens is None or opens > now:
            return opens, "hours"
        if over_for_today(tally_of(one.entry), patience_of(campaign), today):
            return hours.open_at(_tomorrow(now, one.zone), one.zone), "day"
        return None

    async def _ask(
        self, work: Work, whom: _For, one: _Waiting, numbers: Sequence[Number]
    ) -> tuple[Wanted | None, Leave]:
        """The first number that the law lets be rung now."""
        refused: list[Leave] = []
        made = select(func.count()).where(CampaignAttempt.entry_id == one.entry.id)
        n = (await work.session.scalar(made) or 0) + 1
        for number in numbers:
            wanted = Wanted(
                campaign_id=whom.campaign.id,
                key=f"campaign:{one.entry.id}:{n}",
                phone=number.phone,
                party_id=number.party_id,
                case_id=one.case.id,
                show_number=whom.campaign.show_number,
                user_id=whom.user_id if whom.own else None,
            )
            leave = await self._lines.reserve(work, whom.actor, wanted)
            if leave.call_id is not None:
                return wanted, leave
            refused.append(leave)
        moments = [leave.next_at for leave in refused if leave.next_at is not None]
        _put_off(one.entry, min(moments, default=None), refused[0].rule if refused else "number")
        return None, Leave(call_id=None)

    def _write(self, work: Work, whom: _For, one: _Waiting, wanted: Wanted, call_id: int) -> None:
        """The attempt before it is an action. The row is locked, and on SQLite there is one writer."""
        now = self._clock.now()
        tally = counted(tally_of(one.entry), now.astimezone(one.zone).date())
        entry = one.entry
        entry.state, entry.reason, entry.user_id = EntryState.DIALLING, "", whom.user_id
        entry.attempts, entry.attempts_today, entry.counted_on = tally.total, tally.today, tally.on
        entry.last_at, entry.last_phone = now, wanted.phone
        work.session.add(
            CampaignAttempt(
                campaign_id=whom.campaign.id,
                entry_id=entry.id,
                call_id=call_id,
                phone=wanted.phone,
                user_id=whom.user_id,
                at=now,
            )
        )

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None:
        """Calls of campaigns changed. Called by the call log in its own transaction."""
        call_ids = [one.call_id for one in news if one.campaign_id is not None]
        if call_ids:
            await self._account(work, call_ids)

    async def settle_lost(self) -> int:
        """Account for attempts whose end nobody told: the process died, or the order was refused. How many ended."""
        open_ones = select(CampaignAttempt.call_id).where(CampaignAttempt.ended_at.is_(None))
        async with self._uow.read() as session:
            call_ids = (await session.scalars(open_ones)).all()
            fates = await self._lines.fates(session, call_ids) if call_ids else {}
        ended = [call_id for call_id, fate in fates.items() if fate.ended_at is not None]
        if ended:
            async with self._uow.write() as work:
                await self._account(work, ended)
        return len(ended)

    async def _account(self, work: Work, call_ids: Collection[int]) -> None:
        rows = (
            await work.session.execute(
                select(CampaignAttempt, CampaignEntry, Campaign)
                .join(CampaignEntry, CampaignEntry.id == CampaignAttempt.entry_id)
                .join(Campaign, Campaign.id == CampaignAttempt.campaign_id)
                .where(CampaignAttempt.call_id.in_(call_ids))
                .with_for_update(of=CampaignEntry)
            )
        ).all()
        fates = await self._lines.fates(work.session, call_ids) if rows else {}
        for row in rows:
            fate = fates.get(row.CampaignAttempt.call_id)
            if fate is not None:
                played = replace(fate, played=row.Campaign.mode == Mode.AGENTLESS)
                await self._became(work, row.Campaign, row.CampaignEntry, row.CampaignAttempt, played)

    async def _became(
        self, work: Work, campaign: Campaign, entry: CampaignEntry, attempt: CampaignAttempt, fate: Fate
    ) -> None:
        """Write what became of the attempt, and what the entry does next. Told again, it changes nothing."""
        attempt.picked_up_at = attempt.picked_up_at or fate.picked_up_at
        attempt.connected_at = attempt.connected_at or fate.connected_at
        if fate.connected_at is not None:
            attempt.user_id = fate.user_id or attempt.user_id
        outcome = outcome_of(fate)
        if outcome is None or outcome == attempt.outcome:
            return
        attempt.ended_at, attempt.outcome = fate.ended_at, outcome
        last = await work.session.scalar(
            select(func.max(CampaignAttempt.id)).where(CampaignAttempt.entry_id == entry.id)
        )
        if entry.state in (EntryState.SHOWN, EntryState.STOPPED) or last != attempt.id:
            return  # a result that is corrected later still says when, and whether, the case is rung again
        if fate.refused:
            if entry.state != EntryState.DIALLING:
                return
            _give_back(entry, self._clock.now())
            return
        await self._next(work, campaign, entry, attempt, outcome)

    async def _next(
        self, work: Work, campaign: Campaign, entry: CampaignEntry, attempt: CampaignAttempt, outcome: str
    ) -> None:
        case = await work.session.get_one(Case, entry.case_id)
        entry.reason = outcome
        if outcome == TALKED:
            entry.state = EntryState.TALKED
            return
        if outcome == ABANDONED and attempt.picked_up_at is not None:
            await self._owe(work, campaign, case, attempt)
        zones = await debtor_zones(work.session, [case.debtor_id] if case.debtor_id else [])
        zone = zones.get(case.debtor_id or 0, ZoneInfo("UTC"))
        tally = tally_of(entry)
        at = None
        if tally is not None:
            now = self._clock.now()
            at = next_attempt(outcome, tally, patience_of(campaign), hours_of(campaign), now=now, zone=zone)
        if at is None and outcome == NOT_IN_SERVICE and tally is not None and tally.total < campaign.most_in_total:
            at = hours_of(campaign).open_at(self._clock.now(), zone)  # another number may do
        entry.state = EntryState.WAITING if at is not None else EntryState.DONE
        entry.next_at = at or self._clock.now()

    async def _owe(self, work: Work, campaign: Campaign, case: Case, attempt: CampaignAttempt) -> None:
        if case.debtor_id is None:
            return
        await self._callbacks.owe(
            work,
            Owed(
                call_id=attempt.call_id,
                phone=attempt.phone,
                party_id=case.debtor_id,
                case_id=case.id,
                unit_id=campaign.unit_id,
                at=self._clock.now(),
            ),
        )


async def _previews(session: AsyncSession, user_id: int) -> Sequence[Campaign]:
    """The running preview campaigns in which the user works, by priority."""
    wanted = select(Campaign).where(Campaign.state == CampaignState.RUNNING, Campaign.mode == Mode.PREVIEW)
    found = (await session.scalars(wanted.order_by(Campaign.priority.desc(), Campaign.id))).all()
    staff = await staff_of(session, [one.id for one in found])
    return [one for one in found if user_id in staff[one.id]]


def _shown(entry: CampaignEntry, campaign: Campaign) -> Shown:
    return Shown(
        entry_id=entry.id,
        case_id=entry.case_id,
        campaign=campaign.name,
        attempts=entry.attempts,
        countdown_seconds=campaign.countdown_seconds,
    )


async def _running(work: Work, campaign_id: int) -> Campaign | None:
    """The campaign, if it still runs: a pause holds from the next attempt on. The lock makes a pause wait for the
    attempt that is being written, and the attempt for the pause."""
    held = select(Campaign).where(Campaign.id == campaign_id, Campaign.state == CampaignState.RUNNING)
    return await work.session.scalar(held.with_for_update(read=True))


def _put_off(entry: CampaignEntry, until: datetime | None, reason: str) -> None:
    entry.reason = reason[:64]
    if until is None:
        entry.state = EntryState.STOPPED
    else:
        entry.next_at = until


def _give_back(entry: CampaignEntry, now: datetime) -> None:
    """The attempt was certainly never made: it does not count."""
    entry.attempts, entry.attempts_today = max(0, entry.attempts - 1), max(0, entry.attempts_today - 1)
    entry.state, entry.reason, entry.next_at = EntryState.WAITING, "refused", now + _SOON


def _tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    return datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), zone).astimezone(ZoneInfo("UTC"))


def hours_of(campaign: Campaign) -> Hours:
    opens, closes = campaign.hours
    return Hours(opens=opens, closes=closes, weekdays=frozenset(campaign.weekdays))


def patience_of(campaign: Campaign) -> Patience:
    return Patience(retries=campaign.retries, most_a_day=campaign.most_a_day, most_in_total=campaign.most_in_total)


def tally_of(entry: CampaignEntry) -> Tally | None:
    if entry.counted_on is None:
        return None
    return Tally(total=entry.attempts, today=entry.attempts_today, on=entry.counted_on)


def order_of(campaign: Campaign, call_id: int, phone: str, show_number: str | None) -> LineOrder:
    return LineOrder(
        call_id=call_id,
        phone=phone,
        show_number=show_number,
        queue=campaign.queue,
        ring_seconds=campaign.ring_seconds,
        connect_seconds=campaign.connect_seconds,
        detect_machines=campaign.detect_machines,
        message=campaign.message if campaign.mode == Mode.AGENTLESS else None,
        apology=campaign.apology,
    )
