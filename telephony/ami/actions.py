"""Orders to Asterisk, each a typed value, and the one gate all their values pass.

Manager actions are lines of text: a line break in a value adds a header, and a separator in a dial string adds a
channel. So nothing is escaped here; a value that could mean more than itself is refused.
"""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

Headers = dict[str, str | list[str]]

_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
_NAME = re.compile(r"[A-Za-z0-9_.+-]{1,80}")
_WORD = re.compile(r"[A-Za-z0-9_.+-]{1,900}")
_INTERFACE = re.compile(r"(?:PJSIP|SIP|Local)/[A-Za-z0-9_.-]{1,80}")
_STATE = re.compile(r"(?:PJSIP/|hint:)[A-Za-z0-9_.@-]{1,120}")
_KEY = re.compile(r"[0-9A-D*#]")
_CHANNEL = re.compile(r"[A-Za-z0-9]{1,20}/[A-Za-z0-9_.@:;<>+*#=~%-]{1,200}")
_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})


class UnsafeValue(ValueError):
    """A value that could be read as more than itself; ``field`` names where it stood."""

    def __init__(self, place: str) -> None:
        super().__init__(f"the value of {place} is not safe to send")
        self.field = place


def plain(value: str, place: str) -> str:
    """``value`` when it has no control character, line separator or lone surrogate, and is at most 1,024 characters."""
    if len(value) > 1024 or any(unicodedata.category(letter) in _REFUSED for letter in value):
        raise UnsafeValue(place)
    return value


def _matching(pattern: re.Pattern[str], value: str, place: str) -> str:
    if not pattern.fullmatch(value):
        raise UnsafeValue(place)
    return value


def number(value: str, place: str = "number") -> str:
    """A number to dial: digits, ``*``, ``#``, a leading ``+``; no ``& / @ , |``, which would dial more."""
    return _matching(_NUMBER, value, place)


def name(value: str, place: str) -> str:
    """An endpoint, context, extension, queue or variable name."""
    return _matching(_NAME, value, place)


def channel(value: str, place: str = "channel") -> str:
    """A channel's name as Asterisk gave it, or its Uniqueid, which Asterisk takes as well."""
    return value if _CHANNEL.fullmatch(value) else name(value, place)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where in the dialplan something goes on."""

    context: str
    exten: str
    priority: int = 1

    def headers(self, prefix: str = "") -> Headers:
        return {
            f"{prefix}Context": name(self.context, "context"),
            f"{prefix}Exten": _exten(self.exten),
            f"{prefix}Priority": str(self.priority),
        }


def _exten(value: str) -> str:
    return value if _NUMBER.fullmatch(value) else name(value, "exten")


@dataclass(frozen=True, kw_only=True, slots=True)
class Action(ABC):
    """One order. ``action_id`` (when given) comes back in the events it causes."""

    action_id: str | None = field(default=None, kw_only=True)

    @abstractmethod
    def body(self) -> Headers:
        """What the order says, without its id."""

    def headers(self) -> Headers:
        """The headers to send, all of them through the gate once more. Raises ``UnsafeValue``."""
        headers = self.body()
        if self.action_id is not None:
            headers["ActionID"] = self.action_id
        for key, value in headers.items():
            for each in [value] if isinstance(value, str) else value:
                plain(each, key)
        return headers


@dataclass(frozen=True, kw_only=True, slots=True)
class Login(Action):
    username: str
    secret: str = field(repr=False)

    def body(self) -> Headers:
        return {"Action": "Login", "Username": self.username, "Secret": self.secret, "Events": "on"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ping(Action):
    def body(self) -> Headers:
        return {"Action": "Ping"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Originate(Action):
    """Ring ``endpoint`` (over ``trunk`` a number) and send it to ``place`` when it answers.

    ``channel_id`` and ``other_channel_id`` become the Uniqueids of the new channel and of a Local channel's other half,
    so the call is recognised and the same id cannot ring twice. ``caller`` is shown to who is rung, ``callee`` becomes
    the number of the new channel itself. ``sip_headers`` go into the INVITE. (They are set as
    variables: with ``Async``, Asterisk 22.10 does not run the subroutine of ``PreDialGoSub``.)
    """

    endpoint: str
    place: Place
    channel_id: str
    other_channel_id: str
    trunk: str | None = None
    ring_seconds: int = 45
    caller: str | None = None
    callee: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    sip_headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> Headers:
        headers: Headers = {
            "Action": "Originate",
            "Channel": f"PJSIP/{self._target()}",
            **self.place.headers(),
            "Async": "true",
            "Timeout": str(self.ring_seconds * 1000),
            "ChannelId": name(self.channel_id, "channel_id"),
            "OtherChannelId": name(self.other_channel_id, "other_channel_id"),
            "Variable": [
                *self._parties(),
                *(f"{name(key, 'variable')}={_variable(value)}" for key, value in self.variables.items()),
                *(
                    f"PJSIP_HEADER(add,{name(key, 'header')})={_variable(value)}"
                    for key, value in self.sip_headers.items()
                ),
            ],
        }
        if self.caller is not None and self.callee is None:
            headers["CallerID"] = number(self.caller, "caller")
        return headers

    def _parties(self) -> list[str]:
        """The header ``CallerID`` would make the number shown the channel's own as well."""
        if self.callee is None:
            return []
        shown = [] if self.caller is None else [f"CONNECTEDLINE(num,i)={number(self.caller, 'caller')}"]
        return [f"CALLERID(num)={number(self.callee, 'callee')}", *shown]

    def _target(self) -> str:
        if self.trunk is None:
            return name(self.endpoint, "endpoint")
        return f"{number(self.endpoint)}@{name(self.trunk, 'trunk')}"


def _variable(value: str) -> str:
    """Asterisk splits ``Variable`` at commas and the dialplan evaluates ``${…}``: neither may come in with a value."""
    return value if not value or _NUMBER.fullmatch(value) else _matching(_WORD, value, "variable")


@dataclass(frozen=True, kw_only=True, slots=True)
class _OnChannel(Action):
    channel: str

    def on_channel(self, action: str) -> Headers:
        return {"Action": action, "Channel": channel(self.channel)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Hangup(_OnChannel):
    """``cause`` 16: somebody meant to hang up."""

    cause: int = 16

    def body(self) -> Headers:
        return {**self.on_channel("Hangup"), "Cause": str(self.cause)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Redirect(_OnChannel):
    """Send a channel elsewhere in the dialplan, and ``extra`` with it when both ends of a bridge must move."""

    place: Place
    extra: str | None = None
    extra_place: Place | None = None

    def body(self) -> Headers:
        headers = {**self.on_channel("Redirect"), **self.place.headers()}
        if self.extra is not None:
            headers |= {
                "ExtraChannel": channel(self.extra, "extra"),
                **(self.extra_place or self.place).headers("Extra"),
            }
        return headers


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindTransfer(_OnChannel):
    """Send the party that ``channel`` talks to to another place; ``channel`` is the one who transfers."""

    place: Place

    def body(self) -> Headers:
        return {**self.on_channel("BlindTransfer"), **_target(self.place)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Atxfer(_OnChannel):
    """Hold the other party and let ``channel`` talk to another place first."""

    place: Place

    def body(self) -> Headers:
        return {**self.on_channel("Atxfer"), **_target(self.place)}


def _target(place: Place) -> Headers:
    return {"Context": name(place.context, "context"), "Exten": _exten(place.exten)}


@dataclass(frozen=True, kw_only=True, slots=True)
class CancelAtxfer(_OnChannel):
    """Give up an attended transfer that is under way."""

    def body(self) -> Headers:
        return self.on_channel("CancelAtxfer")


@dataclass(frozen=True, kw_only=True, slots=True)
class SetVariable(_OnChannel):
    """Set a variable of a channel."""

    variable: str
    value: str

    def body(self) -> Headers:
        return {**self.on_channel("Setvar"), **_assignment(self.variable, self.value)}


@dataclass(frozen=True, kw_only=True, slots=True)
class SetGlobal(Action):
    """Set a variable of the whole dialplan."""

    variable: str
    value: str

    def body(self) -> Headers:
        return {"Action": "Setvar", **_assignment(self.variable, self.value)}


def _assignment(variable: str, value: str) -> Headers:
    return {"Variable": name(variable, "variable"), "Value": _variable(value)}


@dataclass(frozen=True, kw_only=True, slots=True)
class PressKey(_OnChannel):
    """As if the telephone of a channel had pressed a key (RFC 4733: 0 to 9, ``*``, ``#``, A to D)."""

    key: str

    def body(self) -> Headers:
        key = _matching(_KEY, self.key, "key")
        return {**self.on_channel("PlayDTMF"), "Digit": key, "Receive": "true"}


@dataclass(frozen=True, kw_only=True, slots=True)
class MixMonitorMute(_OnChannel):
    """Silence a recording (``muted``) or go on with it; the time line goes on either way."""

    muted: bool

    def body(self) -> Headers:
        return {**self.on_channel("MixMonitorMute"), "Direction": "both", "State": "1" if self.muted else "0"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _OnMember(Action):
    queue: str
    interface: str

    def on_member(self, action: str) -> Headers:
        return {
            "Action": action,
            "Queue": name(self.queue, "queue"),
            "Interface": _matching(_INTERFACE, self.interface, "interface"),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueAdd(_OnMember):
    """``state`` names the device whose state says whether the member is free (else that of the interface); ``reason``
    goes with ``paused``."""

    penalty: int = 0
    paused: bool = False
    reason: str = ""
    member: str | None = None
    state: str | None = None

    def body(self) -> Headers:
        paused = "true" if self.paused else "false"
        headers = {**self.on_member("QueueAdd"), "Penalty": str(self.penalty), "Paused": paused, "Reason": self.reason}
        if self.member is not None:
            headers["MemberName"] = name(self.member, "member")
        if self.state is not None:
            headers["StateInterface"] = _matching(_STATE, self.state, "state")
        return headers


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePenalty(_OnMember):
    penalty: int

    def body(self) -> Headers:
        return {**self.on_member("QueuePenalty"), "Penalty": str(self.penalty)}


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueReload(Action):
    """Take up changed queues; members who were put in by order stay."""

    def body(self) -> Headers:
        return {"Action": "QueueReload"}


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueRemove(_OnMember):
    def body(self) -> Headers:
        return self.on_member("QueueRemove")


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePause(Action):
    """In one queue, or without ``queue`` in all of the phone's."""

    interface: str
    paused: bool
    reason: str = ""
    queue: str | None = None

    def body(self) -> Headers:
        interface = _matching(_INTERFACE, self.interface, "interface")
        headers: Headers = {"Action": "QueuePause", "Interface": interface, "Reason": self.reason}
        if self.queue is not None:
            headers["Queue"] = name(self.queue, "queue")
        return {**headers, "Paused": "true" if self.paused else "false"}


@dataclass(frozen=True, kw_only=True, slots=True)
class CoreStatus(Action):
    """The answer's ``CoreStartupDate`` and ``CoreStartupTime`` say since when this process of Asterisk has run."""

    def body(self) -> Headers:
        return {"Action": "CoreStatus"}


@dataclass(frozen=True, kw_only=True, slots=True)
class CoreShowChannels(Action):
    def body(self) -> Headers:
        return {"Action": "CoreShowChannels"}


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeList(Action):
    def body(self) -> Headers:
        return {"Action": "BridgeList"}


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueStatus(Action):
    def body(self) -> Headers:
        return {"Action": "QueueStatus"}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceStateList(Action):
    """Needs no more than the right to read about calls, unlike a list of contacts."""

    def body(self) -> Headers:
        return {"Action": "DeviceStateList"}
