"""Reading campaigns: the list with live figures, one campaign, its entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.errors import CampaignNotFound
from callcenter.campaigns.machines import MACHINE, UNSURE
from callcenter.campaigns.model import Campaign, CampaignAttempt, CampaignEntry, CampaignStaff, EntryState
from callcenter.campaigns.rights import EXPORT, VIEW
from callcenter.campaigns.rules import ABANDONED, VOICEMAIL, abandoned_share, ends_at
from core.cases.model import Case
from core.cases.rights import VIEW as SEE_CASES
from core.kernel.access import Actor
from core.kernel.paging import Listing, Page, Sort, Wish, fetch_listing, fetch_page
from core.people.access import visible

_HOUR = timedelta(hours=1)
_ORDERS: Mapping[str, ColumnElement[Any]] = {
    "id": Campaign.id.expression,
    "name": Campaign.name.expression,
    "state": Campaign.state.expression,
    "mode": Campaign.mode.expression,
    "priority": Campaign.priority.expression,
}
_RECALLED = CampaignAttempt.withdrawn_at.is_not(None) & CampaignAttempt.picked_up_at.is_(None)
_SORTS = {"next": CampaignEntry.next_at, "attempts": CampaignEntry.attempts, "number": Case.number}


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """A campaign now. ``in_flight`` attempts ring or talk, ``waiting`` debtors answered and hear nobody yet; the other
    counts are of the last hour: attempts begun, answered by a human, put through, abandoned, ``machines`` that answered
    (nobody's answer), how many of the humans are ``unsure``, and attempts ``withdrawn`` while they rang. ``left`` cases
    are still to be rung, ``ends_at`` is when that is done at the pace of the last hour."""

    in_flight: int = 0
    waiting: int = 0
    attempts: int = 0
    answered: int = 0
    connected: int = 0
    abandoned: int = 0
    machines: int = 0
    unsure: int = 0
    withdrawn: int = 0
    entries: Mapping[str, int]
    ends_at: datetime | None = None

    @property
    def share(self) -> float:
        """The share of answered calls that were abandoned, which the ceiling bounds."""
        return abandoned_share(self.abandoned, self.answered)

    @property
    def machine_share(self) -> float:
        """Of all that was picked up, how much by machines."""
        return self.machines / (self.machines + self.answered) if self.machines else 0.0

    @property
    def withdrawn_share(self) -> float:
        """Of the attempts, how many were withdrawn."""
        return self.withdrawn / self.attempts if self.attempts else 0.0

    @property
    def left(self) -> int:
        return sum(self.entries.get(state, 0) for state in (EntryState.WAITING, EntryState.SHOWN, EntryState.DIALLING))

    @property
    def total(self) -> int:
        return sum(self.entries.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignQuery(Wish):
    """Which campaigns: ``search`` is part of a name."""

    state: str | None = None
    mode: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryQuery:
    """Which entries; ``sort`` is ``next``, ``attempts`` or ``number``, with ``-`` before it falling."""

    state: str | None = None
    search: str = ""
    sort: str = "next"
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryRow:
    """A line of a campaign's list. ``reason`` is the last result, or one word for why it stands where it stands."""

    id: int
    case_id: int
    number: str
    debtor_name: str
    state: str
    reason: str
    attempts: int
    last_at: datetime | None
    last_phone: str | None
    next_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Entries(Page[EntryRow]):
    """One page of a campaign's list; ``total`` entries match."""

    total: int


async def list_campaigns(session: AsyncSession, actor: Actor, right: str = VIEW) -> Sequence[Campaign]:
    """The campaigns in reach, the newest first."""
    return (await session.scalars(_seen(actor, right).order_by(Campaign.id.desc()).limit(500))).all()


async def search_campaigns(
    session: AsyncSession, actor: Actor, query: CampaignQuery, right: str = VIEW
) -> Listing[Campaign]:
    """A page of the campaigns in reach. Raises ``Invalid`` for a damaged cursor."""
    wanted = _seen(actor, right)
    for column, value in ((Campaign.state, query.state), (Campaign.mode, query.mode)):
        if value is not None:
            wanted = wanted.where(column == value)
    if query.search:
        wanted = wanted.where(Campaign.name.icontains(query.search, autoescape=True))
    found = await fetch_listing(session, wanted, _ORDERS, Campaign.id.expression, query)
    return found.of([row.Campaign for row in found.rows])


async def page_of_campaigns(
    session: AsyncSession, actor: Actor, after: str | None, size: int
) -> tuple[Sequence[Campaign], str | None]:
    """One page of the campaigns in reach, the newest first, and the cursor of the next."""
    newest = Sort(column=Campaign.created_at.expression, id=Campaign.id.expression, descending=True)
    found = await fetch_page(session, _seen(actor, VIEW), newest, size=size, after=after)
    return [row[0] for row in found.rows], found.next


def _seen(actor: Actor, right: str) -> Select[Campaign]:
    return visible(select(Campaign), actor, right, owner=Campaign.owner_id, unit=Campaign.unit_id)


async def campaign(session: AsyncSession, actor: Actor, campaign_id: int, right: str = VIEW) -> Campaign:
    """A campaign in reach. Raises ``CampaignNotFound``."""
    row = await session.scalar(_seen(actor, right).where(Campaign.id == campaign_id))
    if row is None:
        raise CampaignNotFound
    return row


async def staff(session: AsyncSession, campaign_id: int) -> tuple[list[int], list[int]]:
    """The users and the units named in the campaign."""
    rows = (await session.scalars(select(CampaignStaff).where(CampaignStaff.campaign_id == campaign_id))).all()
    users = [row.user_id for row in rows if row.user_id is not None]
    return users, [row.unit_id for row in rows if row.unit_id is not None]


async def figures(session: AsyncSession, campaign_ids: Sequence[int], now: datetime) -> dict[int, Figures]:
    """The live figures of these campaigns."""
    entries: dict[int, dict[str, int]] = {one: {} for one in campaign_ids}
    grouped = select(CampaignEntry.campaign_id, CampaignEntry.state, func.count())
    grouped = grouped.where(CampaignEntry.campaign_id.in_(campaign_ids))
    for campaign_id, state, count in await session.execute(
        grouped.group_by(CampaignEntry.campaign_id, CampaignEntry.state)
    ):
        entries[campaign_id][state] = count
    counted = {row.campaign_id: row for row in await session.execute(_counts(campaign_ids, now))}
    found = {}
    for campaign_id in campaign_ids:
        row = counted.get(campaign_id)
        plain = Figures(entries=entries[campaign_id])
        if row is None:
            found[campaign_id] = plain
            continue
        found[campaign_id] = Figures(
            entries=entries[campaign_id],
            in_flight=row.in_flight,
            waiting=row.waiting,
            attempts=row.attempts,
            answered=row.answered,
            connected=row.connected,
            abandoned=row.abandoned,
            machines=row.machines,
            unsure=row.unsure,
            withdrawn=row.withdrawn,
            ends_at=ends_at(plain.left, float(row.ended), now),
        )
    return found


def _counts(campaign_ids: Sequence[int], now: datetime) -> Select[*tuple[Any, ...]]:
    """One line per campaign over what is in flight and what ended or began within the hour."""
    attempt, since = CampaignAttempt, now - _HOUR
    flying, lately = attempt.ended_at.is_(None), attempt.at > since
    machine = (func.coalesce(attempt.answered_by, "") == MACHINE) | (func.coalesce(attempt.outcome, "") == VOICEMAIL)
    human, lately_up = attempt.picked_up_at.is_not(None) & ~machine, attempt.picked_up_at > since

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    return (
        select(
            attempt.campaign_id,
            count(flying).label("in_flight"),
            count(flying & human & attempt.connected_at.is_(None)).label("waiting"),
            count(lately).label("attempts"),
            count(lately_up & human).label("answered"),
            count(lately_up & machine).label("machines"),
            count(lately_up & human & (attempt.answered_by == UNSURE)).label("unsure"),
            count(attempt.connected_at > since).label("connected"),
            count((attempt.ended_at > since) & (attempt.outcome == ABANDONED)).label("abandoned"),
            count((attempt.ended_at > since) & _RECALLED).label("withdrawn"),
            count(attempt.ended_at > since).label("ended"),
        )
        .where(attempt.campaign_id.in_(campaign_ids), flying | (attempt.ended_at > since))
        .group_by(attempt.campaign_id)
    )


async def entries(session: AsyncSession, actor: Actor, campaign_id: int, query: EntryQuery) -> Entries:
    """One page of a campaign's list: of its cases those the actor may see. Raises ``CampaignNotFound``."""
    await campaign(session, actor, campaign_id)
    return await _entries(session, actor, campaign_id, query)


async def export_entries(session: AsyncSession, actor: Actor, campaign_id: int, query: EntryQuery) -> Entries:
    """The same for a file."""
    await campaign(session, actor, campaign_id, EXPORT)
    return await _entries(session, actor, campaign_id, query)


async def _entries(session: AsyncSession, actor: Actor, campaign_id: int, query: EntryQuery) -> Entries:
    wanted: Select[*tuple[Any, ...]] = (
        select(CampaignEntry, Case.number, Case.debtor_name)
        .join(Case, Case.id == CampaignEntry.case_id)
        .where(CampaignEntry.campaign_id == campaign_id)
    )
    wanted = visible(wanted, actor, SEE_CASES, owner=Case.collector_id, unit=Case.unit_id)
    if query.state:
        wanted = wanted.where(CampaignEntry.state == query.state)
    if query.search.strip():
        begun = query.search.strip()
        columns = (Case.number, Case.debtor_name)
        wanted = wanted.where(or_(*(column.istartswith(begun, autoescape=True) for column in columns)))
    column = _SORTS.get(query.sort.lstrip("-"), CampaignEntry.next_at)
    sort = Sort(column=column.expression, id=CampaignEntry.id.expression, descending=query.sort.startswith("-"))
    found = await fetch_page(session, wanted, sort, size=query.size, after=query.after, before=query.before)
    total = await session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = [_entry(row.CampaignEntry, row.number, row.debtor_name) for row in found.rows]
    return Entries(rows=rows, next=found.next, previous=found.previous, total=total)


def _entry(row: CampaignEntry, number: str, debtor_name: str) -> EntryRow:
    return EntryRow(
        id=row.id,
        case_id=row.case_id,
        number=number,
        debtor_name=debtor_name,
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        last_at=row.last_at,
        last_phone=row.last_phone,
        next_at=row.next_at if row.state == EntryState.WAITING else None,
    )
