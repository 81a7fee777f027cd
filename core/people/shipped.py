"""Names of the roles and profiles that the program comes with, by their stable keys."""

from collections.abc import Mapping

from core.kernel.i18n import Message, msg

ROLE_NAMES: Mapping[str, Message] = {
    "administrator": msg("Administrator"),
    "manager": msg("Manager"),
    "supervisor": msg("Supervisor"),
    "collector": msg("Collector"),
    "clerk": msg("Clerk"),
    "accountant": msg("Accountant"),
}
PROFILE_NAMES: Mapping[str, Message] = {
    "everything": msg("Everything"),
    "desk": msg("Own cases and calls"),
    "team": msg("Leading a team"),
    "department": msg("Leading departments"),
    "registry": msg("Cases and registries, without calling"),
    "money": msg("Debts, payments and settlement"),
}
