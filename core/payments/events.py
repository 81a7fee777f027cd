"""What happened to payments."""

from dataclasses import dataclass
from decimal import Decimal

from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentChanged(Event):
    """There is something new about a payment: registered, settled, withdrawn, reversed or given back."""

    payment_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MoneyCame(Event):
    """Money was settled on a case. ``collector_id`` is who has the case."""

    case_id: int
    case_number: str
    collector_id: int | None
    amount: Decimal
    currency: str
