"""What settling needs from those who follow the money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from core.cases.service.appropriation import Received
from core.kernel.uow import Work


class Appropriation(Protocol):
    """Counts what came on a case for its promises and instalments
    (:func:`core.cases.service.appropriation.appropriate`)."""

    async def __call__(
        self, work: Work, case_id: int, received: Sequence[Received], *, at: datetime, today: date
    ) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Credited:
    """Money came on a case; ``paid_in_full`` says that nothing is open any more."""

    case_id: int
    amount: Decimal
    paid_in_full: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenBack:
    """Money that a settlement had brought on a case is gone again."""

    case_id: int
    settlement_id: int


class AfterMoney(Protocol):
    """Ends planned work that money has made pointless, and has somebody look again where it was taken back; in the same
    transaction. A call under way is not touched."""

    async def money_came(self, work: Work, credited: Sequence[Credited], *, at: datetime) -> None: ...

    async def money_went(self, work: Work, taken: Sequence[TakenBack], *, at: datetime) -> None: ...
