"""Preview campaigns: a case lies on one collector's screen before he rings it, or passes it on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.errors import EntryTaken, NotNow
from callcenter.campaigns.floor import staff_of
from callcenter.campaigns.model import Campaign, CampaignEntry, CampaignState, EntryState, Mode, Passed
from callcenter.campaigns.ports import Lines
from callcenter.campaigns.reserving import LOOKS, For, Reserving, Waiting, put_off
from callcenter.campaigns.rights import WORK
from core.audit.service import record
from core.cases.model import Case
from core.cases.ports import ContactLaw
from core.cases.queries.zones import debtor_zones
from core.cases.service.access import let_in
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.uow import UnitOfWork, Work
from core.people.model import User

#: How long a case stays with the collector it is shown to, and how long it rests when he passes it on.
_SHOWN_FOR, _PASSED_FOR = timedelta(minutes=10), timedelta(minutes=30)
#: Why an entry waits that contact law keeps from being shown.
FORBIDDEN = "law"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A case of a preview campaign as it is shown before it is rung. ``reason`` is what its last attempt came to, or
    why it was not rung when its turn came last."""

    entry_id: int
    case_id: int
    campaign: str
    attempts: int
    last_at: datetime | None
    reason: str
    countdown_seconds: int


class Preview:
    """Use cases of a collector who works through preview campaigns."""

    def __init__(self, uow: UnitOfWork, clock: Clock, reserving: Reserving, *, lines: Lines, law: ContactLaw) -> None:
        self._uow = uow
        self._clock = clock
        self._reserving = reserving
        self._lines = lines
        self._law = law

    async def show(self, actor: Actor) -> Shown | None:
        """The next case of the actor's preview campaigns, his until he dials or time runs out; None when there is
        none. Asked again, he is shown the same."""
        actor.require(WORK)
        for _ in range(LOOKS):
            async with self._uow.write() as work:
                found, more = await self._look(work, actor.user_id)
            if found is not None or not more:
                return found
        return None

    async def _look(self, work: Work, user_id: int) -> tuple[Shown | None, bool]:
        """The case that is before the collector or comes before him now; else whether there may be one yet."""
        await work.session.execute(_one_after_the_other(user_id))
        mine = select(CampaignEntry, Campaign).join(Campaign, Campaign.id == CampaignEntry.campaign_id)
        held = (
            CampaignEntry.state == EntryState.SHOWN,
            CampaignEntry.user_id == user_id,
            Campaign.state == CampaignState.RUNNING,
        )
        if (row := (await work.session.execute(mine.where(*held).limit(1))).first()) is not None:
            return _shown(row.CampaignEntry, row.Campaign), False
        more = False
        for campaign in await _previews(work.session, user_id):
            found, put_off_some = await self._put_before(work, user_id, campaign)
            if found is not None:
                return found, False
            more = more or put_off_some
        return None, more

    async def _put_before(self, work: Work, user_id: int, campaign: Campaign) -> tuple[Shown | None, bool]:
        """Put the first of the next entries that may be rung before the collector; else whether some were put off. The
        law is asked once more when he rings it: nothing is reserved yet."""
        now, put_off_some = self._clock.now(), False
        for one in await self._reserving.candidates(work.session, campaign):
            if not await self._reserving.hold(work, one):
                continue
            later = await self._reserving.not_now(work.session, campaign, one)
            if later is not None:
                put_off(one.entry, later[0], later[1], now)
                put_off_some = True
                continue
            leave = (await self._law.leave(work.session, [one.case.id]))[one.case.id]
            if not leave.allowed:
                put_off(one.entry, leave.next_at, FORBIDDEN, now)
                put_off_some = True
                continue
            one.entry.state, one.entry.user_id, one.entry.next_at = EntryState.SHOWN, user_id, now + _SHOWN_FOR
            await let_in(work, {(one.case.id, user_id): now + _SHOWN_FOR})
            return _shown(one.entry, campaign), False
        return None, put_off_some

    async def dial(self, actor: Actor, entry_id: int) -> int:
        """Ring the case shown to the actor from his own phone; the call's id. Raises ``EntryTaken``, ``NotNow`` (the
        entry then waits until it may be rung), that he has no phone, and what the exchange refuses."""
        actor.require(WORK)
        async with self._uow.write() as work:
            one, campaign = await self._mine(work, actor, entry_id)
            endpoint = await self._lines.phone_of(work.session, actor.user_id)
            whom = For(campaign=campaign, actor=actor, user_id=actor.user_id, own=True)
            wanted, leave = await self._reserving.reserve(work, whom, one)
            if wanted is not None and leave.call_id is not None:
                self._reserving.write(work, whom, one, wanted, leave.call_id)
            elif one.entry.state == EntryState.SHOWN:
                one.entry.state, one.entry.user_id = EntryState.WAITING, None
        if wanted is None or leave.call_id is None:
            raise NotNow
        await self._lines.ring(leave.call_id, endpoint, wanted.phone, leave.show_number)
        return leave.call_id

    async def pass_on(self, actor: Actor, entry_id: int, reason: Passed) -> None:
        """Give the case shown back; it comes again later, to whoever is free. Raises ``EntryTaken``."""
        actor.require(WORK)
        async with self._uow.write() as work:
            one, campaign = await self._mine(work, actor, entry_id)
            now = self._clock.now()
            one.entry.state, one.entry.user_id = EntryState.WAITING, None
            one.entry.next_at, one.entry.reason = now + _PASSED_FOR, reason
            changes = {"reason": (None, reason.value), "campaign": (None, campaign.name)}
            record(work, actor, "campaigns.passed", ("case", one.case.id), changes, at=now)

    async def give_back(self) -> int:
        """Put back what was shown to somebody who did nothing about it; how many. For a ticker."""
        now = self._clock.now()
        late = (
            update(CampaignEntry)
            .where(CampaignEntry.state == EntryState.SHOWN, CampaignEntry.next_at <= now)
            .values(state=EntryState.WAITING, user_id=None)
            .returning(CampaignEntry.id)
        )
        async with self._uow.write() as work:
            return len((await work.session.scalars(late)).all())

    async def _mine(self, work: Work, actor: Actor, entry_id: int) -> tuple[Waiting, Campaign]:
        """The entry shown to the actor in a campaign that still runs, locked."""
        wanted = (
            select(CampaignEntry, Campaign, Case)
            .join(Campaign, Campaign.id == CampaignEntry.campaign_id)
            .join(Case, Case.id == CampaignEntry.case_id)
            .where(
                CampaignEntry.id == entry_id,
                CampaignEntry.state == EntryState.SHOWN,
                CampaignEntry.user_id == actor.user_id,
                Campaign.state == CampaignState.RUNNING,
            )
            .with_for_update(of=CampaignEntry)
        )
        row = (await work.session.execute(wanted)).first()
        if row is None:
            raise EntryTaken
        zones = await debtor_zones(work.session, [row.Case.debtor_id] if row.Case.debtor_id else [])
        zone = zones.get(row.Case.debtor_id, ZoneInfo("UTC"))
        return Waiting(entry=row.CampaignEntry, case=row.Case, zone=zone), row.Campaign


def _one_after_the_other(user_id: int) -> Select[int]:
    """Locks who asks until the end of the transaction: two tabs of one collector would each be shown another case."""
    return select(User.id).where(User.id == user_id).with_for_update(key_share=True)


async def _previews(session: AsyncSession, user_id: int) -> Sequence[Campaign]:
    """The running preview campaigns in which the user works, by priority."""
    wanted = select(Campaign).where(Campaign.state == CampaignState.RUNNING, Campaign.mode == Mode.PREVIEW)
    found = (await session.scalars(wanted.order_by(Campaign.priority.desc(), Campaign.id))).all()
    staff = await staff_of(session, [one.id for one in found])
    return [one for one in found if user_id in staff[one.id]]


def _shown(entry: CampaignEntry, campaign: Campaign) -> Shown:
    return Shown(
        entry_id=entry.id,
        case_id=entry.case_id,
        campaign=campaign.name,
        attempts=entry.attempts,
        last_at=entry.last_at,
        reason=entry.reason,
        countdown_seconds=campaign.countdown_seconds,
    )
