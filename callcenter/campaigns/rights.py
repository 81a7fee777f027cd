"""The rights over campaigns."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "campaigns.view"
EDIT = "campaigns.edit"
RUN = "campaigns.run"
EXPORT = "campaigns.export"
WORK = "campaigns.work"

RIGHTS = (
    Right(VIEW, msg("See campaigns and their figures")),
    Right(EDIT, msg("Set up campaigns and fill their lists")),
    Right(RUN, msg("Start, pause and end campaigns")),
    Right(EXPORT, msg("Export the lists of campaigns")),
    Right(WORK, msg("Be given the next case of a campaign")),
)
