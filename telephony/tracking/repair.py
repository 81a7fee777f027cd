"""What happened while nobody listened, read from Asterisk's own CEL.

CEL tells the same story as the manager's events, so its rows become events of the same kind and pass the same fold.
What CEL does not tell (hold, DIALSTATUS) is kept from before where it is known.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict

from callcenter.calls.facts import AnsweredBy, CallState, Interval, LegKind, LegOutcome, LegState, Wish
from telephony.ami import events as e
from telephony.ami.decode import ANSWERER
from telephony.provisioning import CEL_COLUMNS
from telephony.tracking.endpoints import Endpoints
from telephony.tracking.fold import Fold

COLUMNS = tuple(CEL_COLUMNS)

_BLOCK = 256 * 1024
_JUDGEMENT = re.compile(rf"({'|'.join(AnsweredBy)}) (\S*) (\d{{1,9}}) (yes|no)(?: ({'|'.join(Wish)}))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class CelRow:
    """One event of CEL; empty values are empty strings."""

    event: str
    at: datetime
    uniqueid: str
    linkedid: str
    channel: str
    number: str
    exten: str
    context: str
    app: str
    appdata: str
    extra: dict[str, object]


def read_cel(path: Path, since: datetime) -> list[CelRow]:
    """The rows from ``since`` on, oldest first; none when there is no file. Reads backwards, so only what is needed.
    Broken lines (a crash cut one off) are passed over."""
    try:
        with path.open("rb") as file:
            data = _tail(file, since)
    except FileNotFoundError:
        return []
    return [row for row in rows_of(data.decode("utf-8", "replace")) if row.at >= since]


def rows_of(text: str) -> Iterator[CelRow]:
    """The rows in CSV text."""
    for values in csv.reader(io.StringIO(text)):
        row = _row(values)
        if row is not None:
            yield row


def _tail(file: io.BufferedReader, since: datetime) -> bytes:
    size = start = file.seek(0, io.SEEK_END)
    while start > 0:
        start = max(0, size - (size - start + _BLOCK) * 2)
        file.seek(start)
        head = file.read(_BLOCK).partition(b"\n")[2] if start else b""
        first = next(rows_of(head.decode("utf-8", "replace")), None)
        if first is not None and first.at < since:
            break
    file.seek(start)
    return file.read()


def _row(values: Sequence[str]) -> CelRow | None:
    if len(values) != len(COLUMNS):
        return None
    fields = dict(zip(COLUMNS, values, strict=True))
    try:
        at = datetime.fromtimestamp(float(fields["time"]), UTC)
        extra = json.loads(fields["extra"] or "{}")
    except (ValueError, OverflowError, OSError):
        return None
    return CelRow(
        event=fields["event"],
        at=at,
        uniqueid=fields["uniqueid"],
        linkedid=fields["linkedid"],
        channel=fields["channel"],
        number=fields["number"],
        exten=fields["exten"],
        context=fields["context"],
        app=fields["app"],
        appdata=fields["appdata"],
        extra=extra if isinstance(extra, dict) else {},
    )


class _Seen(TypedDict):
    at: datetime
    uniqueid: str
    channel: str
    linkedid: str
    number: str | None
    connected: str | None
    exten: str | None
    context: str | None


def _seen(row: CelRow) -> _Seen:
    return {
        "at": row.at,
        "uniqueid": row.uniqueid,
        "channel": row.channel,
        "linkedid": row.linkedid,
        "number": row.number if row.number.lower() != "anonymous" and row.number else None,
        "connected": None,
        "exten": row.exten or None,
        "context": row.context or None,
    }


def _cause(row: CelRow) -> int:
    cause = row.extra.get("hangupcause")
    return cause if isinstance(cause, int) else 0


def _entered(row: CelRow) -> e.BridgeEntered:
    shared = row.extra.get("bridge_technology") != "holding_bridge"
    return e.BridgeEntered(**_seen(row), state=6, bridge=str(row.extra["bridge_id"]), swapped=None, shared=shared)


def _queue(row: CelRow) -> str:
    if row.app != "Queue":
        raise KeyError(row.app)
    return row.appdata.partition(",")[0]


def _judged(row: CelRow) -> e.AnswererJudged:
    """What the dialplan wrote: who, why, milliseconds, whether a message was left, his wish."""
    said = _JUDGEMENT.fullmatch(str(row.extra.get("extra", "")))
    if said is None:
        raise KeyError(ANSWERER)
    by, because, milliseconds, left, wish = said.groups()
    return e.AnswererJudged(
        at=row.at,
        uniqueid=row.uniqueid,
        by=AnsweredBy(by),
        because=because,
        milliseconds=int(milliseconds),
        left=left == "yes",
        wish=Wish(wish or Wish.NONE),
    )


SPARED = "CallcenterSpared"
"""The dialplan's row for a collector's phone that a queue was about to ring just after its talk: it never rang."""

_EVENTS: dict[str, Callable[[CelRow], e.AmiEvent]] = {
    "CHAN_START": lambda row: e.ChannelCreated(**_seen(row), state=e.ChannelState.RING),
    "ANSWER": lambda row: e.ChannelChanged(**_seen(row), state=e.ChannelState.UP),
    "BRIDGE_ENTER": _entered,
    "BRIDGE_EXIT": lambda row: e.BridgeLeft(**_seen(row), state=6, bridge=str(row.extra["bridge_id"])),
    "HANGUP": lambda row: e.ChannelHungUp(**_seen(row), state=0, cause=_cause(row)),
    "CHAN_END": lambda row: e.ChannelHungUp(**_seen(row), state=0, cause=0),
    ANSWERER: _judged,
    "APP_START": lambda row: e.QueueJoined(at=row.at, uniqueid=row.uniqueid, queue=_queue(row)),
    "APP_END": lambda row: e.QueueLeft(at=row.at, uniqueid=row.uniqueid, queue=_queue(row)),
}


def events_of(rows: Iterable[CelRow]) -> Iterator[e.AmiEvent]:
    """The rows as the events of the fold, in order. A channel that starts while another of its call executes Dial or
    Queue is rung by that one, unless the dialplan says that it was spared."""
    rows = tuple(rows)
    spared = {row.uniqueid for row in rows if row.event == SPARED}
    dialling: dict[str, str] = {}
    for row in rows:
        if row.uniqueid in spared:
            continue
        event = _event(row)
        if event is not None:
            yield event
        if row.event == "APP_START":
            dialling[row.linkedid] = row.uniqueid
        elif row.event == "APP_END":
            dialling.pop(row.linkedid, None)
        elif row.event == "CHAN_START" and (caller := dialling.get(row.linkedid)):
            yield e.DialBegan(
                at=row.at, uniqueid=row.uniqueid, caller=caller, linkedid=row.linkedid, number=None, connected=None
            )


def _event(row: CelRow) -> e.AmiEvent | None:
    make = _EVENTS.get(row.event)
    if make is None:
        return None
    try:
        return make(row)
    except KeyError:
        return None


def rebuild(server: str, endpoints: Endpoints, rows: Iterable[CelRow]) -> tuple[CallState, ...]:
    """Every call the rows tell of. Calls that came in get the id the live fold would give them."""
    fold = Fold(server, endpoints)
    fold.apply_all(events_of(rows))
    return tuple(_told_apart(state) for state in fold.changed())


def _told_apart(state: CallState) -> CallState:
    """CEL gives no DIALSTATUS: a phone given up without a cause while the caller stayed did not answer."""
    last = max((leg.ended_at for leg in state.legs if leg.ended_at is not None), default=None)
    return replace(state, legs=tuple(_without_answer(leg, last) for leg in state.legs))


def _without_answer(leg: LegState, last: datetime | None) -> LegState:
    if leg.outcome is not LegOutcome.CANCELLED or leg.cause or leg.ended_at is None or last is None:
        return leg
    stayed = (last - leg.ended_at).total_seconds() > 0.5
    return replace(leg, outcome=LegOutcome.NO_ANSWER) if stayed else leg


def completed(rebuilt: CallState, known: CallState, guessed: Set[str]) -> CallState:
    """A rebuilt call, with what only the live fold could know: its id, holds, and how legs came out whose end was seen;
    of those in ``guessed`` (Uniqueids) it was not."""
    before = {leg.uniqueid: leg for leg in known.legs}
    legs = tuple(
        leg
        if leg.uniqueid not in before
        else _completed_leg(leg, before[leg.uniqueid], ended=leg.uniqueid not in guessed)
        for leg in rebuilt.legs
    )
    return replace(
        rebuilt,
        call_id=known.call_id,
        linkedids=tuple(dict.fromkeys(known.linkedids + rebuilt.linkedids)),
        phone=known.phone or rebuilt.phone,
        dialled=known.dialled or rebuilt.dialled,
        queue=known.queue or rebuilt.queue,
        queued_at=known.queued_at or rebuilt.queued_at,
        started_at=known.started_at,
        answered_at=known.answered_at or rebuilt.answered_at,
        answerer=rebuilt.answerer or known.answerer,
        legs=legs,
        merged_ids=tuple(dict.fromkeys(known.merged_ids + rebuilt.merged_ids)),
    )


def _completed_leg(leg: LegState, known: LegState, *, ended: bool) -> LegState:
    if ended and known.ended_at is not None:
        return known
    holds = _holds(leg, known)
    return replace(
        leg,
        number=known.number or leg.number,
        started_at=known.started_at,
        answered_at=known.answered_at or leg.answered_at,
        talks=without(leg.talks, holds),
        holds=holds,
    )


def _holds(leg: LegState, known: LegState) -> tuple[Interval, ...]:
    """Holds that were seen, and those that CEL shows. One that was open when listening stopped ended when a collector
    left the bridge, for a customer when he next talked; outside any bridge CEL shows it too, or it was none."""
    seen = [each for each in known.holds if each.end is not None]
    for hold in known.holds:
        bridged = next((each for each in leg.talks if _covers(each, hold.start)), None)
        if hold.end is None and bridged is not None:
            seen.append(Interval(start=hold.start, end=_hold_end(leg, bridged)))
    return tuple(sorted([*seen, *without(leg.holds, seen)], key=lambda each: each.start))


def _hold_end(leg: LegState, bridged: Interval) -> datetime | None:
    if bridged.end is None or leg.kind is not LegKind.CUSTOMER:
        return bridged.end
    left_at = bridged.end
    return next((talk.start for talk in leg.talks if talk.start >= left_at), leg.ended_at)


def _covers(stretch: Interval, at: datetime) -> bool:
    return stretch.start <= at and (stretch.end is None or at < stretch.end)


def without(stretches: Sequence[Interval], cuts: Sequence[Interval]) -> tuple[Interval, ...]:
    """``stretches`` less what ``cuts`` cover; an open end reaches without bound."""
    left = list(stretches)
    for cut in cuts:
        left = [piece for stretch in left for piece in _cut(stretch, cut)]
    return tuple(left)


def _cut(stretch: Interval, cut: Interval) -> Iterator[Interval]:
    if (stretch.end is not None and cut.start >= stretch.end) or (cut.end is not None and cut.end <= stretch.start):
        yield stretch
        return
    if cut.start > stretch.start:
        yield Interval(start=stretch.start, end=cut.start)
    if cut.end is not None and (stretch.end is None or cut.end < stretch.end):
        yield Interval(start=cut.end, end=stretch.end)
