"""What is refused about states."""

from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import mark


class NoSuchAgent(NotFound):
    """No collector of that id in reach."""

    code = "agent_not_found"


class BadState(Invalid):
    """A state nobody can choose, or a pause without a known reason."""

    code = "bad_state"
    text = mark("Choose available, offline, or a pause with its reason.")


class NoReasonGiven(Invalid):
    """Somebody was sent elsewhere, and not told why."""

    code = "no_reason_given"
    text = mark("Say why: the collector reads it, and it is kept.")
