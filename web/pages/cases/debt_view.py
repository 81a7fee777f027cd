"""The debt on the case screen as data: what is owed, what was agreed about it, and what was paid.

As in :mod:`web.pages.cases.case_view`, a text is a :class:`~core.kernel.i18n.Message` or plain data.
"""

from dataclasses import dataclass
from datetime import date

from core.kernel.money import Money
from web.pages.listing import Option, State, Text


@dataclass(frozen=True, kw_only=True, slots=True)
class BalancePart:
    """One component of the debt."""

    label: Text
    amount: Money


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """``href`` explains the sum line by line; ``to_resettle``: more was paid on a component than is owed on it."""

    as_of: date
    parts: tuple[BalancePart, ...]
    total: Money
    href: str = ""
    to_resettle: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimLine:
    """``alarm`` stands when the limitation period is near or over."""

    number: str
    title: Text
    open: Money
    age_days: int
    limitation_on: date | None = None
    alarm: State | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PromiseLine:
    """A promise to pay. ``last_day`` is the end of its grace; ``may_cancel`` while it is open."""

    promise_id: int
    due: date
    last_day: date
    amount: Money
    paid: Money
    state: State
    kind: Text
    by: Text = ""
    reason: Text = ""
    may_cancel: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class InstalmentLine:
    n: int
    due: date
    amount: Money
    paid: Money
    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanLine:
    """An instalment plan; ``percent`` of it is paid."""

    plan_id: int
    state: State
    total: Money
    paid: Money
    percent: int
    instalments: tuple[InstalmentLine, ...]
    by: str = ""
    note: str = ""
    reason: Text = ""
    may_cancel: bool = False
    may_decide: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Quick:
    """A value one click or key puts into a field; ``key`` is pressed together with Alt."""

    label: Text
    value: str
    shown: Money | date
    key: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreeing:
    """What the dialogs of promise and plan offer. ``replaces`` is the open promise a new agreement takes the place
    of, ``first_on`` when the first instalment is proposed."""

    sums: tuple[Quick, ...]
    days: tuple[Quick, ...]
    types: tuple[Option, ...] = ()
    rhythms: tuple[Option, ...] = ()
    may_promise: bool = False
    may_plan: bool = False
    replaces: PromiseLine | None = None
    first_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreements:
    """What was agreed on the case, and what can be."""

    promises: tuple[PromiseLine, ...]
    plans: tuple[PlanLine, ...]
    agreeing: Agreeing


@dataclass(frozen=True, kw_only=True, slots=True)
class RepaymentLine:
    """A share of a payment on one component of a claim, and why it went there."""

    claim: str
    component: Text
    amount: Money
    why: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentLine:
    """Money on the case; ``lines`` are empty while it waits to be settled."""

    on: date
    amount: Money
    source: Text
    state: State
    href: str | None = None
    lines: tuple[RepaymentLine, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class MoneyBox:
    """The last payments of a case; ``more`` says that there are others."""

    payments: tuple[PaymentLine, ...] = ()
    more: bool = False
    may_see_all: bool = False
    may_register: bool = False
    may_take_cash: bool = False
