"""Recordings of the house's own: kept by menus, played by campaigns too."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.campaigns.messages import OWN, SOUNDS, own_name
from callcenter.campaigns.model import Campaign, CampaignState
from callcenter.ivr.flow import Prompt
from callcenter.ivr.model import IvrSound
from callcenter.ivr.ports import Voice
from callcenter.ivr.walk import Line

_ANY = "en"


class OwnRecordings:
    """Implements ``callcenter.campaigns.ports.Recordings``."""

    async def known(self, session: AsyncSession, names: Collection[str]) -> Collection[str]:
        return set(await session.scalars(select(IvrSound.name).where(IvrSound.name.in_(names))))


class CampaignSounds:
    """Implements ``callcenter.ivr.ports.Players``: the campaigns that are not over."""

    async def play(self, session: AsyncSession, name: str) -> bool:
        sound = f"{OWN}{name}"
        named: list[ColumnElement[bool]] = [getattr(Campaign, field) == sound for field in SOUNDS]
        going = select(Campaign.id).where(Campaign.state != CampaignState.ENDED, or_(*named)).limit(1)
        return await session.scalar(going) is not None


async def at_hand(voice: Voice, sounds: Collection[str]) -> None:
    """Have the own recordings among these sounds where the exchanges find them. Raises ``NoSuchSound``."""
    names = filter(None, map(own_name, sounds))
    await voice.say([Line(_ANY, Prompt(sounds={_ANY: name})) for name in names])
