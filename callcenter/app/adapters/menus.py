"""What menus ask beyond keys: hours, who it is, what he owes, and what he wants noted."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.app.adapters.cases import CallerLookup
from callcenter.callbacks.queries import debtor_zone as zone_of_number
from callcenter.callbacks.service import CallbackService, Plan
from callcenter.calls.model import Call, Leg
from callcenter.ivr.ports import Caller
from callcenter.ivr.walk import (
    Heard,
    Identify,
    Identity,
    Known,
    LookUpDebt,
    LookUpHours,
    Opened,
    Owed,
    PlanCallback,
    Planned,
    Pledged,
    Question,
    TakePromise,
)
from callcenter.queues.calendars import hours_of
from callcenter.queues.hours import is_open
from core.audit.service import Looks
from core.cases.model import LIABLE, Case, CaseParty, CaseState
from core.cases.ports import PlannedWork
from core.cases.queries.balance import case_balance
from core.cases.queries.zones import debtor_zone
from core.cases.service.promises import NewPromise, take_promise
from core.kernel.access import PROGRAM
from core.kernel.clock import Clock
from core.kernel.errors import DomainError, Invalid
from core.kernel.i18n import mark
from core.kernel.money import Money
from core.kernel.phones import as_key, normalise
from core.kernel.uow import UnitOfWork
from core.parties.model import Party, Phone, PhoneQuality

REFUSED_A_DAY = 9
"""How often callers from one number may fail to show who they are within a day, whatever number of calls it takes, and
how often they may have other numbers called."""
NUMBERS = 10_000
"""So many numbers are remembered: whoever rings from ever new ones fills no memory."""
LOOK = "ivr.balance"
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_WISH = mark("The caller asked for it in the menu.")
_NO_DIGIT = re.compile(r"\D")
_CALL = select(Call.id).join(Leg, Leg.call_id == Call.id).order_by(Call.id.desc()).limit(1)
_BORN = (
    select(CaseParty.party_id, Case.id.label("case_id"), Case.number)
    .join(Case, Case.id == CaseParty.case_id)
    .join(Party, Party.id == CaseParty.party_id)
    .where(CaseParty.role.in_(LIABLE), Case.state == CaseState.OPEN)
    .distinct()
)
#: Whoever rings from such a number has not shown by it that he is the debtor: his kin know his birthday.
_NOT_HIS = (PhoneQuality.THIRD_PARTY, PhoneQuality.WRONG)
_log = structlog.get_logger(__name__)


class Tries:
    """What callers may try so often a day, by number: to show who they are in vain, to have others called. One counts
    from the moment it is made: to hang up before the answer, or to ring many times at once, is no way round."""

    def __init__(self) -> None:
        self._made: OrderedDict[str, list[datetime]] = OrderedDict()

    def begun(self, number: str, now: datetime) -> bool:
        """Whether one more may be made from that number; if so, it counts."""
        made = [at for at in self._made.pop(number, []) if at > now - _DAY]
        allowed = len(made) < REFUSED_A_DAY
        self._made[number] = [*made, now] if allowed else made
        while len(self._made) > NUMBERS:
            self._made.popitem(last=False)
        return allowed

    def right(self, number: str) -> None:
        """The last one was not in vain."""
        made = self._made.get(number, [])
        del made[-1:]
        if not made:
            self._made.pop(number, None)


class MenuWorld:
    """Implements ``callcenter.ivr.ports.World``."""

    def __init__(
        self,
        uow: UnitOfWork,
        clock: Clock,
        *,
        callers: CallerLookup,
        callbacks: CallbackService,
        looks: Looks,
        sources: Sequence[PlannedWork],
        region: str,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._callers = callers
        self._callbacks = callbacks
        self._looks = looks
        self._sources = sources
        self._region = region
        self._guesses = Tries()
        self._strangers = Tries()

    async def answer(self, question: Question, caller: Caller) -> Heard:
        match question:
            case LookUpHours():
                return await self._opened(question.calendar_id)
            case Identify():
                return await self._identified(question, caller)
            case LookUpDebt():
                return await self._owed(question.who, caller)
            case TakePromise():
                return await self._pledged(question, caller)
            case PlanCallback():
                return await self._planned(question, caller)

    async def served(self, caller: Caller) -> None:
        async with self._uow.write(brief=True) as work:
            call_id = await _call_of(work.session, caller)
            await work.session.execute(update(Call).where(Call.id == call_id).values(self_served=True))

    async def _opened(self, calendar_id: int | None) -> Opened:
        async with self._uow.read() as session:
            hours = await hours_of(session, calendar_id) if calendar_id is not None else None
        return Opened(hours is None or is_open(hours, self._clock.now()))

    # -------------------------------------------------------------- who it is
    async def _identified(self, question: Identify, caller: Caller) -> Known:
        """A date of birth is an attempt, and the number of the case that is asked for then belongs to it."""
        who = self._phone_of(caller) or ""
        if question.case is None and not self._guesses.begun(who, self._clock.now()):
            return Known()
        async with self._uow.read() as session:
            found = await self._matching(session, question, caller)
        if len(found) == 1:
            self._guesses.right(who)
            return Known(who=Identity(party_id=found[0].party_id, case_id=found[0].case_id))
        return Known(more=question.case is None)  # also when nobody was born that day: the answer must not tell

    def _phone_of(self, caller: Caller) -> str | None:
        return normalise(caller.number, self._region) if caller.number else None

    async def _matching(
        self, session: AsyncSession, question: Identify, caller: Caller
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Who owes and was born that day: of those who bear the number, and with the digits of a case, of all."""
        born = _BORN.where(Party.birth_date == question.birth)
        if question.case is not None:
            rows = (await session.execute(born)).all()
            return [row for row in rows if question.case and _NO_DIGIT.sub("", row.number) == question.case]
        phone = self._phone_of(caller)
        if phone is None:
            return []
        bears = select(Phone.party_id).where(Phone.number == as_key(phone), Phone.quality.not_in(_NOT_HIS))
        return (await session.execute(born.where(CaseParty.party_id.in_(bears)))).all()

    # -------------------------------------------------------------- balance and promise
    async def _owed(self, who: Identity, caller: Caller) -> Owed:
        await self._looks.looked(PROGRAM, ("case", who.case_id), LOOK)
        async with self._uow.read() as session:
            today = await self._today(session, who)
            balance = await case_balance(session, who.case_id, today)
        await self.served(caller)
        return Owed(sum=Money(balance.total, balance.currency), today=today)

    async def _today(self, session: AsyncSession, who: Identity) -> date:
        return self._clock.now().astimezone(await debtor_zone(session, who.party_id)).date()

    async def _pledged(self, question: TakePromise, caller: Caller) -> Pledged:
        try:
            async with self._uow.write() as work:
                new = NewPromise(
                    party_id=question.who.party_id,
                    amount=question.amount,
                    due_on=question.due_on,
                    phone=self._phone_of(caller),
                    call_id=await _call_of(work.session, caller),
                    by_keys=True,
                )
                today = await self._today(work.session, question.who)
                await take_promise(
                    work,
                    PROGRAM,
                    question.who.case_id,
                    new,
                    today=today,
                    at=self._clock.now(),
                    sources=self._sources,
                )
        except DomainError as refused:
            fields = refused.fields if isinstance(refused, Invalid) else {}
            return Pledged(next(iter(fields.values()), refused.message))
        return Pledged()

    # -------------------------------------------------------------- call me back
    async def _planned(self, question: PlanCallback, caller: Caller) -> Planned:
        """His own number as often as he likes, since there is one callback for it; those of others some times a day,
        and what was agreed with them stays."""
        now, own = self._clock.now(), self._phone_of(caller)
        phone = normalise(question.number or caller.number or "", self._region)
        if phone is None or (phone != own and not self._strangers.begun(own or "", now)):
            return Planned(None)
        try:
            async with self._uow.write() as work:
                plan = await self._plan(work.session, question, caller, phone, now)
                row = await self._callbacks.wished(work, plan, move=phone == own)
                at = row.window_start.astimezone(ZoneInfo(row.zone))
        except DomainError as refused:
            _log.info("a callback could not be planned", reason=refused.code)
            return Planned(None)
        await self.served(caller)
        return Planned(at)

    async def _plan(
        self, session: AsyncSession, question: PlanCallback, caller: Caller, phone: str, now: datetime
    ) -> Plan:
        match = (await self._callers.match(session, [phone])).get(phone)
        party_id = question.who.party_id if question.who else match.party_id if match else None
        case_id = question.who.case_id if question.who else match.case_id if match else None
        case = await session.get(Case, case_id) if case_id is not None else None
        zone = await zone_of_number(session, party_id, phone)
        start = now if question.hour is None else _next_hour(now.astimezone(ZoneInfo(zone)), question.hour)
        return Plan(
            phone=phone,
            start=start,
            end=start + (self._callbacks.patience.missed_window if question.hour is None else _HOUR),
            reason=_WISH,
            user_id=case.collector_id if case is not None else None,
            unit_id=case.unit_id if case is not None else None,
            party_id=party_id,
            case_id=case_id,
            zone=zone,
            source_call_id=await _call_of(session, caller),
        )


def _next_hour(local: datetime, hour: int) -> datetime:
    """The next such hour that has not begun, of the caller's own clock."""
    wished = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return wished if wished > local else wished + _DAY


async def _call_of(session: AsyncSession, caller: Caller) -> int | None:
    found: int | None = await session.scalar(_CALL.where(Leg.uniqueid == caller.channel))
    return found
