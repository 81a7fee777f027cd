"""Building the invented registry in the database."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select

from callcenter.app.demo.registry import COMPANIONS, CREDITORS, PLACES, PRINCIPALS, SHARED, Companion, Place
from core.cases.model import Case, Creditor, InterestGroup, PartyRole, Stage
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.creditors import add_creditor, ensure_order
from core.cases.service.stages import StageData, add_stage
from core.cases.shipped import STAGE_NAMES
from core.cases.shipped_rates import GROUPS
from core.kernel.access import PROGRAM
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work
from core.parties.model import PhoneKind
from core.parties.service import NewParty, NewPhone

ORDER = "DEMO-1"
PER_PLACE = 6
_SOURCE = "creditor"


async def demo_cases(uow: UnitOfWork, clock: Clock, collectors: Sequence[int]) -> int:
    """Write what of the registry is not there yet; how many cases are new. Cases go round the ``collectors``."""
    now = clock.now()
    added = 0
    async with uow.write() as work:
        stage_ids = [await _stage(work, key, str(name), clock) for key, name in STAGE_NAMES.items()]
        creditors = [await _creditor(work, index, clock) for index in range(len(CREDITORS))]
        for position, place in enumerate(PLACES):
            creditor = creditors[place.creditor]
            order = await ensure_order(work, PROGRAM, creditor.id, ORDER, now.date(), at=now, name="Demo placement")
            for index in range(PER_PLACE):
                number = f"D{position}{index:03}"
                if await _known(work, creditor.id, number):
                    continue
                n = position * PER_PLACE + index
                new = NewCase(
                    order_id=order.id,
                    number=number,
                    people=_people(position, index),
                    claims=_claims(number, n, now.date()),
                    stage_id=stage_ids[n % 2],
                    collector_id=collectors[n % len(collectors)] if collectors else None,
                    priority=n % 3,
                    next_action_at=now + timedelta(minutes=10 * (n - 20)),
                )
                await open_case(work, PROGRAM, new, at=now)
                added += 1
    return added


async def _stage(work: Work, key: str, name: str, clock: Clock) -> int:
    known = await work.session.scalar(select(Stage.id).where(Stage.key == key))
    return known or (await add_stage(work, PROGRAM, key, StageData(name=name), at=clock.now())).id


async def _creditor(work: Work, index: int, clock: Clock) -> Creditor:
    data = CREDITORS[index]
    known = await work.session.scalar(select(Creditor).where(Creditor.name == data.name))
    by_law = [group.name for group in GROUPS if group.jurisdiction == data.jurisdiction]
    group_id = await work.session.scalar(select(InterestGroup.id).where(InterestGroup.name.in_(by_law)))
    bearing = replace(data, interest_group_id=group_id)
    return known or await add_creditor(work, PROGRAM, bearing, at=clock.now())


async def _known(work: Work, creditor_id: int, number: str) -> bool:
    same = select(Case.id).where(Case.creditor_id == creditor_id, Case.number == number)
    return await work.session.scalar(same) is not None


def number_of(position: int, index: int) -> str:
    """The E.164 number of a debtor by place and place in it."""
    if (position, index) in SHARED:
        position, index = SHARED[0]
    return f"{PLACES[position].prefix}{index}"


def _people(position: int, index: int) -> tuple[NewPerson, ...]:
    place = PLACES[position]
    beside = [one for one in COMPANIONS if (one.place, one.index) == (position, index)]
    debtor = NewParty(
        name=f"{place.surnames[index]} {place.given[(index + position) % len(place.given)]}",
        birth_date=date(1961 + (position * 7 + index * 5) % 40, 1 + (position + index) % 12, 1 + index * 4),
        language=place.language,
        timezone=place.zone,
        ids=((place.id_kind, f"{9_900_000_000 + position * 100 + index}"),),
        phones=(_phone(number_of(position, index), place),),
        addresses=(f"{place.city}, {index + 1}",),
        source=_SOURCE,
    )
    return (NewPerson(party=debtor, role=PartyRole.DEBTOR), *(_companion(one, place) for one in beside))


def _companion(one: Companion, place: Place) -> NewPerson:
    number = one.number or number_of(one.place, one.index)
    party = NewParty(
        name=one.name, language=place.language, timezone=place.zone, phones=(_phone(number, place),), source=_SOURCE
    )
    return NewPerson(party=party, role=one.role, relation=one.relation)


def _phone(e164: str, place: Place) -> NewPhone:
    return NewPhone(raw=e164, region="", kind=PhoneKind.MOBILE, source=_SOURCE, timezone=place.zone)


def _claims(number: str, n: int, today: date) -> tuple[NewClaim, ...]:
    principal = PRINCIPALS[n % len(PRINCIPALS)]
    due = today - timedelta(days=35 + 17 * (n % 30))
    first = NewClaim(
        number="1",
        principal=principal,
        contractual_interest=(principal / 10).quantize(Decimal("0.01")),
        penalty=(principal / 40).quantize(Decimal("0.01")),
        contract_no=f"{number}/A",
        contract_on=due - timedelta(days=365),
        due_on=due,
        limitation_on=due + timedelta(days=60 if n % 11 == 0 else 1096),
    )
    if n % 5:
        return (first,)
    second = NewClaim(
        number="2", principal=Decimal("350.00"), contract_no=f"{number}/B", due_on=due + timedelta(days=20)
    )
    return (first, second)
