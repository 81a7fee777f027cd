"""Every route of the web, module by module."""

from starlette.routing import BaseRoute

from web.pages import account, announcements, audit, health, home, login, profiles, roles, tokens, units, users

ROUTES: tuple[BaseRoute, ...] = (
    *home.routes,
    *login.routes,
    *account.routes,
    *users.routes,
    *units.routes,
    *roles.routes,
    *profiles.routes,
    *announcements.routes,
    *tokens.routes,
    *audit.routes,
    *health.routes,
)
