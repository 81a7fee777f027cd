"""How the browser of a session reads: its name and system instead of the line it sends about itself."""

from core.kernel.i18n import msg
from web.pages.listing import Text

#: Marks of a user agent, the more particular first: every Edge and Opera calls itself Chrome too, every Chrome Safari.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("YaBrowser/", "Yandex Browser"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser(user_agent: str) -> Text:
    """``Chrome, Windows``; what names neither is a program and stays as it is."""
    name = next((word for mark, word in _BROWSERS if mark in user_agent), None)
    system = next((word for mark, word in _SYSTEMS if mark in user_agent), None)
    return ", ".join(word for word in (name, system) if word) or user_agent or msg("not told")
