# ruff: noqa: S608 - bare SQL without any input
"""Sums by collector and half-hour of the day over ten days each: hours of a long period, made from what is there."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"

_KEPT = ("user_id", "unit_id", "direction")
_LEFT_OUT = {"creditor_id": "0", "stage_id": "0", "campaign_id": "0", "queue": "''"}
_COUNTERS = (
    *("calls", "inbound", "attempts", "answered", "contacts", "attempt_contacts", "right_party"),
    *("attempt_right_party", "promises", "handled", "talk_seconds", "hold_seconds", "wrap_seconds", "handle_seconds"),
    *("queued", "timed", "taken", "in_time", "abandoned", "wait_seconds", "available_ms", "ringing_ms", "talking_ms"),
    *("hold_ms", "wrap_up_ms", "pause_ms", "planned_ms", "adhered_ms"),
)


def upgrade() -> None:
    names = ", ".join((*_KEPT, *_LEFT_OUT, *_COUNTERS))
    shown = ", ".join((*_KEPT, *_LEFT_OUT.values(), *(f"sum({name})" for name in _COUNTERS)))
    op.execute(
        sa.text(
            f"INSERT INTO rollups (cube, slot, {names}) SELECT 5, slot / 480 * 480 + slot % 48 AS clock, {shown} "
            f"FROM rollups WHERE cube = 0 GROUP BY clock, {', '.join(_KEPT)}"
        )
    )


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM rollups WHERE cube = 5"))
