"""Who answered, as the dialplan said it: over the manager's wire, or read from CEL by who was away."""

from datetime import UTC, datetime

import pytest

from callcenter.calls.facts import AnsweredBy, Answerer, CallState, Wish
from telephony.ami import events as e
from telephony.ami.decode import decode
from telephony.tracking.endpoints import Endpoints
from telephony.tracking.fold import Fold
from telephony.tracking.repair import completed, rebuild, rows_of

_AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
_ENDPOINTS = Endpoints(trunks=frozenset({"trunk"}))
_CHANNEL = "cc-4503599627370497-a"
_SAID = {
    "event": "UserEvent",
    "userevent": "CallcenterAnswerer",
    "uniqueid": _CHANNEL,
    "by": "machine",
    "because": "LONGGREETING-1500-1500",
    "milliseconds": "2310",
    "left": "no",
}
_MACHINE = Answerer(by=AnsweredBy.MACHINE, because="LONGGREETING-1500-1500", milliseconds=2310)


def _told(**headers: str) -> e.AmiEvent:
    event = decode(_SAID | headers, _AT)
    assert event is not None
    return event


def _line(event: str, at: float, extra: str = "", uniqueid: str = _CHANNEL) -> str:
    quoted = extra.replace('"', '""')
    return f'"{event}","{at}","{uniqueid}","{uniqueid}","PJSIP/trunk-1","","+79000000001","s","x","","","{quoted}"\n'


def _cel(*judgements: str) -> tuple[CallState, ...]:
    said = "".join(
        _line("CallcenterAnswerer", 1_772_445_602 + n, f'{{"extra":"{words}"}}') for n, words in enumerate(judgements)
    )
    end = _line("HANGUP", 1_772_445_609, '{"hangupcause":16}')
    return rebuild(
        "lab",
        _ENDPOINTS,
        rows_of(_line("CHAN_START", 1_772_445_600) + _line("ANSWER", 1_772_445_601) + said + end),
    )


def _fold(*events: e.AmiEvent) -> CallState:
    fold = Fold("lab", _ENDPOINTS)
    seen = {"channel": "PJSIP/trunk-1", "linkedid": _CHANNEL, "number": "+79000000001", "connected": None}
    fold.apply(
        e.ChannelCreated(at=_AT, uniqueid=_CHANNEL, state=6, exten="s", context="callcenter-campaign", **seen)  # type: ignore[arg-type]
    )
    fold.apply_all(events)
    (call,) = fold.changed()
    return call


def test_a_judgement_belongs_to_its_call() -> None:
    assert _fold().answerer is None
    assert _fold(_told()).answerer == _MACHINE
    left = _fold(_told(), _told(left="yes")).answerer
    assert left is not None
    assert left.left


def test_who_presses_a_key_says_what_he_wants() -> None:
    said = _fold(_told(by="unsure"), _told(by="person", wish="no_calls")).answerer
    assert said is not None
    assert (said.by, said.wish) == (AnsweredBy.PERSON, Wish.NO_CALLS)
    (call,) = _cel("unsure TOOLONG-4000 2310 no none", "person TOOLONG-4000 2310 no talk")
    assert call.answerer is not None
    assert (call.answerer.by, call.answerer.wish) == (AnsweredBy.PERSON, Wish.TALK)


def test_cel_says_the_same() -> None:
    (call,) = _cel("machine LONGGREETING-1500-1500 2310 no")
    assert call.answerer == _MACHINE
    (call,) = _cel("machine LONGGREETING-1500-1500 2310 no", "machine LONGGREETING-1500-1500 2310 yes")
    assert call.answerer is not None
    assert call.answerer.left
    known = _fold(_told())
    (silent,) = _cel()
    assert completed(silent, known, set()).answerer == _MACHINE, "what was heard live is not lost"


@pytest.mark.parametrize("headers", [{"by": "nobody"}, {"milliseconds": "soon"}, {"userevent": "CallcenterAsk"}])
def test_what_cannot_be_understood_is_no_judgement(headers: dict[str, str]) -> None:
    assert decode(_SAID | headers, _AT) is None


@pytest.mark.parametrize("words", ["", "nobody X 3 no", "machine X soon no", "machine X 3 perhaps", "machine"])
def test_a_broken_row_is_passed_over(words: str) -> None:
    (call,) = _cel(words)
    assert call.answerer is None


def test_a_judgement_of_an_unknown_call_changes_nothing() -> None:
    fold = Fold("lab", _ENDPOINTS)
    fold.apply(_told())
    assert not list(fold.changed())
