"""What happened to payments."""

from dataclasses import dataclass

from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class PaymentChanged(Event):
    """There is something new about a payment: registered, settled, withdrawn, reversed or given back."""

    payment_id: int
