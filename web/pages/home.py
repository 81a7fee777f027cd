"""My panel: who I am, what is announced, what waits for me."""

import asyncio

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from core.people.model import Role, Unit
from core.people.queries import announcements_for
from web.page import page
from web.pages.shipped_words import named
from web.security import identity, route, signed_in
from web.state import services


async def show(request: Request) -> Response:
    """The page everybody sees first."""
    me, held = identity(request), services(request)
    async with held.uow.read() as session:
        role = await session.get_one(Role, me.user.role_id)
        unit = await session.scalar(select(Unit.name).where(Unit.id == me.user.unit_id))
        announced = await announcements_for(session, me.actor, held.clock.now())
    blocks = await asyncio.gather(*(block(me.actor) for block in held.home))
    context = {
        "user": me.user,
        "role": named(role),
        "unit": unit,
        "announced": announced,
        "tiles": [tile for block in blocks for tile in block],
    }
    return await page(request, "home.html", context)


routes = (route("/", show, policy=signed_in, name="home"),)
