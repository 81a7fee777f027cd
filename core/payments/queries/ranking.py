"""Payments weighed against the cases they may be for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.payments.queries.candidates import candidates
from core.payments.rules.matching import Clues, Match, rank
from core.payments.rules.references import Reference, parts_of, references

#: How many candidates are kept with a payment.
_KEPT = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is known of a payment whose case is sought."""

    amount: Decimal
    currency: str
    purpose: str = ""
    payer_name: str = ""
    payer_account: str = ""
    payer_tax_id: str = ""
    paid_to: str = ""
    case_number: str = ""

    @property
    def clues(self) -> Clues:
        told = references(self.purpose)
        if self.case_number:
            told.append(Reference(parts_of(self.case_number), len(self.case_number), announced=True))
        return Clues(
            amount=self.amount,
            currency=self.currency,
            references=told,
            payer_name=self.payer_name,
            payer_tax_id=self.payer_tax_id,
            virtual="".join(filter(str.isdigit, self.paid_to)),
        )


async def ranking(session: AsyncSession, asked: Sequence[Asked]) -> list[list[Match]]:
    """For each payment its matches, best first."""
    wanted = [(one.clues, one.payer_account) for one in asked]
    found = await candidates(session, wanted)
    return [rank(clues, cases) for (clues, _), cases in zip(wanted, found, strict=True)]


def kept(matches: Sequence[Match]) -> dict[str, Any]:
    """What is kept with a payment of how its case was sought: the best candidates with scores and reasons."""
    return {
        "candidates": [
            {
                "case_id": match.case_id,
                "claim_id": match.claim_id,
                "score": match.score,
                "reasons": [[reason.why, reason.points, reason.value] for reason in match.reasons],
            }
            for match in matches[:_KEPT]
        ]
    }


def candidates_of(match: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What :func:`kept` has kept."""
    return list(match.get("candidates", ()))
