"""What Asterisk said, as frozen values: exactly the events the fold of calls and the lamp of phones need.

Every event carries ``at``: Asterisk's own time where it sent one (``timestampevents=yes``), else the time of arrival.
Empty header values are None here, so that nothing downstream compares with ``<unknown>``.
"""

from datetime import datetime
from enum import IntEnum

import msgspec

from callcenter.calls.facts import AnsweredBy, Wish


class ChannelState(IntEnum):
    """Asterisk's ``ChannelState`` numbers that matter here; every other number is kept as a plain int."""

    DOWN = 0
    RING = 4
    RINGING = 5
    UP = 6


class AmiEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Anything Asterisk reported at a moment (aware UTC)."""

    at: datetime


class ChannelEvent(AmiEvent, frozen=True, kw_only=True):
    """Something about one channel, named by its Uniqueid."""

    uniqueid: str


class ChannelSeen(ChannelEvent, frozen=True, kw_only=True):
    """A channel as its event showed it. Any such event may bring a new Linkedid, which means that calls have merged."""

    channel: str
    linkedid: str
    state: int
    number: str | None
    connected: str | None
    exten: str | None
    context: str | None


class ChannelCreated(ChannelSeen, frozen=True, kw_only=True):
    """``Newchannel``."""


class ChannelChanged(ChannelSeen, frozen=True, kw_only=True):
    """``Newstate`` or ``NewCallerid``."""


class ChannelListed(ChannelSeen, frozen=True, kw_only=True):
    """One line of ``CoreShowChannels``: the channel lives, ``age`` seconds old, in ``bridge`` or in none."""

    bridge: str | None
    age: int


class ChannelHungUp(ChannelSeen, frozen=True, kw_only=True):
    """``Hangup`` with its Q.850 cause (0: Asterisk gave none)."""

    cause: int


class ChannelRenamed(ChannelEvent, frozen=True, kw_only=True):
    """``Rename``: part of a masquerade."""

    channel: str


class DialBegan(ChannelEvent, frozen=True, kw_only=True):
    """``uniqueid`` is rung for ``caller`` (None for an Originate); ``linkedid`` is the rung channel's."""

    caller: str | None
    linkedid: str
    number: str | None
    connected: str | None


class DialEnded(ChannelEvent, frozen=True, kw_only=True):
    """The ringing of ``uniqueid`` ended with Asterisk's DIALSTATUS."""

    caller: str | None
    status: str


class BridgeEntered(ChannelSeen, frozen=True, kw_only=True):
    """``swapped`` is the channel that leaves in the same moment (Local optimisation, attended transfer).

    ``shared`` is False for a holding bridge: who waits in one (parking, music) does not hear the others.
    """

    bridge: str
    swapped: str | None
    shared: bool


class BridgeLeft(ChannelSeen, frozen=True, kw_only=True):
    bridge: str


class BridgeDestroyed(AmiEvent, frozen=True, kw_only=True):
    bridge: str


class Held(ChannelEvent, frozen=True, kw_only=True):
    """The phone behind the channel put its far party on hold."""


class Unheld(ChannelEvent, frozen=True, kw_only=True):
    """The phone took its far party back."""


class QueueJoined(ChannelEvent, frozen=True, kw_only=True):
    queue: str


class QueueLeft(ChannelEvent, frozen=True, kw_only=True):
    """The caller left the queue: connected, gave up, or timed out."""

    queue: str


class AnswererJudged(ChannelEvent, frozen=True, kw_only=True):
    """The dialplan's ``UserEvent`` about who answered; said again when a message was ``left``, or he said his
    ``wish``."""

    by: AnsweredBy
    because: str
    milliseconds: int
    left: bool
    wish: Wish


class RecorderBegun(ChannelEvent, frozen=True, kw_only=True):
    """The dialplan's ``UserEvent`` after a recorder was begun anew, or found to need none."""


class OriginateEnded(AmiEvent, frozen=True, kw_only=True):
    """``OriginateResponse``. ``uniqueid`` is None when no channel ever came to be; ``action_id`` is the order's own."""

    action_id: str | None
    uniqueid: str | None
    answered: bool
    reason: int


class DeviceChanged(AmiEvent, frozen=True, kw_only=True):
    """``DeviceStateChange``: e.g. ``PJSIP/100`` is ``INUSE``."""

    device: str
    state: str


class ContactChanged(AmiEvent, frozen=True, kw_only=True):
    """A phone registered, vanished or stopped answering; ``reachable`` is False for Removed and Unreachable."""

    endpoint: str
    uri: str
    reachable: bool


class BridgeListed(AmiEvent, frozen=True, kw_only=True):
    """One line of ``BridgeList``."""

    bridge: str
    shared: bool


class QueueWaiterListed(ChannelEvent, frozen=True, kw_only=True):
    """One waiting caller in the answer to ``QueueStatus``, and for how many seconds he has waited."""

    queue: str
    waited: int


class QueueMemberEvent(AmiEvent, frozen=True, kw_only=True):
    """Something about one phone in one queue."""

    queue: str
    interface: str


class QueueMemberSeen(QueueMemberEvent, frozen=True, kw_only=True):
    """A member as an event showed it: ``listed`` in the answer to ``QueueStatus``, else because it was put in, paused
    or given another penalty. ``fixed``: it stands in the exchange's configuration."""

    penalty: int
    paused: bool
    fixed: bool
    listed: bool


class QueueMemberRemoved(QueueMemberEvent, frozen=True, kw_only=True):
    """``QueueMemberRemoved``."""


class ListEnded(AmiEvent, frozen=True, kw_only=True):
    """The end of the answer to a listing action, named by the event (e.g. ``CoreShowChannelsComplete``)."""

    name: str
