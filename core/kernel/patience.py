"""How long somebody waits for a database that others hold.

A person waits a few seconds and is told; what works in the background waits for as long as a backup or another
program may keep the database to itself, because nobody would repeat what it has to write.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Seconds that whoever says nothing else waits.
LONGEST = 60.0
_seconds: ContextVar[float] = ContextVar("patience", default=LONGEST)


def patience() -> float:
    """Seconds that the present task waits for a free connection, and as long again for the lock."""
    return _seconds.get()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Within the block, and in tasks begun there, nobody waits longer."""
    before = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(before)
