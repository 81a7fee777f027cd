"""What waits for somebody, for the home page and the bell: callbacks, calls without a result, cases, promises,
registries."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.queries import count_due
from callcenter.callbacks.rights import VIEW as CALLBACKS
from callcenter.calls.queries import awaiting_result
from callcenter.calls.rights import RESULT
from core.cases.fields import Asked
from core.cases.queries.agenda import count_waiting
from core.cases.queries.lists import ListQuery, list_cases
from core.cases.queries.worklists import Moment
from core.cases.rights import VIEW as CASES
from core.importing.queries import count_under_way
from core.importing.rights import IMPORT
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork
from core.payments.queries.queue import count_queue
from core.payments.rights import SETTLE
from core.planning.queries import missing_plans
from core.planning.rights import EDIT as PLANS
from web.pages.listing import State, Tone
from web.state import HomeBlock, HomeTile

_DUE = State(word=msg("Callbacks to make now"), icon="bell-ringing", tone=Tone.ACT)
_NO_RESULT = State(word=msg("My calls without a result"), icon="alert-circle", tone=Tone.ALERT)
_NEXT = State(word=msg("My cases for today"), icon="player-track-next", tone=Tone.ACT)
_TASKS = State(word=msg("Tasks to do today"), icon="checkbox", tone=Tone.ACT)
_PROMISES = State(word=msg("Promises due today"), icon="heart-handshake")
_BROKEN = State(word=msg("Promises whose day has passed"), icon="heart-broken", tone=Tone.ALERT)
_IMPORTS = State(word=msg("Registries under way"), icon="file-import")
_QUEUE = State(word=msg("Payments without a case"), icon="help-circle", tone=Tone.ACT)
_PLANS = State(word=msg("Plans of the month still to be set"), icon="target-arrow", tone=Tone.ALERT)


class Waiting:
    """The blocks of the home page, and what the bell counts."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock
        self.blocks: tuple[HomeBlock, ...] = (
            self.calls,
            self.cases,
            self.plans,
            self.imports,
            self.payments,
        )

    async def notices(self, actor: Actor) -> int:
        """How many callbacks are due, and tasks of today."""
        async with self._uow.read() as session:
            due = await count_due(session, actor) if actor.may(CALLBACKS) else 0
            return due + await count_waiting(session, actor, self._tonight(actor))

    def _tonight(self, actor: Actor) -> datetime:
        return Moment(now=self._clock.now(), zone=ZoneInfo(actor.timezone)).tonight

    async def calls(self, actor: Actor) -> tuple[HomeTile, ...]:
        async with self._uow.read() as session:
            due = await count_due(session, actor) if actor.may(CALLBACKS) else 0
            asked = await awaiting_result(session, actor.user_id) if actor.may(RESULT) else []
        return _shown(
            HomeTile(state=_DUE, count=due, href="/callbacks?due=1"),
            HomeTile(state=_NO_RESULT, count=len(asked), href=f"/calls?fate=no_result&owner={actor.user_id}"),
        )

    async def cases(self, actor: Actor) -> tuple[HomeTile, ...]:
        if not actor.may(CASES):
            return ()
        now = self._clock.now()
        today = now.astimezone(ZoneInfo(actor.timezone)).date()
        yesterday = (today - timedelta(days=1)).isoformat()
        async with self._uow.read() as session:
            mine = {"collector": str(actor.user_id), "state": "open"}
            working = await _count(session, actor, mine, "next", high=today.isoformat())
            due = await _count(session, actor, {}, "promise_due", low=today.isoformat(), high=today.isoformat())
            waiting = await count_waiting(session, actor, self._tonight(actor))
            past = await _count(session, actor, {}, "promise_due", high=yesterday)
        days = f"promise_due-from={today}&promise_due-to={today}"
        return _shown(
            HomeTile(state=_TASKS, count=waiting, href="/todo"),
            HomeTile(state=_NEXT, count=working, href=f"/cases?collector={actor.user_id}&state=open&next-to={today}"),
            HomeTile(state=_PROMISES, count=due, href=f"/cases?{days}"),
            HomeTile(state=_BROKEN, count=past, href=f"/cases?promise_due-to={yesterday}"),
        )

    async def plans(self, actor: Actor) -> tuple[HomeTile, ...]:
        """From the first moment of a month on, until all plans are set (C07)."""
        if not actor.may(PLANS):
            return ()
        today = self._clock.now().astimezone(ZoneInfo(actor.timezone)).date()
        async with self._uow.read() as session:
            missing = await missing_plans(session, actor, today)
        return _shown(HomeTile(state=_PLANS, count=len(missing), href="/plan"))

    async def imports(self, actor: Actor) -> tuple[HomeTile, ...]:
        if not actor.may(IMPORT):
            return ()
        async with self._uow.read() as session:
            running = await count_under_way(session, actor)
        return _shown(HomeTile(state=_IMPORTS, count=running, href="/imports"))

    async def payments(self, actor: Actor) -> tuple[HomeTile, ...]:
        if not actor.may(SETTLE):
            return ()
        async with self._uow.read() as session:
            waiting = await count_queue(session, actor)
        return _shown(HomeTile(state=_QUEUE, count=waiting, href="/payments/queue"))


def _shown(*tiles: HomeTile) -> tuple[HomeTile, ...]:
    return tuple(tile for tile in tiles if tile.count)


async def _count(
    session: AsyncSession, actor: Actor, chosen: dict[str, str], field: str, *, low: str = "", high: str = ""
) -> int:
    filters = {key: Asked(values=(value,)) for key, value in chosen.items()}
    query = ListQuery(filters={**filters, field: Asked(low=low, high=high)}, size=1)
    return (await list_cases(session, actor, query)).total
