"""The floor as the dialler sees it at one moment: running campaigns, who works in them, what is in flight."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.machines import MACHINE
from callcenter.campaigns.model import (
    Campaign,
    CampaignAttempt,
    CampaignEntry,
    CampaignStaff,
    CampaignState,
    EntryState,
    Mode,
)
from callcenter.campaigns.ports import Collectors, Standing
from core.people.model import User

#: States of collectors, as far as dialling looks at them.
AVAILABLE, WRAP_UP = "available", "wrap_up"
TALKING = frozenset({"talking", "hold"})
BUSY = TALKING | {"ringing"}
#: Modes in which the program dials.
DIALLED = (Mode.PROGRESSIVE, Mode.PREDICTIVE, Mode.AGENTLESS)


@dataclass(frozen=True, kw_only=True, slots=True)
class FloorView:
    """``campaigns`` by priority, those that only wait for their last calls included. ``due``: those with an entry whose
    time has come. ``flights`` are attempts under way, ``landed`` those that ended since the last look."""

    at: datetime
    campaigns: Sequence[Campaign]
    due: frozenset[int]
    staff: Mapping[int, frozenset[int]]
    standing: Mapping[int, Standing]
    flights: Sequence[CampaignAttempt]
    landed: Sequence[CampaignAttempt]

    def flying(self, campaign_id: int) -> list[CampaignAttempt]:
        return [one for one in self.flights if one.campaign_id == campaign_id]

    def taken(self) -> frozenset[int]:
        """Ids of calls that a collector has or is rung for. His state may be written before the attempt says so."""
        return frozenset(one.call_id for one in self.standing.values() if one.state in BUSY and one.call_id is not None)

    def reserved(self) -> dict[int, int]:
        """Collector → the campaign that dials for him and has not put anybody through to him yet. Nobody waits for the
        end of what is said to a machine."""
        hoped = (one for one in self.flights if one.connected_at is None and one.answered_by != MACHINE)
        waiting = [one for one in hoped if one.user_id is not None]
        return {one.user_id: one.campaign_id for one in waiting if one.user_id is not None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """The last look: when it was, and which attempts were under way. They are asked for by id, because how a call ended
    is written later than it ended."""

    at: datetime
    flying: Collection[int]


async def look(session: AsyncSession, collectors: Collectors, seen: Seen, now: datetime) -> FloorView:
    """The floor now, with what ended since it was seen last."""
    moving = or_(CampaignAttempt.ended_at.is_(None), CampaignAttempt.id.in_(seen.flying))
    in_flight = exists().where(CampaignAttempt.campaign_id == Campaign.id, moving)
    wanted = select(Campaign).where(
        Campaign.mode.in_(DIALLED), or_(Campaign.state == CampaignState.RUNNING, in_flight.correlate(Campaign))
    )
    campaigns = (await session.scalars(wanted.order_by(Campaign.priority.desc(), Campaign.id))).all()
    if not campaigns:
        return FloorView(at=now, campaigns=(), due=frozenset(), staff={}, standing={}, flights=(), landed=())
    ids = [one.id for one in campaigns]
    staff = await staff_of(session, ids)
    told = or_(moving, CampaignAttempt.ended_at > seen.at)
    attempts = (await session.scalars(select(CampaignAttempt).where(CampaignAttempt.campaign_id.in_(ids), told))).all()
    return FloorView(
        at=now,
        campaigns=campaigns,
        due=await _due(session, campaigns, now),
        staff=staff,
        standing=await collectors.standing(session, {user for users in staff.values() for user in users}),
        flights=[one for one in attempts if one.ended_at is None],
        landed=[one for one in attempts if one.ended_at is not None],
    )


async def ended_since(session: AsyncSession, campaign_ids: Sequence[int], since: datetime) -> Sequence[CampaignAttempt]:
    """The attempts of these campaigns that ended after ``since``."""
    if not campaign_ids:
        return ()
    of_these = CampaignAttempt.campaign_id.in_(campaign_ids)
    return (await session.scalars(select(CampaignAttempt).where(of_these, CampaignAttempt.ended_at > since))).all()


async def staff_of(session: AsyncSession, campaign_ids: Sequence[int]) -> dict[int, frozenset[int]]:
    """Campaign → the users who work in it, those of its units included."""
    named = select(CampaignStaff.campaign_id, User.id).join(
        User, or_(User.id == CampaignStaff.user_id, User.unit_id == CampaignStaff.unit_id)
    )
    rows = await session.execute(named.where(CampaignStaff.campaign_id.in_(campaign_ids), User.active))
    found: dict[int, set[int]] = {one: set() for one in campaign_ids}
    for campaign_id, user_id in rows:
        found[campaign_id].add(user_id)
    return {one: frozenset(users) for one, users in found.items()}


async def _due(session: AsyncSession, campaigns: Sequence[Campaign], now: datetime) -> frozenset[int]:
    ids = [one.id for one in campaigns if one.state == CampaignState.RUNNING]
    waiting = (CampaignEntry.state == EntryState.WAITING, CampaignEntry.next_at <= now)
    one = exists().where(CampaignEntry.campaign_id == Campaign.id, *waiting).correlate(Campaign)
    return frozenset(await session.scalars(select(Campaign.id).where(Campaign.id.in_(ids), one)))
