"""The queues of campaigns are queues like others, with members of the campaign's own."""

from collections.abc import Collection

from sqlalchemy import select

from callcenter.queues.model import Strategy
from callcenter.queues.service import QueueData, QueueService
from core.kernel.access import Actor
from core.kernel.uow import Work
from core.people.model import User


class CampaignQueues:
    """Implements ``callcenter.campaigns.ports.Queues``."""

    def __init__(self, queues: QueueService) -> None:
        self._queues = queues

    async def open(self, work: Work, actor: Actor, campaign_id: int, name: str, user_ids: Collection[int]) -> None:
        phones = select(User.id).where(User.id.in_(user_ids), User.active, User.extension.is_not(None))
        levels = dict.fromkeys(await work.session.scalars(phones), 0)
        data = QueueData(name=name, strategy=Strategy.LONGEST_IDLE, service_seconds=2, wrap_up_seconds=0)
        await self._queues.open_for_campaign(work, actor, campaign_id, data, levels)

    async def close(self, work: Work, actor: Actor, campaign_id: int) -> None:
        await self._queues.close_for_campaign(work, actor, campaign_id)
