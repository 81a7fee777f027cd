"""Planning callbacks, taking them, and what calls do to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.access import callback_for
from callcenter.callbacks.calls import concerned, is_about, is_dialled_by, is_spoken_of, open_for
from callcenter.callbacks.errors import BadCallbackPhone, BadWindow, CallbackTaken
from callcenter.callbacks.model import OPEN, Callback, CallbackState, Origin
from callcenter.callbacks.ports import CallNews, Dialler, DialRefused, Law
from callcenter.callbacks.queries import debtor_zone
from callcenter.callbacks.rights import EDIT
from callcenter.callbacks.rules import Patience, Window, moved, next_try
from callcenter.callbacks.telling import changed, due, shifted
from core.audit.service import record
from core.cases.model import Case
from core.kernel.access import PROGRAM, Actor
from core.kernel.clock import Clock
from core.kernel.errors import DomainError
from core.kernel.i18n import mark
from core.kernel.phones import normalise
from core.kernel.uow import UnitOfWork, Work


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A callback to be. Times are aware UTC; ``zone`` None: the debtor's as far as known."""

    phone: str
    start: datetime
    end: datetime
    reason: str = ""
    user_id: int | None = None
    unit_id: int | None = None
    skill: str | None = None
    party_id: int | None = None
    case_id: int | None = None
    zone: str | None = None
    automatic: bool = False
    origin: Origin = Origin.AGREED
    source_call_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CallWithMessage:
    """A call in which nobody talked and the caller left a message; ``user_id`` and ``unit_id`` are whose debtor he
    is."""

    call_id: int
    phone: str
    party_id: int | None
    case_id: int | None
    user_id: int | None
    unit_id: int | None


class CallbackService:
    """Use cases of callbacks; also a follower of the call log, within its transactions."""

    def __init__(
        self,
        uow: UnitOfWork,
        clock: Clock,
        *,
        dialler: Dialler,
        law: Law,
        patience: Patience | None = None,
        region: str = "RU",
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._dialler = dialler
        self._law = law
        self.patience = patience or Patience()
        self._region = region

    async def plan(self, actor: Actor, plan: Plan) -> int:
        """Plan a callback; its id. Raises ``BadWindow``, ``BadCallbackPhone``."""
        actor.require(EDIT)
        async with self._uow.write() as work:
            return await self.add(work, actor, plan)

    async def add(self, work: Work, actor: Actor, plan: Plan) -> int:
        """Plan within the caller's transaction; its id. A time the law forbids is moved to the next lawful one."""
        return (await self._add(work, actor, plan)).id

    async def owed_for(self, work: Work, call: CallWithMessage) -> int:
        """Somebody left word instead of a talk: the callback that is open for him, else a new one as for a missed
        call; its id."""
        known = await open_for(work.session, call.phone, call.party_id)
        if known is not None:
            return known.id
        now = self._clock.now()
        return await self.add(
            work,
            PROGRAM,
            Plan(
                phone=call.phone,
                start=now,
                end=now + self.patience.missed_window,
                user_id=call.user_id,
                unit_id=call.unit_id,
                party_id=call.party_id,
                case_id=call.case_id,
                origin=Origin.VOICEMAIL,
                source_call_id=call.call_id,
            ),
        )

    async def wished(self, work: Work, plan: Plan, *, move: bool) -> Callback:
        """A caller asks to be called: the callback that is open for him, else a new one. One whose time has not come
        is given the time he names now, if ``move``."""
        known = await open_for(work.session, plan.phone, plan.party_id)
        if known is None:
            return await self._add(work, PROGRAM, plan)
        if move and known.state == CallbackState.PLANNED:
            await self._reschedule(work, PROGRAM, known, Window(start=plan.start, end=plan.end))
        return known

    async def _add(self, work: Work, actor: Actor, plan: Plan) -> Callback:
        now = self._clock.now()
        phone = normalise(plan.phone, self._region)
        if phone is None:
            raise BadCallbackPhone
        if plan.end <= max(plan.start, now):
            raise BadWindow
        row = Callback(
            state=CallbackState.PLANNED,
            origin=plan.origin,
            user_id=plan.user_id,
            unit_id=plan.unit_id,
            skill=plan.skill,
            party_id=plan.party_id,
            case_id=plan.case_id,
            phone=phone,
            zone=plan.zone or await debtor_zone(work.session, plan.party_id, phone),
            window_start=plan.start,
            window_end=plan.end,
            reason=plan.reason[:500],
            automatic=plan.automatic,
            attempts=0,
            source_call_id=plan.source_call_id,
            created_by=actor.user_id,
            created_at=now,
        )
        work.session.add(row)
        await work.session.flush()
        lawful = await self.keep_lawful(work, row)
        row.remind_at = row.window_start - self.patience.remind_before
        record(work, actor, "callbacks.planned", ("callback", row.id), {"start": (None, row.window_start)}, at=now)
        work.emit(changed(row, now))
        if lawful and row.window_start <= now:
            self.make_due(work, row, now)
        return row

    def make_due(self, work: Work, row: Callback, now: datetime) -> None:
        """Its time has come, and the law has nothing against it."""
        row.state, row.due_at, row.remind_at = CallbackState.DUE, now, None
        work.emit(due(row, now))

    async def keep_lawful(self, work: Work, row: Callback) -> bool:
        """Move the callback to the next lawful moment when the law forbids its own; whether it stays where it is."""
        at = max(row.window_start, self._clock.now())
        answer = await self._law.may_call(
            work.session, party_id=row.party_id, case_id=row.case_id, phone=row.phone, at=at
        )
        if answer.allowed or answer.next_allowed_at is None or answer.next_allowed_at <= at:
            return True
        self._move(work, row, answer.next_allowed_at, answer.rule)
        work.emit(shifted(row, self._clock.now(), answer.reason))
        return False

    async def reschedule(self, actor: Actor, callback_id: int, start: datetime, end: datetime) -> None:
        """Give it another time. Raises ``CallbackTaken`` while it is being called, or once it is closed."""
        now = self._clock.now()
        if end <= max(start, now):
            raise BadWindow
        async with self._uow.write() as work:
            row = await callback_for(work.session, actor, EDIT, callback_id, lock=True)
            if row.state not in OPEN or row.state == CallbackState.DIALLING:
                raise CallbackTaken
            await self._reschedule(work, actor, row, Window(start=start, end=end))

    async def _reschedule(self, work: Work, actor: Actor, row: Callback, window: Window) -> None:
        now = self._clock.now()
        changes = {"start": (row.window_start, window.start), "end": (row.window_end, window.end)}
        record(work, actor, "callbacks.moved", ("callback", row.id), changes, at=now)
        self._place(row, window)
        row.moved_rule = None
        await self.keep_lawful(work, row)
        work.emit(changed(row, now))

    async def cancel(self, actor: Actor, callback_id: int, reason: str) -> None:
        """Drop it. Raises ``CallbackTaken`` when it is closed already."""
        async with self._uow.write() as work:
            row = await callback_for(work.session, actor, EDIT, callback_id, lock=True)
            if row.state not in OPEN:
                raise CallbackTaken
            self.drop(work, actor, [row], reason)

    def drop(self, work: Work, actor: Actor, rows: Sequence[Callback], reason: str) -> None:
        """Drop callbacks that nobody needs any more, within the caller's transaction, who holds their rows."""
        now = self._clock.now()
        for row in rows:
            record(work, actor, "callbacks.cancelled", ("callback", row.id), {"reason": (None, reason)}, at=now)
            self._close(work, row, CallbackState.CANCELLED, reason)

    async def take(self, actor: Actor, callback_id: int) -> int:
        """Call now, from the actor's phone; the call's id. It is the actor's from then on.

        Raises ``CallbackTaken`` when somebody else was faster, and what dialling refuses: then it is whose it was. When
        the law refuses, the callback is moved to the next lawful moment first.
        """
        async with self._uow.write() as work:
            row = await callback_for(work.session, actor, EDIT, callback_id)
            owner = row.user_id
            claimed = await self.claim(
                work, row, Callback.state.in_((*_TAKEABLE, CallbackState.PLANNED)), actor.user_id
            )
        if claimed is None:
            raise CallbackTaken
        try:
            return await self.call(actor, claimed, owner)
        except DialRefused as refused:
            raise refused.error from refused

    async def claim(self, work: Work, row: Callback, condition: ColumnElement[bool], user_id: int) -> Callback | None:
        """Make the callback the user's and start calling, if ``condition`` still holds: of two only one gets it."""
        statement = (
            update(Callback)
            .where(Callback.id == row.id, condition)
            .values(
                state=CallbackState.DIALLING,
                user_id=user_id,
                dialling_at=self._clock.now(),
                attempts=Callback.attempts + 1,
                call_id=None,
            )
            .returning(Callback)
            .execution_options(populate_existing=True)
        )
        claimed = await work.session.scalar(statement)
        if claimed is not None:
            work.emit(changed(claimed, self._clock.now()))
        return claimed

    async def call(self, actor: Actor, row: Callback, owner: int | None) -> int:
        """Dial a claimed callback; what is refused is the ``owner``'s again."""
        try:
            call_id = await self._dialler.dial(
                actor,
                phone=row.phone,
                case_id=row.case_id,
                party_id=row.party_id,
                key=_key(row),
            )
        except DialRefused as refused:
            await self._give_back(row.id, owner, refused)
            raise
        except DomainError:
            await self._give_back(row.id, owner, None)
            raise
        async with self._uow.write() as work:
            await work.session.execute(_if_dialling(row.id).values(call_id=call_id))
        return call_id

    async def recall(self, row: Callback) -> int | None:
        """The call that a claimed callback was dialled with, noted now if the program died before it could be; None
        when there never was one."""
        call_id = await self._dialler.dialled(row.user_id or 0, key=_key(row))
        if call_id is not None:
            async with self._uow.write() as work:
                unnamed = _if_dialling(row.id).where(Callback.call_id.is_(None), Callback.attempts == row.attempts)
                await work.session.execute(unnamed.values(call_id=call_id))
        return call_id

    async def _give_back(self, callback_id: int, owner: int | None, refused: DialRefused | None) -> None:
        now = self._clock.now()
        async with self._uow.write() as work:
            row = await work.session.get(Callback, callback_id, with_for_update=True)
            if row is None or row.state != CallbackState.DIALLING:
                return
            row.user_id = owner
            if refused is not None and refused.next_allowed_at is not None:
                self._move(work, row, refused.next_allowed_at, refused.rule)
                work.emit(shifted(row, now, refused.error.message))
            else:
                self.reopen(row, now, now + self.patience.retry_after)
            work.emit(changed(row, now))

    def reopen(self, row: Callback, now: datetime, again: datetime | None) -> None:
        """Nobody was reached: it is to be called ``again`` (None: its window is over by then). One that was called
        before its time is called when that comes."""
        if row.window_start > now:
            self._place(row, _window(row))
            return
        row.state = CallbackState.DUE if again is not None else CallbackState.MISSED
        row.due_at, row.next_try_at, row.dialling_at = row.due_at or now, again, None

    async def followed(self, work: Work, news: Sequence[CallNews]) -> None:
        """What calls mean for callbacks: kept, to be tried again, no longer needed, or newly owed."""
        telling = [one for one in news if (one.direction == "outbound" and one.ended) or one.answered or one.missed]
        if not telling:
            return
        known = await concerned(work.session, telling)
        cases = await _whose(work.session, {one.case_id for one in telling if one.missed})
        for one in telling:
            if one.direction == "inbound" and one.answered:
                self._close_for(work, one, known, mark("The debtor called back."), OPEN)
            elif one.direction == "outbound" and one.ended:
                self._after_call(work, one, known)
            elif one.missed and not any(row.state in OPEN and is_about(row, one) for row in known):
                known += await self._owe(work, one, cases)

    def _after_call(self, work: Work, news: CallNews, known: Sequence[Callback]) -> None:
        if news.contact:
            self._close_for(work, news, known, mark("Called."), _TAKEABLE)
            return
        row = next((row for row in known if is_dialled_by(row, news)), None)
        if row is None:
            return
        self.reopen(row, news.at, next_try(news.at, _window(row), self.patience))
        work.emit(changed(row, news.at))

    def _close_for(
        self, work: Work, news: CallNews, known: Sequence[Callback], reason: str, states: Sequence[str]
    ) -> None:
        for row in known:
            if is_dialled_by(row, news) or (row.state in states and is_spoken_of(row, news)):
                row.call_id = news.call_id
                self._close(work, row, CallbackState.DONE, reason)

    async def _owe(self, work: Work, news: CallNews, cases: Mapping[int, Any]) -> list[Callback]:
        """Somebody called and nobody answered: he is called back."""
        if news.phone is None:
            return []
        case = cases.get(news.case_id) if news.case_id is not None else None
        plan = Plan(
            phone=news.phone,
            start=news.at,
            end=news.at + self.patience.missed_window,
            user_id=case.collector_id if case is not None else None,
            unit_id=case.unit_id if case is not None else None,
            party_id=news.party_id,
            case_id=news.case_id,
            origin=Origin.MISSED_CALL,
            source_call_id=news.call_id,
        )
        return [await self._add(work, PROGRAM, plan)]

    def _move(self, work: Work, row: Callback, allowed_from: datetime, rule: str | None) -> None:
        self._place(row, moved(_window(row), allowed_from))
        row.moved_rule = rule

    def _place(self, row: Callback, window: Window) -> None:
        row.window_start, row.window_end = window.start, window.end
        row.state = CallbackState.PLANNED
        row.remind_at = window.start - self.patience.remind_before
        row.due_at = row.next_try_at = row.dialling_at = row.escalated_at = None

    def _close(self, work: Work, row: Callback, state: CallbackState, reason: str) -> None:
        now = self._clock.now()
        row.state, row.closed_at, row.closed_reason, row.dialling_at = state, now, reason[:200], None
        work.emit(changed(row, now))


def _window(row: Callback) -> Window:
    return Window(start=row.window_start, end=row.window_end)


def _key(row: Callback) -> str:
    """Names the attempt, so that a repetition is the same call."""
    return f"callback:{row.id}:{row.attempts}"


_PLANNED = CallbackState.PLANNED
_TAKEABLE = (CallbackState.DUE, CallbackState.MISSED)


def _if_dialling(callback_id: int) -> Any:
    return update(Callback).where(Callback.id == callback_id, Callback.state == CallbackState.DIALLING)


async def _whose(session: AsyncSession, case_ids: set[int | None]) -> dict[int, Any]:
    """Collector and department of each case."""
    if not case_ids - {None}:
        return {}
    wanted = select(Case.id, Case.collector_id, Case.unit_id).where(Case.id.in_(case_ids - {None}))
    return {row.id: row for row in await session.execute(wanted)}
