"""What happened to people, for those who keep something by user: live sockets, phone provisioning."""

from dataclasses import dataclass

from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class UserChanged(Event):
    """A user was added or altered; the phone directory may have to follow."""

    user_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessEnded(Event):
    """Sessions of a user ended; open websockets must be closed. ``session_id`` None means all of them."""

    user_id: int
    session_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RightsChanged(Event):
    """Roles, profiles or units changed: what anybody may see has to be asked again."""
