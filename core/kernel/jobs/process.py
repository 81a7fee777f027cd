"""Telling whether a process that holds a lease is still alive."""

import hashlib
import os
import secrets
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = Path("/proc/self/ns/pid")
#: Of what follows the name in ``/proc/PID/stat``: when the process started, in ticks since the machine did (proc(5)).
_STARTED = 19


def identity() -> str:
    """A name for a holder of leases in this process, at most 40 characters: machine, process, something random.

    Where the system has no ``/proc`` the machine is left out, and nobody will ever call the holder dead.
    """
    started = _started(os.getpid())
    here = _here() if started else ""
    return f"{here}:{os.getpid()}:{started or 0}:{secrets.token_hex(3)}"


def dead(holder: str) -> bool:
    """Whether a holder named by :func:`identity` is certainly gone: it ran on this machine, since its last start and
    among the processes seen from here, and is not there any more. Process numbers are used again, so the moment of its
    start counts as well."""
    where, _, rest = holder.partition(":")
    number, _, rest = rest.partition(":")
    started = rest.partition(":")[0]
    if not where or where != _here() or not number.isdecimal():
        return False
    return _started(int(number)) != started


def _here() -> str:
    try:
        seen = _BOOT.read_text() + str(_NAMESPACE.readlink())
    except OSError:
        return ""
    return hashlib.sha256(seen.encode()).hexdigest()[:12]


def _started(number: int) -> str | None:
    try:
        written = Path(f"/proc/{number}/stat").read_text()
    except OSError:
        return None
    fields = written.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[_STARTED]
