"""What is refused about reports that are mailed."""

from core.kernel.errors import NotFound
from core.kernel.i18n import mark


class ScheduleNotFound(NotFound):
    """No such schedule in reach."""

    code = "report_schedule_not_found"


class SavedReportGone(NotFound):
    """The saved report was forgotten, or is somebody else's and not shared."""

    code = "saved_report_gone"
    text = mark("There is no such saved report.")
