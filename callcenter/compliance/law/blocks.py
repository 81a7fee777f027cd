"""What an agency never does in any country, and how a jurisdiction's own clauses take the place of it."""

from callcenter.compliance.law.terms import ALL_CHANNELS, DIRECT, BlockKind, BlockRule, Channel, Severity
from core.kernel.i18n import mark

_PHONE_ONLY = frozenset({Channel.CALL, Channel.MESSAGE})

_HOUSE: dict[BlockKind, frozenset[Channel]] = {
    BlockKind.DO_NOT_CALL: _PHONE_ONLY,
    BlockKind.CONSENT_REFUSED: DIRECT,
    BlockKind.CONSENT_REVOKED: DIRECT,
    BlockKind.REPRESENTED: DIRECT,
    BlockKind.REFUSED_CONTACT: DIRECT,
    BlockKind.BANKRUPT: DIRECT,
    BlockKind.DECEASED: ALL_CHANNELS,
    BlockKind.MINOR: DIRECT,
    BlockKind.INCAPABLE: DIRECT,
    BlockKind.HOSPITAL: DIRECT,
    BlockKind.DISABLED_GROUP_1: DIRECT,
    BlockKind.INVALID_PHONE: _PHONE_ONLY,
    BlockKind.THIRD_PARTY: _PHONE_ONLY,
    BlockKind.CASE_CLOSED: ALL_CHANNELS,
    BlockKind.CASE_SUSPENDED: DIRECT,
    BlockKind.NOTHING_OWED: DIRECT,
    BlockKind.PAUSE: DIRECT,
}

_WARNING = frozenset({BlockKind.PAUSE})
"""What was agreed in a talk stops machines; a collector with a reason to call is only reminded of it."""

HOUSE_CLAUSE = mark("agency rule")
"""The clause of rules that are the agency's own: no statute, hence nothing to confirm. Clauses of law are cited as
their country cites them."""


def blocks(jurisdiction: str, lawful: dict[BlockKind, tuple[str, bool]]) -> tuple[BlockRule, ...]:
    """One rule for each kind of block: with the clause of ``lawful`` (text, confirmed) where the law of the
    jurisdiction speaks of it, otherwise as the agency's own rule."""
    return tuple(
        BlockRule(
            id=f"{jurisdiction.lower()}.block.{kind}",
            kind=kind,
            channels=channels,
            clause=lawful.get(kind, (HOUSE_CLAUSE, True))[0],
            confirmed=lawful.get(kind, (HOUSE_CLAUSE, True))[1],
            severity=Severity.WARN if kind in _WARNING else Severity.DENY,
        )
        for kind, channels in _HOUSE.items()
    )
