"""Who works in a campaign, and whose it is."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.model import Campaign, CampaignStaff
from callcenter.campaigns.queries import staff
from callcenter.campaigns.rights import EDIT
from core.kernel.access import Actor
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, msg
from core.kernel.uow import Work
from core.people.access import visible
from core.people.model import Unit, User
from core.people.rules import covers


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """The unit a campaign belongs to (None: to its owner's), and the users and units who work in it."""

    unit_id: int | None = None
    users: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()

    @property
    def all_units(self) -> frozenset[int]:
        return self.units if self.unit_id is None else self.units | {self.unit_id}


async def named_in(session: AsyncSession, row: Campaign) -> Named:
    """Who is named in the campaign now."""
    users, units = await staff(session, row.id)
    return Named(unit_id=row.unit_id, users=frozenset(users), units=frozenset(units))


async def require_reach(work: Work, actor: Actor, wanted: Named, before: Named) -> None:
    """Raise ``Invalid`` for somebody new, or a new unit, whom the actor's right to set up campaigns does not reach."""
    faults: dict[str, Message] = {}
    new = wanted.users - before.users
    mine = visible(select(User.id).where(User.id.in_(new)), actor, EDIT, owner=User.id, unit=User.unit_id)
    if new - set(await work.session.scalars(mine)):
        faults["user"] = msg("Choose one of the list.")
    fresh = wanted.all_units - before.all_units
    there = set(await work.session.scalars(select(Unit.id).where(Unit.id.in_(fresh))))
    out = {one for one in fresh if one not in there or not covers(actor, EDIT, owner_id=None, unit_id=one)}
    if out & wanted.units:
        faults["unit"] = msg("Choose one of the list.")
    if wanted.unit_id in out:
        faults["unit_id"] = msg("Choose one of your departments.")
    if faults:
        raise Invalid(faults)


async def name(work: Work, campaign_id: int, wanted: Named) -> None:
    """Have exactly these users and units work in the campaign."""
    await work.session.execute(delete(CampaignStaff).where(CampaignStaff.campaign_id == campaign_id))
    work.session.add_all(
        [CampaignStaff(campaign_id=campaign_id, user_id=one) for one in sorted(wanted.users)]
        + [CampaignStaff(campaign_id=campaign_id, unit_id=one) for one in sorted(wanted.units)]
    )
    await work.session.flush()
