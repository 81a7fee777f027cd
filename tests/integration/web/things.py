"""One thing of a kind that nobody owns, to be looked at and changed."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from callcenter.queues.model import Calendar, Queue
from core.cases.model import AssignmentRule, MassRun, Rate, RateTable, Tag
from core.cases.service.promise_types import TypeData, add_type
from core.kernel.access import Actor
from core.kernel.clock import ManualClock
from core.kernel.i18n import translator
from core.kernel.uow import Work
from core.payments.model import CommissionTerms, Remittance, Scheme
from core.payments.service.schemes import ship_schemes
from core.people.model import Profile, Role, Unit, User
from tests.factories.work import creditor_and_order

Maker = Callable[[Work, ManualClock, Actor], Awaitable[int]]
_LONG_AGO = date(2020, 1, 1)


async def _added(work: Work, row: Any) -> int:
    work.session.add(row)
    await work.session.flush()
    return int(row.id)


async def _promise_type(work: Work, clock: ManualClock, admin: Actor) -> int:
    data = TypeData(name="Own", position=9)
    return (await add_type(work, admin, secrets.token_hex(4), data, at=clock.now())).id


async def _calendar(work: Work, clock: ManualClock, admin: Actor) -> int:
    return await _added(work, Calendar(name="Own", zone="UTC", week={}))


async def _queue(work: Work, clock: ManualClock, admin: Actor) -> int:
    return await _added(work, Queue(code=secrets.token_hex(4), name="Own"))


async def _scheme(work: Work, clock: ManualClock, admin: Actor) -> int:
    await ship_schemes(work, translator("en"), at=clock.now())
    return (await work.session.scalars(select(Scheme.id).where(Scheme.key == "RU_319"))).one()


async def _rate_table(work: Work, clock: ManualClock, admin: Actor) -> int:
    table_id = await _added(work, RateTable(key=secrets.token_hex(4), name="Own"))
    work.session.add(Rate(table_id=table_id, valid_from=date(2026, 1, 1), percent=Decimal(5)))
    return table_id


async def _creditor(work: Work, clock: ManualClock, admin: Actor) -> int:
    return (await creditor_and_order(work, clock))[0].id


async def _order(work: Work, clock: ManualClock, admin: Actor) -> int:
    return (await creditor_and_order(work, clock))[1].id


async def _terms(work: Work, clock: ManualClock, admin: Actor) -> int:
    """Terms that nothing has earned by."""
    what = {"kind": "flat", "bases": ["penalty"], "bands": [{"percent": "1"}]}
    when = {"valid_from": _LONG_AGO, "valid_until": _LONG_AGO, "created_at": clock.now()}
    creditor_id = await _creditor(work, clock, admin)
    return await _added(work, CommissionTerms(creditor_id=creditor_id, name="Own", **what, **when))


async def _remittance(work: Work, clock: ManualClock, admin: Actor) -> int:
    """An empty draft of a statement."""
    creditor_id = await _creditor(work, clock, admin)
    days = {"from_on": _LONG_AGO, "until_on": _LONG_AGO, "created_at": clock.now()}
    return await _added(work, Remittance(creditor_id=creditor_id, currency="RUB", **days))


async def _assignment_rule(work: Work, clock: ManualClock, admin: Actor) -> int:
    return await _added(work, AssignmentRule(position=1, name="rule", user_ids=[]))


async def _mass_run(work: Work, clock: ManualClock, admin: Actor) -> int:
    """A draft of anna's."""
    anna = await work.session.scalar(select(User.id).where(User.login == "anna"))
    return await _added(work, MassRun(action="", params={}, state="draft", created_by_id=anna, created_at=clock.now()))


def _named(model: type[Unit] | type[Role] | type[Profile] | type[Tag]) -> Maker:
    async def make(work: Work, clock: ManualClock, admin: Actor) -> int:
        return await _added(work, model(name=f"{model.__name__} {secrets.token_hex(4)}"))

    return make


#: By the kinds that ``tests.policies`` names.
MAKERS: Mapping[str, Maker] = {
    "assignment rule": _assignment_rule,
    "calendar": _calendar,
    "commission terms": _terms,
    "creditor": _creditor,
    "mass run": _mass_run,
    "order": _order,
    "profile": _named(Profile),
    "promise type": _promise_type,
    "queue": _queue,
    "rate table": _rate_table,
    "remittance": _remittance,
    "role": _named(Role),
    "scheme": _scheme,
    "tag": _named(Tag),
    "unit": _named(Unit),
}
