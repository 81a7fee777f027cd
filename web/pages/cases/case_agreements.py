"""Promises and plans on the case screen: what was agreed, and what one key proposes."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from core.cases import rights
from core.cases.card import CaseCard, Plan
from core.cases.model import COMPONENTS, CaseState, ClaimState, PlanState, Promise, PromiseState, PromiseType
from core.cases.queries.zones import debtor_zone
from core.cases.rules.promises import PROMISE_DAYS
from core.cases.service.agreements import LIVE
from core.cases.service.outcomes import pledge_of
from core.cases.service.promise_types import promise_types
from core.kernel.access import Actor
from core.kernel.i18n import msg
from core.kernel.money import CENT, Money
from web.pages import options
from web.pages.cases import case_words as words
from web.pages.cases.debt_view import Agreeing, Agreements, InstalmentLine, PlanLine, PromiseLine, Quick
from web.pages.listing import Option, Text

#: Days of the month on which wages are usually paid: what is left of last month's, and the advance of this one.
_PAYDAYS = (10, 25)
_FRIDAY = 4


async def agreements(session: AsyncSession, me: Actor, card: CaseCard, now: datetime) -> Agreements:
    """What was agreed on the case, and what this reader may agree on now."""
    types = await promise_types(session, active_only=False)
    zone = await debtor_zone(session, card.case.debtor_id or 0)
    promises = tuple(_promise(one, types, card, me) for one in card.promises)
    return Agreements(
        promises=promises,
        plans=tuple(_plan(one, card, me) for one in card.plans),
        agreeing=_agreeing(card, me, promises, types, now.astimezone(zone).date()),
    )


def _promise(promise: Promise, types: Sequence[PromiseType], card: CaseCard, me: Actor) -> PromiseLine:
    named = next((one.name for one in types if one.id == promise.type_id), None)
    is_open = promise.state == PromiseState.OPEN
    return PromiseLine(
        promise_id=promise.id,
        due=promise.due_on,
        last_day=pledge_of(promise).last_day,
        amount=Money(promise.amount, promise.currency),
        paid=Money(promise.paid_amount, promise.currency),
        state=words.PROMISE_STATES[promise.state],
        kind=msg(named) if named else msg("Promise to pay"),
        by=words.BY_KEYS if promise.by_keys else card.users.get(promise.taken_by_id or 0, ""),
        reason=_reason(promise.settled_reason),
        may_cancel=is_open and me.may(rights.PROMISE),
    )


def _plan(plan: Plan, card: CaseCard, me: Actor) -> PlanLine:
    row = plan.row
    paid = sum((line.paid_amount for line in plan.instalments), Decimal(0))
    return PlanLine(
        plan_id=row.id,
        state=words.PLAN_STATES[row.state],
        total=Money(row.total, row.currency),
        paid=Money(paid, row.currency),
        percent=int(paid / row.total * 100),
        instalments=tuple(
            InstalmentLine(
                n=line.n,
                due=line.due_on,
                amount=Money(line.amount, row.currency),
                paid=Money(line.paid_amount, row.currency),
                state=words.INSTALMENT_STATES[line.state],
            )
            for line in plan.instalments
        ),
        by=card.users.get(row.taken_by_id or 0, ""),
        note=row.note,
        reason=_reason(row.ended_reason),
        may_cancel=row.state in LIVE and me.may(rights.PLAN),
        may_decide=row.state == PlanState.DRAFT and me.may(rights.APPROVE),
    )


def _reason(text: str) -> Text:
    return words.END_REASONS.get(text, text)


def _agreeing(
    card: CaseCard, me: Actor, promises: Sequence[PromiseLine], types: Sequence[PromiseType], today: date
) -> Agreeing:
    workable = card.case.state == CaseState.OPEN and card.case.open_amount > 0
    planned = any(plan.row.state in LIVE for plan in card.plans)
    return Agreeing(
        sums=_sums(card, today),
        days=_days(today),
        types=tuple(Option(value=str(one.id), label=msg(one.name)) for one in types if one.active),
        rhythms=options.of_words(words.RHYTHMS),
        may_promise=workable and not planned and me.may(rights.PROMISE),
        may_plan=workable and not planned and me.may(rights.PLAN),
        replaces=next((one for one in promises if one.state is words.PROMISE_STATES[PromiseState.OPEN]), None),
        first_on=today + timedelta(days=7),
    )


def _sums(card: CaseCard, today: date) -> tuple[Quick, ...]:
    """The whole balance, what is overdue, half of it, and what was promised last."""
    whole = card.case.open_amount
    late = [one for one in card.claims if one.state == ClaimState.OPEN and one.due_on and one.due_on < today]
    overdue = sum((getattr(one, name) for one in late for name in COMPONENTS), Decimal(0))
    last = next((one.amount for one in card.promises), Decimal(0))
    named = (
        (msg("Whole balance"), whole),
        (msg("Overdue"), overdue),
        (msg("Half"), (whole / 2).quantize(CENT, ROUND_HALF_UP)),
        (msg("As promised last"), last),
    )
    useful = [(label, amount) for label, amount in named if 0 < amount <= whole]
    return tuple(
        Quick(label=label, value=str(amount.quantize(CENT)), shown=Money(amount, card.case.currency), key=n)
        for n, (label, amount) in enumerate(useful, start=1)
    )


def _days(today: date) -> tuple[Quick, ...]:
    """Today, the coming Friday, payday, and in a week; payday only where a promise may reach that far."""
    named = (
        (msg("Today"), today),
        (msg("Friday"), today + timedelta(days=(_FRIDAY - today.weekday()) % 7 or 7)),
        (msg("Payday"), _payday(today)),
        (msg("In a week"), today + timedelta(days=7)),
    )
    near = [(label, day) for label, day in named if day <= today + timedelta(days=PROMISE_DAYS)]
    return tuple(
        Quick(label=label, value=day.isoformat(), shown=day, key=n) for n, (label, day) in enumerate(near, start=5)
    )


def _payday(today: date) -> date:
    """The next payday after today."""
    day = today + timedelta(days=1)
    while day.day not in _PAYDAYS:
        day += timedelta(days=1)
    return day
