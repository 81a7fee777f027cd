"""What a changed call means to others: news for those who follow it in its transaction, events for after the commit."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from callcenter.calls.batch import Change
from callcenter.calls.changes import Users, is_lost_caller, talking_users, waiting_users
from callcenter.calls.events import (
    CallAnswered,
    CallEnded,
    CallEvent,
    CallHeld,
    CallMerged,
    CallOffered,
    CallRef,
    CallWithdrawn,
)
from callcenter.calls.facts import CallPhase, CallState
from callcenter.calls.model import Call
from callcenter.calls.offers import Offer
from callcenter.calls.past import between, latest
from callcenter.calls.ports import Activity, CallNews


def reference(row: Call) -> CallRef:
    """The call as events name it."""
    return CallRef(call_id=row.id, direction=row.direction, phone=row.phone, party_id=row.party_id, case_id=row.case_id)


def concerned(row: Call) -> frozenset[int]:
    """The collector whose call it is, for events that change nothing about who else is in it."""
    return frozenset({row.user_id}) if row.user_id is not None else frozenset()


def quiet_news(row: Call, now: datetime, activities: Mapping[int, Activity]) -> CallNews:
    """News of a call at which nothing happened in telephony: only what collectors do for it changed."""
    return CallNews(
        at=now,
        since=now,
        call_id=row.id,
        direction=row.direction,
        phone=row.phone,
        queue=row.queue,
        party_id=row.party_id,
        case_id=row.case_id,
        user_id=row.user_id,
        attempt_id=row.attempt_id,
        campaign_id=row.campaign_id,
        result_code=row.result_code,
        answered=False,
        ended=False,
        missed=False,
        contact=row.answered_at is not None,
        talk_seconds=row.talk_seconds,
        activities=activities,
    )


def news_of(change: Change, users: Users, now: datetime) -> CallNews:
    row, before, after = change.row, change.before, change.after
    answered_before = before is not None and before.answered_at is not None
    return replace(
        quiet_news(row, now, activities_of(row, change.after, users)),
        since=min(now, latest(after)),
        passed=tuple(_passed(change, users, now)),
        answered=after.answered_at is not None and not answered_before,
        ended=change.difference.ended,
        missed=change.difference.ended and is_lost_caller(after) and not _served(row),
    )


def _served(row: Call) -> bool:
    """Whether a menu gave the caller what he rang for; one who waited in a queue after it wanted more."""
    return row.self_served and row.queued_at is None


def _passed(change: Change, users: Users, now: datetime) -> Iterable[tuple[datetime, Mapping[int, Activity]]]:
    """What collectors did for the call between the last report and this one, as far as it changed."""
    told = _doing(change.before, users) if change.before is not None else {}
    for moment, state in between(change.before, change.after):
        does = _doing(state, users)
        if news := {user: activity for user, activity in does.items() if told.get(user, "idle") != activity}:
            yield min(now, moment), news
        told = {**told, **does}


def _doing(call: CallState, users: Users) -> dict[int, Activity]:
    """What each collector whose phone has been in the call does for it."""
    phones = (leg.endpoint for leg in call.legs if leg.endpoint in users)
    activities: dict[int, Activity] = {users[phone]: "idle" for phone in phones if phone is not None}
    for user in waiting_users(call, users):
        activities[user] = "ringing"
    for user in talking_users(call, users):
        activities[user] = "hold" if call.phase is CallPhase.HELD else "talking"
    return activities


def activities_of(row: Call, after: CallState, users: Users) -> dict[int, Activity]:
    """What each collector concerned does for the call, which is in the state ``after``."""
    concerned = {leg.user_id for leg in row.legs if leg.user_id is not None}
    activities: dict[int, Activity] = {**dict.fromkeys(concerned, "idle"), **_doing(after, users)}
    if after.phase is CallPhase.HELD and row.user_id is not None:
        activities[row.user_id] = "hold"
    if row.needs_result and row.wrap_ended_at is None and row.user_id is not None:
        activities[row.user_id] = "wrap_up"
    return activities


def offered(change: Change) -> frozenset[int]:
    """Whom the call is new to. Who took over a consulted call never saw this one ring: to him it is new."""
    told = change.difference
    return told.offered | (told.answered if told.merged_ids else frozenset())


def events_of(change: Change, users: Users, offer: Offer | None, now: datetime) -> Iterable[CallEvent]:
    """What to tell after the commit; ``offer`` is the call's card when it is new to anybody."""
    row, told = change.row, change.difference
    call = reference(row)
    everybody = frozenset(leg.user_id for leg in row.legs if leg.user_id is not None)
    mine = concerned(row)
    if told.merged_ids:
        yield CallMerged(at=now, call=call, user_ids=everybody | mine, merged_ids=told.merged_ids)
    if offer is not None:
        yield CallOffered(at=now, call=call, user_ids=offered(change), offer=offer)
    if told.withdrawn:
        taken = change.after.answered_at is not None
        yield CallWithdrawn(at=now, call=call, user_ids=told.withdrawn, taken=taken)
    if told.answered:
        others = _been_in(row) - told.answered
        yield CallAnswered(at=now, call=call, user_ids=told.answered, others=others)
    if told.held is not None:
        yield CallHeld(at=now, call=call, user_ids=mine | talking_users(change.after, users), held=told.held)
    if told.ended:
        yield CallEnded(at=now, call=call, user_ids=everybody | mine, needs_result=row.needs_result, lost=row.lost)


def _been_in(row: Call) -> frozenset[int]:
    """The collectors who have answered the call, at whatever time."""
    return frozenset(leg.user_id for leg in row.legs if leg.user_id is not None and leg.answered_at is not None)
