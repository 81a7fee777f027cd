"""What became of attempts: told by the call log in its own transactions, or taken over later where nobody told it.

What died between an attempt and the exchange is ended by the call log (an order that was sent may have rung and
counts), and :meth:`Outcomes.settle_lost` takes over how it ended.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from callcenter.campaigns.machines import NO_CALLS, TALK
from callcenter.campaigns.model import Campaign, CampaignAttempt, CampaignEntry, EntryState, Mode
from callcenter.campaigns.ports import CallBacks, CallNews, Lines, Owed, Refusals
from callcenter.campaigns.rules import (
    ABANDONED,
    NOT_IN_SERVICE,
    REFUSED,
    TALKED,
    Fate,
    after_refusals,
    next_attempt,
    outcome_of,
)
from callcenter.campaigns.terms import hours_of, patience_of, tally_of
from core.cases.model import Case
from core.cases.queries.zones import debtor_zones
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work


class Outcomes:
    """Follows attempts; a follower of the call log within its transactions."""

    def __init__(
        self, uow: UnitOfWork, clock: Clock, *, lines: Lines, callbacks: CallBacks, refusals: Refusals
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._lines = lines
        self._callbacks = callbacks
        self._refusals = refusals

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
        """Of two who are told of the same end the second finds the attempt as the first left it."""
        rows = (
            await work.session.execute(
                select(CampaignAttempt, CampaignEntry, Campaign)
                .join(CampaignEntry, CampaignEntry.id == CampaignAttempt.entry_id)
                .join(Campaign, Campaign.id == CampaignAttempt.campaign_id)
                .where(CampaignAttempt.call_id.in_(call_ids))
                .order_by(CampaignAttempt.id)
                .with_for_update(of=(CampaignEntry, CampaignAttempt))
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
        if fate.heard is not None:
            attempt.answered_by, attempt.judged_because = fate.heard.by, fate.heard.because[:40]
            attempt.judged_ms, attempt.message_left = fate.heard.milliseconds, fate.heard.left
            await self._wished(work, campaign, entry, attempt, fate.heard.wish)
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
            await self._give_back(work, campaign, entry)
            return
        await self._next(work, campaign, entry, attempt, outcome)

    async def _next(
        self, work: Work, campaign: Campaign, entry: CampaignEntry, attempt: CampaignAttempt, outcome: str
    ) -> None:
        entry.reason = outcome
        if outcome == TALKED:
            entry.state = EntryState.TALKED
            return
        case = await work.session.get_one(Case, entry.case_id)
        owed = campaign.mode != Mode.AGENTLESS or attempt.wish == TALK
        if outcome == ABANDONED and attempt.picked_up_at is not None and owed:
            await self._owe(work, campaign, case, attempt)
        zone = await _zone(work, case)
        tally = tally_of(entry)
        at = None
        if tally is not None:
            now = self._clock.now()
            at = next_attempt(outcome, tally, patience_of(campaign), hours_of(campaign), now=now, zone=zone)
        if at is None and outcome == NOT_IN_SERVICE and tally is not None and tally.total < campaign.most_in_total:
            at = hours_of(campaign).open_at(self._clock.now(), zone)  # another number may do
        self._rests(entry, at)

    async def _wished(
        self, work: Work, campaign: Campaign, entry: CampaignEntry, attempt: CampaignAttempt, wish: str | None
    ) -> None:
        """What he asked for by a key. A number that is not to be rung any more is blocked at once, for everybody."""
        if wish is None or wish == attempt.wish:
            return
        attempt.wish = wish
        if wish == NO_CALLS:
            await self._refusals.no_calls(work, attempt.phone, campaign.name)
            entry.state, entry.reason = EntryState.STOPPED, NO_CALLS

    def _rests(self, entry: CampaignEntry, until: datetime | None) -> None:
        entry.state = EntryState.WAITING if until is not None else EntryState.DONE
        entry.next_at = until or self._clock.now()

    async def _give_back(self, work: Work, campaign: Campaign, entry: CampaignEntry) -> None:
        """The attempt was certainly never made: it does not count, but one that is always refused is over."""
        entry.attempts, entry.attempts_today = max(0, entry.attempts - 1), max(0, entry.attempts_today - 1)
        entry.reason = REFUSED
        zone = await _zone(work, await work.session.get_one(Case, entry.case_id))
        refusals, now = await _refusals(work, entry), self._clock.now()
        self._rests(entry, after_refusals(refusals, patience_of(campaign), hours_of(campaign), now=now, zone=zone))

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


async def _zone(work: Work, case: Case) -> ZoneInfo:
    """By whose clock the case is rung."""
    zones = await debtor_zones(work.session, [case.debtor_id] if case.debtor_id else [])
    return zones.get(case.debtor_id or 0, ZoneInfo("UTC"))


async def _refusals(work: Work, entry: CampaignEntry) -> int:
    """How many orders for the entry were refused since one was taken, the last one included."""
    made = select(CampaignAttempt.id).where(CampaignAttempt.entry_id == entry.id)
    taken = select(func.coalesce(func.max(CampaignAttempt.id), 0)).where(
        CampaignAttempt.entry_id == entry.id, CampaignAttempt.outcome != REFUSED
    )
    await work.session.flush()
    refused = made.where(CampaignAttempt.id > taken.scalar_subquery(), CampaignAttempt.outcome == REFUSED)
    return await work.session.scalar(select(func.count()).select_from(refused.subquery())) or 0
