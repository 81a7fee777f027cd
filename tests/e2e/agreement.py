"""Two accounts of the same calls: the product's log, and Asterisk's CEL and CDR without the product's reckoning."""

import json
import math
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from telephony.lab import Lab
from telephony.tracking.repair import SPARED
from tests.plugins.asterisk import cdr_rows, cel_rows

Rows = Sequence[Mapping[str, str]]
NEAR = 1.0
"""Seconds two accounts may differ by."""

_PARTY = re.compile(r"PJSIP/(.+)-[0-9a-f]{8}")
_CUSTOMER = "trunk"


@dataclass(kw_only=True)
class Party:
    """One channel with somebody at the other end. ``rung``: it did not call by itself."""

    channel: str
    rung: bool
    number: str | None = None
    talk: float = 0.0
    hold: float = 0.0
    user: str | None = None

    @property
    def endpoint(self) -> str:
        return endpoint(self.channel)


@dataclass(kw_only=True)
class Account:
    """A call as one of the two tells it. Times are seconds since 1970; ``parties`` by channel."""

    names: frozenset[str]
    started: float
    ended: float | None
    answered: float | None
    parties: dict[str, Party] = field(default_factory=dict)
    call_id: int | None = None
    phone: str | None = None
    direction: str | None = None
    lost: bool = False
    merged: frozenset[int] = frozenset()

    def customers(self) -> list[Party]:
        return [party for party in self.parties.values() if party.endpoint == _CUSTOMER]

    def collectors(self) -> list[Party]:
        return [party for party in self.parties.values() if party.endpoint != _CUSTOMER]


def endpoint(channel: str) -> str:
    match = _PARTY.fullmatch(channel)
    return match[1] if match else ""


# ---- what Asterisk says


def told_by_asterisk(lab: Lab, since: float) -> list[Account]:
    """The calls of CEL that began after ``since``: channels that share a Linkedid or a bridge are one call, and whoever
    is in a bridge with another talks."""
    rows = [row for row in cel_rows(lab) if float(row["time"]) >= since]
    groups: defaultdict[str, list[Mapping[str, str]]] = defaultdict(list)
    root = _joined(rows)
    for row in rows:
        groups[root[row["uniqueid"]]].append(row)
    return [_account(group) for group in groups.values() if any(endpoint(row["channel"]) for row in group)]


def _joined(rows: Rows) -> dict[str, str]:
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for row in rows:
        parent[find(row["uniqueid"])] = find(row["linkedid"])
        if bridge := _bridge(row):
            parent[find(row["uniqueid"])] = find(bridge)
    return {row["uniqueid"]: find(row["uniqueid"]) for row in rows}


def _bridge(row: Mapping[str, str]) -> str | None:
    extra = json.loads(row["extra"] or "{}")
    if row["event"] not in ("BRIDGE_ENTER", "BRIDGE_EXIT") or extra.get("bridge_technology") == "holding_bridge":
        return None
    return f"bridge {extra['bridge_id']}"


def _account(rows: Rows) -> Account:
    times = [float(row["time"]) for row in rows if row["event"] != "LINKEDID_END"]
    account = Account(
        names=frozenset(row["linkedid"] for row in rows), started=times[0], ended=times[-1], answered=None
    )
    spared = {row["uniqueid"] for row in rows if row["event"] == SPARED}
    for row in rows:
        if row["event"] == "CHAN_START" and endpoint(row["channel"]) and row["uniqueid"] not in spared:
            rung = row["exten"] in ("", "s")
            account.parties[row["channel"]] = Party(channel=row["channel"], rung=rung, number=row["number"] or None)
    _let_talk(account, rows)
    return account


def _let_talk(account: Account, rows: Rows) -> None:
    where: dict[str, str] = {}
    before = 0.0
    for row in rows:
        at = float(row["time"])
        groups = _groups(where)
        for group in groups:
            for channel in group:
                account.parties[channel].talk += at - before
        talking = {channel for group in groups for channel in group}
        if account.answered is None and _both_sides(account, talking):
            account.answered = before
        before = at
        if row["event"] == "BRIDGE_ENTER" and (bridge := _bridge(row)):
            where[row["channel"]] = bridge
        elif row["event"] in ("BRIDGE_EXIT", "CHAN_END"):
            where.pop(row["channel"], None)


def _both_sides(account: Account, talking: set[str]) -> bool:
    customers = {party.channel for party in account.customers()}
    return bool(talking & customers if customers else talking)


def _groups(where: Mapping[str, str]) -> list[list[str]]:
    """Who hears whom: the parties of each bridge, two bridges being one where the halves of a Local channel lie."""
    same: dict[str, str] = {}

    def root(bridge: str) -> str:
        while bridge in same:
            bridge = same[bridge]
        return bridge

    for channel, bridge in where.items():
        other = where.get(channel[:-1] + "2") if channel.startswith("Local/") and channel.endswith(";1") else None
        if other is not None and root(bridge) != root(other):
            same[root(bridge)] = root(other)
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for channel, bridge in where.items():
        if endpoint(channel):
            groups[root(bridge)].append(channel)
    return [group for group in groups.values() if len(group) > 1]


# ---- what the product says


def told_by_product(database: Path, since: float) -> list[Account]:
    """The calls of the log that began after ``since``, read beside the running server."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        calls = connection.execute(
            "SELECT * FROM calls WHERE merged_into IS NULL AND started_at >= ? ORDER BY started_at",
            (datetime.fromtimestamp(since, UTC).replace(tzinfo=None).isoformat(" "),),
        ).fetchall()
        return [_logged(connection, call) for call in calls]


def _logged(connection: sqlite3.Connection, call: sqlite3.Row) -> Account:
    names = connection.execute("SELECT linkedid FROM call_links WHERE call_id = ?", (call["id"],))
    merged = connection.execute("SELECT id FROM calls WHERE merged_into = ?", (call["id"],))
    account = Account(
        names=frozenset(row["linkedid"] for row in names),
        merged=frozenset(row["id"] for row in merged),
        started=_seconds(call["started_at"]) or 0.0,
        ended=_seconds(call["ended_at"]),
        answered=_seconds(call["answered_at"]),
        call_id=call["id"],
        phone=call["phone"],
        direction=call["direction"],
        lost=bool(call["lost"]),
    )
    began: list[float] = []
    legs = connection.execute(
        "SELECT l.*, u.login FROM call_legs l LEFT JOIN users u ON u.id = l.user_id WHERE call_id = ?", (call["id"],)
    )
    for leg in legs:
        began.append(_seconds(leg["started_at"]) or 0.0)
        account.parties[leg["channel"]] = Party(
            channel=leg["channel"],
            rung=False,
            number=leg["number"],
            talk=_length(leg["talks"]),
            hold=_length(leg["holds"]),
            user=leg["login"],
        )
    if call["order_key"] and began:  # Asterisk knows of an order when it rings somebody for it
        account.started = min(began)
    return account


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() if text else None


def _length(stretches: str) -> float:
    """The seconds of a leg's stretches; one without an end lasts for ever, which agrees with nothing."""
    return sum(
        (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() if end else math.inf
        for start, end in json.loads(stretches)
    )


# ---- whether they agree


def faults(logged: Sequence[Account], true: Sequence[Account], cdr: Rows, *, held: Mapping[str, float]) -> list[str]:
    """Everything the log says otherwise than Asterisk, in words. ``held`` is how long somebody was on hold by a button,
    in the oldest call, by endpoint (its first channel), which CEL does not tell."""
    found: list[str] = []
    left = list(true)
    for number, call in enumerate(logged):
        twin = next((other for other in left if other.names & call.names), None)
        if twin is None:
            found.append(f"a ghost in the log: {call}")
            continue
        left.remove(twin)
        found += _differences(call, twin, cdr, held if number == 0 else {})
    return found + [f"missing from the log: {call}" for call in left]


def _differences(call: Account, twin: Account, cdr: Rows, held: Mapping[str, float]) -> Iterable[str]:
    if call.ended is None or call.lost:
        yield f"not ended, or lost: {call}"
        return
    if call.parties.keys() != twin.parties.keys():
        yield f"parties {sorted(call.parties)} are {sorted(twin.parties)}"
        return
    assert twin.ended is not None
    yield from _apart("began", call.started, twin.started)
    yield from _apart("ended", call.ended, twin.ended)
    if (call.answered is None) != (twin.answered is None):
        yield f"answered {call.answered} is {twin.answered}"
    elif call.answered is not None and twin.answered is not None:
        yield from _apart("answered", call.answered, twin.answered)
    firsts = {party.endpoint: party.channel for party in reversed(twin.parties.values())}
    for channel, party in call.parties.items():
        waited = held.get(party.endpoint, 0.0) if firsts[party.endpoint] == channel else 0.0
        yield from _apart(f"{channel} talked", party.talk, twin.parties[channel].talk - waited)
    yield from _against_cdr(call, twin, cdr)


def _against_cdr(call: Account, twin: Account, cdr: Rows) -> Iterable[str]:
    rows = [row for row in cdr if row["linkedid"] in twin.names or row["uniqueid"] in twin.names]
    if not rows:
        yield f"no CDR of {sorted(twin.names)}"
        return
    yield from _apart("began by CDR", call.started, min(float(row["start"]) for row in rows))
    yield from _apart("ended by CDR", call.ended or 0.0, max(float(row["end"]) for row in rows))
    ends = [(row["channel"], row["dstchannel"], row["disposition"]) for row in rows]
    if any(end[1] and end[2] == "ANSWERED" for end in ends) != (call.answered is not None):
        yield f"answered {call.answered}, but by CDR {ends}"


def _apart(what: str, mine: float, theirs: float) -> Iterable[str]:
    if abs(mine - theirs) > NEAR:
        yield f"{what}: {mine:.2f} is {theirs:.2f}"


def cdr_since(lab: Lab, since: float) -> list[dict[str, str]]:
    return [row for row in cdr_rows(lab) if float(row["start"]) >= since]
