"""A collector whom a queue was about to ring just after his talk: he was spared, and no book knows of it."""

from datetime import UTC, datetime, timedelta

from callcenter.calls.facts import LegKind
from telephony.ami import events as e
from telephony.tracking.endpoints import Endpoints
from telephony.tracking.fold import Fold
from telephony.tracking.repair import rebuild, rows_of

_AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
_ENDPOINTS = Endpoints(trunks=frozenset({"trunk"}))


def _made(uniqueid: str, channel: str, state: int, linkedid: str = "lab-1") -> e.ChannelCreated:
    return e.ChannelCreated(
        at=_AT, uniqueid=uniqueid, linkedid=linkedid, channel=channel, state=state, number=None, connected=None,
        exten="s", context="callcenter-phones",
    )  # fmt: skip


def _fold(*events: e.AmiEvent) -> list[LegKind]:
    fold = Fold("lab", _ENDPOINTS)
    fold.apply_all((_made("lab-1", "PJSIP/trunk-1", e.ChannelState.RING), _made("lab-2", "PJSIP/101-2", 0), *events))
    (call,) = fold.changed()
    return [leg.kind for leg in call.legs]


def test_a_phone_that_was_only_made_to_be_rung_is_in_no_call() -> None:
    gone = e.ChannelHungUp(
        at=_AT + timedelta(milliseconds=1), uniqueid="lab-2", linkedid="lab-1", channel="PJSIP/101-2", state=0,
        number=None, connected=None, exten="s", context="callcenter-phones", cause=21,
    )  # fmt: skip
    assert _fold() == [LegKind.CUSTOMER]
    assert _fold(gone) == [LegKind.CUSTOMER]


def test_nor_is_he_whom_a_campaign_was_about_to_ring() -> None:
    fold = Fold("lab", _ENDPOINTS)
    debtor = _made("cc-7-a", "PJSIP/trunk-1", 0, "cc-7-a")
    fold.apply_all((debtor, _made("lab-2", "PJSIP/101-2", 0, "cc-7-a")))
    (call,) = fold.changed()
    assert [leg.kind for leg in call.legs] == [LegKind.CUSTOMER]


def test_the_phone_that_an_order_rings_first_is_in_it_at_once() -> None:
    fold = Fold("lab", _ENDPOINTS)
    fold.apply(_made("cc-7-a", "PJSIP/101-1", 0, "cc-7-a"))
    (call,) = fold.changed()
    assert [leg.kind for leg in call.legs] == [LegKind.AGENT]


def test_it_is_as_soon_as_it_rings() -> None:
    rung = e.DialBegan(at=_AT, uniqueid="lab-2", caller="lab-1", linkedid="lab-1", number=None, connected=None)
    assert _fold(rung) == [LegKind.CUSTOMER, LegKind.AGENT]


def _cel(*spared: str) -> list[LegKind]:
    text = "".join(
        f'"{event}","{1_772_445_600 + n}","{uniqueid}","lab-1","{channel}","","","s","x","{app}","main","{{}}"\n'
        for n, (event, uniqueid, channel, app) in enumerate(
            (
                ("CHAN_START", "lab-1", "PJSIP/trunk-1", ""),
                ("APP_START", "lab-1", "PJSIP/trunk-1", "Queue"),
                ("CHAN_START", "lab-2", "PJSIP/101-2", ""),
                *((event, "lab-2", "PJSIP/101-2", "") for event in spared),
                ("HANGUP", "lab-2", "PJSIP/101-2", ""),
            )
        )
    )
    (call,) = rebuild("lab", _ENDPOINTS, rows_of(text))
    return [leg.kind for leg in call.legs]


def test_cel_says_the_same() -> None:
    assert _cel("CallcenterSpared") == [LegKind.CUSTOMER]
    assert _cel() == [LegKind.CUSTOMER, LegKind.AGENT]
