"""Editable directories whose entries are shipped or the agency's own: adding, changing, each change in the trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work


class Entry(Protocol):
    """A row of a directory. ``label`` of a shipped entry is a msgid, of the agency's own plain text."""

    code: Any
    label: Any
    shipped: Any

    def __init__(self, **values: Any) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Directory:
    """A table of such entries, the right to edit them, and what the trail calls one."""

    model: type[Entry]
    right: str
    kind: str

    async def add(self, work: Work, actor: Actor, code: str, values: Mapping[str, Any], *, at: datetime) -> None:
        """Add an entry of the agency's own. Raises ``Invalid`` for a code that is taken."""
        actor.require(self.right)
        if await work.session.get(self.model, code) is not None:
            raise Invalid({"code": msg("There is an entry with this code already.")})
        work.session.add(self.model(code=code, **values))
        record(work, actor, self.right, (self.kind, code), {"label": (None, values["label"])}, at=at)

    async def change(self, work: Work, actor: Actor, code: str, values: Mapping[str, Any], *, at: datetime) -> None:
        """Change an entry; a shipped one that gets another label is the agency's own. Raises ``NotFound``."""
        actor.require(self.right)
        row = await work.session.get(self.model, code)
        if row is None:
            raise NotFound
        changes = {name: (getattr(row, name), value) for name, value in values.items() if getattr(row, name) != value}
        row.shipped = row.shipped and "label" not in changes
        for name, value in values.items():
            setattr(row, name, value)
        record(work, actor, self.right, (self.kind, code), changes, at=at)
