"""Recorded traces, decoded."""

from datetime import UTC, datetime
from pathlib import Path

from callcenter.calls.facts import CallState
from telephony.ami.decode import decode
from telephony.ami.events import AmiEvent
from telephony.ami.protocol import parse
from telephony.tracking.endpoints import Endpoints
from telephony.tracking.fold import Fold

TRACES = Path(__file__).resolve().parents[2] / "traces"
NAMES = sorted(path.stem for path in TRACES.glob("*.ami"))
ENDPOINTS = Endpoints(trunks=frozenset({"trunk"}))
ARRIVED = datetime(2026, 1, 1, tzinfo=UTC)


def events(name: str) -> list[AmiEvent]:
    """The events of a trace that the program understands, in order."""
    text = (TRACES / f"{name}.ami").read_bytes().decode()
    decoded = (decode(parse(message), ARRIVED) for message in text.split("\r\n\r\n"))
    return [event for event in decoded if event is not None]


def folded(story: list[AmiEvent]) -> dict[int, CallState]:
    """Every call of the story in its last state."""
    fold = Fold("test", ENDPOINTS)
    fold.apply_all(story)
    return {state.call_id: state for state in fold.changed()}
