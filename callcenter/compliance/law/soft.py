"""The agency's own cap on calls that nobody answered: no statute counts them, but ringing all day is harassment."""

from callcenter.compliance.law.blocks import HOUSE_CLAUSE
from callcenter.compliance.law.terms import PER_DAY, Channel, Counts, Limit, Scope, Severity

UNANSWERED_PER_DAY = 4


def unanswered_caps(jurisdiction: str, severity: Severity = Severity.DENY) -> tuple[Limit, ...]:
    """At most four unanswered calls a day to a debtor, and to any one phone whoever is called on it."""
    return tuple(
        Limit(
            id=f"{jurisdiction.lower()}.unanswered.{scope}.day",
            clause=HOUSE_CLAUSE,
            confirmed=True,
            channels=frozenset({Channel.CALL}),
            window=PER_DAY,
            maximum=UNANSWERED_PER_DAY,
            counts=Counts.UNANSWERED,
            scope=scope,
            severity=severity,
        )
        for scope in (Scope.DEBTOR, Scope.PHONE)
    )
