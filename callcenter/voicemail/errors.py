"""What is refused about messages."""

from core.kernel.errors import Conflict, NotFound
from core.kernel.i18n import mark


class NoSuchMessage(NotFound):
    """No message of that id in reach."""

    code = "message_not_found"


class AlreadyOwed(Conflict):
    """Two planned a callback for the same message at once."""

    code = "message_has_callback"
    text = mark("Somebody has just planned a callback for this message. Look at it before you plan another one.")
