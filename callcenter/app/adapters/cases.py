"""The call floor's view of debtors and cases: who is calling, and what a result changes in the case."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.model import Call, Need, ResultCode
from callcenter.calls.ports import CallContext, Instalments, Match, Promised
from core.cases.lookup import person_meant
from core.cases.model import Case, CaseParty, CaseState, Creditor, EventKind, TaskKind
from core.cases.ports import PlannedWork
from core.cases.queries.zones import debtor_zone
from core.cases.rules.score import best_hour
from core.cases.service.outcomes import pledge_of
from core.cases.service.people import mark_quality
from core.cases.service.planning import replan, start_of
from core.cases.service.plans import NewPlan, take_plan
from core.cases.service.promises import NewPromise, take_promise
from core.cases.service.tasks import NewTask, add_task
from core.cases.service.timeline import add_event
from core.kernel.access import PROGRAM, Actor
from core.kernel.among import Among
from core.kernel.errors import NotFound
from core.kernel.i18n import mark
from core.kernel.phones import as_key
from core.kernel.uow import Work
from core.parties.model import Party, Phone, PhoneQuality

#: What a result leaves to be done, and what it is called when nothing was said of it.
_TO_DO = {
    Need.CHECK_TASK: (TaskKind.CHECK_PAYMENT, mark("Check whether it was paid")),
    Need.DOCUMENT: (TaskKind.DOCUMENT, mark("Put the document on file")),
}
#: Who bears which of the ``numbers``, once for each case that is not closed.
CALLERS = (
    select(
        Phone.number,
        Phone.party_id,
        CaseParty.case_id,
        Party.name,
        Case.number.label("case_number"),
        Creditor.name.label("creditor"),
    )
    .join(Party, Party.id == Phone.party_id)
    .outerjoin(CaseParty, CaseParty.party_id == Phone.party_id)
    .outerjoin(Case, Case.id == CaseParty.case_id)
    .outerjoin(Creditor, Creditor.id == Case.creditor_id)
    .where(Among(Phone.number, "numbers"))
    .where((Case.id.is_(None)) | (Case.state != CaseState.CLOSED))
)


class Caller(NamedTuple):
    """A row of ``CALLERS``."""

    number: int
    party_id: int
    case_id: int | None
    name: str
    case_number: str | None
    creditor: str | None


class CallerLookup:
    """Implements ``callcenter.calls.ports.Callers``."""

    async def match(self, session: AsyncSession, phones: Collection[str]) -> Mapping[str, Match]:
        """A number is matched when all that bear it agree on the party, and on the one open case."""
        rows = await session.execute(CALLERS, {"numbers": keys_of(phones)})
        return matches_of(phones, map(Caller._make, rows))

    async def person_meant(self, session: AsyncSession, case_id: int, party_id: int | None, phone: str) -> int:
        return await person_meant(session, case_id, party_id, phone)

    async def own_numbers(self, session: AsyncSession, case_id: int | None) -> Sequence[str]:
        statement = select(Creditor.own_numbers).join(Case, Case.creditor_id == Creditor.id).where(Case.id == case_id)
        return (await session.execute(statement)).scalar_one_or_none() or ()


def keys_of(phones: Collection[str]) -> list[int]:
    """The numbers as the look-up table keeps them."""
    return [as_key(phone) for phone in phones]


def matches_of(phones: Collection[str], rows: Iterable[Caller]) -> dict[str, Match]:
    """Who each number probably is."""
    found: dict[int, list[Caller]] = {}
    for row in rows:
        found.setdefault(row.number, []).append(row)
    return {phone: _agreed(found[key]) for phone in phones if (key := as_key(phone)) in found}


def _agreed(rows: Sequence[Caller]) -> Match:
    party_id = _only({row.party_id for row in rows})
    case_id = _only({row.case_id for row in rows if row.case_id is not None})
    case = next((row for row in rows if row.case_id == case_id), None) if case_id is not None else None
    return Match(
        party_id=party_id,
        case_id=case_id,
        name=rows[0].name if party_id is not None else None,
        case_number=case.case_number if case is not None else None,
        creditor=case.creditor if case is not None else None,
    )


def _only(found: set[int]) -> int | None:
    return next(iter(found)) if len(found) == 1 else None


class CaseEffects:
    """Implements ``callcenter.calls.ports.Cases``. ``sources`` plan work on cases beside tasks and promises."""

    def __init__(self, sources: Sequence[PlannedWork] = ()) -> None:
        self._sources = tuple(sources)

    async def promise(self, work: Work, actor: Actor, context: CallContext, promised: Promised) -> datetime:
        party_id, zone = await _spoken_to(work.session, context)
        new = NewPromise(
            party_id=party_id,
            amount=promised.amount,
            due_on=promised.due,
            type_id=promised.type_id,
            supersede=promised.supersede,
            phone=context.phone,
            call_id=context.call_id,
        )
        today = context.at.astimezone(zone).date()
        taken = await take_promise(work, actor, context.case_id, new, today=today, at=context.at, sources=self._sources)
        return start_of(pledge_of(taken).last_day + timedelta(days=1), zone)

    async def plan(self, work: Work, actor: Actor, context: CallContext, agreed: Instalments) -> datetime:
        party_id, zone = await _spoken_to(work.session, context)
        new = NewPlan(
            party_id=party_id,
            total=sum((due.amount for due in agreed.dues), Decimal(0)),
            dues=agreed.dues,
            phone=context.phone,
            call_id=context.call_id,
            supersede=agreed.supersede,
        )
        today = context.at.astimezone(zone).date()
        await take_plan(work, actor, context.case_id, new, today=today, at=context.at, sources=self._sources)
        return start_of(agreed.dues[0].on + timedelta(days=1), zone)

    async def mark_phone(self, work: Work, actor: Actor, context: CallContext, quality: str) -> None:
        if context.phone is None:
            return
        statement = (
            select(Phone.id)
            .join(CaseParty, CaseParty.party_id == Phone.party_id)
            .where(CaseParty.case_id == context.case_id, Phone.number == as_key(context.phone))
        )
        for phone_id in set((await work.session.scalars(statement)).all()):
            await mark_quality(work, actor, context.case_id, phone_id, PhoneQuality(quality), at=context.at)

    async def plan_work(self, work: Work, actor: Actor, context: CallContext, need: Need, text: str) -> None:
        kind, title = _TO_DO[need]
        new = NewTask(
            case_id=context.case_id,
            kind=kind,
            title=text or title,
            due_at=context.at,
            key=f"call:{context.call_id}:{kind}",
        )
        await add_task(work, PROGRAM, new, at=context.at, sources=self._sources)

    async def said(self, work: Work, actor: Actor, context: CallContext, code: str, note: str) -> None:
        add_event(
            work,
            context.case_id,
            EventKind.CALL,
            context.at,
            actor=actor,
            text=note,
            call_id=context.call_id,
            party_id=context.party_id,
            data={"result": code, "phone": context.phone},
        )
        spoken = await work.session.get(ResultCode, code)
        if spoken is None or spoken.contact is False:
            return
        await replan(work, [context.case_id], self._sources, worked_at=context.at)
        if spoken.rpc:
            await _learn_hour(work, context)


async def _learn_hour(work: Work, context: CallContext) -> None:
    """After a talk with the right party: the hour most of them began in, in the debtor's own time."""
    reached = select(ResultCode.code).where(ResultCode.rpc)
    talks = select(Call.answered_at).where(Call.case_id == context.case_id, Call.answered_at.is_not(None))
    told = talks.where(or_(Call.result_code.in_(reached), Call.id == context.call_id))
    case = await work.session.get_one(Case, context.case_id)
    zone = await debtor_zone(work.session, case.debtor_id or 0)
    moments = (await work.session.scalars(told.order_by(Call.answered_at))).all()
    case.best_hour = best_hour([moment.astimezone(zone) for moment in moments if moment is not None])


async def _spoken_to(session: AsyncSession, context: CallContext) -> tuple[int, ZoneInfo]:
    """Whom the call is with, the main debtor unless it says, and his zone: what he said, else what his numbers
    suggest, else UTC."""
    party_id = context.party_id or await session.scalar(select(Case.debtor_id).where(Case.id == context.case_id))
    if party_id is None:
        raise NotFound
    return party_id, await debtor_zone(session, party_id)
