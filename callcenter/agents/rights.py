"""The rights over collectors' states."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "agents.view"
STATE = "agents.state"
LOG_OUT = "agents.log_out"
DIRECTORY = "agents.directory"

RIGHTS = (
    Right(VIEW, msg("See what collectors are doing")),
    Right(STATE, msg("Choose one's state; of others: send to pause or back to work")),
    Right(LOG_OUT, msg("Sign collectors out")),
    Right(DIRECTORY, msg("Change the reasons for pauses")),
)
