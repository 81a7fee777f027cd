"""API tokens: keys for programs that act as a user."""

from collections.abc import Sequence
from datetime import datetime

from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import UnitOfWork
from core.people import tokens
from core.people.access import rights_of_role
from core.people.model import ApiToken, User
from core.people.rules import covers
from core.people.service.common import NEEDED, forbid_exceeding

_HINT = 10


class Keys:
    """Issuing and revoking API tokens; both need ``tokens.edit``, and reach as far as it."""

    def __init__(self, uow: UnitOfWork, clock: Clock, known: frozenset[str]) -> None:
        self._uow = uow
        self._clock = clock
        self._known = known

    async def issue(
        self, actor: Actor, user_id: int, name: str, scopes: Sequence[str], expires_at: datetime | None = None
    ) -> str:
        """A new token that acts as the user, narrowed to ``scopes`` (rights) and ``api.use``. Shown this once.

        Raises ``NotFound``, ``Invalid``, and ``RightsExceeded`` when the user may more than the actor.
        """
        actor.require("tokens.edit")
        self._check(name, scopes)
        token, now = tokens.fresh(tokens.API_PREFIX), self._clock.now()
        async with self._uow.write() as work:
            user = await work.session.get(User, user_id)
            if user is None or not covers(actor, "tokens.edit", owner_id=user.id, unit_id=user.unit_id):
                raise NotFound
            rights = await rights_of_role(work.session, user.role_id)
            forbid_exceeding({right: rights[right] for right in scopes if right in rights}, actor.rights)
            held = ApiToken(
                user_id=user_id,
                name=name,
                hint=token[:_HINT],
                token_hash=tokens.digest(token),
                scopes=sorted({*scopes, "api.use"}),
                created_at=now,
                expires_at=expires_at,
            )
            work.session.add(held)
            await work.session.flush()
            record(work, actor, "tokens.add", ("token", held.id), {"scopes": (None, held.scopes)}, at=now)
        return token

    async def revoke(self, actor: Actor, token_id: int) -> None:
        """End a token for good. Raises ``NotFound``."""
        now = self._clock.now()
        actor.require("tokens.edit")
        async with self._uow.write() as work:
            held = await work.session.get(ApiToken, token_id, with_for_update=True)
            user = await work.session.get(User, held.user_id) if held else None
            if held is None or user is None:
                raise NotFound
            if not covers(actor, "tokens.edit", owner_id=user.id, unit_id=user.unit_id):
                raise NotFound
            held.revoked_at = held.revoked_at or now
            record(work, actor, "tokens.revoke", ("token", token_id), {"name": (held.name, None)}, at=now)

    def _check(self, name: str, scopes: Sequence[str]) -> None:
        if not name:
            raise Invalid({"name": NEEDED})
        if not scopes or not self._known.issuperset(scopes):
            raise Invalid({"scopes": msg("Choose at least one right that exists.")})
