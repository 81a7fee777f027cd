"""Rights over people."""

from core.kernel.access import Right
from core.kernel.i18n import msg

RIGHTS = (
    Right("users.view", msg("See users")),
    Right("users.edit", msg("Add, change and deactivate users, reset passwords")),
    Right("sessions.kill", msg("See and end the sessions of others")),
    Right("units.edit", msg("Change departments, their heads and deputies")),
    Right("roles.edit", msg("Change roles")),
    Right("profiles.edit", msg("Change profiles and their rights")),
    Right("tokens.edit", msg("Issue and revoke API tokens")),
    Right("announcements.edit", msg("Write announcements")),
    Right("views.share", msg("Share saved views with everybody")),
    Right("api.use", msg("Use the API with a token")),
    Right("settings.edit", msg("Change general settings")),
)
