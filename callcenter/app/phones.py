"""Collectors' telephones, as the user directory has them."""

from collections.abc import Sequence

from sqlalchemy import select

from callcenter.app.exchanges import Site
from callcenter.calls.ports import PhoneLine
from core.kernel.uow import UnitOfWork
from core.people.model import User
from core.people.service.users import Users
from telephony.provisioning import Phone


async def phones_of(uow: UnitOfWork, users: Users) -> tuple[Phone, ...]:
    """A telephone for every active user with an extension."""
    secrets = await users.sip_secrets()
    async with uow.read() as session:
        rows = await session.scalars(select(User).where(User.extension.in_(secrets)).order_by(User.extension))
        return tuple(
            Phone(extension=user.extension, password=secrets[user.extension], name=user.full_name)
            for user in rows
            if user.extension is not None
        )


class BrowserLines:
    """Implements ``callcenter.calls.ports.PhoneLines``: every browser phone registers at the first exchange."""

    def __init__(self, uow: UnitOfWork, users: Users, sites: Sequence[Site]) -> None:
        self._uow = uow
        self._users = users
        self._site = next((site for site in sites if site.websocket), None)

    async def line(self, user_id: int) -> PhoneLine | None:
        async with self._uow.read() as session:
            user = await session.get(User, user_id)
        secret = await self._users.sip_secret(user_id)
        if self._site is None or self._site.websocket is None or user is None or not user.extension or not secret:
            return None
        return PhoneLine(
            uri=f"sip:{user.extension}@{self._site.domain}",
            password=secret,
            websocket=self._site.websocket,
            display_name=user.full_name,
        )
