"""The dialler on a real Asterisk beside the simulated one: twenty collectors, SIPp debtors, time three times as fast.

Collectors sit at two browsers and eighteen desk phones and write for a while after each talk; debtors answer as often
and as late, and talk as long, as in the setting of the issue, all divided by ``PACE``. What is printed are the busy
share and the abandoned ones of the real floor from the moment pacing has learned, and beside them those of simulated
floors in the very same setting and the same minutes: early in a day an hour may hold few abandoned calls yet, and more
is withdrawn than later.
"""

import asyncio
import random
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import exp, log
from pathlib import Path

from sqlalchemy import select

from bench.figure import Figure
from callcenter.agents.model import AgentState
from callcenter.agents.rules import State
from callcenter.campaigns.model import CampaignAttempt
from callcenter.campaigns.pacing import Pacer, Policy
from callcenter.campaigns.rules import ABANDONED
from callcenter.campaigns.simulation.floor import Floor
from callcenter.campaigns.simulation.setting import Setting
from callcenter.campaigns.simulation.trial import Outcome
from core.cases.model import Creditor, Jurisdiction, PartyRole
from core.cases.service.cases import NewCase, NewClaim, NewPerson, open_case
from core.cases.service.creditors import ensure_order
from core.kernel.access import PROGRAM
from core.kernel.bus import Bus
from core.kernel.db import Database
from core.kernel.uow import UnitOfWork, Work
from core.parties.service import NewParty, NewPhone
from telephony.lab import sipp
from telephony.lab.scenarios import Answer, Way
from tests.desk import Desk, signed_in
from tests.e2e.debtors import lawful_zone
from tests.e2e.floor import opened
from tests.e2e.hour.staff import Habit, Staff, at_work, hire

AGENTS, PACE, CEILING = 20, 3.0, 0.03
MINUTES, LEARNING = 15.0, 5.0
"""How long the real floor dials, and how much of it pacing is given to learn in."""
FASTER = Setting(
    agents=AGENTS,
    answer_first=4.0 / PACE,
    answer_mean=8.0 / PACE,
    ring_limit=25.0 / PACE,
    talk_mean=90.0 / PACE,
    wrap_up=15.0 / PACE,
)
"""The setting of ``python -m bench pacing``, three times as fast; what the exchange and the debtor's two seconds of
patience take stays."""
_ANSWERING = 30
"""Of a hundred debtors."""
_BUSY = (State.TALKING, State.HOLD, State.WRAP_UP)
_AWAY = (State.OFFLINE, State.PAUSE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Real:
    """What the floor came to from the moment it had learned. Seconds of all collectors; ``answered`` and those of them
    ``lost``, ``withdrawn`` of the ``attempts``."""

    present: float
    busy: float
    ringing: float
    attempts: int
    answered: int
    lost: int
    withdrawn: int


async def run(*, small: bool = False) -> list[Figure]:
    minutes, learning = (3.0, 1.0) if small else (MINUTES, LEARNING)
    simulated = await asyncio.to_thread(_simulated, 60 * minutes, 60 * learning)
    real = await _real(minutes, learning)
    return [
        Figure(
            name=f"{AGENTS} collectors on a real exchange: busy",
            value=real.busy / real.present,
            unit="share",
            reference=simulated.busy,
            reference_name="simulated, same setting",
            aim=f"{minutes - learning:g} min after {learning:g} of learning; ringing {real.ringing / real.present:.3f}",
        ),
        Figure(
            name=f"{AGENTS} collectors on a real exchange: abandoned",
            value=100 * real.lost / max(1, real.answered),
            unit="%",
            reference=100 * CEILING,
            reference_name="% ceiling",
            aim=f"{real.lost} of {real.answered}; simulated {simulated.abandoned:.2%}",
        ),
        Figure(
            name=f"{AGENTS} collectors on a real exchange: withdrawn",
            value=100 * real.withdrawn / max(1, real.attempts),
            unit="%",
            reference=100 * simulated.recalled,
            reference_name="% simulated",
            aim=f"of {real.attempts} attempts",
        ),
    ]


def _simulated(until: float, since: float) -> Outcome:
    """Twenty days that end after ``until`` seconds, less the same days up to ``since``."""
    policy, found = Policy(ceiling=CEILING, ring_limit=round(FASTER.ring_limit), withdraws=True), Outcome()
    for seed in range(20):
        for day, sign in ((until, 1), (since, -1)):
            one = Floor(replace(FASTER, day=day), Pacer(policy), seed).run()
            found += Outcome(
                staffed=sign * one.staffed,
                worked=sign * one.busy,
                attempts=sign * one.attempts,
                withdrawn=sign * one.withdrawn,
                answered=sign * len(one.answered),
                lost=sign * len(one.abandoned),
            )
    return found


async def _real(minutes: float, learning: float) -> Real:
    with tempfile.TemporaryDirectory(prefix="cc-bench-") as name:
        async with opened(Path(name), prepare=hire) as floor:
            database = Database(f"sqlite+aiosqlite:///{floor.product.folder / 'callcenter.db'}")
            try:
                staff = Staff(
                    floor=floor,
                    database=database,
                    talk_at_most=600.0,
                    wrap_up=FASTER.wrap_up,
                    habits={str(one): Habit(answers_after=0.0) for one in range(100, 220)},
                )
                numbers = await _enlisted(database, round(140 * minutes))
                password = floor.product.passwords["admin"]
                async with at_work(staff), signed_in(floor.product.url, "admin", password) as admin:
                    with sipp.crowd(floor.pbx.trunk, _ways()):
                        path = await _started(admin, [one.user_id for one in staff.collectors.values()], numbers)
                        began = datetime.now(UTC)
                        await asyncio.sleep(60 * minutes)
                        ended = datetime.now(UTC)
                        assert (await admin.post(f"{path}/pause")).status_code == 303
                        await floor.idle(120)
                return await _counted(database, began + timedelta(minutes=learning), ended)
            finally:
                await database.close()


def _ways() -> Mapping[str, Way]:
    """Of a hundred endings thirty answer, by twos as early and for as long as the middles of equal shares of the two
    laws; the longest talks do not fall to the latest answers. SIPp reads no scenario of more than 64 KiB."""
    count = _ANSWERING // 2
    chance = random.Random(3)
    talks = sorted(chance.gammavariate(FASTER.talk_shape, FASTER.talk_mean / FASTER.talk_shape) for _ in range(3000))
    middles = [talks[int(3000 * (n + 0.5) / count)] for n in range(count)]
    chance.shuffle(middles)
    within = 1.0 - exp((FASTER.answer_first - FASTER.ring_limit) / FASTER.answer_mean)
    rings = [FASTER.answer_first - FASTER.answer_mean * log(1.0 - within * (n + 0.5) / count) for n in range(count)]
    pairs = enumerate(zip(rings, middles, strict=True))
    answering = {
        f"({n:02}|{n + count:02})": Way(seconds=round(talk, 2), ring_seconds=round(ring, 2))
        for n, (ring, talk) in pairs
    }
    return {**answering, "": Way(how=Answer.NO_ANSWER)}


async def _enlisted(database: Database, count: int) -> Sequence[str]:
    """The numbers of new cases whose debtors' telephones end in every way equally often, in no order."""
    endings = [n % 100 for n in range(count)]
    random.Random(4).shuffle(endings)
    now = datetime.now(UTC)
    async with UnitOfWork(database, Bus()).write() as work:
        wanted = select(Creditor).where(Creditor.jurisdiction == Jurisdiction.RU).order_by(Creditor.id).limit(1)
        creditor = (await work.session.scalars(wanted)).one()
        order = await ensure_order(work, PROGRAM, creditor.id, "DIALLER", now.date(), at=now, name="Dialler")
        return [await _case(work, order.id, n, ending, now) for n, ending in enumerate(endings)]


async def _case(work: Work, order_id: int, n: int, ending: int, now: datetime) -> str:
    zone = lawful_zone(now)
    phone = NewPhone(raw=f"+7900{10_000 + n}{ending:02}", region="", source="creditor", timezone=zone)
    party = NewParty(name=f"Sample {n}", timezone=zone, phones=(phone,))
    case = await open_case(
        work,
        PROGRAM,
        NewCase(
            order_id=order_id,
            number=f"PACED-{n:04}",
            people=(NewPerson(party=party, role=PartyRole.DEBTOR),),
            claims=(NewClaim(number="1", principal=Decimal(5000), due_on=(now - timedelta(days=90)).date()),),
        ),
        at=now,
    )
    return case.number


async def _started(admin: Desk, user_ids: Sequence[int], numbers: Sequence[str]) -> str:
    rules = {
        "name": "Dialled by pacing",
        "mode": "predictive",
        "opens": "00:00",
        "closes": "24:00",
        "weekday": [str(one) for one in range(1, 8)],
        "ceiling": str(100 * CEILING),
        "most_per_agent": "4",
        "withdraws": "1",
        "ring_seconds": str(round(FASTER.ring_limit)),
        "connect_seconds": "2",
        "most_a_day": "1",
        "most_in_total": "1",
        "apology": "vm-goodbye",
        "user": [str(one) for one in user_ids],
    }
    made = await admin.post("/campaigns", **rules)
    assert made.status_code == 303, made.text
    path = str(made.headers["location"])
    file = {"file": ("numbers.csv", "number\n{}\n".format("\n".join(numbers)).encode(), "text/csv")}
    assert (await admin.http.post(f"{admin.url}{path}/cases", files=file)).status_code == 303
    assert (await admin.post(f"{path}/start")).status_code == 303
    return path


async def _counted(database: Database, since: datetime, until: datetime) -> Real:
    async with database.read() as session:
        states = (await session.scalars(select(AgentState))).all()
        attempts = (await session.scalars(select(CampaignAttempt).where(CampaignAttempt.at >= since))).all()
    spent: dict[str, float] = {}
    for one in states:
        seconds = (min(one.ended_at or until, until) - max(one.started_at, since)).total_seconds()
        spent[one.state] = spent.get(one.state, 0.0) + max(0.0, seconds)
    answered = [one for one in attempts if one.picked_up_at is not None]
    return Real(
        present=sum(seconds for state, seconds in spent.items() if state not in _AWAY),
        busy=sum(spent.get(state, 0.0) for state in _BUSY),
        ringing=spent.get(State.RINGING, 0.0),
        attempts=len(attempts),
        answered=len(answered),
        lost=sum(one.outcome == ABANDONED for one in answered),
        withdrawn=sum(one.recalled for one in attempts),
    )
