"""Ukraine: article 25 of Law 1734-VIII "On consumer credit" as amended by 1349-IX, in force since 14.07.2021.

The law speaks of interactions on the creditor's own initiative, whatever the channel. Days of rest by articles 67 and
73 of the Labour Code; martial law suspends them as days off, the strict reading keeps them closed for contact.
"""

from callcenter.compliance.law.blocks import blocks
from callcenter.compliance.law.days import Calendar, Easter
from callcenter.compliance.law.soft import unanswered_caps
from callcenter.compliance.law.terms import (
    DIRECT,
    PER_DAY,
    BlockKind,
    Counts,
    Hours,
    Jurisdiction,
    Limit,
    Opening,
    Profile,
)

_CLAUSE = "ст. 25 Закону України «Про споживче кредитування» № 1734-VIII"

CALENDAR = Calendar(
    clause="ст. 67, 73 КЗпП України",
    fixed=frozenset(
        {(1, 1), (3, 8), (5, 1), (5, 8), (6, 28), (7, 15), (8, 24), (10, 1), (12, 25)},
    ),
    easter=Easter.ORTHODOX,
    after_easter=frozenset({0, 49}),
    moves=True,
)

PROFILE = Profile(
    jurisdiction=Jurisdiction.UA,
    country="UA",
    calendar=CALENDAR,
    hours=(
        Hours(
            id="ua.hours",
            clause=_CLAUSE,
            confirmed=True,
            channels=DIRECT,
            working=Opening(9 * 60, 20 * 60),
            weekend=None,
            holiday=None,
        ),
    ),
    limits=(
        Limit(
            id="ua.interactions.day",
            clause=_CLAUSE,
            confirmed=True,
            channels=DIRECT,
            window=PER_DAY,
            maximum=2,
            counts=Counts.CONVERSATION,
        ),
        *unanswered_caps("ua"),
    ),
    blocks=blocks(
        "ua",
        {
            BlockKind.THIRD_PARTY: (_CLAUSE, True),
            BlockKind.CONSENT_REFUSED: (_CLAUSE, True),
            BlockKind.CONSENT_REVOKED: (_CLAUSE, True),
            BlockKind.REPRESENTED: (_CLAUSE, False),
        },
    ),
)
