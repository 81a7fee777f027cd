"""Writing what telephony reports: every call of a batch in one transaction, then telling what changed."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from callcenter.calls.batch import Batch, Change, folded
from callcenter.calls.changes import Users, ringing_users
from callcenter.calls.facts import CallState, Direction
from callcenter.calls.model import Call
from callcenter.calls.offers import offers_of
from callcenter.calls.ports import Callers, CallFollower, Gate, Staff
from callcenter.calls.ringbook import RingBook
from callcenter.calls.rows import as_state
from callcenter.calls.rules import is_contact, reached_customer, result_of_silence, was_answered
from callcenter.calls.telling import events_of, news_of, offered
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work


class CallReporter:
    """The call log's ear (``CallReports``). Idempotent: reports may be repeated and come in any order.

    ``book`` says who was told already that a call rings him. ``region`` (ISO 3166) reads national spellings of numbers
    that trunks hand over.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        clock: Clock,
        *,
        staff: Staff,
        callers: Callers,
        gate: Gate,
        followers: Sequence[CallFollower] = (),
        book: RingBook | None = None,
        region: str = "RU",
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._staff = staff
        self._callers = callers
        self._gate = gate
        self._followers = tuple(followers)
        self._book = book or RingBook()
        self._region = region

    async def report(self, calls: tuple[CallState, ...]) -> None:
        """Write the present state of every call that changed. Publishes what changed after the commit."""
        states = folded(calls)
        if not states:
            return
        # before the first wait: what the bell says from now on is said of later states
        told = {state.call_id: self._book.told(state.call_id) for state in states}
        async with self._uow.write(brief=True) as work:
            batch = await Batch.load(work.session, states, self._staff)
            changes = [batch.apply(state, self._region, told[state.call_id]) for state in states]
            changed = [change for change in changes if change is not None]
            with work.session.no_autoflush:  # what is found goes into the rows before they are written
                await self._recognise(work.session, changed)
                await self._settle(work, changed)
                await batch.number()
            await work.session.flush()
            for row, before in batch.buried:
                await self._account(work, row, before)
            await self._tell(work, changed, batch.users)
        for state, change in zip(states, changes, strict=True):
            after = change.after if change is not None else state
            self._book.written(state, told[state.call_id], ringing_users(after, batch.users))

    async def live_calls(self, server: str) -> tuple[CallState, ...]:
        """Calls of that exchange that the log believes to go on. Orders that no channel was seen of are not among
        them."""
        async with self._uow.read() as session:
            statement = (
                select(Call)
                .where(Call.server == server, Call.ended_at.is_(None), Call.merged_into.is_(None))
                .options(selectinload(Call.legs), selectinload(Call.links))
            )
            rows = (await session.scalars(statement)).all()
            return tuple(as_state(row) for row in rows if row.legs)

    async def _recognise(self, session: AsyncSession, changed: Sequence[Change]) -> None:
        """Find the party and case of calls that are new, all numbers in one look-up."""
        unknown = [change.row for change in changed if change.before is None and change.row.party_id is None]
        phones = {row.phone for row in unknown if row.phone and row.direction != Direction.INTERNAL}
        if not phones:
            return
        matches = await self._callers.match(session, phones)
        for row in unknown:
            match = matches.get(row.phone or "")
            if match is not None:
                row.party_id, row.case_id = match.party_id, match.case_id

    async def _settle(self, work: Work, changed: Sequence[Change]) -> None:
        """What an end brings: the result of silence, the demand for a result, wrap-up, and the attempt's account."""
        for change in changed:
            if not change.difference.ended:
                continue
            row, after = change.row, change.after
            if row.result_by is None:  # an end that was taken for one too early may have left a result
                row.result_code = result_of_silence(after)
                row.result_at = after.ended_at if row.result_code else None
            wanted = row.direction != Direction.INTERNAL and is_contact(after) and row.user_id is not None
            row.needs_result = wanted and row.result_code is None
            row.wrap_started_at = after.ended_at if row.needs_result else None
            await self._account(work, row, after)

    async def _account(self, work: Work, row: Call, state: CallState) -> None:
        """What the call was to the law: an attempt once anything rang at the customer's side."""
        if row.attempt_id is None:
            return
        if reached_customer(state):
            await self._gate.settle(work, row.attempt_id, connected=was_answered(state), right_party=None)
        else:
            await self._gate.release(work, row.attempt_id)

    async def _tell(self, work: Work, changed: Sequence[Change], users: Users) -> None:
        now = self._clock.now()
        news = [news_of(change, users, now) for change in changed]
        for follower in self._followers:
            await follower.followed(work, news)
        ringing = {change.row.id for change in changed if offered(change)}
        offers = await offers_of(work.session, ringing) if ringing else {}
        for change in changed:
            work.emit(*events_of(change, users, offers.get(change.row.id), now))
