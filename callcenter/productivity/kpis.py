"""The figures people ask for (domain 2.8), as data: what is divided by what, and in which words that is said."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.kernel.i18n import Message, msg

#: A counter's value: whole numbers, and money as it is.
Number = int | Decimal


class Unit(StrEnum):
    """How a figure reads. ``PERCENT`` is of 0 to 1, ``SECONDS`` a duration, ``PER_HOUR`` money for an hour."""

    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "seconds"
    MONEY = "money"
    PER_HOUR = "per_hour"
    RATIO = "ratio"


class Family(StrEnum):
    """What a figure is made of, and so by what it can be asked for: calls by everything, collectors' time by collector
    and team, promises and money by calendar day, cases as they are now."""

    CALLS = "calls"
    TIME = "time"
    DAYS = "days"
    CASES = "cases"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kpi:
    """A figure: the sum of ``over`` counters, divided by the sum of ``under`` where there are any.

    ``scale`` turns stored units into shown ones (milliseconds into seconds). ``counter`` names what the calls behind it
    count for; None where it is not made of calls.
    """

    key: str
    label: Message
    formula: Message
    over: tuple[str, ...]
    under: tuple[str, ...] = ()
    unit: Unit = Unit.COUNT
    families: frozenset[Family] = frozenset({Family.CALLS})
    scale: Decimal = Decimal(1)
    counter: str | None = None
    #: A bigger figure is neither better nor worse (0), better (1) or worse (-1).
    better: int = 0

    @property
    def counters(self) -> tuple[str, ...]:
        return (*self.over, *self.under)


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """A figure with what it was made of; ``value`` None where there is nothing to divide by, or nothing known."""

    over: Number
    under: Number | None
    value: Decimal | None


def value(kpi: Kpi, counters: Mapping[str, Number]) -> Value:
    """The figure of these counters. Nothing divided by nothing is no figure, never 0 %."""
    over = sum((Decimal(counters.get(name, 0)) for name in kpi.over), Decimal(0))
    if not kpi.under:
        return Value(over=over, under=None, value=over * kpi.scale)
    under = sum((Decimal(counters.get(name, 0)) for name in kpi.under), Decimal(0))
    return Value(over=over, under=under, value=over / under * kpi.scale if under else None)


_TIME, _DAYS, _CASES = frozenset({Family.TIME}), frozenset({Family.DAYS}), frozenset({Family.CASES})
_MS = Decimal("0.001")
_BUSY = ("talking_ms", "hold_ms", "wrap_up_ms")
_WORKING = (*_BUSY, "ringing_ms", "available_ms")
_LOGGED = (*_WORKING, "pause_ms")

KPIS: tuple[Kpi, ...] = (
    Kpi(key="calls", label=msg("Calls"), formula=msg("Calls that are over."), over=("calls",), counter="calls"),
    Kpi(key="inbound", label=msg("Calls in"), formula=msg("Incoming calls."), over=("inbound",), counter="inbound"),
    Kpi(
        key="attempts",
        label=msg("Attempts"),
        formula=msg("Outgoing calls, whatever became of them."),
        over=("attempts",),
        counter="attempts",
    ),
    Kpi(
        key="answered",
        label=msg("Answered"),
        formula=msg("Calls in which somebody of the other side talked with a person."),
        over=("answered",),
        counter="answered",
    ),
    Kpi(
        key="contacts",
        label=msg("Contacts"),
        formula=msg("Calls in which somebody was reached: as the result says, and without one when it was answered."),
        over=("contacts",),
        counter="contacts",
    ),
    Kpi(
        key="contact_rate",
        label=msg("Contact rate"),
        formula=msg("Contacts of outgoing calls / attempts."),
        over=("attempt_contacts",),
        under=("attempts",),
        unit=Unit.PERCENT,
        counter="attempt_contacts",
        better=1,
    ),
    Kpi(
        key="right_party",
        label=msg("Right-party contacts"),
        formula=msg("Calls whose result means that the debtor himself was reached."),
        over=("right_party",),
        counter="right_party",
    ),
    Kpi(
        key="rpc_rate",
        label=msg("RPC rate"),
        formula=msg("Right-party contacts of outgoing calls / attempts."),
        over=("attempt_right_party",),
        under=("attempts",),
        unit=Unit.PERCENT,
        counter="attempt_right_party",
        better=1,
    ),
    Kpi(
        key="rpc_share",
        label=msg("RPC of contacts"),
        formula=msg("Right-party contacts / contacts."),
        over=("right_party",),
        under=("contacts",),
        unit=Unit.PERCENT,
        counter="right_party",
        better=1,
    ),
    Kpi(
        key="promises",
        label=msg("Promises"),
        formula=msg("Calls with the result promise or plan."),
        over=("promises",),
        counter="promises",
    ),
    Kpi(
        key="ptp_rate",
        label=msg("Promise rate"),
        formula=msg("Calls with a promise or plan / right-party contacts."),
        over=("promises",),
        under=("right_party",),
        unit=Unit.PERCENT,
        counter="promises",
        better=1,
    ),
    Kpi(
        key="talk",
        label=msg("Talk"),
        formula=msg("Sum of the time the other side talked, without hold."),
        over=("talk_seconds",),
        unit=Unit.SECONDS,
        counter="talk_seconds",
    ),
    Kpi(
        key="aht",
        label=msg("Handling time"),
        formula=msg("(Talk + hold + wrap-up) / answered calls of collectors."),
        over=("handle_seconds",),
        under=("handled",),
        unit=Unit.SECONDS,
        counter="handled",
    ),
    Kpi(
        key="queued",
        label=msg("Waited in a queue"),
        formula=msg("Calls of which it is known since when they waited in a queue."),
        over=("queued",),
        counter="queued",
    ),
    Kpi(
        key="service_level",
        label=msg("Service level"),
        formula=msg(
            "Calls a collector took within the queue's threshold / all calls that waited there. "
            "Who gave up, also within the threshold, counts as not served."
        ),
        over=("in_time",),
        under=("timed",),
        unit=Unit.PERCENT,
        counter="in_time",
        better=1,
    ),
    Kpi(
        key="asa",
        label=msg("Average wait"),
        formula=msg("Time waited until a collector took the call (ASA) / calls taken."),
        over=("wait_seconds",),
        under=("taken",),
        unit=Unit.SECONDS,
        counter="taken",
        better=-1,
    ),
    Kpi(
        key="abandonment",
        label=msg("Abandoned"),
        formula=msg("Calls that ended before a collector took them / all calls that waited in a queue."),
        over=("abandoned",),
        under=("queued",),
        unit=Unit.PERCENT,
        counter="abandoned",
        better=-1,
    ),
    Kpi(
        key="logged",
        label=msg("Logged in"),
        formula=msg("Time in any state but offline."),
        over=_LOGGED,
        unit=Unit.SECONDS,
        families=_TIME,
        scale=_MS,
    ),
    Kpi(
        key="pause",
        label=msg("Pauses"),
        formula=msg("Time on pause, for whatever reason."),
        over=("pause_ms",),
        unit=Unit.SECONDS,
        families=_TIME,
        scale=_MS,
    ),
    Kpi(
        key="occupancy",
        label=msg("Occupancy"),
        formula=msg("(Talk + hold + wrap-up) / (talk + hold + wrap-up + available), by collectors' states."),
        over=_BUSY,
        under=(*_BUSY, "available_ms"),
        unit=Unit.PERCENT,
        families=_TIME,
    ),
    Kpi(
        key="utilisation",
        label=msg("Utilisation"),
        formula=msg("Time ringing, talking, on hold, in wrap-up and available / planned time, breaks included."),
        over=_WORKING,
        under=("planned_ms",),
        unit=Unit.PERCENT,
        families=_TIME,
        better=1,
    ),
    Kpi(
        key="planned",
        label=msg("Planned"),
        formula=msg("Time of the plan of shifts, breaks included, up to now."),
        over=("planned_ms",),
        unit=Unit.SECONDS,
        families=_TIME,
        scale=_MS,
    ),
    Kpi(
        key="adherence",
        label=msg("Adherence"),
        formula=msg(
            "Time in the planned kind of state / planned time. In planned work that is any state but pause and "
            "offline, in a planned break pause or offline."
        ),
        over=("adhered_ms",),
        under=("planned_ms",),
        unit=Unit.PERCENT,
        families=_TIME,
        better=1,
    ),
    Kpi(
        key="kept_number",
        label=msg("Kept, by number"),
        formula=msg("Promises kept / promises that fell due and are decided (kept, partly kept, broken)."),
        over=("due_kept",),
        under=("due_kept", "due_partly", "due_broken"),
        unit=Unit.PERCENT,
        families=_DAYS,
        better=1,
    ),
    Kpi(
        key="kept_value",
        label=msg("Kept, by sum"),
        formula=msg("Sum paid on the promises that fell due and are decided / sum promised by them."),
        over=("due_paid",),
        under=("due_promised",),
        unit=Unit.PERCENT,
        families=_DAYS,
        better=1,
    ),
    Kpi(
        key="collected",
        label=msg("Collected"),
        formula=msg("Repayments by value date, by the collector, team and stage of the case when they were posted."),
        over=("collected",),
        unit=Unit.MONEY,
        families=_DAYS,
    ),
    Kpi(
        key="collected_per_hour",
        label=msg("Collected per hour"),
        formula=msg("Collected / logged-in hours."),
        over=("collected",),
        under=_LOGGED,
        unit=Unit.PER_HOUR,
        families=_TIME | _DAYS,
        scale=Decimal(3_600_000),
        better=1,
    ),
    Kpi(
        key="commission",
        label=msg("Commission"),
        formula=msg("The agency's share of what was collected."),
        over=("commission",),
        unit=Unit.MONEY,
        families=_DAYS,
    ),
    Kpi(
        key="active_cases",
        label=msg("Active cases"),
        formula=msg("Open cases, as they are now."),
        over=("active_cases",),
        families=_CASES,
    ),
    Kpi(
        key="intensity",
        label=msg("Intensity"),
        formula=msg("Attempts / active cases, as they are now."),
        over=("attempts",),
        under=("active_cases",),
        unit=Unit.RATIO,
        families=_CASES | {Family.CALLS},
        counter="attempts",
    ),
    Kpi(
        key="penetration",
        label=msg("Penetration"),
        formula=msg("Cases with at least one attempt / active cases, as they are now."),
        over=("cases_called",),
        under=("active_cases",),
        unit=Unit.PERCENT,
        families=_CASES,
    ),
    Kpi(
        key="recovery",
        label=msg("Recovery rate"),
        formula=msg("Collected / open debt of active cases, as it is now."),
        over=("collected",),
        under=("outstanding",),
        unit=Unit.PERCENT,
        families=_CASES | _DAYS,
        better=1,
    ),
)
BY_KEY: Mapping[str, Kpi] = {kpi.key: kpi for kpi in KPIS}
