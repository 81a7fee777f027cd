"""What is refused about callbacks."""

from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import mark


class CallbackNotFound(NotFound):
    """No such callback in reach."""

    code = "callback_not_found"


class CallbackTaken(Conflict):
    """Somebody else calls already, or it is closed."""

    code = "callback_taken"
    text = mark("This callback is being called or closed already.")


class BadWindow(Invalid):
    """The window is over, or ends before it begins."""

    code = "bad_window"
    text = mark("Choose a time that is still to come, with its end after its beginning.")


class BadCallbackPhone(Invalid):
    """No number to call."""

    code = "bad_callback_phone"
    text = mark("This is not a telephone number that can be dialled.")
