"""The rooms of people and cases as the call log needs them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Update, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.ports import CallContext, CallNews, Match, Promised
from core.cases.lookup import likeliest
from core.cases.model import Case, Creditor, EventKind
from core.cases.rules import Candidate, likelihood
from core.cases.service.cases import set_next_action
from core.cases.service.people import mark_quality
from core.cases.service.promises import NewPromise, take_promise
from core.cases.service.timeline import add_event
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.phones import as_key, zone_guesses
from core.kernel.uow import Work
from core.parties.model import Party, Phone, PhoneQuality
from core.people.access import reaches
from core.people.model import User

#: A desk phone registers beside the browser phone under the extension with this ending.
_DESK = "d"


class StaffPhones:
    """Whose phone is whose: the endpoints are the extensions of the user directory (``calls.ports.Staff``)."""

    async def users(self, session: AsyncSession, endpoints: Collection[str]) -> Mapping[str, int]:
        extensions = {endpoint: endpoint.removesuffix(_DESK) for endpoint in endpoints}
        rows = await session.execute(select(User.extension, User.id).where(User.extension.in_(extensions.values())))
        owners = {row.extension: row.id for row in rows}
        return {endpoint: owners[extension] for endpoint, extension in extensions.items() if extension in owners}

    async def endpoint(self, session: AsyncSession, user_id: int) -> str | None:
        return await session.scalar(select(User.extension).where(User.id == user_id, User.active))

    async def in_reach(self, session: AsyncSession, actor: Actor, right: str, user_id: int) -> bool:
        reach = reaches(actor, right, owner=User.id)
        wanted = select(User.id).where(User.id == user_id, *([] if reach is None else [reach]))
        return await session.scalar(wanted) is not None


class CaseFiles:
    """Who is calling, and what results change in cases (``calls.ports`` Callers, Cases and CallFollower)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def match(self, session: AsyncSession, phones: Collection[str]) -> Mapping[str, Match]:
        found = await likeliest(session, phones, self._clock.now())
        return {phone: _match(candidates) for phone, candidates in found.items()}

    async def own_numbers(self, session: AsyncSession, case_id: int | None) -> Sequence[str]:
        numbers = select(Creditor.own_numbers).join(Case, Case.creditor_id == Creditor.id).where(Case.id == case_id)
        return await session.scalar(numbers) or ()

    async def promise(self, work: Work, actor: Actor, context: CallContext, promised: Promised) -> datetime:
        party_id = context.party_id or await _debtor_of(work, context.case_id)
        zone = await debtor_zone(work.session, party_id, context.phone)
        promise = await take_promise(
            work,
            actor,
            context.case_id,
            NewPromise(
                party_id=party_id or 0,
                amount=promised.amount,
                due_on=promised.due,
                phone=context.phone,
                call_id=context.call_id,
            ),
            today=context.at.astimezone(zone).date(),
            at=context.at,
        )
        last = promise.due_on + timedelta(days=promise.grace_days + 1)
        return datetime(last.year, last.month, last.day, tzinfo=zone)

    async def mark_phone(self, work: Work, actor: Actor, context: CallContext, quality: str) -> None:
        if context.phone is None:
            return
        known = select(Phone.id).where(Phone.number == as_key(context.phone), Phone.party_id == context.party_id)
        phone_id = await work.session.scalar(known)
        if phone_id is not None:
            await mark_quality(work, actor, context.case_id, phone_id, PhoneQuality(quality), at=context.at)

    async def plan_work(self, work: Work, actor: Actor, context: CallContext, text: str) -> None:
        await set_next_action(work, actor, context.case_id, context.at, at=context.at)
        add_event(work, context.case_id, EventKind.NOTE, context.at, actor=actor, text=text, call_id=context.call_id)

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
            data={"result": code},
        )

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None:
        """Calls that ended: a line in the case's history, the number's counts, the case's last contact."""
        for one in news:
            if not one.ended or one.case_id is None or one.direction == "internal":
                continue
            told = {"direction": one.direction, "talk_seconds": one.talk_seconds, "contact": one.contact}
            add_event(
                work,
                one.case_id,
                EventKind.CALL,
                one.at,
                call_id=one.call_id,
                party_id=one.party_id,
                data=told,
            )
            if one.contact:
                await work.session.execute(update(Case).where(Case.id == one.case_id).values(last_contact_at=one.at))
            if one.phone is not None and one.party_id is not None:
                await work.session.execute(_counted(one))


async def debtor_zone(session: AsyncSession, party_id: int | None, phone: str | None) -> ZoneInfo:
    """The zone the debtor is in, as far as known: said by himself, of the number, guessed from its prefix, else UTC."""
    if party_id is not None:
        said = await session.scalar(select(Party.timezone).where(Party.id == party_id))
        if said:
            return ZoneInfo(said)
    if phone is not None:
        own = select(Phone.timezone).where(Phone.number == as_key(phone), Phone.timezone.is_not(None)).limit(1)
        stated = await session.scalar(own)
        guesses = (stated,) if stated else zone_guesses(phone)
        if guesses:
            return ZoneInfo(guesses[0])
    return ZoneInfo("UTC")


def _counted(news: CallNews) -> Update:
    values: dict[str, object] = {}
    if news.direction == "outbound":
        values |= {"attempts": Phone.attempts + 1, "last_attempt_at": news.at}
    if news.contact:
        values |= {"contacts": Phone.contacts + 1, "last_contact_at": news.at}
    own = Phone.number == as_key(news.phone or "0"), Phone.party_id == news.party_id
    return update(Phone).where(*own).values(**(values or {"attempts": Phone.attempts}))


async def _debtor_of(work: Work, case_id: int) -> int | None:
    return await work.session.scalar(select(Case.debtor_id).where(Case.id == case_id))


def _match(candidates: Sequence[Candidate]) -> Match:
    """The likeliest; when several are as likely, only what they agree on."""
    best = likelihood(candidates[0].reasons)
    equal = [one for one in candidates if likelihood(one.reasons) == best]
    parties, cases = {one.party_id for one in equal}, {one.case_id for one in equal}
    return Match(
        party_id=parties.pop() if len(parties) == 1 else None,
        case_id=cases.pop() if len(cases) == 1 else None,
    )
