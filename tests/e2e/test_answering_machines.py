"""Machines and people answer campaigns on a real exchange: made recordings, heard over the trunk."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from callcenter.callbacks.model import Callback
from callcenter.calls.facts import LegKind
from callcenter.calls.model import Call
from callcenter.campaigns.model import CampaignEntry, EntryState
from callcenter.compliance.model import AttemptState, ContactAttempt
from telephony.lab import Lab, sipp
from tests.answers import Take, Who, corpus
from tests.answers.trial import listening
from tests.e2e.campaigning import Scene, opened, until_ended
from tests.e2e.debtors import Debtor
from tests.plugins.asterisk import cel_rows, eventually

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(180)]

#: How people answer who say something and then wait for a word.
_GREETS = frozenset({"short", "named", "question", "twice"})


def _chosen(who: Who, kinds: frozenset[str], count: int) -> list[Take]:
    """Recordings by which no parameter was chosen, in every language as far as so few can be."""
    takes = [take for take in corpus(kinds) if take.who is who and not take.tuning]
    return takes[:: max(1, len(takes) // count)][:count]


async def test_nobody_who_greets_is_taken_for_a_machine(asterisk_lab: Lab) -> None:
    takes = _chosen(Who.PERSON, _GREETS, 36) + _chosen(Who.MACHINE, frozenset({"greeting", "operator"}), 8)
    mute = replace(takes[0], name="no sound at all", sound=takes[0].sound[:160])
    async with listening(asterisk_lab) as trial:
        *said, nothing = await trial.judge([*takes, mute])
    assert nothing.by == "unsure", "a line without sound does not hold anybody"
    lost = [(one.take.name, one.because) for one in said if one.take.who is Who.PERSON and one.by == "machine"]
    assert lost == []
    missed = [one.take.name for one in said if one.take.who is Who.MACHINE and one.by != "machine"]
    assert len(missed) <= 2, missed


async def test_who_hangs_up_before_he_is_judged_is_told_of(asterisk_lab: Lab) -> None:
    takes = _chosen(Who.PERSON, frozenset({"slow"}), 2)
    async with listening(asterisk_lab, stays=0.5) as trial:
        said = await trial.judge(takes)
    assert [(one.by, one.because) for one in said] == [("unsure", "HANGUP")] * 2
    rows = await eventually(lambda: [row for row in cel_rows(asterisk_lab) if " HANGUP " in row["extra"]])
    assert len(rows) == 2


async def test_machines_are_rung_again_and_people_put_through(tmp_path: Path) -> None:
    people = _chosen(Who.PERSON, frozenset({"short"}), 3)
    machines = _chosen(Who.MACHINE, frozenset({"greeting"}), 3)
    async with opened(tmp_path, 7) as scene:
        called, last = scene.debtors[:6], scene.debtors[6]
        heard = {int(one.phone[-4:]): take.ulaw for one, take in zip(called, people + machines, strict=True)}
        with sipp.answer(scene.lab.required().pbx.trunk, seconds=5.0, ring_seconds=0.3, sounds=heard):
            # a desk phone of a busy machine may take longer than the law gives to somebody free
            rules = {"machines": "hang_up", "retry-VM": "240", "most_a_day": "2", "connect_seconds": "5"}
            campaign_id = await scene.campaign(called, **rules)
            await until_ended(scene, campaign_id, 6)
        made = {one.phone: one for one in await scene.attempts(campaign_id)}
        met = [made[one.phone] for one in called[3:]]
        assert [made[one.phone].outcome for one in called[:3]] == ["TALK"] * 3
        assert [(one.outcome, one.answered_by, one.connected_at) for one in met] == [("VM", "machine", None)] * 3
        assert all(one.judged_ms and 1000 < one.judged_ms < 7000 for one in met)
        figures = await scene.admin.http.get(f"{scene.admin.url}/campaigns/{campaign_id}/figures")
        assert "50.0 %" in figures.text, "the share of machines"
        async with scene.database.read() as session:
            ids = [one.call_id for one in met]
            wanted = select(Call).where(Call.id.in_(ids)).options(selectinload(Call.legs))
            calls = (await session.scalars(wanted)).all()
            contacts = (await session.scalars(select(ContactAttempt.state).where(_of(called[3:])))).all()
            entries = (await session.scalars(select(CampaignEntry).where(CampaignEntry.reason == "VM"))).all()
            owed = (await session.scalars(select(Callback.id).where(Callback.source_call_id.in_(ids)))).all()
        assert [[leg.kind for leg in call.legs] for call in calls] == [[LegKind.CUSTOMER]] * 3, "no phone was rung"
        assert owed == [], "no machine is called back"
        assert set(contacts) == {AttemptState.NOT_ANSWERED}
        assert [entry.state for entry in entries] == [EntryState.WAITING] * 3
        ends = {one.entry_id: one.ended_at for one in met}
        for entry in entries:
            ended_at = ends[entry.id]
            assert ended_at is not None
            assert timedelta(minutes=239) < entry.next_at - ended_at < timedelta(minutes=241)
        await _a_message_is_left(scene, last, min(machines, key=lambda take: take.beeped or 0))


async def _a_message_is_left(scene: Scene, debtor: Debtor, machine: Take) -> None:
    """By a campaign without collectors, after the beep."""
    rules = {"mode": "agentless", "message": "vm-goodbye", "machines": "message", "machine_message": "vm-goodbye"}
    with sipp.answer(scene.lab.required().pbx.trunk, ring_seconds=0.3, sounds={int(debtor.phone[-4:]): machine.ulaw}):
        campaign_id = await scene.campaign([debtor], **rules)
        await until_ended(scene, campaign_id, 1)
    (attempt,) = await scene.attempts(campaign_id)
    assert (attempt.outcome, attempt.answered_by, attempt.message_left) == ("VM", "machine", True)
    assert attempt.picked_up_at is not None
    assert attempt.ended_at is not None
    assert machine.beeped is not None
    assert (attempt.ended_at - attempt.picked_up_at).total_seconds() > machine.beeped + 1
    async with scene.database.read() as session:
        contact = await session.scalar(select(ContactAttempt.state).where(_of([debtor])))
    assert contact == AttemptState.ANSWERED, "a message reaches the debtor"


def _of(debtors: Sequence[Debtor]) -> ColumnElement[bool]:
    return ContactAttempt.party_id.in_([one.party_id for one in debtors])
