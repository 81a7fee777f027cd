"""Events about callbacks, made from their rows."""

from datetime import datetime
from typing import Any

from callcenter.callbacks.events import CallbackChanged, CallbackDue, CallbackMoved, CallbackSoon
from callcenter.callbacks.model import Callback
from core.kernel.i18n import Message


def soon(row: Callback, at: datetime) -> CallbackSoon:
    return CallbackSoon(at=at, **_about(row))


def due(row: Callback, at: datetime, *, escalated: bool = False) -> CallbackDue:
    return CallbackDue(at=at, escalated=escalated, **_about(row))


def shifted(row: Callback, at: datetime, reason: Message | None) -> CallbackMoved:
    return CallbackMoved(at=at, reason=reason, **_about(row))


def changed(row: Callback, at: datetime) -> CallbackChanged:
    return CallbackChanged(at=at, state=row.state, **_about(row))


def _about(row: Callback) -> dict[str, Any]:
    return {
        "callback_id": row.id,
        "user_id": row.user_id,
        "unit_id": row.unit_id,
        "case_id": row.case_id,
        "party_id": row.party_id,
        "phone": row.phone,
        "window_start": row.window_start,
    }
