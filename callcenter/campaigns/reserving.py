"""Reserving an attempt: which entries could be rung, what keeps one from it, the law's leave for one of its numbers.

Of two who want the same entry one gets it: it is locked, and the step from waiting to dialling is taken in the
transaction that asks the law and writes the call.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.after_machine import RULE, rests_until
from callcenter.campaigns.model import Campaign, CampaignAttempt, CampaignEntry, EntryState
from callcenter.campaigns.numbers import numbers_of
from callcenter.campaigns.ports import CallBacks, Leave, Lines, Wanted
from callcenter.campaigns.rules import Number, counted, hours_away, in_order, over_for_today
from callcenter.campaigns.terms import hours_of, patience_of, tally_of
from core.cases.model import Case, CaseState
from core.cases.queries.zones import debtor_zones
from core.kernel.access import PROGRAM, Actor
from core.kernel.clock import Clock
from core.kernel.uow import Work

#: So many entries are looked at in one transaction before somebody else may write.
_LOOKED_AT = 12
#: And so many times at the next ones: whoever may not be rung yet must not stand for long before those who may; half a
#: list lies in another time zone.
LOOKS = 8
#: Nobody tells when something of no known end has passed.
ASKED_AGAIN = timedelta(days=1)
#: How long an entry rests that cannot be rung for something that passes: a call under way.
_SOON = timedelta(minutes=1)
#: So many numbers of a case are asked about.
_MOST_NUMBERS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """An entry that could be rung, with what decides about it."""

    entry: CampaignEntry
    case: Case
    zone: ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class For:
    """For whom an attempt is made: ``user_id`` is the collector who waits for it, ``own`` whether he dials himself."""

    campaign: Campaign
    actor: Actor = PROGRAM
    user_id: int | None = None
    own: bool = False


class Reserving:
    """Chooses entries and reserves their calls, within its caller's transaction."""

    def __init__(self, clock: Clock, lines: Lines, callbacks: CallBacks) -> None:
        self._clock = clock
        self._lines = lines
        self._callbacks = callbacks

    async def candidates(self, session: AsyncSession, campaign: Campaign) -> Sequence[Waiting]:
        """Entries whose time has come, those nearest their best hour first. Each is to be held before anything is done
        with it: whoever asks at the same moment is given the same ones."""
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
        )
        rows = (await session.execute(due)).all()
        zones = await debtor_zones(session, {row.Case.debtor_id for row in rows if row.Case.debtor_id})
        found = [
            Waiting(entry=row.CampaignEntry, case=row.Case, zone=zones.get(row.Case.debtor_id, ZoneInfo("UTC")))
            for row in rows
        ]
        return sorted(found, key=lambda one: (hours_away(one.case.best_hour, now, one.zone), one.entry.id))

    async def hold(self, work: Work, one: Waiting) -> bool:
        """Lock the entry and read it anew; False when somebody else has it, or is about to."""
        waits = (CampaignEntry.state == EntryState.WAITING, CampaignEntry.next_at <= self._clock.now())
        held = select(CampaignEntry).where(CampaignEntry.id == one.entry.id, *waits).with_for_update(skip_locked=True)
        return await work.session.scalar(held.execution_options(populate_existing=True)) is not None

    async def reserve(self, work: Work, whom: For, one: Waiting) -> tuple[Wanted | None, Leave]:
        """Reserve a call for the entry, or put it where it belongs."""
        nothing = Leave(call_id=None)
        later = await self.not_now(work.session, whom.campaign, one)
        if later is not None:
            put_off(one.entry, later[0], later[1], self._clock.now())
            return None, nothing
        numbers = await numbers_of(work.session, one.case.id, one.entry.id)
        if await self._lines.busy(work.session, {n.party_id for n in numbers}, {n.phone for n in numbers}):
            put_off(one.entry, self._clock.now() + _SOON, "busy", self._clock.now())
            return None, nothing
        return await self._ask(work, whom, one, in_order(numbers)[:_MOST_NUMBERS])

    async def not_now(
        self, session: AsyncSession, campaign: Campaign, one: Waiting
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

    async def _ask(self, work: Work, whom: For, one: Waiting, numbers: Sequence[Number]) -> tuple[Wanted | None, Leave]:
        """The first number that the law lets be rung now."""
        refused: list[Leave] = []
        made = select(func.count()).where(CampaignAttempt.entry_id == one.entry.id)
        n = (await work.session.scalar(made) or 0) + 1
        for number in numbers:
            if whom.user_id is None and (rests := await rests_until(work.session, number.phone, self._clock.now())):
                refused.append(Leave(call_id=None, rule=RULE, next_at=rests))
                continue
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
        put_off(one.entry, min(moments, default=None), refused[0].rule if refused else "number", self._clock.now())
        return None, Leave(call_id=None)

    def write(self, work: Work, whom: For, one: Waiting, wanted: Wanted, call_id: int) -> None:
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


def put_off(entry: CampaignEntry, until: datetime | None, reason: str, now: datetime) -> None:
    """Not before ``until``. Where no such moment is known the entry leaves the list, and is asked about again in a day
    (``filling.revive``): a block is lifted, a number is found, a case is opened again."""
    entry.reason = reason[:64]
    if until is None:
        entry.state = EntryState.STOPPED
    entry.next_at = until or now + ASKED_AGAIN


def _tomorrow(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    return datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), zone).astimezone(ZoneInfo("UTC"))
