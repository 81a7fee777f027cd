"""What is refused about menus."""

from collections.abc import Sequence

from callcenter.ivr.checking import Fault
from core.kernel.errors import Conflict, DomainError, Invalid, NotFound, Unavailable
from core.kernel.i18n import mark


class NoSuchFlow(NotFound):
    """No menu of that id."""

    code = "menu_not_found"


class FlowFaulty(DomainError):
    """Callers could not walk this menu to an end; ``faults`` say why."""

    code = "menu_faulty"
    text = mark("The menu has faults. Mend them at their steps, then publish it.")

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__()
        self.faults = faults


class FlowInUse(Conflict):
    """Callers hear it."""

    code = "menu_in_use"
    text = mark("Callers hear this menu. Withdraw it first.")


class FlowMoved(Conflict):
    """Somebody else has saved it meanwhile."""

    code = "menu_moved"
    text = mark(
        "Somebody else has saved this menu since you opened it, and nothing of yours is lost: save again to put your"
        " steps in place of theirs, or open the menu anew to see theirs."
    )


class SoundInUse(Conflict):
    """A menu or a campaign plays it."""

    code = "sound_in_use"
    text = mark("A menu or a campaign plays this recording. Choose another one there first.")


class NoSuchSound(NotFound):
    """No recording of that name."""

    code = "sound_not_found"


class BadSound(Invalid):
    """A file that cannot be a prompt."""

    code = "bad_sound"


class SpeechFailed(Unavailable):
    """Nothing could be read out."""

    code = "speech_failed"
    text = mark("The text could not be read out: {reason}")
