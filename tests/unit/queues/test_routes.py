"""Every caller has a way, and it is the nearest one to his own collector."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from callcenter.queues.hours import Hours
from callcenter.queues.model import Closed, Queue
from callcenter.queues.routing import Known, queue_for, route

NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
NEVER = Hours(zone=ZoneInfo("UTC"), week={})
KNOWN = st.builds(
    Known,
    language=st.sampled_from([None, "ru", "uk"]),
    stage_id=st.sampled_from([None, 1, 2, 3]),
    extension=st.sampled_from([None, "101"]),
    state=st.sampled_from([None, "available", "talking", "pause", "offline", "wrap_up"]),
)


def _queue(queue_id: int, code: str, **more: object) -> Queue:
    values = {"priority": 0, "own_first": True, "own_seconds": 12, "closed": Closed.VOICEMAIL}
    return Queue(id=queue_id, code=code, name=code, **{**values, **more})


QUEUES = {1: _queue(1, "main"), 2: _queue(2, "hard", own_first=False), 3: _queue(3, "night")}


@given(
    KNOWN,
    st.sampled_from([None, "5550100", "5550101", "5550199"]),
    st.dictionaries(st.sampled_from(["5550100", "5550101"]), st.integers(1, 5)),
    st.dictionaries(st.integers(1, 3), st.integers(1, 5)),
)
def test_everybody_has_a_queue(
    known: Known, dialled: str | None, numbers: dict[str, int], stages: dict[int, int]
) -> None:
    queue = queue_for(known, dialled, QUEUES, numbers, stages)
    assert queue in QUEUES.values()
    wished = [stages.get(known.stage_id or 0), numbers.get(dialled or "")]
    there = [QUEUES[one] for one in wished if one in QUEUES]
    assert queue is (there[0] if there else QUEUES[1])


@given(KNOWN, st.sampled_from(list(QUEUES.values())))
def test_only_a_waiting_collector_is_rung_first(known: Known, queue: Queue) -> None:
    way = route(known, queue, None, NOW)
    assert way.queue == queue.code
    assert way.language == known.language
    assert way.closed is None
    rung = queue.own_first and known.extension is not None and known.state == "available"
    assert way.own == (known.extension if rung else None)
    assert way.own_seconds == (12 if rung else 0)


@given(KNOWN)
def test_nobody_is_rung_outside_the_hours(known: Known) -> None:
    way = route(known, QUEUES[1], NEVER, NOW)
    assert (way.closed, way.own) == (Closed.VOICEMAIL, None)
