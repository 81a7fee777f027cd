"""The rights this room knows. What one may listen to follows the calls one may see by the same right."""

from core.kernel.access import Right
from core.kernel.i18n import msg

LISTEN = "recordings.listen"
DOWNLOAD = "recordings.download"
ANNOTATE = "recordings.annotate"
MODERATE = "recordings.moderate"
PAUSE = "recordings.pause"

RIGHTS = (
    Right(LISTEN, msg("Listen to recordings")),
    Right(DOWNLOAD, msg("Download and export recordings")),
    Right(ANNOTATE, msg("Add bookmarks and comments to recordings")),
    Right(MODERATE, msg("Delete the bookmarks and comments of others")),
    Right(PAUSE, msg("Pause the recording of one's own call")),
)
