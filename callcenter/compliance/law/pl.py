"""Poland, and with it the GDPR: no statute counts calls, so the trade's good practices set the hours."""

from callcenter.compliance.law.blocks import blocks
from callcenter.compliance.law.days import Calendar, Easter
from callcenter.compliance.law.soft import unanswered_caps
from callcenter.compliance.law.terms import BlockKind, Channel, Hours, Jurisdiction, Opening, Profile

CALENDAR = Calendar(
    clause="ustawa z 18.01.1951 r. o dniach wolnych od pracy",
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
            clause="Zasady Dobrych Praktyk KPF (starszy tekst): w dni wolne tylko, gdy nie ma innej możliwości",
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
            BlockKind.THIRD_PARTY: ("Zasady Dobrych Praktyk ZPF, § 53", True),
            BlockKind.CONSENT_REVOKED: ("art. 7 ust. 3 i art. 21 RODO", False),
            BlockKind.CONSENT_REFUSED: ("art. 6 i 21 RODO", False),
        },
    ),
)
