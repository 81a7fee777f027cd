"""Russia: Federal Law 230-FZ of 03.07.2016 as in force since 01.09.2025; days of rest by article 112 of the Labour
Code.

"Negotiations by telephone" (телефонные переговоры) are counted as calls that were answered; weeks and months are
those of the calendar, as the bailiff service reads them.
"""

from datetime import date

from callcenter.compliance.law.blocks import blocks
from callcenter.compliance.law.days import Calendar, DayType
from callcenter.compliance.law.soft import unanswered_caps
from callcenter.compliance.law.terms import (
    DIRECT,
    PER_DAY,
    PER_MONTH,
    PER_WEEK,
    BlockKind,
    Channel,
    Counts,
    Hours,
    Jurisdiction,
    Limit,
    Opening,
    Profile,
    Window,
)

_NEW_YEAR = frozenset((1, day) for day in range(1, 9))

CALENDAR = Calendar(
    clause="ст. 112 ТК РФ; постановления Правительства РФ от 04.10.2024 № 1335 и от 24.09.2025 № 1466",
    fixed=_NEW_YEAR | {(2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)},
    moves=True,
    stay=_NEW_YEAR,
    settled=frozenset({2025, 2026}),
    confirmed=frozenset({2026}),
    days={
        date(2025, 5, 2): DayType.WEEKEND,
        date(2025, 5, 8): DayType.WEEKEND,
        date(2025, 6, 13): DayType.WEEKEND,
        date(2025, 11, 1): DayType.WORKING,
        date(2025, 11, 3): DayType.WEEKEND,
        date(2025, 12, 31): DayType.WEEKEND,
        date(2026, 1, 9): DayType.WEEKEND,
        date(2026, 3, 9): DayType.WEEKEND,
        date(2026, 5, 11): DayType.WEEKEND,
        date(2026, 12, 31): DayType.WEEKEND,
    },
)


_LAW = "Федерального закона от 03.07.2016 № 230-ФЗ"


def _calls(name: str, window: Window, maximum: int, letter: str) -> Limit:
    return Limit(
        id=f"ru.calls.{name}",
        clause=f"подп. «{letter}» п. 3 ч. 3 ст. 7 {_LAW}",
        confirmed=True,
        channels=frozenset({Channel.CALL}),
        window=window,
        maximum=maximum,
        counts=Counts.CONVERSATION,
    )


def _messages(name: str, window: Window, maximum: int, letter: str) -> Limit:
    return Limit(
        id=f"ru.messages.{name}",
        clause=f"подп. «{letter}» п. 2 ч. 5 ст. 7 {_LAW}",
        confirmed=True,
        channels=frozenset({Channel.MESSAGE}),
        window=window,
        maximum=maximum,
        counts=Counts.ATTEMPT,
    )


PROFILE = Profile(
    jurisdiction=Jurisdiction.RU,
    country="RU",
    calendar=CALENDAR,
    hours=(
        Hours(
            id="ru.hours",
            clause=f"п. 1 ч. 3 и п. 1 ч. 5 ст. 7 {_LAW}",
            confirmed=True,
            channels=DIRECT,
            working=Opening(8 * 60, 22 * 60),
            weekend=Opening(9 * 60, 20 * 60),
            holiday=Opening(9 * 60, 20 * 60),
        ),
    ),
    limits=(
        _calls("day", PER_DAY, 1, "а"),
        _calls("week", PER_WEEK, 2, "б"),
        _calls("month", PER_MONTH, 8, "в"),
        _messages("day", PER_DAY, 2, "а"),
        _messages("week", PER_WEEK, 4, "б"),
        _messages("month", PER_MONTH, 16, "в"),
        Limit(
            id="ru.visits.week",
            clause=f"п. 2 ч. 3 ст. 7 {_LAW}",
            confirmed=True,
            channels=frozenset({Channel.VISIT}),
            window=PER_WEEK,
            maximum=1,
            counts=Counts.ATTEMPT,
        ),
        *unanswered_caps("ru"),
    ),
    blocks=blocks(
        "ru",
        {
            BlockKind.BANKRUPT: (f"ч. 1 ст. 7 {_LAW}", True),
            BlockKind.INCAPABLE: (f"ч. 1 ст. 7 {_LAW}", True),
            BlockKind.HOSPITAL: (f"ч. 1 ст. 7 {_LAW}", True),
            BlockKind.DISABLED_GROUP_1: (f"ч. 1 ст. 7 {_LAW}", True),
            BlockKind.MINOR: (f"ч. 1 ст. 7 {_LAW}", True),
            BlockKind.REFUSED_CONTACT: (f"ст. 8 {_LAW}", False),
            BlockKind.REPRESENTED: (f"ст. 8 {_LAW}", False),
            BlockKind.THIRD_PARTY: (f"ч. 5 ст. 4 {_LAW}", False),
        },
    ),
)
