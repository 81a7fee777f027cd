"""Menus and messages of callers in the browser."""

import csv
import re
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from callcenter.callbacks.model import Callback
from callcenter.ivr.model import IvrFlow, IvrQueue, IvrVersion
from callcenter.queues.model import Calendar, Queue
from callcenter.queues.service import ship_queues
from callcenter.voicemail.errors import AlreadyOwed
from callcenter.voicemail.model import Voicemail
from callcenter.voicemail.queries import one_message
from callcenter.voicemail.service import owe
from core.kernel.access import PROGRAM
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from tests.factories.menus import tone
from tests.factories.people import Cast
from tests.plugins.web import SignIn

STEPS = {
    "name": "Day",
    "language": "en",
    "entry": "s1",
    "step": ["s1", "s2", "s3"],
    "s1-kind": "menu",
    "s1-text-en": "For your balance press 1.",
    "s1-press": ["1", ""],
    "s1-goes": ["s2", ""],
    "s1-otherwise": "s3",
    "s2-kind": "balance",
    "s2-next": "s3",
    "s2-otherwise": "s3",
    "s3-kind": "queue",
}


async def test_a_menu_is_written_mended_published_and_withdrawn(sign_in: SignIn, uow: UnitOfWork) -> None:
    async with uow.write() as work:
        await ship_queues(work)
    web = await sign_in("maria")
    assert (await web.post("/menus", data={"name": "", "language": "xx"})).status_code == 422
    made = await web.post("/menus", data={"name": "Day", "language": "en"})
    path = made.headers["location"]
    grown = await web.post(path, data={**STEPS, "do": "add", "kind": "voicemail"})
    assert grown.headers["location"] == f"{path}#step-s4"
    assert 'value="remove-s1" formnovalidate data-confirm="Remove the step “1. ' in (await web.get(path)).text
    faulty = await web.post(path, data={**STEPS, "s1-otherwise": "", "do": "publish"})
    assert faulty.status_code == 422
    assert 'id="f-s1-otherwise-error"' in faulty.text
    assert "1 fault stands in the way" in faulty.text
    assert (await web.post(path, data={**STEPS, "name": ""})).status_code == 422
    assert (await web.post(path, data={**STEPS, "s1-kind": "plugin"})).status_code == 422
    checked = await web.post(path, data={**STEPS, "s1-otherwise": "", "do": "check"})
    assert checked.headers["location"] == f"{path}?faults"
    assert 'id="f-s1-otherwise-error"' in (await web.get(f"{path}?faults")).text
    assert (await web.post(path, data={**STEPS, "do": "publish"})).status_code == 303
    await web.post(f"{path}/queues", data={"queues": ["main", "nowhere"]})
    async with uow.read() as session:
        assert list(await session.scalars(select(IvrQueue.queue))) == ["main"]
        assert list(await session.scalars(select(IvrVersion.number))) == [1]
    assert "callers hear it" in (await web.get("/menus")).text
    assert (await web.post(f"{path}/delete")).status_code == 409
    sound = await web.get(f"{path}/steps/s1/en.wav")
    assert (sound.status_code, sound.content[:4]) == (200, b"RIFF")
    assert (await web.get(f"{path}/steps/s2/en.wav")).status_code == 404
    await web.post(f"{path}/withdraw")
    await web.post(f"{path}/delete")
    async with uow.read() as session:
        assert (await session.scalars(select(IvrFlow.id))).all() == []


def faults_in(page: str) -> set[str]:
    """The fields of the form that a message stands at."""
    return set(re.findall(r'id="f-([a-z0-9_-]+)-error"', page))


async def test_what_is_wrong_in_a_step_stands_at_its_own_field(sign_in: SignIn, uow: UnitOfWork) -> None:
    async with uow.write() as work:
        await ship_queues(work)
        calendar = Calendar(name="Office", zone="UTC", week={})
        work.session.add(calendar)
        work.session.add(Queue(code="night", name="After dark"))
        await work.session.flush()
        calendar_id = calendar.id
    web = await sign_in("maria")
    path = (await web.post("/menus", data={"name": "Day", "language": "en"})).headers["location"]
    hours = {"s4-kind": "hours", "s4-calendar_id": str(calendar_id), "s4-open": "s3", "s4-closed": "s3"}
    steps = {**STEPS, "step": ["s1", "s2", "s3", "s4"], "s2-otherwise": "s4", **hours, "s3-queue": "night"}
    slow = await web.post(path, data={**steps, "s1-seconds": "61", "do": "publish"})
    assert (slow.status_code, faults_in(slow.text)) == (422, {"s1-seconds"})
    for typed in ("", "soon", "-1"):
        misread = await web.post(path, data={**steps, "s1-seconds": typed, "s1-tries": "2"})
        assert (misread.status_code, faults_in(misread.text)) == (422, {"s1-seconds"})
        assert f'name="s1-seconds" id="f-s1-seconds" value="{typed}"' in misread.text
    assert (await web.post(path, data={**steps, "do": "publish"})).status_code == 303
    async with uow.write() as work:
        await work.session.execute(delete(Calendar))
        await work.session.execute(update(Queue).where(Queue.code == "night").values(active=False))
    shown = (await web.get(path)).text
    assert faults_in(shown) == set()
    assert f'<option value="{calendar_id}" selected>what was chosen before</option>' in shown
    assert '<option value="night" selected>what was chosen before</option>' in shown
    again = await web.post(path, data={**steps, "do": "publish"})
    assert (again.status_code, faults_in(again.text)) == (422, {"s4-calendar_id", "s3-queue"})


async def test_two_who_write_one_menu_do_not_lose_each_others_steps(sign_in: SignIn) -> None:
    """The second one is told, keeps what he typed, and may insist."""
    web = await sign_in("maria")
    path = (await web.post("/menus", data={"name": "Day", "language": "en"})).headers["location"]
    seen = _mark((await web.get(path)).text)
    assert (await web.post(path, data={**STEPS, "seen": seen})).status_code == 303
    late = await web.post(path, data={**STEPS, "s1-text-en": "Ours is the shorter one.", "seen": seen})
    assert late.status_code == 409
    assert "Somebody else has saved this menu since you opened it" in late.text
    assert "Ours is the shorter one." in late.text
    assert "Ours is the shorter one." not in (await web.get(path)).text
    insists = {**STEPS, "s1-text-en": "Ours is the shorter one.", "seen": _mark(late.text)}
    assert (await web.post(path, data=insists)).status_code == 303
    assert "Ours is the shorter one." in (await web.get(path)).text


def _mark(text: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{16})"', text)
    assert found is not None
    return found[1]


async def test_no_key_of_a_menu_is_lost_without_a_word(sign_in: SignIn) -> None:
    """One given twice, or not at all, is said at its row; nothing is saved, and all rows are there to be mended."""
    web = await sign_in("maria")
    path = (await web.post("/menus", data={"name": "Day", "language": "en"})).headers["location"]
    twice = {**STEPS, "s1-press": ["1", "1", "", ""], "s1-goes": ["s2", "s3", "s3", ""]}
    answer = await web.post(path, data=twice)
    assert answer.status_code == 422
    assert "This key is given already" in answer.text
    assert "Choose the key." in answer.text
    assert answer.text.count('name="s1-press"') == 5, "three rows and two more"
    assert 'id="step-s2"' not in (await web.get(path)).text


async def test_a_queue_says_which_menu_its_callers_hear(sign_in: SignIn, uow: UnitOfWork) -> None:
    async with uow.write() as work:
        await ship_queues(work)
    web = await sign_in("maria")
    day, night = [
        (await web.post("/menus", data={"name": name, "language": "en"})).headers["location"]
        for name in ("Day", "Night")
    ]
    async with uow.read() as session:
        code = (await session.scalars(select(Queue.code))).first()
    assert (await web.post(f"{day}/queues", data={"queues": [code]})).status_code == 303
    assert "Its callers hear “Day” now." in (await web.get(night)).text
    assert "Its callers hear" not in (await web.get(day)).text


@pytest.mark.slow
async def test_the_largest_menu_there_may_be_is_kept(sign_in: SignIn) -> None:
    """Sixty steps, all keys in use, each said in four languages by a thousand Cyrillic letters."""
    web = await sign_in("maria")
    path = (await web.post("/menus", data={"name": "Day", "language": "en"})).headers["location"]
    steps = [f"s{n}" for n in range(1, 61)]
    form: dict[str, str | list[str]] = {"name": "Day", "language": "en", "entry": "s1", "step": steps}
    for key in steps:
        form |= {f"{key}-kind": "menu", f"{key}-otherwise": "s1", f"{key}-tries": "3", f"{key}-seconds": "5"}
        form |= {f"{key}-press": [*"0123456789*#", "", ""], f"{key}-goes": ["s2"] * 12 + ["", ""]}
        form |= {f"{key}-text-{language}": "Ж" * 1000 for language in ("en", "ru", "uk", "pl")}
    assert (await web.post(path, data=form)).status_code == 303
    assert 'id="step-s60"' in (await web.get(path)).text


async def test_a_menu_begins_somewhere(sign_in: SignIn) -> None:
    web = await sign_in("maria")
    path = (await web.post("/menus", data={"name": "Day", "language": "en"})).headers["location"]
    refused = await web.post(path, data={**STEPS, "entry": "", "do": "publish"})
    assert (refused.status_code, faults_in(refused.text)) == (422, {"entry"})


async def test_a_menu_is_tried_out(sign_in: SignIn) -> None:
    web = await sign_in("maria")
    path = (await web.post("/menus", data={"name": "Day", "language": "en"})).headers["location"]
    await web.post(path, data=STEPS)
    assert "For your balance press 1." in (await web.get(f"{path}/try")).text
    assert "1234.50 euros" in (await web.get(f"{path}/try?k=1&k=01011980")).text
    strange = (await web.get(f"{path}/try?k=1&k=01011980&stranger=1")).text
    assert "euros" not in strange
    assert "case number" in strange


async def test_a_recording_is_sent_heard_and_removed(sign_in: SignIn) -> None:
    web = await sign_in("maria")
    sent = await web.post("/menus/sounds", files={"file": ("hello.wav", tone(), "audio/wav")}, data={"label": "Hello"})
    assert sent.status_code == 303, sent.text
    name = re.findall(r"/menus/sounds/(u[0-9a-f]+)\.wav", (await web.get("/menus/sounds")).text)[0]
    assert (await web.get(f"/menus/sounds/{name}.wav")).content[:4] == b"RIFF"
    refused = await web.post(
        "/menus/sounds", files={"file": ("x.wav", b"no sound", "audio/wav")}, data={"back": "/campaigns/new?run=7"}
    )
    assert refused.text.count('"/campaigns/new?run=7"') == 2, "the way back, and where the next one leads"
    assert refused.status_code == 422
    assert "This is no sound" in refused.text
    assert (await web.post("/menus/sounds", data={"label": "x"})).status_code == 422
    await web.post(f"/menus/sounds/{name}/delete")
    assert (await web.get(f"/menus/sounds/{name}.wav")).status_code == 404


@pytest.fixture
async def messages(uow: UnitOfWork, clock: ManualClock, cast: Cast) -> dict[str, int]:
    """A message to anna's debtor, one to clara's, and one of a stranger."""
    found = {}
    async with uow.write() as work:
        for number, name in enumerate(("anna", "clara", "nobody"), start=1):
            row = Voicemail(
                call_id=number,
                recording_id=number,
                received_at=clock.now() + timedelta(minutes=number),
                duration_ms=1000 * number,
                phone=f"+7900000000{number}",
                user_id=cast.users.get(name),
            )
            work.session.add(row)
            await work.session.flush()
            found[name] = row.id
    return found


async def test_messages_are_listed_for_whom_they_concern(sign_in: SignIn, messages: dict[str, int]) -> None:
    web = await sign_in("anna")

    async def shown(query: str = "") -> set[str]:
        page = (await web.get(f"/voicemail{query}")).text
        return {name for name, message in messages.items() if f'"/voicemail/{message}"' in page}

    assert await shown() == {"anna", "nobody"}
    assert await shown("?q=9000000003") == {"nobody"}
    assert await shown("?q=8 (900) 000-00-03") == {"nobody"}
    assert await shown("?heard=yes") == set()
    assert (await web.get(f"/voicemail/{messages['clara']}")).status_code == 404
    assert (await web.post(f"/voicemail/{messages['clara']}/heard", data={"heard": "1"})).status_code == 404
    assert (await web.post(f"/voicemail/{messages['anna']}/heard", data={"heard": "1"})).status_code == 303
    assert await shown("?heard=yes") == {"anna"}
    assert await shown("?heard=no&sort=duration") == {"nobody"}
    file = (await web.get("/voicemail/export?format=csv&heard=no&col=phone&col=play&col=duration")).text
    assert list(csv.reader(file.lstrip("\ufeff").splitlines())) == [["Number", "Length"], ["+79000000003", "3.0"]]
    await web.post(f"/voicemail/{messages['anna']}/heard")
    assert await shown("?heard=yes") == set()


async def test_a_message_is_answered_by_a_call_or_a_callback(
    sign_in: SignIn, messages: dict[str, int], uow: UnitOfWork, cast: Cast
) -> None:
    web, path = await sign_in("anna"), f"/voicemail/{messages['anna']}"
    for page in ("/voicemail", path):
        assert 'data-dial="+79000000001"' in (await web.get(page)).text
    assert f'href="{path}?plan=1"' in (await web.get("/voicemail")).text
    assert "data-show" not in (await web.get(path)).text
    assert f'action="{path}/callbacks"' in (await web.get(f"{path}?plan=1")).text
    agreed = {"at": "2026-03-11T18:00", "reason": "As asked", "owner": "me"}
    planned = await web.post(f"{path}/callbacks", data=agreed)
    assert planned.status_code == 303, planned.text
    async with uow.read() as session:
        row = (await session.scalars(select(Callback))).one()
    assert planned.headers["location"] == f"/callbacks/{row.id}"
    assert (row.phone, row.reason, row.user_id) == ("+79000000001", "As asked", cast.users["anna"])
    assert row.source_call_id == 1
    assert f'action="{path}/callbacks"' not in (await web.get(f"{path}?plan=1")).text, "one is enough"
    assert (await web.post(f"/callbacks/{row.id}/cancel", data={"reason": "He has paid"})).status_code == 303
    assert "He has paid" in (await web.get(f"/callbacks/{row.id}")).text
    assert f'action="{path}/callbacks"' in (await web.get(f"{path}?plan=1")).text
    assert (await web.post(f"/voicemail/{messages['clara']}/callbacks", data=agreed)).status_code == 404
    assert f'href="/callbacks/{row.id}"' in (await web.get("/voicemail")).text
    file = (await web.get("/voicemail/export?format=csv&col=callback")).text
    assert "Plan" not in file


async def test_two_cannot_plan_for_one_message_at_once(
    messages: dict[str, int], uow: UnitOfWork, clock: ManualClock
) -> None:
    async with uow.read() as session:
        seen = await one_message(session, PROGRAM, messages["nobody"])
    async with uow.write() as work:
        await owe(work, PROGRAM, seen, 1, at=clock.now())
    with pytest.raises(AlreadyOwed):
        async with uow.write() as work:
            await owe(work, PROGRAM, seen, 2, at=clock.now())
    async with uow.read() as session:
        assert (await one_message(session, PROGRAM, messages["nobody"])).callback_id == 1
