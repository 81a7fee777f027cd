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
        # in turn: by idle time Asterisk would try every desk phone that is switched off before the first that rings
        data = QueueData(name=name, strategy=Strategy.IN_TURN, service_seconds=2, wrap_up_seconds=0)
        await self._queues.open_for_campaign(work, actor, campaign_id, data, await _levels(work, user_ids))

    async def serve(self, work: Work, actor: Actor, campaign_id: int, user_ids: Collection[int]) -> None:
        await self._queues.serve_campaign(work, actor, campaign_id, await _levels(work, user_ids))

    async def close(self, work: Work, actor: Actor, campaign_id: int) -> None:
        await self._queues.close_for_campaign(work, actor, campaign_id)


async def _levels(work: Work, user_ids: Collection[int]) -> dict[int, int]:
    """Those of them who have a phone, all rung alike."""
    phones = select(User.id).where(User.id.in_(user_ids), User.active, User.extension.is_not(None))
    return dict.fromkeys(await work.session.scalars(phones), 0)
