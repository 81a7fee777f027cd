"""What contact law needs to know from the rooms of parties and cases."""

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.compliance.facts import ContactFacts


class FactsSource(Protocol):
    """Reads, within the caller's transaction, what is known of a debtor, his case and the phone to be used."""

    async def facts_for(self, session: AsyncSession, party_id: int, case_id: int, phone: str | None) -> ContactFacts:
        """The facts; raises ``NotFound`` when the party or the case does not exist."""
