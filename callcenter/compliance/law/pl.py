"""Poland, and with it the GDPR: no statute counts calls, so the trade's good practices set the hours."""

from callcenter.compliance.law.blocks import blocks
from callcenter.compliance.law.days import Calendar, Easter
from callcenter.compliance.law.soft import unanswered_caps
from callcenter.compliance.law.terms import BlockKind, Channel, Hours, Jurisdiction, Opening, Profile

CALENDAR = Calendar(
    clause="Act of 18.01.1951 on days off work",
    fixed=frozenset(
        {(1, 1), (1, 6), (5, 1), (5, 3), (8, 15), (11, 1), (11, 11), (12, 24), (12, 25), (12, 26)},
    ),
    easter=Easter.WESTERN,
    after_easter=frozenset({0, 1, 49, 60}),
)

PROFILE = Profile(
    jurisdiction=Jurisdiction.PL,
    country="PL",
    listening="GDPR art. 5(1)(b): personal data are heard for a stated purpose",
    calendar=CALENDAR,
    hours=(
        Hours(
            id="pl.hours",
            clause="KPF Principles of Good Practice (older text): weekends only where there is no other chance",
            confirmed=False,
            channels=frozenset({Channel.CALL, Channel.VISIT}),
            working=Opening(6 * 60, 22 * 60),
            weekend=Opening(8 * 60, 20 * 60),
            holiday=Opening(8 * 60, 20 * 60),
        ),
    ),
    limits=unanswered_caps("pl"),
    blocks=blocks(
        "pl",
        {
            BlockKind.THIRD_PARTY: ("ZPF Good Practices § 53", True),
            BlockKind.CONSENT_REVOKED: ("GDPR art. 7(3) and 21", False),
            BlockKind.CONSENT_REFUSED: ("GDPR art. 6 and 21", False),
        },
    ),
)
