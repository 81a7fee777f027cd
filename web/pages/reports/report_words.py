"""The words of reports, and reports as they come with the program."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from callcenter.productivity.asking import By
from callcenter.productivity.kpis import Kpi, Unit
from callcenter.productivity.mail_rules import Every
from callcenter.productivity.mailing import BROKEN, NO_ADDRESS, NO_RIGHT
from callcenter.productivity.model import MailState
from core.kernel.i18n import Message, msg
from core.mail.errors import MailNotSet, MailRefused, MailUncertain, MailUnreachable
from web.pages import formats
from web.pages.listing import State, Tone
from web.printing import CannotPrint, PrinterMissing

#: What a breakdown is called in the address, and by people.
BY_NAMES: Mapping[str, By] = {
    "user": By.USER,
    "unit": By.UNIT,
    "creditor": By.CREDITOR,
    "stage": By.STAGE,
    "campaign": By.CAMPAIGN,
    "queue": By.QUEUE,
    "direction": By.DIRECTION,
    "hour": By.HOUR,
    "weekday": By.WEEKDAY,
    "day": By.DAY,
    "week": By.WEEK,
    "month": By.MONTH,
}
BY_LABELS: Mapping[By, Message] = {
    By.USER: msg("Collector"),
    By.UNIT: msg("Team"),
    By.CREDITOR: msg("Creditor"),
    By.STAGE: msg("Stage"),
    By.CAMPAIGN: msg("Campaign"),
    By.QUEUE: msg("Queue"),
    By.DIRECTION: msg("Direction"),
    By.HOUR: msg("Hour"),
    By.WEEKDAY: msg("Day of the week"),
    By.DAY: msg("Day"),
    By.WEEK: msg("Week"),
    By.MONTH: msg("Month"),
}
WEEKDAYS: tuple[Message, ...] = (
    msg("Monday"),
    msg("Tuesday"),
    msg("Wednesday"),
    msg("Thursday"),
    msg("Friday"),
    msg("Saturday"),
    msg("Sunday"),
)
EVERY: Mapping[str, Message] = {
    Every.DAY: msg("Every day"),
    Every.WEEK: msg("Every week"),
    Every.MONTH: msg("Every month"),
}
MAIL_STATES: Mapping[MailState, State] = {
    MailState.WAITING: State(word=msg("Waits"), icon="clock"),
    MailState.SENDING: State(word=msg("Being sent"), icon="mail-forward", tone=Tone.LIVE),
    MailState.SENT: State(word=msg("Sent"), icon="mail-check", tone=Tone.LIVE),
    MailState.FAILED: State(word=msg("Not sent"), icon="mail-x", tone=Tone.LAW),
    MailState.UNCERTAIN: State(word=msg("Not known"), icon="mail-question", tone=Tone.ACT),
}
#: Why a report was not mailed, by the code its row keeps.
MAIL_ERRORS: Mapping[str, Message] = {
    NO_ADDRESS: msg("The reader has no e-mail address."),
    NO_RIGHT: msg("The reader may not have reports any more."),
    BROKEN: msg("The report could not be made."),
    **{error.code: msg(error.text) for error in (MailNotSet, MailUnreachable, MailRefused, MailUncertain)},
    **{error.code: msg(error.text) for error in (CannotPrint, PrinterMissing)},
}
DIRECTIONS: Mapping[str, Message] = {"inbound": msg("Incoming"), "outbound": msg("Outgoing")}
PERIODS: Mapping[str, Message] = {
    "today": msg("Today"),
    "yesterday": msg("Yesterday"),
    "week": msg("This week"),
    "last_week": msg("Last week"),
    "month": msg("This month"),
    "last_month": msg("Last month"),
    "custom": msg("From – to"),
}
COMPARISONS: Mapping[str, Message] = {
    "": msg("nothing"),
    "before": msg("the period before"),
    "year": msg("the same days of last year"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shipped:
    """A report that comes with the program: its breakdown and figures."""

    label: Message
    by: tuple[str, ...]
    figures: tuple[str, ...]


SHIPPED: Mapping[str, Shipped] = {
    "work": Shipped(
        label=msg("Work"),
        by=("user",),
        figures=(
            "attempts",
            "inbound",
            "contacts",
            "contact_rate",
            "right_party",
            "rpc_rate",
            "promises",
            "ptp_rate",
            "talk",
            "aht",
        ),
    ),
    "time": Shipped(
        label=msg("Time"),
        by=("user",),
        figures=("logged", "pause", "occupancy", "utilisation", "planned", "adherence", "talk", "aht"),
    ),
    "service": Shipped(
        label=msg("Service"),
        by=("queue",),
        figures=("inbound", "queued", "service_level", "asa", "abandonment", "aht"),
    ),
    "hours": Shipped(
        label=msg("Hours"),
        by=("hour",),
        figures=("attempts", "inbound", "contact_rate", "right_party", "promises", "occupancy", "service_level"),
    ),
    "money": Shipped(
        label=msg("Money"),
        by=("user",),
        figures=("promises", "kept_number", "kept_value", "collected", "collected_per_hour", "commission", "recovery"),
    ),
    "cases": Shipped(
        label=msg("Cases"),
        by=("stage",),
        figures=("active_cases", "attempts", "intensity", "penetration", "right_party", "promises", "collected"),
    ),
}


def reads(kpi: Kpi, value: Decimal | None, language: str, currency: str) -> str:
    """A figure as people read it; a dash where there is none."""
    if value is None:
        return "–"
    match kpi.unit:
        case Unit.PERCENT:
            return formats.percent(float(value), language)
        case Unit.SECONDS:
            return formats.duration(float(value))
        case Unit.MONEY | Unit.PER_HOUR:
            cents = value.quantize(Decimal("0.01"))
            return formats.amount(cents, currency, language) if currency else formats.number(cents, language)
        case Unit.RATIO:
            return formats.number(value.quantize(Decimal("0.01")), language)
    return formats.number(int(value), language)
