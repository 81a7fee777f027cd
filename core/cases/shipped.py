"""Names of the stages of work that the program comes with, by their stable keys."""

from collections.abc import Mapping

from core.kernel.i18n import Message, msg

STAGE_NAMES: Mapping[str, Message] = {
    "soft": msg("Soft collection"),
    "hard": msg("Hard collection"),
    "legal": msg("Legal"),
    "enforcement": msg("Enforcement"),
}
