"""What Asterisk said, as frozen values: exactly the events the fold of calls and the lamp of phones need.

Every event carries ``at``: Asterisk's own time where it sent one (``timestampevents=yes``), else the time of arrival.
Empty header values are None here, so that nothing downstream compares with ``<unknown>``.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from callcenter.calls.facts import AnsweredBy, Wish


class ChannelState(IntEnum):
    """Asterisk's ``ChannelState`` numbers that matter here; every other number is kept as a plain int."""

    DOWN = 0
    RING = 4
    RINGING = 5
    UP = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class AmiEvent:
    """Anything Asterisk reported at a moment (aware UTC)."""

    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelEvent(AmiEvent):
    """Something about one channel, named by its Uniqueid."""

    uniqueid: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelSeen(ChannelEvent):
    """A channel as its event showed it. Any such event may bring a new Linkedid, which means that calls have merged."""

    channel: str
    linkedid: str
    state: int
    number: str | None
    connected: str | None
    exten: str | None
    context: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelCreated(ChannelSeen):
    """``Newchannel``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelChanged(ChannelSeen):
    """``Newstate`` or ``NewCallerid``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelListed(ChannelSeen):
    """One line of ``CoreShowChannels``: the channel lives, ``age`` seconds old, in ``bridge`` or in none."""

    bridge: str | None
    age: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelHungUp(ChannelSeen):
    """``Hangup`` with its Q.850 cause (0: Asterisk gave none)."""

    cause: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChannelRenamed(ChannelEvent):
    """``Rename``: part of a masquerade."""

    channel: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DialBegan(ChannelEvent):
    """``uniqueid`` is rung for ``caller`` (None for an Originate); ``linkedid`` is the rung channel's."""

    caller: str | None
    linkedid: str
    number: str | None
    connected: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class DialEnded(ChannelEvent):
    """The ringing of ``uniqueid`` ended with Asterisk's DIALSTATUS."""

    caller: str | None
    status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeEntered(ChannelSeen):
    """``swapped`` is the channel that leaves in the same moment (Local optimisation, attended transfer).

    ``shared`` is False for a holding bridge: who waits in one (parking, music) does not hear the others.
    """

    bridge: str
    swapped: str | None
    shared: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeLeft(ChannelSeen):
    bridge: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeDestroyed(AmiEvent):
    bridge: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Held(ChannelEvent):
    """The phone behind the channel put its far party on hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unheld(ChannelEvent):
    """The phone took its far party back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueJoined(ChannelEvent):
    queue: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueLeft(ChannelEvent):
    """The caller left the queue: connected, gave up, or timed out."""

    queue: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswererJudged(ChannelEvent):
    """The dialplan's ``UserEvent`` about who answered; said again when a message was ``left``, or he said his
    ``wish``."""

    by: AnsweredBy
    because: str
    milliseconds: int
    left: bool
    wish: Wish


@dataclass(frozen=True, kw_only=True, slots=True)
class OriginateEnded(AmiEvent):
    """``OriginateResponse``. ``uniqueid`` is None when no channel ever came to be; ``action_id`` is the order's own."""

    action_id: str | None
    uniqueid: str | None
    answered: bool
    reason: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceChanged(AmiEvent):
    """``DeviceStateChange``: e.g. ``PJSIP/100`` is ``INUSE``."""

    device: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactChanged(AmiEvent):
    """A phone registered, vanished or stopped answering; ``reachable`` is False for Removed and Unreachable."""

    endpoint: str
    uri: str
    reachable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class BridgeListed(AmiEvent):
    """One line of ``BridgeList``."""

    bridge: str
    shared: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueWaiterListed(ChannelEvent):
    """One waiting caller in the answer to ``QueueStatus``, and for how many seconds he has waited."""

    queue: str
    waited: int


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueMemberEvent(AmiEvent):
    """Something about one phone in one queue."""

    queue: str
    interface: str


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueMemberSeen(QueueMemberEvent):
    """A member as an event showed it: ``listed`` in the answer to ``QueueStatus``, else because it was put in, paused
    or given another penalty. ``fixed``: it stands in the exchange's configuration."""

    penalty: int
    paused: bool
    fixed: bool
    listed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueMemberRemoved(QueueMemberEvent):
    """``QueueMemberRemoved``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListEnded(AmiEvent):
    """The end of the answer to a listing action, named by the event (e.g. ``CoreShowChannelsComplete``)."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Booted(AmiEvent):
    """``FullyBooted``: sent once after a login, and when Asterisk has started."""
