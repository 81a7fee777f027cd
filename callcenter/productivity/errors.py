"""What is refused about reports that are mailed and about shifts."""

from core.kernel.errors import Conflict, NotFound
from core.kernel.i18n import mark


class ScheduleNotFound(NotFound):
    """No such schedule in reach."""

    code = "report_schedule_not_found"


class ShiftsCollide(Conflict):
    """A copied shift would run into another one."""

    code = "shifts_collide"
    text = mark(
        "{name} would have two shifts at once on {day}. Change one of them, then copy the week; nothing was copied."
    )


class SavedReportGone(NotFound):
    """The saved report was forgotten, or is somebody else's and not shared."""

    code = "saved_report_gone"
    text = mark("There is no such saved report.")
