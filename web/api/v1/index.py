"""All operations of the API, and the document that describes them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from web.api.v1 import (
    agents,
    callbacks,
    calls,
    campaigns,
    cases,
    claims,
    contacts,
    mass,
    menus,
    payments,
    promises,
    recordings,
    tasks,
    voicemail,
    worklists,
)
from web.api.v1.openapi import document
from web.api.v1.operation import BASE, Operation
from web.security import public, route

_MODULES = (
    calls,
    recordings,
    callbacks,
    cases,
    claims,
    worklists,
    tasks,
    mass,
    promises,
    payments,
    contacts,
    agents,
    campaigns,
    menus,
    voicemail,
)

OPERATIONS: tuple[Operation[Any], ...] = tuple(one for module in _MODULES for one in module.OPERATIONS)
_DOCUMENT = document(OPERATIONS)


async def describe(_request: Request) -> Response:
    """What the API can do; no secret, and tools ask for it without a token."""
    return JSONResponse(_DOCUMENT)


routes = [
    route(f"{BASE}/openapi.json", describe, policy=public, name="api.openapi"),
    *(one for module in _MODULES for one in module.routes),
]
