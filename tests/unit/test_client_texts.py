"""The browser's dictionary and the browser's scripts agree, key by key."""

import re
from pathlib import Path

from web.pages.client_texts import CLIENT_TEXTS

FRONTEND = Path(__file__).parents[2] / "web" / "frontend"
SCRIPTS = {path: path.read_text(encoding="utf-8") for path in FRONTEND.rglob("*.js")}
SOURCES = "\n".join(SCRIPTS.values())
FAMILIES = {
    "quality_": ("good", "fair", "poor"),
    "alarm_": ("allowance", "limit", "no_phone"),
    "watch_": ("listen", "whisper", "barge"),
}


def keys_used() -> set[str]:
    asked = set(re.findall(r'\bt\(\s*"(\w+)"', SOURCES))
    families = {f"{stem}{end}" for stem, ends in FAMILIES.items() for end in ends if f"`{stem}$" in SOURCES}
    quoted = {key for key in CLIENT_TEXTS if f'"{key}"' in SOURCES}
    return asked | families | quoted


def test_every_text_a_script_asks_for_is_in_the_dictionary() -> None:
    assert keys_used() - CLIENT_TEXTS.keys() == set()


def test_no_text_is_carried_that_no_script_asks_for() -> None:
    assert CLIENT_TEXTS.keys() - keys_used() == set()


def test_scripts_never_turn_data_into_markup() -> None:
    forbidden = re.compile(r"innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function")
    assert [path.name for path, text in SCRIPTS.items() if forbidden.search(text)] == []
