"""Triggers that note what figures have to be summed anew.

The database itself notes it, in the transaction of the change, because no path of the program may forget to: a call
changes long after it ended (a result said later, a repair from CEL, calls that turn out to be one). They fire only for
what figures count: what has ended. Noting is one insert without a unique key, so writers never wait for each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.schema import DDL

from core.kernel.db import Base


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """Rows of ``table`` that figures are made of.

    ``columns`` are those that matter when they are updated. ``since`` and ``until`` bound what one row touches,
    ``when`` says which rows count; in all of them ``@`` stands for the row. ``dated``: the bounds are calendar days.
    ``subject`` is what is named in a note; with ``fresh`` only of a row that has not counted before: no sum knows it.
    """

    table: str
    kind: str
    columns: tuple[str, ...]
    since: str
    until: str
    when: str
    subject: str = "NULL"
    user: str = "NULL"
    dated: bool = False
    fresh: bool = False


WATCHES: tuple[Watch, ...] = (
    Watch(
        table="calls",
        kind="call",
        columns=(
            "direction",
            "queue",
            "queued_at",
            "campaign_id",
            "started_at",
            "answered_at",
            "ended_at",
            "case_id",
            "user_id",
            "talk_seconds",
            "hold_seconds",
            "wrap_seconds",
            "result_code",
            "merged_into",
        ),
        since="@.started_at",
        until="@.started_at",
        when="@.ended_at IS NOT NULL",
        subject="@.id",
    ),
    Watch(
        table="agent_states",
        kind="time",
        columns=("user_id", "unit_id", "state", "started_at", "ended_at"),
        since="@.started_at",
        until="@.ended_at",
        when="@.ended_at IS NOT NULL AND @.state <> 'offline'",
        subject="@.id",
        user="@.user_id",
        fresh=True,
    ),
    Watch(
        table="shift_blocks",
        kind="time",
        columns=("user_id", "unit_id", "kind", "starts_at", "ends_at"),
        since="@.starts_at",
        until="@.ends_at",
        when="@.ends_at IS NOT NULL",
        user="@.user_id",
    ),
    Watch(
        table="promises",
        kind="promise",
        columns=("amount", "currency", "due_on", "paid_amount", "state", "taken_by_id"),
        since="@.due_on",
        until="@.due_on",
        when="@.due_on IS NOT NULL",
        subject="@.id",
        dated=True,
    ),
    Watch(
        table="allocations",
        kind="day",
        columns=("amount", "currency", "value_on", "collector_id", "unit_id", "creditor_id", "stage_id", "commission"),
        since="@.value_on",
        until="@.value_on",
        when="@.value_on IS NOT NULL",
        dated=True,
    ),
)
_INTO = "INSERT INTO rollup_marks (kind, subject_id, user_id, since, until) "
#: A collector's leg that a repair adds or answers after the call ended says when the caller's wait was over.
_LEG = _INTO + (  # noqa: S608 - no input
    "SELECT 'call', c.id, NULL, c.started_at, c.started_at FROM calls c "
    "WHERE c.id = NEW.call_id AND c.ended_at IS NOT NULL"
)
_LEG_COUNTS = "NEW.kind = 'agent' AND NEW.answered_at IS NOT NULL AND NEW.ended_at IS NOT NULL"
#: What a result means was changed in the directory: every call with it counts differently.
_CODE = _INTO + (  # noqa: S608 - no input
    "SELECT 'call', NULL, NULL, min(c.started_at), max(c.started_at) FROM calls c "
    "WHERE c.result_code = NEW.code HAVING count(*) > 0"
)


def _moment(watch: Watch, column: str, row: str, dialect: str) -> str:
    value = column.replace("@", row)
    if not watch.dated:
        return value
    return f"{value} || ' 00:00:00.000000'" if dialect == "sqlite" else f"({value}::timestamp AT TIME ZONE 'UTC')"


def _note(watch: Watch, row: str, dialect: str, subject: str) -> str:
    values = (
        f"'{watch.kind}'",
        subject.replace("@", row),
        watch.user.replace("@", row),
        _moment(watch, watch.since, row, dialect),
        _moment(watch, watch.until, row, dialect),
    )
    # a row that does not count leaves no note
    return f"{_INTO}SELECT {', '.join(values)} WHERE {watch.when.replace('@', row)}"


def _subjects(watch: Watch) -> tuple[str, str]:
    """What a note names of a row that was changed, and of a row as it was."""
    if not watch.fresh:
        return watch.subject, watch.subject
    return f"CASE WHEN {watch.when.replace('@', 'OLD')} THEN NULL ELSE {watch.subject} END", "NULL"


def _triggers(dialect: str) -> list[tuple[str, str, str, str, list[str]]]:
    """Name, table, moment, condition and statements of every trigger."""
    found = []
    for watch in WATCHES:
        fresh, known = _subjects(watch)
        added, new = _note(watch, "NEW", dialect, watch.subject), _note(watch, "NEW", dialect, fresh)
        old = _note(watch, "OLD", dialect, known)
        counts_new, counts_old = watch.when.replace("@", "NEW"), watch.when.replace("@", "OLD")
        changed = f"UPDATE OF {', '.join(watch.columns)}"
        found += [
            (f"{watch.table}_figures_insert", watch.table, "INSERT", counts_new, [added]),
            (f"{watch.table}_figures_update", watch.table, changed, f"{counts_new} OR {counts_old}", [old, new]),
            (f"{watch.table}_figures_delete", watch.table, "DELETE", counts_old, [old]),
        ]
    different = "IS NOT" if dialect == "sqlite" else "IS DISTINCT FROM"
    meaning = " OR ".join(f"OLD.{column} {different} NEW.{column}" for column in ("contact", "rpc", "need"))
    return [
        *found,
        ("call_legs_figures_insert", "call_legs", "INSERT", _LEG_COUNTS, [_LEG]),
        ("call_legs_figures_update", "call_legs", "UPDATE OF answered_at", _LEG_COUNTS, [_LEG]),
        ("call_result_codes_figures", "call_result_codes", "UPDATE OF contact, rpc, need", meaning, [_CODE]),
    ]


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER {name} AFTER {moment} ON {table} WHEN {condition} BEGIN {'; '.join(statements)}; END"
        for name, table, moment, condition, statements in _triggers("sqlite")
    ]


def _postgresql() -> list[str]:
    lines = []
    for name, table, moment, condition, statements in _triggers("postgresql"):
        body = "; ".join(statements)
        lines.append(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$"
        )
        lines.append(
            f"CREATE TRIGGER {name} AFTER {moment} ON {table} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {name}()"
        )
    return lines


#: Statements per database that put the triggers up, once every table is there.
CREATE_DDL: Mapping[str, Sequence[str]] = {"sqlite": _sqlite(), "postgresql": _postgresql()}
#: And take them away again.
DROP_DDL: Mapping[str, Sequence[str]] = {
    "sqlite": [f"DROP TRIGGER IF EXISTS {name}" for name, *_ in _triggers("sqlite")],
    "postgresql": [f"DROP FUNCTION IF EXISTS {name}() CASCADE" for name, *_ in _triggers("postgresql")],
}

for _moment_of, _lines in (("after_create", CREATE_DDL), ("before_drop", DROP_DDL)):
    for _dialect, _statements in _lines.items():
        for _line in _statements:
            event.listen(Base.metadata, _moment_of, DDL(_line).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]
