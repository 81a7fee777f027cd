"""What is refused about messages."""

from core.kernel.errors import NotFound


class NoSuchMessage(NotFound):
    """No message of that id in reach."""

    code = "message_not_found"
