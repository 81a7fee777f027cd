"""A random history of a call floor, changed again and again after it happened."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, select, update

from callcenter.agents.model import AgentState
from callcenter.calls.directory import ship_results
from callcenter.calls.model import Call, Leg, ResultCode
from callcenter.productivity.model import ShiftBlock
from core.cases.model import Case, CaseState, Promise, Stage
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork, Work
from core.parties.model import Party
from core.people.model import Role, Unit, User
from tests.factories.work import creditor_and_order

START = datetime(2026, 3, 27, 18, tzinfo=UTC)
HOURS = 60
USERS = (1, 2, 3)
QUEUES = (None, "in", "soft")
THRESHOLDS = {"in": 20}
CODES = (None, "RPC-PTP", "RPC-PLAN", "TPC", "NA", "WRONG", "RPC-REFUSE")
STATES = ("offline", "available", "ringing", "talking", "hold", "wrap_up", "pause")


@dataclass
class History:
    """Does things to the floor, :meth:`go_on`; ``free`` is when each collector's last stretch began."""

    uow: UnitOfWork
    chance: random.Random
    cases: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    since: dict[int, datetime] = field(default_factory=dict)

    async def begin(self) -> None:
        """Two teams, three collectors, two stages, four cases."""
        async with self.uow.write() as work:
            await ship_results(work)
            work.session.add_all([Role(id=1, name="Collectors"), Unit(id=5, name="Soft"), Unit(id=6, name="Hard")])
            await work.session.flush()
            for user in USERS:
                work.session.add(
                    User(id=user, login=f"c{user}", password_hash="", role_id=1, unit_id=5 + user % 2, created_at=START)
                )
            creditor, order = await creditor_and_order(work, ManualClock(START))
            work.session.add_all(Stage(id=n, key=f"s{n}", name=f"Stage {n}", position=n) for n in (1, 2))
            debtor = Party(kind="person", name="Debtor", name_key="debtor", search_text="debtor", created_at=START)
            work.session.add(debtor)
            await work.session.flush()
            for n in range(4):
                case = Case(
                    creditor_id=creditor.id,
                    order_id=order.id,
                    number=f"C-{n}",
                    state=CaseState.OPEN,
                    stage_id=self.chance.choice((None, 1, 2)),
                    currency="RUB",
                    opened_at=START,
                    debtor_id=debtor.id,
                )
                work.session.add(case)
                await work.session.flush()
                self.cases.append(case.id)

    async def go_on(self, steps: int) -> None:
        """So many changes, a few in each transaction."""
        changes = (self.call, self.call, self._change_call, self._leg, self._state, self._state, self._shift)
        for _ in range(0, steps, 5):
            async with self.uow.write() as work:
                for _ in range(5):
                    await self.chance.choice((*changes, self._promise, self._move, self._code))(work)
                    await work.session.flush()

    def moment(self) -> datetime:
        return START + timedelta(seconds=self.chance.randrange(HOURS * 3600), microseconds=self.chance.randrange(10**6))

    async def call(self, work: Work) -> None:
        """A call, over or not yet."""
        started, call_id = self.moment(), len(self.calls) + 1
        values = self._ended(started) if self.chance.random() < 0.8 else {}
        queue = self.chance.choice(QUEUES)
        queued = started + timedelta(seconds=1) if queue and self.chance.random() < 0.8 else None
        work.session.add(
            Call(
                id=call_id,
                server="lab",
                direction=self.chance.choice(("inbound", "outbound", "outbound", "internal")),
                phase="ended" if values else "talking",
                started_at=started,
                queue=queue,
                queued_at=queued,
                campaign_id=self.chance.choice((None, 7)),
                user_id=self.chance.choice((*USERS, None)),
                case_id=self.chance.choice((*self.cases, None)),
                **values,
            )
        )
        self.calls.append(call_id)

    def _ended(self, started: datetime) -> dict[str, Any]:
        answered = self.chance.random() < 0.6
        return {
            "answered_at": started + timedelta(seconds=5) if answered else None,
            "ended_at": started + timedelta(seconds=self.chance.randrange(6, 400)),
            "talk_seconds": self.chance.randrange(300) if answered else 0,
            "hold_seconds": self.chance.randrange(30) if answered else 0,
            "result_code": self.chance.choice(CODES),
        }

    async def _change_call(self, work: Work) -> None:
        """Something about a call is learned later."""
        if not self.calls:
            return
        call_id = self.chance.choice(self.calls)
        started = await work.session.scalar(select(Call.started_at).where(Call.id == call_id))
        assert started is not None
        earlier = started - timedelta(minutes=self.chance.randrange(50))
        changes: tuple[dict[str, Any], ...] = (
            {"result_code": self.chance.choice(CODES)},
            {"wrap_seconds": self.chance.randrange(100)},
            {"user_id": self.chance.choice((*USERS, None))},
            {"case_id": self.chance.choice((*self.cases, None))},
            {"merged_into": call_id + 1},
            {"started_at": earlier},
            {"note": "said"},
            {"queued_at": started + timedelta(seconds=self.chance.randrange(20))},
            self._ended(started),
        )
        await work.session.execute(update(Call).where(Call.id == call_id).values(self.chance.choice(changes)))

    async def _leg(self, work: Work) -> None:
        """A collector's leg, as a repair would add it."""
        if not self.calls:
            return
        call_id = self.chance.choice(self.calls)
        started = await work.session.scalar(select(Call.started_at).where(Call.id == call_id))
        assert started is not None
        taken = started + timedelta(seconds=self.chance.randrange(60))
        work.session.add(
            Leg(
                call_id=call_id,
                uniqueid=f"{call_id}-{self.chance.randrange(10**9)}",
                channel="PJSIP/x",
                kind=self.chance.choice(("agent", "customer")),
                started_at=started,
                answered_at=taken if self.chance.random() < 0.7 else None,
                ended_at=taken + timedelta(seconds=9),
                outcome="answered",
                talks=(),
                holds=(),
            )
        )

    async def _state(self, work: Work) -> None:
        """A collector goes over into another state, at once or after hours."""
        user = self.chance.choice(USERS)
        begun = self.since.get(user, START)
        ended = begun + timedelta(microseconds=self.chance.choice((1, 10**6, 10**9, 10**10)) * self.chance.randrange(9))
        await work.session.execute(
            update(AgentState).where(AgentState.user_id == user, AgentState.ended_at.is_(None)).values(ended_at=ended)
        )
        unit = await work.session.scalar(select(User.unit_id).where(User.id == user))
        work.session.add(
            AgentState(user_id=user, unit_id=unit, state=self.chance.choice(STATES), started_at=ended, ended_at=None)
        )
        self.since[user] = ended

    async def _shift(self, work: Work) -> None:
        """A stretch is planned, or the plan of a collector is thrown away."""
        user = self.chance.choice(USERS)
        if self.chance.random() < 0.2:
            await work.session.execute(delete(ShiftBlock).where(ShiftBlock.user_id == user))
            return
        start = START + timedelta(minutes=5 * self.chance.randrange(HOURS * 12))
        end = start + timedelta(minutes=5 * self.chance.randrange(1, 100))
        kind = self.chance.choice(("work", "work", "break"))
        work.session.add(ShiftBlock(user_id=user, unit_id=5, kind=kind, day=start.date(), starts_at=start, ends_at=end))

    async def _promise(self, work: Work) -> None:
        """A promise is taken, paid in part, decided, or moved to another day."""
        known = (await work.session.scalars(select(Promise.id).order_by(Promise.id))).all()
        due = date(2026, 3, self.chance.randrange(26, 31))
        state = self.chance.choice(("kept", "partly", "broken", "cancelled"))
        if known and self.chance.random() < 0.5:
            paid = Decimal(self.chance.randrange(200))
            changes: tuple[dict[str, Any], ...] = ({"state": state}, {"paid_amount": paid}, {"due_on": due})
            wanted = update(Promise).where(Promise.id == self.chance.choice(known))
            await work.session.execute(wanted.values(self.chance.choice(changes)))
            return
        debtor = await work.session.scalar(select(Party.id).where(Party.name == "Debtor"))
        work.session.add(
            Promise(
                case_id=self.chance.choice(self.cases),
                party_id=debtor,
                amount=Decimal(100),
                currency="RUB",
                due_on=due,
                state=state,
                taken_by_id=self.chance.choice((*USERS, None)),
                created_at=START,
            )
        )

    async def _move(self, work: Work) -> None:
        """A collector changes teams, a case its stage: what was counted stays where it was."""
        if self.chance.random() < 0.5:
            await work.session.execute(
                update(User).where(User.id == self.chance.choice(USERS)).values(unit_id=self.chance.choice((5, 6)))
            )
        else:
            await work.session.execute(
                update(Case)
                .where(Case.id == self.chance.choice(self.cases))
                .values(stage_id=self.chance.choice((1, 2)))
            )

    async def _code(self, work: Work) -> None:
        """What a result means is changed in the directory."""
        meaning = {"rpc": self.chance.random() < 0.5, "need": self.chance.choice(("", "promise", "plan"))}
        await work.session.execute(update(ResultCode).where(ResultCode.code == "TPC").values(**meaning))
