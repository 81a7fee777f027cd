"""The time line of a case: two lines of a call tell two things, sums and days are in the reader's words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.cases.model import CaseEvent, EventKind
from core.kernel.i18n import msg
from web.pages.cases.case_screen import timeline_entry
from web.rendering import environment

RESULTS = {"RPC-PTP": msg("Promise to pay")}


def line(language: str, kind: EventKind, data: dict[str, Any], text: str = "") -> tuple[str, str]:
    event = CaseEvent(kind=kind, at=datetime(2026, 11, 12, tzinfo=UTC), text=text, data=data)
    entry = timeline_entry(event, {}, RESULTS)
    t = environment(language).filters["t"]
    return t(entry.title), t(entry.text) if entry.text else ""


@pytest.mark.parametrize(
    ("data", "text", "told"),
    [
        ({"direction": "inbound", "talk_seconds": 0, "contact": False}, "", ("Call", "incoming, no talk")),
        ({"direction": "outbound", "talk_seconds": 94, "contact": True}, "", ("Call", "outgoing, 1:34 of talk")),
        ({"result": "RPC-PTP", "phone": None}, "", ("Result of a call", "Promise to pay")),
        ({"result": "RPC-PTP", "phone": None}, "in May", ("Result of a call", "Promise to pay: in May")),
        ({"result": "OLD", "phone": None}, "in May", ("Result of a call", "OLD: in May")),
    ],
)
def test_what_a_call_was_and_what_it_came_to(data: dict[str, Any], text: str, told: tuple[str, str]) -> None:
    assert line("en", EventKind.CALL, data, text) == told


PROMISE = {"amount": "1500.5000", "currency": "RUB", "due_on": "2026-11-20", "state": "open"}


@pytest.mark.parametrize(
    ("language", "amount", "day"), [("en", "1,500.50 RUB", "Fri 20 Nov 2026"), ("pl", "1 500,50 RUB", "20 lis 2026")]
)
def test_sums_and_days_are_as_the_reader_writes_them(language: str, amount: str, day: str) -> None:
    _, text = line(language, EventKind.PROMISE, PROMISE)
    assert amount in text.replace("\xa0", " ")
    assert day in text
