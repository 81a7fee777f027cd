"""Lists of cases, debtors and orders, and the directories that filters choose from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.fields import FIELDS, SORTS, Asked, condition
from core.cases.model import CASES, LIABLE, Case, CaseParty, Creditor, Order, Promise, Stage
from core.kernel.access import Actor
from core.kernel.paging import Listing, Page, Sort, count_or_few, count_up_to, fetch_page
from core.parties.model import PARTIES, Party, Phone
from core.parties.search import Matches, terms
from core.people.access import reaches, visible
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class ListQuery:
    """What somebody wants to see: words to search, fields to filter by, a sort (``-key`` falls), a place, a size.

    ``within`` narrows the list before anything is asked: what a worklist demands of a case.
    """

    within: tuple[ColumnElement[bool], ...] = ()
    search: str = ""
    filters: Mapping[str, Asked] = field(default_factory=dict)
    sort: str = "next"
    after: str | None = None
    before: str | None = None
    size: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseRow:
    """A line of the list of cases."""

    id: int
    number: str
    debtor_id: int | None
    debtor_name: str
    creditor_id: int
    creditor: str
    order: str
    state: str
    close_reason: str | None
    stage: str | None
    stage_key: str | None
    collector_id: int | None
    collector: str | None
    priority: int
    open_amount: Decimal
    currency: str
    due_since: date | None
    opened_at: datetime
    next_action_at: datetime | None
    last_contact_at: datetime | None
    last_payment_at: datetime | None
    limitation_on: date | None
    broken_promises: int
    score: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DebtorRow:
    """A line of the list of people on cases."""

    id: int
    name: str
    kind: str
    birth_date: date | None
    timezone: str | None
    language: str | None
    cases: int
    phones: int


async def list_cases(session: AsyncSession, actor: Actor, query: ListQuery) -> Listing[CaseRow]:
    """The cases in the actor's reach. Raises ``Invalid`` for a filter value that cannot be read."""
    conditions = _conditions(actor, query)
    total, at_least, few = await _counted(
        session, conditions, narrowed=bool(query.search.strip() or query.filters or query.within)
    )
    if few is not None and not few:
        return Listing(rows=(), next=None, previous=None, total=0, at_least=False)
    found = await _page(session, query, conditions if few is None else [Case.id.in_(few)])
    rows = tuple(_case_row(row) for row in found.rows)
    return Listing(rows=rows, next=found.next, previous=found.previous, total=total, at_least=at_least)


async def export_page(
    session: AsyncSession, actor: Actor, query: ListQuery, *, after: str | None, size: int
) -> Listing[CaseRow]:
    """One page of everything the query means, uncounted: an export asks for page after page."""
    actor.require(rights.EXPORT)
    asked = replace(query, after=after, before=None, size=size)
    found = await _page(session, asked, _conditions(actor, query))
    rows = tuple(_case_row(row) for row in found.rows)
    return Listing(
        rows=rows, next=found.next, previous=found.previous, total=len(rows), at_least=found.next is not None
    )


async def _counted(
    session: AsyncSession, conditions: Sequence[ColumnElement[bool]], *, narrowed: bool
) -> tuple[int, bool, Sequence[int] | None]:
    """The total, whether it is a lower bound, and the ids themselves when they are few."""
    wanted = select(Case.id).where(*conditions)
    return await count_or_few(session, wanted) if narrowed else (*(await count_up_to(session, wanted)), None)


async def _page(session: AsyncSession, query: ListQuery, conditions: Sequence[ColumnElement[bool]]) -> Page[Any]:
    chosen = SORTS.get(query.sort.lstrip("-")) or SORTS["next"]
    sort = Sort(column=chosen.column, id=Case.id.expression, descending=query.sort.startswith("-"))
    statement = _CASE_LINES.where(*conditions)
    return await fetch_page(session, statement, sort, size=query.size, after=query.after, before=query.before)


def _case_lines() -> Select[*tuple[Any, ...]]:
    """Outer joins keep the database walking the cases in the order of the page."""
    return (
        select(
            *(getattr(Case, name) for name in _CASE_COLUMNS),
            Creditor.name.label("creditor"),
            Order.number.label("order_number"),
            Stage.name.label("stage"),
            Stage.key.label("stage_key"),
            User.surname,
            User.first_name,
            User.login,
        )
        .select_from(Case)
        .outerjoin(Creditor, Creditor.id == Case.creditor_id)
        .outerjoin(Order, Order.id == Case.order_id)
        .outerjoin(Stage, Stage.id == Case.stage_id)
        .outerjoin(User, User.id == Case.collector_id)
    )


_CASE_COLUMNS = (
    "id",
    "number",
    "debtor_id",
    "debtor_name",
    "creditor_id",
    "state",
    "close_reason",
    "collector_id",
    "priority",
    "open_amount",
    "currency",
    "due_since",
    "opened_at",
    "next_action_at",
    "last_contact_at",
    "last_payment_at",
    "limitation_on",
    "broken_promises",
    "score",
)


_CASE_LINES = _case_lines()


def _case_row(row: Any) -> CaseRow:
    values = dict(zip(_CASE_COLUMNS, row, strict=False))  # they come first, and by place is faster than by name
    collector = " ".join(filter(None, (row.surname, row.first_name))) or row.login
    return CaseRow(
        **values,
        creditor=row.creditor,
        order=row.order_number,
        stage=row.stage,
        stage_key=row.stage_key,
        collector=collector,
    )


def _conditions(actor: Actor, query: ListQuery) -> list[ColumnElement[bool]]:
    reach = reaches(actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    asked = [condition(FIELDS[key], value) for key, value in query.filters.items() if key in FIELDS]
    return [part for part in (reach, *query.within, _search(query.search), *asked) if part is not None]


def matching(actor: Actor, query: ListQuery, right: str, most: int) -> Select[int, str]:
    """Id and number of everything the query means that ``right`` reaches too, by id: what is acted on as a whole."""
    reach = reaches(actor, right, owner=Case.collector_id, unit=Case.unit_id)
    parts = [*_conditions(actor, query), *([] if reach is None else [reach])]
    return select(Case.id, Case.number).where(*parts).order_by(Case.id).limit(most)


def _search(text: str) -> ColumnElement[bool] | None:
    """Cases that hold every word; a search too short for the index asks for exactly that number."""
    pieces = terms(text)
    if pieces:
        return Matches(CASES, pieces)
    return Case.number == text.strip() if text.strip() else None


async def list_debtors(
    session: AsyncSession, actor: Actor, query: ListQuery, *, liable_only: bool = False
) -> Listing[DebtorRow]:
    """The people on the cases in the actor's reach, by name; ``liable_only`` leaves out those who do not owe."""
    pieces = terms(query.search)
    searched: ColumnElement[bool] | None = Matches(PARTIES, pieces) if pieces else None
    if searched is None and query.search.strip():
        searched = Party.name == query.search.strip()
    parts = [_on_case(actor, liable_only=liable_only), *([searched] if searched is not None else [])]
    sort = Sort(column=Party.name.expression, id=Party.id.expression, descending=query.sort.startswith("-"))
    found = await fetch_page(
        session, _DEBTOR_LINES.where(*parts), sort, size=query.size, after=query.after, before=query.before
    )
    total, at_least = await count_up_to(session, select(Party.id).select_from(Party).where(*parts))
    rows = tuple(
        DebtorRow(**{name: getattr(row, name) for name in DebtorRow.__dataclass_fields__}) for row in found.rows
    )
    return Listing(rows=rows, next=found.next, previous=found.previous, total=total, at_least=at_least)


def _debtor_lines() -> Select[*tuple[Any, ...]]:
    cases = select(func.count(CaseParty.case_id.distinct())).where(CaseParty.party_id == Party.id).correlate(Party)
    phones = select(func.count()).select_from(Phone).where(Phone.party_id == Party.id).correlate(Party)
    return select(
        Party.id,
        Party.name,
        Party.kind,
        Party.birth_date,
        Party.timezone,
        Party.language,
        cases.scalar_subquery().label("cases"),
        phones.scalar_subquery().label("phones"),
    ).select_from(Party)


_DEBTOR_LINES = _debtor_lines()


def _on_case(actor: Actor, *, liable_only: bool) -> ColumnElement[bool]:
    """Whoever sees all cases walks the people and checks each; others start from the few cases they see."""
    reach = reaches(actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    role = [CaseParty.role.in_(LIABLE)] if liable_only else []
    if reach is None:
        return exists().where(CaseParty.party_id == Party.id, *role).correlate(Party)
    mine = select(CaseParty.party_id).join(Case, Case.id == CaseParty.case_id).where(reach, *role)
    return Party.id.in_(mine)


async def cases_of_party(session: AsyncSession, actor: Actor, party_id: int) -> Sequence[CaseRow]:
    """The cases a person stands on, as far as the actor may see them, the newest first."""
    on_case = exists().where(CaseParty.case_id == Case.id, CaseParty.party_id == party_id)
    statement = visible(_CASE_LINES.where(on_case), actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    rows = await session.execute(statement.order_by(Case.id.desc()).limit(200))
    return [_case_row(row) for row in rows]


async def creditors(session: AsyncSession, *, active_only: bool = False) -> Sequence[Creditor]:
    """The directory of creditors, by name. Names of clients are no secret within the house."""
    statement = select(Creditor).order_by(Creditor.name)
    return (await session.scalars(statement.where(Creditor.active) if active_only else statement)).all()


async def latest_orders(session: AsyncSession, limit: int = 200) -> Sequence[tuple[Order, str]]:
    """The newest orders with the creditor's name, to filter by."""
    statement = select(Order, Creditor.name).join(Creditor, Creditor.id == Order.creditor_id)
    rows = await session.execute(statement.order_by(Order.placed_on.desc(), Order.id.desc()).limit(limit))
    return [(row.Order, row.name) for row in rows]


async def creditor_named(session: AsyncSession, name: str) -> Creditor | None:
    return (await session.scalars(select(Creditor).where(Creditor.name == name))).one_or_none()


async def stages(session: AsyncSession) -> Sequence[Stage]:
    """The stages in their order."""
    return (await session.scalars(select(Stage).order_by(Stage.position, Stage.id))).all()


@dataclass(frozen=True, kw_only=True, slots=True)
class PromiseQuery:
    """Which promises. ``due_from`` and ``due_to`` bound the day, both included."""

    case_id: int | None = None
    state: str | None = None
    due_from: date | None = None
    due_to: date | None = None
    after: str | None = None
    size: int = 50


async def list_promises(
    session: AsyncSession, actor: Actor, query: PromiseQuery
) -> tuple[Sequence[Promise], str | None]:
    """One page of the promises on cases in reach, the latest due first, and the cursor of the page behind it."""
    on_case = select(Promise).join(Case, Case.id == Promise.case_id)
    statement = visible(on_case, actor, rights.VIEW, owner=Case.collector_id, unit=Case.unit_id)
    asked = {Promise.case_id: query.case_id, Promise.state: query.state}
    statement = statement.where(*(column == value for column, value in asked.items() if value is not None))
    if query.due_from is not None:
        statement = statement.where(Promise.due_on >= query.due_from)
    if query.due_to is not None:
        statement = statement.where(Promise.due_on <= query.due_to)
    sort = Sort(column=Promise.due_on.expression, id=Promise.id.expression, descending=True)
    found = await fetch_page(session, statement, sort, size=query.size, after=query.after)
    return [row.Promise for row in found.rows], found.next
