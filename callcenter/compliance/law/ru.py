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
    clause="Labour Code art. 112; Government decrees 1335 of 04.10.2024 and 1466 of 24.09.2025",
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


def _calls(name: str, window: Window, maximum: int, letter: str) -> Limit:
    return Limit(
        id=f"ru.calls.{name}",
        clause=f"230-FZ art. 7 part 3 item 3 ({letter})",
        confirmed=True,
        channels=frozenset({Channel.CALL}),
        window=window,
        maximum=maximum,
        counts=Counts.CONVERSATION,
    )


def _messages(name: str, window: Window, maximum: int, letter: str) -> Limit:
    return Limit(
        id=f"ru.messages.{name}",
        clause=f"230-FZ art. 7 part 5 item 2 ({letter})",
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
            clause="230-FZ art. 7 part 3 item 1 and part 5 item 1",
            confirmed=True,
            channels=DIRECT,
            working=Opening(8 * 60, 22 * 60),
            weekend=Opening(9 * 60, 20 * 60),
            holiday=Opening(9 * 60, 20 * 60),
        ),
    ),
    limits=(
        _calls("day", PER_DAY, 1, "a"),
        _calls("week", PER_WEEK, 2, "b"),
        _calls("month", PER_MONTH, 8, "c"),
        _messages("day", PER_DAY, 2, "a"),
        _messages("week", PER_WEEK, 4, "b"),
        _messages("month", PER_MONTH, 16, "c"),
        Limit(
            id="ru.visits.week",
            clause="230-FZ art. 7 part 3 item 2",
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
            BlockKind.BANKRUPT: ("230-FZ art. 7 part 1", True),
            BlockKind.INCAPABLE: ("230-FZ art. 7 part 1", True),
            BlockKind.HOSPITAL: ("230-FZ art. 7 part 1", True),
            BlockKind.DISABLED_GROUP_1: ("230-FZ art. 7 part 1", True),
            BlockKind.MINOR: ("230-FZ art. 7 part 1", True),
            BlockKind.REFUSED_CONTACT: ("230-FZ art. 8", False),
            BlockKind.REPRESENTED: ("230-FZ art. 8", False),
            BlockKind.THIRD_PARTY: ("230-FZ art. 4 part 5", False),
        },
    ),
)
