"""A campaign without collectors on a real exchange: its own recording is heard, and a key answers it."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sqlalchemy import select

from callcenter.campaigns.model import CampaignAttempt, CampaignEntry, EntryState
from callcenter.compliance.law.terms import BlockKind
from callcenter.compliance.model import ContactBlock
from recordings.model import Recording, RecordingState
from telephony.lab import sipp
from telephony.lab.keypad import Keypad
from tests.e2e.campaigning import Scene, opened, until_ended
from tests.e2e.debtors import Debtor
from tests.e2e.test_newcomer import tone_share
from tests.plugins.asterisk import eventually
from tests.waiting import until

pytestmark = [pytest.mark.asterisk, pytest.mark.slow, pytest.mark.timeout(180)]

_HERTZ, _SECONDS, _RATE = 620, 4, 8000


async def test_a_message_is_heard_and_answered_by_a_key(tmp_path: Path) -> None:
    async with opened(tmp_path, 3) as scene:
        rules = {
            "mode": "agentless",
            "message": f"own:{await _own_recording(scene)}",
            "lines": "1",
            "opt_out_key": "9",
            "talk_key": "1",
        }
        refuses, asks, listens = scene.debtors
        refused = await _answered(scene, refuses, "9", rules)
        assert (refused.outcome, refused.wish, refused.connected_at) == ("MESSAGE", "no_calls", None)
        await _heard(scene, refused)
        await _never_again(scene, refuses, rules)
        asked = await _answered(scene, asks, "1", rules)
        assert (asked.outcome, asked.wish, asked.connected_at is not None) == ("TALK", "talk", True)
        assert asked.user_id in scene.desks
        heard = await _answered(scene, listens, "", rules)
        assert (heard.outcome, heard.wish) == ("MESSAGE", None)
        entry = await _entry(scene, listens, heard.campaign_id)
        assert entry.state == EntryState.DONE, "who has heard it is not rung again"


async def _own_recording(scene: Scene) -> str:
    """A tone as a recording of the house's, sent from the form of a campaign; its name."""
    sound = io.BytesIO()
    soundfile.write(sound, 0.4 * np.sin(2 * np.pi * _HERTZ * np.arange(_SECONDS * _RATE) / _RATE), _RATE, format="WAV")
    sent = await scene.admin.http.post(
        f"{scene.admin.url}/menus/sounds",
        files={"file": ("tone.wav", sound.getvalue(), "audio/wav")},
        data={"label": "A tone", "back": "/campaigns/new"},
    )
    assert (sent.status_code, sent.headers["location"]) == (303, "/campaigns/new")
    form = (await scene.admin.get("/campaigns/new")).text
    return form.partition('value="own:')[2].partition('"')[0]


async def _answered(scene: Scene, debtor: Debtor, key: str, rules: dict[str, str]) -> CampaignAttempt:
    """The attempt at a debtor who presses the key while the message is played, and hangs up some seconds later."""
    async with _telephone(scene) as (line, pad):
        campaign_id = await scene.campaign([debtor], **rules)

        def port() -> int:
            return next((int(event.detail) for event in line.events() if event.name == "media"), 0)

        pad.target = (scene.lab.required().pbx.sip.host, await eventually(port))
        await eventually(lambda: "!Read!" in scene.lab.rx("core show channels concise"))
        await asyncio.to_thread(pad.speak, 1.5)
        await asyncio.to_thread(pad.press, key)
        await until_ended(scene, campaign_id, 1)
    (attempt,) = await scene.attempts(campaign_id)
    return attempt


@asynccontextmanager
async def _telephone(scene: Scene) -> AsyncIterator[tuple[sipp.Sipp, Keypad]]:
    trunk = scene.lab.required().pbx.trunk
    with Keypad(trunk.host) as pad, sipp.answer(trunk, seconds=6.0, ring_seconds=0.3, media=pad.media) as line:
        yield line, pad


async def _heard(scene: Scene, attempt: CampaignAttempt) -> None:
    """The recording of the call holds the message as it was played to the debtor."""
    found: list[Recording] = []

    async def kept() -> bool:
        async with scene.database.read() as session:
            wanted = select(Recording).where(
                Recording.call_id == attempt.call_id, Recording.state == RecordingState.READY
            )
            found[:] = (await session.scalars(wanted)).all()
        return bool(found)

    await until(kept)
    audio = await scene.admin.get(f"/recordings/{found[0].id}/audio")
    samples, rate = await asyncio.to_thread(soundfile.read, io.BytesIO(audio.content))
    played = samples[: rate * 2, 1]
    loud = played[np.abs(played) > 0.01]
    assert len(loud) > rate, "more than a second of it until the key"
    assert tone_share(loud, rate, _HERTZ) > 0.5


async def _never_again(scene: Scene, debtor: Debtor, rules: dict[str, str]) -> None:
    """The number is on the list of those who may not be rung, and another campaign cannot ring it either."""
    async with scene.database.read() as session:
        (block,) = await session.scalars(select(ContactBlock).where(ContactBlock.phone == debtor.phone))
    assert (block.kind, block.ends_at, block.basis) == (BlockKind.DO_NOT_CALL, None, "Spring: no_calls")
    campaign_id = await scene.campaign([debtor], **rules)

    async def off() -> bool:
        return (await _entry(scene, debtor, campaign_id)).state == EntryState.STOPPED

    await until(off)
    assert "do_not_call" in (await _entry(scene, debtor, campaign_id)).reason
    assert await scene.attempts(campaign_id) == []


async def _entry(scene: Scene, debtor: Debtor, campaign_id: int) -> CampaignEntry:
    async with scene.database.read() as session:
        wanted = select(CampaignEntry).where(
            CampaignEntry.case_id == debtor.case_id, CampaignEntry.campaign_id == campaign_id
        )
        return (await session.scalars(wanted)).one()
