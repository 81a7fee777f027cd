"""Why a case of a campaign waits or is off the list, in words."""

import pytest

from core.kernel.i18n import Message
from web.pages.floor.campaign_words import reason


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("callback", "a callback is planned"),
        ("RPC-REFUSE", "Refuses to pay"),
        ("ru.hours", "contact law forbids it"),
        ("NA", "No answer"),
    ],
)
def test_a_reason_is_said_in_words(code: str, said: str) -> None:
    told = reason(code)
    assert isinstance(told, Message)
    assert told.msgid == said


def test_an_agencys_own_result_is_read_as_it_was_written() -> None:
    assert reason("OUR-OWN") == "OUR-OWN"
