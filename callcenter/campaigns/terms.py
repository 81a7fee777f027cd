"""What the rows of a campaign say, as its rules and the exchange take it."""

from callcenter.campaigns.machines import Machines
from callcenter.campaigns.model import Campaign, CampaignEntry, Mode
from callcenter.campaigns.ports import LineOrder
from callcenter.campaigns.rules import Hours, Patience, Tally


def hours_of(campaign: Campaign) -> Hours:
    opens, closes = campaign.hours
    return Hours(opens=opens, closes=closes, weekdays=frozenset(campaign.weekdays))


def patience_of(campaign: Campaign) -> Patience:
    return Patience(retries=campaign.retries, most_a_day=campaign.most_a_day, most_in_total=campaign.most_in_total)


def tally_of(entry: CampaignEntry) -> Tally | None:
    if entry.counted_on is None:
        return None
    return Tally(total=entry.attempts, today=entry.attempts_today, on=entry.counted_on)


def order_of(campaign: Campaign, call_id: int, phone: str, show_number: str | None) -> LineOrder:
    agentless = campaign.mode == Mode.AGENTLESS
    return LineOrder(
        call_id=call_id,
        phone=phone,
        show_number=show_number,
        queue=campaign.queue,
        ring_seconds=campaign.ring_seconds,
        connect_seconds=campaign.connect_seconds,
        machines=campaign.machines if campaign.machines != Machines.OFF else None,
        machine_message=campaign.machine_message if campaign.machines == Machines.MESSAGE else None,
        message=campaign.message if agentless else None,
        apology=campaign.apology,
        opt_out_key=campaign.opt_out_key if agentless else None,
        talk_key=campaign.talk_key if agentless else None,
        opted_out=campaign.opted_out if agentless and campaign.opt_out_key else None,
    )
