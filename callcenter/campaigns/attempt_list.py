"""Reading a campaign's attempts: who was rung when, what came of it, and who the exchange thought had answered."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.model import CampaignAttempt, CampaignEntry
from callcenter.campaigns.queries import campaign
from core.cases.model import Case
from core.cases.rights import VIEW as SEE_CASES
from core.kernel.access import Actor
from core.kernel.paging import Page, Sort, fetch_page
from core.people.access import visible


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptQuery:
    """Which attempts, the newest first: at a case, with a result, answered by a person, a machine or somebody
    unsure."""

    case_id: int | None = None
    outcome: str | None = None
    answered_by: str | None = None
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptRow:
    """One attempt, and the case it was made at."""

    attempt: CampaignAttempt
    case_id: int
    number: str


async def attempts(session: AsyncSession, actor: Actor, campaign_id: int, query: AttemptQuery) -> Page[AttemptRow]:
    """One page of a campaign's attempts at cases the actor may see. Raises ``CampaignNotFound``."""
    await campaign(session, actor, campaign_id)
    wanted: Select[*tuple[Any, ...]] = (
        select(CampaignAttempt, Case.id.label("case_id"), Case.number)
        .join(CampaignEntry, CampaignEntry.id == CampaignAttempt.entry_id)
        .join(Case, Case.id == CampaignEntry.case_id)
        .where(CampaignAttempt.campaign_id == campaign_id)
    )
    wanted = visible(wanted, actor, SEE_CASES, owner=Case.collector_id, unit=Case.unit_id)
    if query.case_id is not None:
        wanted = wanted.where(Case.id == query.case_id)
    if query.outcome is not None:
        wanted = wanted.where(CampaignAttempt.outcome == query.outcome)
    if query.answered_by is not None:
        wanted = wanted.where(CampaignAttempt.answered_by == query.answered_by)
    sort = Sort(column=CampaignAttempt.at.expression, id=CampaignAttempt.id.expression, descending=True)
    found = await fetch_page(session, wanted, sort, size=query.size, after=query.after, before=query.before)
    rows = [AttemptRow(attempt=row.CampaignAttempt, case_id=row.case_id, number=row.number) for row in found.rows]
    return Page(rows=rows, next=found.next, previous=found.previous)
