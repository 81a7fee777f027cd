"""What is refused about queues."""

from core.kernel.errors import Conflict, DomainError, NotFound
from core.kernel.i18n import mark


class NoSuchQueue(NotFound):
    """No queue of that id or code."""

    code = "queue_not_found"


class NoSuchCalendar(NotFound):
    """No calendar of that id."""

    code = "calendar_not_found"


class CalendarNeeded(Conflict):
    """A queue keeps these hours."""

    code = "calendar_needed"
    text = mark("A queue keeps these hours of work. Give it others first.")


class MenuKeepsHours(CalendarNeeded):
    """Menus ask whether somebody is there: without the hours they would take everybody for a caller in time."""

    code = "menu_keeps_hours"
    text = mark("Menus go by these hours of work: {menus}. Give them others first.")


class QueueNeeded(Conflict):
    """The main queue must stay: the exchange takes callers there when nobody else decides."""

    code = "queue_needed"
    text = mark("This queue stays: the exchange takes callers there when the server is away.")


class CampaignNeedsQueue(QueueNeeded):
    """A campaign puts debtors who answered into it."""

    code = "campaign_needs_queue"
    text = mark("A campaign puts debtors into this queue. It goes when the campaign ends.")


class QueueOverflows(QueueNeeded):
    """Another queue hands its callers on to it."""

    code = "queue_overflows"
    text = mark("Callers who waited too long go on to this queue from: {queues}. Send them elsewhere first.")


class MenuNeedsQueue(QueueNeeded):
    """Menus put callers through to it."""

    code = "menu_needs_queue"
    text = mark("Menus put callers through to this queue: {menus}. Lead them elsewhere first.")


class ExchangeRefused(DomainError):
    """The exchange did not take an order about queues, or is away."""

    code = "exchange_refused"
    text = mark("The telephone exchange did not take the change.")
