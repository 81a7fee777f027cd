"""Members as the exchange tells of them: a list replaces what was known, events between change it."""

from datetime import UTC, datetime

from callcenter.queues.ports import Seat, Standing
from telephony.ami import events as e
from telephony.ami.decode import decode
from telephony.memberships import Memberships

AT = datetime(2026, 3, 11, 12, tzinfo=UTC)
SEAT = Seat(queue="main", endpoint="101")


def _said(**headers: str) -> e.AmiEvent:
    event = decode(headers, AT)
    assert event is not None
    return event


def _member(event: str, **more: str) -> e.AmiEvent:
    place = "location" if event == "QueueMember" else "interface"
    base = {"event": event, "queue": "main", place: "PJSIP/101", "penalty": "1", "paused": "0", "membership": "dynamic"}
    return _said(**{**base, **more})


def test_nothing_is_known_before_the_list_has_ended() -> None:
    members, told = Memberships(), list[str]()
    members.on_known(lambda: told.append("known"))
    members.apply(_member("QueueMember"))
    assert members.seats() is None
    members.apply(_said(event="QueueStatusComplete"))
    assert members.seats() == {SEAT: Standing(penalty=1, paused=False)}
    assert told == ["known"]


def test_events_change_what_is_known_and_a_new_list_replaces_it() -> None:
    members = Memberships()
    members.apply(_said(event="QueueStatusComplete"))
    members.apply(_member("QueueMemberAdded"))
    members.apply(_member("QueueMemberPause", paused="1"))
    assert members.seats() == {SEAT: Standing(penalty=1, paused=True)}
    members.apply(_member("QueueMemberPenalty", penalty="3", paused="1", membership="static"))
    assert members.seats() == {SEAT: Standing(penalty=3, paused=True, fixed=True)}
    members.apply(_member("QueueMemberRemoved"))
    assert members.seats() == {}
    members.apply(_member("QueueMemberAdded"))
    members.apply(_said(event="QueueStatusComplete"))
    assert members.seats() == {SEAT: Standing(penalty=1, paused=False)}, "put in while the list was on its way"


def test_a_queue_that_is_gone_takes_its_members_along() -> None:
    members = Memberships()
    members.apply(_said(event="QueueStatusComplete"))
    for queue in ("main", "night"):
        members.apply(_member("QueueMemberAdded", queue=queue))
    members.keep({"main"})
    assert members.seats() == {SEAT: Standing(penalty=1, paused=False)}


def test_a_lost_link_forgets_everything() -> None:
    members, lost = Memberships(), list[str]()
    members.on_lost(lambda: lost.append("lost"))
    members.apply(_said(event="QueueStatusComplete"))
    members.start_over()
    assert members.seats() is None
    assert lost == ["lost"]


def test_what_is_no_phone_of_ours_to_know_is_passed_over() -> None:
    members = Memberships()
    members.apply(_member("QueueMember", location="Local/5@somewhere"))
    members.apply(_said(event="QueueStatusComplete"))
    assert members.seats() == {}
