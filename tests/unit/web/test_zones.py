"""Time zones as their readers call them."""

from zoneinfo import available_timezones

import pytest

from core.kernel.i18n import LANGUAGES
from web.pages.zones import zone, zone_options


@pytest.mark.parametrize(
    ("name", "language", "said"),
    [
        ("Europe/Moscow", "ru", "Москва, UTC+3"),
        ("Europe/Moscow", "pl", "Moskwa, UTC+3"),
        ("Asia/Kolkata", "uk", "Колката, UTC+5:30"),
        ("America/Argentina/Ushuaia", "en", "Argentina/Ushuaia, UTC−3"),
        ("UTC", "ru", "UTC"),
    ],
)
def test_a_zone_is_its_city_and_its_distance(name: str, language: str, said: str) -> None:
    assert zone(name, language) == said


@pytest.mark.parametrize(("language", "city"), [("ru", "Киев"), ("uk", "Київ"), ("pl", "Kijów"), ("en", "Kyiv")])
def test_a_city_that_was_renamed_is_known_by_both_names(language: str, city: str) -> None:
    """The names of cities are kept under the zones' older names, which systems still use."""
    assert {zone(name, language).partition(",")[0] for name in ("Europe/Kyiv", "Europe/Kiev")} == {city}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_zone_is_offered_once_and_can_be_told_from_the_others(language: str) -> None:
    offered = zone_options(language)
    assert len({option.value for option in offered}) == len(offered) == len({str(option.label) for option in offered})
    assert {option.value for option in offered} <= available_timezones()
    assert {"UTC", "Europe/Kyiv", "Europe/Kiev", "Asia/Omsk"} <= {option.value for option in offered}
