"""Dialler, clicks and callbacks at the same time never make a contact that the law forbids: a brute-force oracle, which
shares no code with the gate, goes through every contact that was made."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from callcenter.calls.service import Dial
from callcenter.campaigns.ports import LineOrder
from callcenter.compliance.facts import Contact, Outcome, Question
from callcenter.compliance.law import PROFILES
from callcenter.compliance.law.terms import Channel
from callcenter.compliance.law.terms import Jurisdiction as Law
from callcenter.compliance.model import AttemptState, ContactAttempt
from callcenter.compliance.zones import DebtorZone, ZoneSource
from core.cases.model import Jurisdiction
from core.kernel.access import PROGRAM, Actor
from core.kernel.errors import DomainError
from tests.factories.dialling import DiallingFloor
from tests.unit.compliance_oracle import Oracle

_DEBTORS, _STEPS = 4, 15
_OUTCOMES = {
    AttemptState.RESERVED: Outcome.LIVE,
    AttemptState.PLACED: Outcome.LIVE,
    AttemptState.ANSWERED: Outcome.ANSWERED,
    AttemptState.NOT_ANSWERED: Outcome.UNANSWERED,
}
_ENDS = (
    ("rings", "busy"),
    ("rings", "no answer"),
    ("rings", "picked up", "hung up"),
    ("rings", "picked up", "machine"),
    ("rings", "picked up", "connected", "hung up"),
)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("jurisdiction", [Jurisdiction.RU, Jurisdiction.US])
async def test_no_contact_is_made_that_the_law_forbids(
    floor: DiallingFloor, seed: int, jurisdiction: Jurisdiction
) -> None:
    chance = random.Random(seed)
    await floor.open(debtors=_DEBTORS, agents=3, jurisdiction=jurisdiction)
    always = {"most_a_day": 50, "most_in_total": 500, "opens": 0, "closes": 1440}
    often = dict.fromkeys(("BUSY", "NA", "VM", "FAIL", "TALK", "ABANDONED"), 1)
    await floor.campaign(**always, retries=often)
    await floor.campaign(**always, retries=often, priority=3)
    diallers = [floor.dialler(), floor.dialler()]
    over: set[int] = set()
    for step in range(_STEPS):
        await asyncio.gather(
            *(dialler.round() for dialler in diallers),
            *(_click(floor, chance.randrange(_DEBTORS), f"click-{step}-{n}") for n in range(2)),
            _click(floor, chance.randrange(_DEBTORS), f"callback:{step}"),
        )
        for order in list(floor.telephony.orders):
            if order.call_id not in over and chance.random() < 0.7:
                over.add(order.call_id)
                await floor.tell(_line(order.call_id, order.number), *chance.choice(_ENDS), user=floor.users[0])
        floor.clock.advance(timedelta(minutes=chance.choice((1, 7, 60, 600))))
    orders = [order.call_id for order in floor.telephony.orders]
    assert len(orders) == len(set(orders)), "no call is dialled twice"
    await _judge(floor, Law(jurisdiction))


async def _click(floor: DiallingFloor, n: int, key: str) -> None:
    actor = Actor(user_id=floor.users[n % 3], login="agent", rights=PROGRAM.rights)
    wish = Dial(phone=floor.phones[n], key=key, case_id=floor.cases[n].id, vouched=True)
    with suppress(DomainError):
        await floor.calls.dial(actor, wish)


def _line(call_id: int, phone: str) -> LineOrder:
    return LineOrder(
        call_id=call_id,
        phone=phone,
        show_number=None,
        queue="campaign-1",
        ring_seconds=20,
        connect_seconds=2,
        machines=None,
        machine_message=None,
        message=None,
        apology="vm-goodbye",
    )


async def _judge(floor: DiallingFloor, law: Law) -> None:
    """Every contact that counts was allowed when it was made, given all that were made before."""
    async with floor.uow.read() as session:
        made = select(ContactAttempt).where(ContactAttempt.state.in_(_OUTCOMES))
        rows = (await session.scalars(made.order_by(ContactAttempt.at, ContactAttempt.id))).all()
    assert len(rows) >= _DEBTORS, "somebody was rung at all"
    zone = DebtorZone(names=("Europe/Moscow",), source=ZoneSource.EXPLICIT)
    before: list[Contact] = []
    for row in rows:
        question = Question(
            party_id=row.party_id,
            channel=Channel.CALL,
            zone=zone,
            debts=frozenset(row.debts),
            phone=row.phone,
        )
        assert Oracle(question, before, PROFILES[law]).allowed(row.at), (row.at, row.party_id)
        before.append(
            Contact(
                at=row.at,
                channel=Channel.CALL,
                outcome=_OUTCOMES[AttemptState(row.state)],
                party_id=row.party_id,
                debts=frozenset(row.debts),
                phone=row.phone,
            )
        )
