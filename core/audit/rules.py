"""How an entry is hashed, decided without I/O."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

GENESIS_HASH = "0" * 64
_PLAIN = (bool, int, str)


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """What is chained of an entry: everything but the hash itself."""

    id: int
    at: datetime
    actor_id: int
    actor_login: str
    action: str
    subject_kind: str
    subject_id: str
    changes: Mapping[str, Any]


def chain(previous: str, seq: int, content: Content) -> str:
    """The SHA-256 that ties ``content`` at place ``seq`` to the hash before it, as 64 hex digits."""
    at = content.at.astimezone(UTC).isoformat()
    parts = [seq, content.id, at, content.actor_id, content.actor_login, content.action, content.subject_kind]
    row = json.dumps([*parts, content.subject_id, content.changes], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{row}".encode()).hexdigest()


def plain(value: object) -> Any:
    """``value`` as JSON keeps it exactly, so that the hash computed today is the hash computed in ten years."""
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(item) for item in value]
        return sorted(items, key=str) if isinstance(value, set | frozenset) else items
    return str(value)
