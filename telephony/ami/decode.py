"""From AMI's headers to frozen events, once, at the edge. What cannot be understood is None, never an exception."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TypedDict

from callcenter.calls.facts import AnsweredBy, Wish
from telephony.ami import events as e

Headers = Mapping[str, str]
"""Header names in lower case; of a doubled header the last value."""

ANSWERER = "CallcenterAnswerer"
"""The dialplan's event, and the type of its row in CEL, that says who answered."""
RECORDER = "CallcenterRecorder"
"""The dialplan's event after it saw to a channel's recorder."""
_EMPTY = frozenset({"", "<unknown>", "<null>", "(null)", "<none>"})
_HIDDEN = frozenset({"anonymous", "restricted", "unavailable", "private", "unknown"})


def decode(headers: Headers, arrived: datetime) -> e.AmiEvent | None:
    """The event these headers tell of, or None when it is not needed or misses something it must have."""
    decoder = _DECODERS.get(headers.get("event", ""))
    if decoder is None:
        return None
    try:
        return decoder(headers, _time(headers, arrived))
    except (KeyError, ValueError, OverflowError):
        return None


def _time(headers: Headers, arrived: datetime) -> datetime:
    stamp = headers.get("timestamp")
    if stamp is None:
        return arrived
    try:
        return datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return arrived


def _text(headers: Headers, name: str) -> str | None:
    value = headers.get(name)
    return None if value is None or value in _EMPTY else value


def _number(headers: Headers, name: str) -> str | None:
    """A caller's number as given; None when it is hidden by any of the names that PBXs give to nobody."""
    value = _text(headers, name)
    return None if value is None or value.lower() in _HIDDEN else value


def _must(headers: Headers, name: str) -> str:
    value = _text(headers, name)
    if value is None:
        raise KeyError(name)
    return value


class _Seen(TypedDict):
    uniqueid: str
    channel: str
    linkedid: str
    state: int
    number: str | None
    connected: str | None
    exten: str | None
    context: str | None


def _seen(headers: Headers) -> _Seen:
    return {
        "uniqueid": _must(headers, "uniqueid"),
        "channel": _must(headers, "channel"),
        "linkedid": _must(headers, "linkedid"),
        "state": int(headers.get("channelstate", "0")),
        "number": _number(headers, "calleridnum"),
        "connected": _number(headers, "connectedlinenum"),
        "exten": _text(headers, "exten"),
        "context": _text(headers, "context"),
    }


def _created(headers: Headers, at: datetime) -> e.ChannelCreated:
    return e.ChannelCreated(at=at, **_seen(headers))


def _changed(headers: Headers, at: datetime) -> e.ChannelChanged:
    return e.ChannelChanged(at=at, **_seen(headers))


def _listed(headers: Headers, at: datetime) -> e.ChannelListed:
    age = _seconds(headers.get("duration", "0"))
    return e.ChannelListed(at=at, **_seen(headers), bridge=_text(headers, "bridgeid"), age=age)


def _seconds(clock: str) -> int:
    """``HH:MM:SS`` (hours without bound) as seconds."""
    total = 0
    for part in clock.split(":"):
        total = total * 60 + int(part)
    return total


def _hung_up(headers: Headers, at: datetime) -> e.ChannelHungUp:
    return e.ChannelHungUp(at=at, **_seen(headers), cause=int(headers.get("cause") or 0))


def _renamed(headers: Headers, at: datetime) -> e.ChannelRenamed:
    return e.ChannelRenamed(at=at, uniqueid=_must(headers, "uniqueid"), channel=_must(headers, "newname"))


def _dial_began(headers: Headers, at: datetime) -> e.DialBegan:
    return e.DialBegan(
        at=at,
        uniqueid=_must(headers, "destuniqueid"),
        caller=_text(headers, "uniqueid"),
        linkedid=_must(headers, "destlinkedid"),
        number=_number(headers, "destcalleridnum"),
        connected=_number(headers, "destconnectedlinenum"),
    )


def _dial_ended(headers: Headers, at: datetime) -> e.DialEnded:
    return e.DialEnded(
        at=at,
        uniqueid=_must(headers, "destuniqueid"),
        caller=_text(headers, "uniqueid"),
        status=_must(headers, "dialstatus"),
    )


def _entered(headers: Headers, at: datetime) -> e.BridgeEntered:
    return e.BridgeEntered(
        at=at,
        **_seen(headers),
        bridge=_must(headers, "bridgeuniqueid"),
        swapped=_text(headers, "swapuniqueid"),
        shared=_shared(headers),
    )


def _shared(headers: Headers) -> bool:
    return headers.get("bridgetechnology") != "holding_bridge"


def _bridge_listed(headers: Headers, at: datetime) -> e.BridgeListed:
    return e.BridgeListed(at=at, bridge=_must(headers, "bridgeuniqueid"), shared=_shared(headers))


def _left(headers: Headers, at: datetime) -> e.BridgeLeft:
    return e.BridgeLeft(at=at, **_seen(headers), bridge=_must(headers, "bridgeuniqueid"))


def _destroyed(headers: Headers, at: datetime) -> e.BridgeDestroyed:
    return e.BridgeDestroyed(at=at, bridge=_must(headers, "bridgeuniqueid"))


def _held(headers: Headers, at: datetime) -> e.Held:
    return e.Held(at=at, uniqueid=_must(headers, "uniqueid"))


def _unheld(headers: Headers, at: datetime) -> e.Unheld:
    return e.Unheld(at=at, uniqueid=_must(headers, "uniqueid"))


def _joined(headers: Headers, at: datetime) -> e.QueueJoined:
    return e.QueueJoined(at=at, uniqueid=_must(headers, "uniqueid"), queue=_must(headers, "queue"))


def _queue_left(headers: Headers, at: datetime) -> e.QueueLeft:
    return e.QueueLeft(at=at, uniqueid=_must(headers, "uniqueid"), queue=_must(headers, "queue"))


def _waiter(headers: Headers, at: datetime) -> e.QueueWaiterListed:
    waited = int(headers.get("wait") or 0)
    return e.QueueWaiterListed(at=at, uniqueid=_must(headers, "uniqueid"), queue=_must(headers, "queue"), waited=waited)


def _member(headers: Headers, at: datetime) -> e.QueueMemberSeen:
    return e.QueueMemberSeen(
        at=at,
        queue=_must(headers, "queue"),
        interface=_text(headers, "interface") or _must(headers, "location"),
        penalty=int(headers.get("penalty") or 0),
        paused=headers.get("paused") == "1",
        fixed=headers.get("membership") == "static",
        listed=headers["event"] == "QueueMember",
    )


def _member_removed(headers: Headers, at: datetime) -> e.QueueMemberRemoved:
    return e.QueueMemberRemoved(at=at, queue=_must(headers, "queue"), interface=_must(headers, "interface"))


def _told(headers: Headers, at: datetime) -> e.AnswererJudged | e.RecorderBegun:
    """Those of the dialplan's own events that tell of a call."""
    told = headers.get("userevent")
    if told == RECORDER:
        return e.RecorderBegun(at=at, uniqueid=_must(headers, "uniqueid"))
    if told != ANSWERER:
        raise KeyError("userevent")
    return e.AnswererJudged(
        at=at,
        uniqueid=_must(headers, "uniqueid"),
        by=AnsweredBy(_must(headers, "by")),
        because=headers.get("because", ""),
        milliseconds=int(headers.get("milliseconds") or 0),
        left=headers.get("left") == "yes",
        wish=Wish(headers.get("wish") or Wish.NONE),
    )


def _originated(headers: Headers, at: datetime) -> e.OriginateEnded:
    return e.OriginateEnded(
        at=at,
        action_id=_text(headers, "actionid"),
        uniqueid=_text(headers, "uniqueid"),
        answered=headers.get("response") == "Success",
        reason=int(headers.get("reason") or 0),
    )


def _device(headers: Headers, at: datetime) -> e.DeviceChanged:
    return e.DeviceChanged(at=at, device=_must(headers, "device"), state=_must(headers, "state"))


def _contact(headers: Headers, at: datetime) -> e.ContactChanged:
    status = _must(headers, "contactstatus")
    return e.ContactChanged(
        at=at,
        endpoint=_text(headers, "endpointname") or _must(headers, "aor"),
        uri=_text(headers, "uri") or "",
        reachable=status not in {"Removed", "Unreachable", "Unknown"},
    )


def _ended(headers: Headers, at: datetime) -> e.ListEnded:
    return e.ListEnded(at=at, name=headers["event"])


_DECODERS: dict[str, Callable[[Headers, datetime], e.AmiEvent]] = {
    "Newchannel": _created,
    "Newstate": _changed,
    "NewCallerid": _changed,
    "CoreShowChannel": _listed,
    "Hangup": _hung_up,
    "Rename": _renamed,
    "DialBegin": _dial_began,
    "DialEnd": _dial_ended,
    "BridgeEnter": _entered,
    "BridgeLeave": _left,
    "BridgeDestroy": _destroyed,
    "BridgeListItem": _bridge_listed,
    "Hold": _held,
    "Unhold": _unheld,
    "QueueCallerJoin": _joined,
    "QueueCallerLeave": _queue_left,
    "QueueEntry": _waiter,
    "QueueMember": _member,
    "QueueMemberAdded": _member,
    "QueueMemberPause": _member,
    "QueueMemberPenalty": _member,
    "QueueMemberRemoved": _member_removed,
    "UserEvent": _told,
    "OriginateResponse": _originated,
    "DeviceStateChange": _device,
    "ContactStatus": _contact,
    "CoreShowChannelsComplete": _ended,
    "BridgeListComplete": _ended,
    "QueueStatusComplete": _ended,
    "DeviceStateListComplete": _ended,
}
KINDS = _DECODERS.keys()
"""The events that are understood: nobody needs to read others."""
PHONE_KINDS = frozenset({"DeviceStateChange", "ContactStatus"})
"""Those of them that tell how phones are, and nothing of calls."""
