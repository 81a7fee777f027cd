"""Free ports, so that any number of labs and tests live side by side."""

import fcntl
import os
import random
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from telephony.lab.errors import LabError
from telephony.provisioning import Address

RTP_FIRST, RTP_LAST, RTP_STEP = 10_000, 32_000, 500
"""Below the range that the kernel hands out by itself; one step is one lab's share."""
MEDIA_FIRST, MEDIA_LAST, MEDIA_STEP = 1_100, 9_900, 100
"""Below that of the labs; one step is the share of one SIP tool."""


def free_tcp(host: str, wish: int | None = None) -> int:
    """A port that nobody listens on; ``wish`` if that is one."""
    return _free(host, socket.SOCK_STREAM, wish)


def free_udp(host: str, wish: int | None = None) -> int:
    """A port that nobody listens on; ``wish`` if that is one."""
    return _free(host, socket.SOCK_DGRAM, wish)


def _free(host: str, kind: socket.SocketKind, wish: int | None) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:  # connections that are just closing do not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wish or 0))
        except OSError:
            probe.bind((host, 0))
        return int(probe.getsockname()[1])


def require_free(address: Address) -> None:
    """Raise ``LabError`` if somebody listens on the UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address.host, address.port))
        except OSError:
            raise LabError(f"somebody answers on {address.host}:{address.port} already") from None


def claim_rtp() -> tuple[int, tuple[int, int]]:
    """A share of the RTP ports that no other lab has: an open lock file and the first and last port.

    The share is taken as long as any process holds the file open: hand it to Asterisk, which gives it back
    by ending."""
    for lock, start in _claims(range(RTP_FIRST, RTP_LAST, RTP_STEP)):
        return lock, (start, start + RTP_STEP - 1)
    raise LabError("every range of RTP ports is taken by another lab; stop one with: callcenter lab down")


def claim_media(host: str) -> tuple[int, int]:
    """A share of ports for a debtor's sound: an open lock file, to be handed to the SIP tool, and the first port."""
    for lock, start in _claims(range(MEDIA_FIRST, MEDIA_LAST, MEDIA_STEP)):
        if all(free_udp(host, port) == port for port in range(start, start + MEDIA_STEP)):
            return lock, start
        os.close(lock)
    raise LabError("every range of media ports is taken by another SIP tool")


def _claims(shares: range) -> Iterator[tuple[int, int]]:
    """Shares nobody has, locked, in any order."""
    for start in random.sample(shares, len(shares)):
        lock = os.open(_lock_file(start), os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        yield lock, start


def _lock_file(start: int) -> Path:
    return Path(tempfile.gettempdir()) / f"callcenter-rtp-{start}.lock"
