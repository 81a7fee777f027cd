"""What is refused about campaigns."""

from core.kernel.errors import Conflict, NotFound
from core.kernel.i18n import mark


class CampaignNotFound(NotFound):
    """No such campaign in reach."""

    code = "campaign_not_found"


class CampaignMoves(Conflict):
    """The step is not possible from where the campaign stands."""

    code = "campaign_moves"
    text = mark("This campaign is not in a state in which that can be done.")


class NothingToDial(Conflict):
    """A campaign without cases, or without anybody to talk to the debtors."""

    code = "campaign_empty"
    text = mark("A campaign needs cases to ring and, unless it plays a message, collectors to talk to them.")


class EntryTaken(NotFound):
    """Somebody else has the case, or it is not to be rung any more."""

    code = "campaign_entry_taken"
    text = mark("This case of the campaign was taken by somebody else. Ask for the next one.")


class NotNow(Conflict):
    """Contact law, the campaign's hours or a plan to call forbid it at this moment."""

    code = "campaign_not_now"
    text = mark("This case may not be rung now. It will come again when it may; ask for the next one.")
