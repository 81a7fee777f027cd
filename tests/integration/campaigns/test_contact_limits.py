"""Dialler, clicks, callbacks and messages at the same time never make a contact that the law forbids: a brute-force
oracle, which shares no code with the gate, goes through every contact that was made.

There is no channel for messages yet; what they will have to pass is the gate's reservation, and that is what passes
here.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from callcenter.callbacks.service import Plan
from callcenter.calls.model import Call
from callcenter.calls.service import Dial
from callcenter.campaigns.dialler import Dialler
from callcenter.campaigns.ports import LineOrder
from callcenter.compliance.facts import Contact, ContactRequest, Outcome, Question
from callcenter.compliance.law import PROFILES
from callcenter.compliance.law.terms import Channel
from callcenter.compliance.law.terms import Jurisdiction as Law
from callcenter.compliance.model import AttemptState, ContactAttempt
from core.cases.model import Jurisdiction
from core.kernel.access import PROGRAM, Actor
from core.kernel.errors import DomainError
from core.parties.zones import DebtorZone, ZoneSource
from tests.factories.dialling import DiallingFloor, Over
from tests.unit.compliance_oracle import Oracle

DEBTORS, AGENTS = 3, 3
_ZONE = DebtorZone(names=("Europe/Moscow",), source=ZoneSource.EXPLICIT)
_OUTCOMES = {
    AttemptState.RESERVED: Outcome.LIVE,
    AttemptState.PLACED: Outcome.LIVE,
    AttemptState.ANSWERED: Outcome.ANSWERED,
    AttemptState.NOT_ANSWERED: Outcome.UNANSWERED,
}
#: What may become of a call that was ordered; of some nothing yet.
_ENDS: tuple[tuple[str, ...], ...] = (
    (),
    ("rings", "busy"),
    ("rings", "no answer"),
    ("rings", "picked up", "hung up"),
    ("rings", "picked up", "machine"),
    ("rings", "picked up", "connected", "hung up"),
)
_debtor = st.integers(0, DEBTORS - 1)
_some = st.lists(_debtor, max_size=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What happens at one moment, all at once, and then: how calls end, and how long until the next moment. Debtors by
    their number; ``rounds`` and ``ticks`` are how many diallers and callback tickers look at that moment."""

    rounds: int
    ticks: int
    clicks: Sequence[int]
    messages: Sequence[int]
    callbacks: Sequence[int]
    ends: Sequence[int]
    minutes: int


_steps = st.builds(
    Step,
    rounds=st.integers(0, 2),
    ticks=st.integers(0, 2),
    clicks=_some,
    messages=_some,
    callbacks=_some,
    ends=st.lists(st.integers(0, len(_ENDS) - 1), min_size=4, max_size=4),
    minutes=st.sampled_from((0, 1, 7, 60, 600)),
)


class Story:
    """One history of one creditor's debtors, on a floor that has seen others."""

    def __init__(self, floor: DiallingFloor, law: Jurisdiction) -> None:
        self.floor, self.law = floor, law
        self.first = len(floor.cases)
        self.diallers: list[Dialler] = []
        self.over: set[int] = set()

    async def begin(self) -> list[int]:
        """New debtors, and two campaigns that would ring them all day long: one for the collectors, one with a message
        of its own."""
        floor = self.floor
        await (floor.enlist(DEBTORS, self.law) if floor.users else floor.open(DEBTORS, AGENTS, self.law))
        always = {"most_a_day": 50, "most_in_total": 500, "opens": 0, "closes": 1440}
        often = dict.fromkeys(("BUSY", "NA", "VM", "FAIL", "TALK", "ABANDONED", "MSG"), 1)
        made = [
            await floor.campaign(**always, retries=often),
            await floor.campaign(**always, retries=often, mode="agentless", message="vm-goodbye", priority=3),
        ]
        self.diallers = [floor.dialler(), floor.dialler()]
        return made

    async def take(self, n: int, step: Step) -> None:
        """Everything of the step at the same moment, then what comes of it."""
        tickers = [self.floor.ticker() for _ in range(step.ticks)]
        await asyncio.gather(*(self._plan(one) for one in step.callbacks))
        await asyncio.gather(
            *(dialler.round() for dialler in self.diallers[: step.rounds]),
            *(ticker.tick() for ticker in tickers),
            *(self._click(one, f"click-{self.first}-{n}-{m}") for m, one in enumerate(step.clicks)),
            *(self._message(one) for one in step.messages),
        )
        going = [one for one in self.floor.telephony.orders if one.call_id not in self.over]
        for order, end in zip(going, step.ends, strict=False):
            await self._end(order.call_id, order.number, _ENDS[end])
        self.floor.clock.advance(timedelta(minutes=step.minutes))

    async def _plan(self, n: int) -> None:
        """A callback was agreed on for now, and dials by itself."""
        floor, now = self.floor, self.floor.clock.now()
        case = floor.cases[self.first + n]
        plan = Plan(
            phone=floor.phones[self.first + n],
            start=now,
            end=now + timedelta(hours=3),
            user_id=floor.users[n % AGENTS],
            party_id=case.debtor_id,
            case_id=case.id,
            automatic=True,
        )
        await floor.callbacks.plan(PROGRAM, plan)

    async def _click(self, n: int, key: str) -> None:
        floor = self.floor
        actor = Actor(user_id=floor.users[n % AGENTS], login="agent", rights=PROGRAM.rights)
        wish = Dial(phone=floor.phones[self.first + n], key=key, case_id=floor.cases[self.first + n].id, vouched=True)
        with suppress(DomainError):
            await floor.calls.dial(actor, wish)

    async def _message(self, n: int) -> None:
        floor = self.floor
        case = floor.cases[self.first + n]
        request = ContactRequest(
            party_id=case.debtor_id or 0,
            case_id=case.id,
            phone=floor.phones[self.first + n],
            channel=Channel.MESSAGE,
        )
        with suppress(DomainError):
            async with floor.gate.deciding(floor.uow, PROGRAM) as work:
                await floor.gate.reserve(work, PROGRAM, request)

    async def _end(self, call_id: int, phone: str, steps: Sequence[str]) -> None:
        if not steps:
            return
        self.over.add(call_id)
        user = self.floor.users[call_id % AGENTS]
        await self.floor.tell(_line(call_id, phone), *steps, user=user)
        async with self.floor.uow.write() as work:
            idle = Over(self.floor.clock.now(), call_id, dict.fromkeys(self.floor.users, "idle"))
            await self.floor.agents.followed(work, [idle])

    async def judge(self) -> Counter[str]:
        """Every contact that counts was allowed when it was made, given all that were made before; how many there were
        of each kind."""
        debtors = {one.debtor_id for one in self.floor.cases[self.first :]}
        async with self.floor.uow.read() as session:
            made = select(ContactAttempt).where(
                ContactAttempt.state.in_(_OUTCOMES), ContactAttempt.party_id.in_(debtors)
            )
            rows = (await session.scalars(made.order_by(ContactAttempt.at, ContactAttempt.id))).all()
            calls = {one.id: one for one in await session.scalars(select(Call).where(Call.attempt_id.is_not(None)))}
        before: list[Contact] = []
        for row in rows:
            channel = Channel(row.channel)
            question = Question(
                party_id=row.party_id, channel=channel, zone=_ZONE, debts=frozenset(row.debts), phone=row.phone
            )
            assert Oracle(question, before, PROFILES[Law(self.law)]).allowed(row.at), (row.at, row.party_id, channel)
            before.append(
                Contact(
                    at=row.at,
                    channel=channel,
                    outcome=_OUTCOMES[AttemptState(row.state)],
                    party_id=row.party_id,
                    debts=frozenset(row.debts),
                    phone=row.phone,
                )
            )
        return Counter(_made_by(calls.get(row.call_id or 0)) for row in rows)


@pytest.fixture
def kinds() -> Iterator[Counter[str]]:
    """How many contacts of each kind all histories together made: none of them is idle talk."""
    made: Counter[str] = Counter()
    yield made
    assert made.keys() == {"dialler", "callback", "click", "message"}, made


def _of_every_kind() -> list[Step]:
    """A history in which somebody is reached in every way there is, whatever else is drawn."""
    busy, nothing = (1, 1, 1, 1), {"clicks": (), "messages": (), "callbacks": ()}
    return [
        Step(rounds=0, ticks=1, clicks=(0,), messages=(1,), callbacks=(2,), ends=busy, minutes=7),
        Step(rounds=1, ticks=0, ends=busy, minutes=7, **nothing),
        Step(rounds=0, ticks=0, ends=busy, minutes=60, **nothing),
    ]


@pytest.mark.slow
@pytest.mark.timeout(600)
@example(law=Jurisdiction.US, steps=_of_every_kind())
@settings(max_examples=6, suppress_health_check=list(HealthCheck))
@given(
    law=st.sampled_from((Jurisdiction.RU, Jurisdiction.UA, Jurisdiction.US)),
    steps=st.lists(_steps, min_size=3, max_size=10),
)
async def test_no_contact_is_made_that_the_law_forbids(
    floor: DiallingFloor, kinds: Counter[str], law: Jurisdiction, steps: list[Step]
) -> None:
    """Whatever happens, and however much of it at the same moment."""
    story = Story(floor, law)
    campaigns = await story.begin()
    for n, step in enumerate(steps):
        await story.take(n, step)
    orders = [order.call_id for order in floor.telephony.orders]
    assert len(orders) == len(set(orders)), "no call is dialled twice"
    kinds.update(await story.judge())
    for campaign in campaigns:
        await floor.campaigns.end(PROGRAM, campaign)
    floor.clock.advance(timedelta(days=1))


def _made_by(call: Call | None) -> str:
    if call is None:
        return "message"
    if call.campaign_id is not None:
        return "dialler"
    return "callback" if ":callback:" in (call.order_key or "") else "click"


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
