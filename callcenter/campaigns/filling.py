"""Filling lists: from chosen cases, and live from a filter of the list of cases.

Cases that have come to match are added, those that no longer do leave: whoever has paid a part of it is not rung about
what he owed before. Who comes back finds his attempts counted and his rest as it was. A case that was chosen itself
stays, whatever the filter means.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, literal, select, update

from callcenter.campaigns.machines import NO_CALLS
from callcenter.campaigns.model import Campaign, CampaignEntry, CampaignState, EntryState
from core.cases import rights
from core.cases.fields import Asked
from core.cases.model import Case, CaseState, MassItem, MassOutcome
from core.cases.queries.lists import ListQuery, matching
from core.kernel.access import Actor
from core.kernel.bulk import insert_or_ignore
from core.kernel.uow import Work
from core.people.access import actor_of
from core.people.model import User

#: As many cases fit into one campaign.
MOST = 100_000
#: Why an entry left the list.
GONE, PAID = "gone", "paid"


def stored(query: ListQuery) -> dict[str, Any]:
    """What a list was asked, as JSON."""
    filters = {
        key: {"values": list(one.values), "low": one.low, "high": one.high} for key, one in query.filters.items()
    }
    return {"search": query.search, "filters": filters}


def restored(data: Mapping[str, Any]) -> ListQuery:
    """The query that ``stored`` wrote down."""
    filters = {
        key: Asked(values=tuple(one["values"]), low=one["low"], high=one["high"])
        for key, one in data["filters"].items()
    }
    return ListQuery(search=data["search"], filters=filters)


async def refresh(work: Work, campaign: Campaign, now: datetime) -> int:
    """Make the list what the filter means now; how many cases came. The owner's reach is asked anew each time."""
    if campaign.filter is None:
        return 0
    owner = await work.session.get(User, campaign.owner_id)
    if owner is None or not owner.active:
        return 0
    actor = await actor_of(work.session, owner)
    return await fill(work, actor, campaign, restored(campaign.filter), now, live=True)


async def fill(
    work: Work, actor: Actor, campaign: Campaign, query: ListQuery, now: datetime, *, live: bool = False
) -> int:
    """Add the open cases that the query means; how many were new. ``live``: those it means no more leave."""
    found = matching(actor, query, rights.VIEW, MOST).subquery()
    open_ones = select(found.c.id).join(Case, Case.id == found.c.id).where(Case.state == CaseState.OPEN)
    added = await _add(work, campaign, Case.id.in_(open_ones), now)
    if live:
        gone = (
            update(CampaignEntry)
            .where(
                CampaignEntry.campaign_id == campaign.id,
                CampaignEntry.state == EntryState.WAITING,
                CampaignEntry.chosen.is_(False),
                CampaignEntry.case_id.not_in(open_ones),
            )
            .values(state=EntryState.STOPPED, reason=GONE)
        )
        await work.session.execute(gone)
        back = (
            update(CampaignEntry)
            .where(
                CampaignEntry.campaign_id == campaign.id,
                CampaignEntry.state == EntryState.STOPPED,
                CampaignEntry.reason.in_((GONE, PAID)),
                CampaignEntry.case_id.in_(open_ones),
            )
            .values(state=EntryState.WAITING, reason="")
        )
        await work.session.execute(back)
        campaign.filled_at = now
    return added


async def look_again(work: Work, case_ids: Collection[int]) -> None:
    """Have the live lists on which these cases stand compared with their filters soon."""
    listed = exists().where(CampaignEntry.campaign_id == Campaign.id, CampaignEntry.case_id.in_(case_ids))
    stale = update(Campaign).where(Campaign.filter.is_not(None), listed.correlate(Campaign)).values(filled_at=None)
    await work.session.execute(stale)


async def fill_from_run(work: Work, campaign: Campaign, run_id: int, now: datetime) -> int:
    """Add the cases that were chosen for a mass action and wait there; how many came. Those that a filter brought
    stay from now on, and those that were off the list come back, unless the debtor asked for no more calls."""
    run = select(MassItem.case_id).where(MassItem.run_id == run_id, MassItem.outcome == MassOutcome.WAITING)
    known = (CampaignEntry.campaign_id == campaign.id, CampaignEntry.case_id.in_(run))
    await work.session.execute(update(CampaignEntry).where(*known).values(chosen=True))
    off = (CampaignEntry.state == EntryState.STOPPED, CampaignEntry.reason != NO_CALLS)
    back = update(CampaignEntry).where(*known, *off).values(state=EntryState.WAITING, reason="", next_at=now)
    returned = len((await work.session.scalars(back.returning(CampaignEntry.id))).all())
    return returned + await _add(work, campaign, Case.id.in_(run), now, chosen=True)


def rested(now: datetime) -> Sequence[ColumnElement[bool]]:
    """Entries that left a running list because something of no known end stood against them, and have rested for as
    long as they were to."""
    running = select(Campaign.id).where(Campaign.state == CampaignState.RUNNING)
    off = (CampaignEntry.state == EntryState.STOPPED, CampaignEntry.reason.not_in((GONE, PAID, NO_CALLS)))
    return CampaignEntry.campaign_id.in_(running), *off, CampaignEntry.next_at <= now


async def revive(work: Work, now: datetime) -> None:
    """Have the rested ones asked about again."""
    await work.session.execute(update(CampaignEntry).where(*rested(now)).values(state=EntryState.WAITING, reason=""))


async def _add(
    work: Work, campaign: Campaign, which: ColumnElement[bool], now: datetime, *, chosen: bool = False
) -> int:
    known = exists().where(CampaignEntry.campaign_id == campaign.id, CampaignEntry.case_id == Case.id)
    columns = ("campaign_id", "case_id", "state", "reason", "attempts", "attempts_today", "next_at", "chosen")
    fresh = select(
        literal(campaign.id),
        Case.id,
        literal(EntryState.WAITING.value),
        literal(""),
        literal(0),
        literal(0),
        literal(now, CampaignEntry.next_at.type),
        literal(chosen),
    ).where(which, Case.state == CaseState.OPEN, ~known.correlate(Case))
    before = await size(work, campaign.id)
    fitting = fresh.order_by(Case.id).limit(max(0, MOST - before))
    adding = insert_or_ignore(work.session, CampaignEntry).from_select(columns, fitting, include_defaults=False)
    await work.session.execute(adding)
    return await size(work, campaign.id) - before


async def size(work: Work, campaign_id: int) -> int:
    """How many cases stand on the list."""
    counted = select(func.count()).select_from(CampaignEntry).where(CampaignEntry.campaign_id == campaign_id)
    return await work.session.scalar(counted) or 0
