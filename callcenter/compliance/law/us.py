"""United States: Regulation F, 12 CFR part 1006.

"Seven consecutive days" are local days of the consumer, and the day of a conversation is the first of its seven
(1006.14(b)(2)). A conversation counts whoever began it; a call the consumer placed is no attempt of ours. Hours know
no holidays there, so the calendar holds none.
"""

from callcenter.compliance.law.blocks import blocks
from callcenter.compliance.law.days import PLAIN_WEEK
from callcenter.compliance.law.terms import (
    BlockKind,
    Channel,
    Counts,
    Hours,
    Jurisdiction,
    Limit,
    Opening,
    Profile,
    Scope,
    rolling,
)

_DAYTIME = Opening(8 * 60, 21 * 60)

PROFILE = Profile(
    jurisdiction=Jurisdiction.US,
    country="US",
    calendar=PLAIN_WEEK,
    hours=(
        Hours(
            id="us.hours",
            clause="12 CFR 1006.6(b)(1)(i)",
            confirmed=True,
            channels=frozenset({Channel.CALL, Channel.MESSAGE, Channel.VISIT}),
            working=_DAYTIME,
            weekend=_DAYTIME,
            holiday=_DAYTIME,
        ),
    ),
    limits=(
        Limit(
            id="us.calls.7_days",
            clause="12 CFR 1006.14(b)(2)(i)(A)",
            confirmed=True,
            channels=frozenset({Channel.CALL}),
            window=rolling(7),
            maximum=7,
            counts=Counts.ATTEMPT,
            scope=Scope.DEBT,
        ),
        Limit(
            id="us.conversation.7_days",
            clause="12 CFR 1006.14(b)(2)(i)(B)",
            confirmed=True,
            channels=frozenset({Channel.CALL}),
            window=rolling(7),
            maximum=1,
            counts=Counts.CONVERSATION,
            scope=Scope.DEBT,
            inbound=True,
        ),
    ),
    blocks=blocks(
        "us",
        {
            BlockKind.REPRESENTED: ("12 CFR 1006.6(b)(2)", False),
            BlockKind.REFUSED_CONTACT: ("12 CFR 1006.6(c)", False),
            BlockKind.THIRD_PARTY: ("12 CFR 1006.6(d)", False),
            BlockKind.DO_NOT_CALL: ("12 CFR 1006.14(h)", False),
            BlockKind.CONSENT_REVOKED: ("47 CFR 64.1200", True),
            BlockKind.CONSENT_REFUSED: ("47 CFR 64.1200", True),
            BlockKind.BANKRUPT: ("11 USC 362", False),
        },
    ),
)
