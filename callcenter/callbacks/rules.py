"""When a callback is called, tried again, passed on. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """The agency's settings: when to remind, how long to wait for the owner, when to try again after no answer, and how
    long a missed caller may wait at most."""

    remind_before: timedelta = timedelta(minutes=5)
    escalate_after: timedelta = timedelta(minutes=10)
    retry_after: timedelta = timedelta(minutes=10)
    missed_window: timedelta = timedelta(hours=4)
    stuck_after: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """When the debtor is to be called; aware UTC, the end not included."""

    start: datetime
    end: datetime


def moved(window: Window, allowed_from: datetime) -> Window:
    """The window from the next lawful moment on: cut when that lies within, shifted with its length when that comes
    later. What is lawful by then is left as it was agreed."""
    if allowed_from <= window.start:
        return window
    if window.start < allowed_from < window.end:
        return Window(start=allowed_from, end=window.end)
    return Window(start=allowed_from, end=allowed_from + (window.end - window.start))


def next_try(now: datetime, window: Window, patience: Patience) -> datetime | None:
    """When to call again after nobody answered; None when the window is over by then."""
    again = now + patience.retry_after
    return again if again < window.end else None


def is_abandoned(due_at: datetime, now: datetime, *, owner_free: bool, patience: Patience) -> bool:
    """Whether the owner has been absent or busy for too long."""
    return not owner_free and now - due_at >= patience.escalate_after
