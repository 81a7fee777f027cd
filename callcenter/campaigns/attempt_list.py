"""Reading a campaign's attempts: who was rung when, what came of it, and who the exchange thought had answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.model import CampaignAttempt, CampaignEntry
from callcenter.campaigns.queries import campaign
from core.cases.model import Case
from core.cases.rights import VIEW as SEE_CASES
from core.kernel.access import Actor
from core.kernel.paging import Sort, fetch_page
from core.people.access import visible


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptQuery:
    """Which attempts, the newest first: those answered by a person, a machine or somebody unsure, or all."""

    answered_by: str | None = None
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptRow:
    """One attempt. ``outcome`` is a result code, None while it is under way; for the rest see ``CampaignAttempt``."""

    id: int
    call_id: int
    case_id: int
    number: str
    phone: str
    at: datetime
    outcome: str | None
    answered_by: str | None
    because: str | None
    milliseconds: int | None
    message_left: bool


@dataclass(frozen=True, kw_only=True)
class AttemptPage:
    rows: Sequence[AttemptRow]
    next: str | None
    previous: str | None


async def attempts(session: AsyncSession, actor: Actor, campaign_id: int, query: AttemptQuery) -> AttemptPage:
    """One page of a campaign's attempts at cases the actor may see. Raises ``CampaignNotFound``."""
    await campaign(session, actor, campaign_id)
    wanted: Select[*tuple[Any, ...]] = (
        select(CampaignAttempt, Case.id.label("case_id"), Case.number)
        .join(CampaignEntry, CampaignEntry.id == CampaignAttempt.entry_id)
        .join(Case, Case.id == CampaignEntry.case_id)
        .where(CampaignAttempt.campaign_id == campaign_id)
    )
    wanted = visible(wanted, actor, SEE_CASES, owner=Case.collector_id, unit=Case.unit_id)
    if query.answered_by:
        wanted = wanted.where(CampaignAttempt.answered_by == query.answered_by)
    sort = Sort(column=CampaignAttempt.at.expression, id=CampaignAttempt.id.expression, descending=True)
    found = await fetch_page(session, wanted, sort, size=query.size, after=query.after, before=query.before)
    rows = [_row(row.CampaignAttempt, row.case_id, row.number) for row in found.rows]
    return AttemptPage(rows=rows, next=found.next, previous=found.previous)


def _row(one: CampaignAttempt, case_id: int, number: str) -> AttemptRow:
    return AttemptRow(
        id=one.id,
        call_id=one.call_id,
        case_id=case_id,
        number=number,
        phone=one.phone,
        at=one.at,
        outcome=one.outcome,
        answered_by=one.answered_by,
        because=one.judged_because,
        milliseconds=one.judged_ms,
        message_left=one.message_left,
    )
