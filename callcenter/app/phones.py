"""Collectors' telephones, as the user directory has them."""

from sqlalchemy import select

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
