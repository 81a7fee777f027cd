"""The wire survives whatever arrives and loses no good event."""

import asyncio
import random
import time
from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.ami.decode import KINDS
from telephony.ami.protocol import LINE_LIMIT, Wire, parse

TRACES = Path(__file__).parents[2] / "traces"


class Ears:
    def __init__(self) -> None:
        self.events: list[dict[str, str]] = []
        self.gone = 0

    def heard(self, headers: dict[str, str]) -> None:
        self.events.append(headers)

    def lost(self, error: Exception | None) -> None:
        self.gone += 1


class Silent(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.written += data

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def wire(ears: Ears) -> Wire:
    return connected(ears)


def connected(ears: Ears, kinds: Collection[str] | None = None) -> Wire:
    wire = Wire(ears, kinds)
    wire.connection_made(Silent())
    wire.data_received(b"Asterisk Call Manager/11.0.0\r\n")
    return wire


GOOD = b"Event: Hold\r\nUniqueid: 1.1\r\n\r\n"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1), st.data())
def test_letters_survive_any_split(name: str, data: st.DataObject) -> None:
    ears = Ears()
    wire = connected(ears)
    message = f"Event: Hold\r\nCallerIDName: x{name}x\r\n\r\n".encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(message)), max_size=8)))
    for start, end in zip([0, *cuts], [*cuts, len(message)], strict=True):
        wire.data_received(message[start:end])
    (event,) = ears.events
    assert event["calleridname"] == f"x{name}x"


def test_cyrillic_byte_by_byte(wire: Wire, ears: Ears) -> None:
    for byte in "Event: Hold\r\nCallerIDName: Иванов\r\n\r\n".encode():
        wire.data_received(bytes([byte]))
    assert ears.events[0]["calleridname"] == "Иванов"


def test_a_line_of_ten_megabytes_is_skipped_quickly_and_alone(wire: Wire, ears: Ears) -> None:
    wire.data_received(GOOD + b"Event: Huge\r\nValue: ")
    began = time.perf_counter()
    for _ in range(160):
        wire.data_received(b"x" * 65536)
    wire.data_received(b"\r\n\r\n" + GOOD)
    assert time.perf_counter() - began < 10  # not a minute: what is skipped is not kept
    assert [event["event"] for event in ears.events] == ["Hold", "Hold"]
    assert (wire.skipped, ears.gone) == (1, 0)


def test_a_long_line_is_left_out_of_its_message(wire: Wire, ears: Ears) -> None:
    wire.data_received(b"Event: Hold\r\nNoise: " + b"x" * LINE_LIMIT + b"\r\nUniqueid: 1.1\r\n\r\n")
    assert ears.events == [{"event": "Hold", "uniqueid": "1.1"}]


def test_of_doubled_headers_the_first_counts() -> None:
    assert parse("Event: Hold\r\nUniqueid: 1.1\r\nUniqueid: 2.2\r\nEVENT: Hangup") == {
        "event": "Hold",
        "uniqueid": "1.1",
    }


@given(st.lists(st.text("aB: \t", max_size=8), max_size=5))
def test_a_header_ends_at_its_first_colon(lines: list[str]) -> None:
    expected: dict[str, str] = {}
    for line in lines:
        if ":" in line:
            end = line.index(":")
            expected.setdefault(line[:end].lower(), line[end + 1 :].removeprefix(" "))
    assert parse("\r\n".join(lines)) == expected


@pytest.mark.parametrize("name", sorted(path.name for path in TRACES.glob("*.ami")))
def test_kinds_that_nobody_needs_are_passed_over_and_nothing_else(name: str) -> None:
    everything, needed = Ears(), Ears()
    recorded = (TRACES / name).read_bytes()
    connected(everything).data_received(recorded)
    connected(needed, KINDS).data_received(recorded)
    assert needed.events == [event for event in everything.events if event["event"] in KINDS]


def test_messages_of_one_line_and_headers_in_small_letters_are_read(ears: Ears) -> None:
    wire = connected(ears, {"Hold"})
    wire.data_received(b"\r\nEvent: Noise\r\n\r\nEvent: Hold\r\n\r\nevent: Hold\r\n\r\n")
    assert ears.events == [{"event": "Hold"}, {"event": "Hold"}]


@pytest.mark.parametrize("name", ["Response", "Message", "ActionID", "Event"])
async def test_doubled_headers_of_an_answer_do_not_kill_the_link(name: str, ears: Ears) -> None:
    wire = connected(ears)
    order = wire.order({"Action": "Ping", "ActionID": "a1"})
    doubled = f"{name}: Success\r\n{name}: Success\r\n" if name != "ActionID" else "ActionID: a1\r\nActionID: a1\r\n"
    wire.data_received(f"Response: Success\r\nActionID: a1\r\n{doubled}\r\n".encode())
    wire.data_received(GOOD)
    assert ears.events[-1]["event"] == "Hold"
    assert ears.gone == 0
    order.future.cancel()


async def test_an_event_with_the_actions_id_is_not_its_answer(ears: Ears) -> None:
    wire = connected(ears)
    order = wire.order({"Action": "Originate", "Channel": "PJSIP/100", "ActionID": "a1"})
    wire.data_received(b"Event: OriginateResponse\r\nActionID: a1\r\nResponse: Failure\r\nReason: 3\r\n\r\n")
    assert not order.future.done()
    assert ears.events[0]["reason"] == "3"
    wire.data_received(b"Response: Success\r\nActionID: a1\r\nMessage: Originate successfully queued\r\n\r\n")
    assert order.future.result().success


def test_ten_thousand_malformed_messages_cost_no_good_event(wire: Wire, ears: Ears) -> None:
    chance = random.Random(1)
    pieces = [
        b"Event",
        b"Response",
        b": ",
        b":",
        b"\r\n",
        b"\n",
        b"\r",
        b"\x00",
        b"\xff\xfe",
        "Ж".encode(),
        b"ActionID: x",
    ]
    for _ in range(10_000):
        noise = b"".join(chance.choice(pieces) for _ in range(chance.randrange(1, 12)))
        wire.data_received(noise.replace(b"Event: ", b"Evil: ") + b"\r\n\r\n" + GOOD)
    assert sum(event == {"event": "Hold", "uniqueid": "1.1"} for event in ears.events) == 10_000
    assert ears.gone == 0


async def test_a_lost_link_leaves_nothing_to_send_again(ears: Ears) -> None:
    wire = connected(ears)
    wire.order({"Action": "Originate", "Channel": "PJSIP/100", "ActionID": "a1"})
    wire.connection_lost(None)
    wire.connection_lost(None)
    assert ears.gone == 1
    assert not wire.factory.awaiting_actions
