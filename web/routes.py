"""Every route of the web, module by module."""

from starlette.routing import BaseRoute

from web.api.v1 import index as api
from web.live import endpoint as live
from web.pages import (
    account,
    announcements,
    audit,
    blocks,
    callbacks,
    caller,
    calls,
    case_list,
    cases,
    creditors,
    day,
    health,
    home,
    imports,
    law,
    login,
    pauses,
    phone,
    profiles,
    recording_list,
    recordings,
    results,
    roles,
    search,
    tokens,
    units,
    users,
)

_MODULES = (
    home,
    search,
    login,
    account,
    users,
    units,
    roles,
    profiles,
    announcements,
    tokens,
    audit,
    health,
    case_list,
    cases,
    creditors,
    imports,
    calls,
    caller,
    callbacks,
    day,
    phone,
    recording_list,
    recordings,
    blocks,
    law,
    results,
    pauses,
    live,
    api,
)

ROUTES: tuple[BaseRoute, ...] = tuple(route for module in _MODULES for route in module.routes)
