"""What the dialplan asks and is told: one line that it can cut into pieces, whatever anybody is called."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from callcenter.ivr.attendant import LINES, Told
from callcenter.ivr.walk import Exit
from callcenter.queues.model import Closed
from callcenter.queues.routing import Onward, Route
from telephony.ami.actions import SetVariable
from telephony.asking import MOST, STEP, VARIABLE, Asking, Question, answer, question, step_answer

ASKED = {
    "event": "UserEvent",
    "userevent": "CallcenterAsk",
    "uniqueid": "1763.12",
    "calleridnum": "+79000000100",
    "about": "arrived",
    "subject": "5550100",
}
CODES = st.from_regex(re.compile(r"[a-z0-9][a-z0-9-]{1,39}", re.ASCII), fullmatch=True)
SECONDS = st.integers(1, 3600)
ROUTES = st.builds(
    Route,
    queue=CODES,
    language=st.sampled_from([None, "ru", "uk", "en"]),
    own=st.sampled_from([None, "101", "2345678901"]),
    own_seconds=st.integers(0, 120),
    priority=st.integers(0, 100),
    max_wait=st.none() | SECONDS,
    closed=st.none() | st.sampled_from(list(Closed)),
)
ONWARDS = st.builds(
    Onward, queue=st.none() | CODES, max_wait=st.none() | SECONDS, priority=st.integers(0, 100), voicemail=st.booleans()
)


def test_a_question_is_read() -> None:
    assert question(ASKED) == Question(about="arrived", subject="5550100", channel="1763.12", number="+79000000100")


def test_a_hidden_number_is_none() -> None:
    for hidden in ("<unknown>", "Anonymous", ""):
        asked = question({**ASKED, "calleridnum": hidden})
        assert asked is not None
        assert asked.number is None


@given(st.dictionaries(st.sampled_from([*ASKED, "other"]), st.text(max_size=40)))
def test_no_event_does_harm(headers: dict[str, str]) -> None:
    assert question(headers) is None or headers["uniqueid"]


class Nobody:
    """Where a caller goes is not known: everybody waits."""

    listener: Callable[[dict[str, str]], None]


async def test_who_asks_when_too_many_do_is_turned_away_and_told_of() -> None:
    everybody_waits: Any = Nobody()
    asking = Asking(everybody_waits, everybody_waits, everybody_waits)
    with capture_logs() as logs:
        for number in range(MOST + 2):
            asking.heard({**ASKED, "uniqueid": f"1763.{number}"})
    assert [line["reason"] for line in logs] == ["too many ask"] * 2


@given(ROUTES | ONWARDS)
def test_an_answer_passes_the_gate_and_is_cut_into_its_pieces(way: Route | Onward) -> None:
    value = SetVariable(channel="1763.12", variable=VARIABLE, value=answer(way)).headers()["Value"]
    assert isinstance(value, str)
    assert value, "the dialplan takes an empty variable for no answer"
    language, own, seconds, queue, priority, wait, closed, menu = value.split("_")
    assert menu == ""
    assert (queue or None) == way.queue
    assert int(priority) == way.priority
    assert (int(wait) if wait else None) == way.max_wait
    if isinstance(way, Route):
        assert (language or None, own or None, int(seconds)) == (way.language, way.own, way.own_seconds)
        assert (closed or None) == way.closed
    else:
        assert (closed == "voicemail") == way.voicemail


SOUNDS = st.lists(st.sampled_from(["p" + "0" * 16, "u" + "f" * 16]), max_size=LINES).map(tuple)


@given(SOUNDS, st.integers(1, 20), st.integers(1, 60))
def test_a_step_that_reads_is_cut_into_its_pieces(sounds: tuple[str, ...], most: int, seconds: int) -> None:
    told = step_answer(Told(sounds=sounds, most=most, seconds=seconds), None)
    value = SetVariable(channel="1763.12", variable=STEP, value=told).headers()["Value"]
    assert isinstance(value, str)
    assert value.split("_") == ["read", "-".join(sounds), str(most), str(seconds)]


@given(SOUNDS, ROUTES, st.sampled_from(["ru", "pl"]))
def test_who_leaves_a_menu_has_his_route_behind_it(sounds: tuple[str, ...], way: Route, language: str) -> None:
    told = Told(sounds=sounds, exit=Exit.OWN, language=language)
    pieces = step_answer(told, way).split("_")
    assert pieces[:5] == ["leave", "-".join(sounds), "", "", language]
    assert pieces[5:] == answer(way).split("_")[1:]
    closed = {Exit.VOICEMAIL: "message", Exit.HANG_UP: "end"}
    for exit_, word in closed.items():
        pieces = step_answer(Told(sounds=sounds, exit=exit_, language=language), None).split("_")
        assert (len(pieces), pieces[4], pieces[10]) == (12, language, word)
