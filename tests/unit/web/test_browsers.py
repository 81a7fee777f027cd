"""Sessions are told apart by words a person knows."""

import pytest

from core.kernel.i18n import Message
from web.pages.browsers import browser

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (f"{WINDOWS} Chrome/150.0.0.0 Safari/537.36", "Chrome, Windows"),
        (f"{WINDOWS} Chrome/150.0.0.0 Safari/537.36 Edg/150.0", "Edge, Windows"),
        (f"{WINDOWS} Chrome/150.0.0.0 YaBrowser/26.9 Safari/537.36", "Yandex Browser, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
    ],
)
def test_browsers_read_as_people_call_them(sent: str, shown: str) -> None:
    assert browser(sent) == shown


def test_a_browser_that_says_nothing() -> None:
    assert isinstance(browser(""), Message)
