"""What the scripts in the browser say. ``base.html`` hands them over as one JSON dictionary; ``i18n.js`` reads it by key.

Placeholders stay as they are: the browser fills them.
"""

from collections.abc import Mapping

from core.kernel.i18n import Message, msg

CLIENT_TEXTS: Mapping[str, Message] = {
    "close": msg("Close"),
}
