"""What happened to campaigns."""

from dataclasses import dataclass

from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignChanged(Event):
    """It was set up anew, started, paused, ended or filled."""

    campaign_id: int
