"""The rights of the call log."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "calls.view"
DIAL = "calls.dial"
CONTROL = "calls.control"
RESULT = "calls.result"
EXPORT = "calls.export"
DIRECTORY = "calls.directory"

RIGHTS = (
    Right(VIEW, msg("See the call log")),
    Right(DIAL, msg("Call debtors")),
    Right(CONTROL, msg("Hang up, hold and transfer calls")),
    Right(RESULT, msg("Say how calls went, take notes in them")),
    Right(EXPORT, msg("Export the call log")),
    Right(DIRECTORY, msg("Change result codes and own numbers")),
)
