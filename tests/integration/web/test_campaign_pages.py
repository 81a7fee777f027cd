"""The pages of campaigns in a browser's eyes: rules that are kept, and where the cases come from."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from callcenter.app.wiring import House
from callcenter.campaigns.model import Campaign, CampaignEntry, EntryState, Mode
from callcenter.ivr.model import IvrSound
from core.cases.model import Case
from core.kernel.clock import ManualClock
from core.kernel.uow import UnitOfWork
from core.people.model import SavedView
from tests.factories.money import part_paid
from tests.factories.people import Cast
from tests.integration.web.test_desk_pages import _laid as laid
from tests.plugins.web import SignIn
from tests.policies import POLICIES

RULES = {**POLICIES["POST /campaigns"].form, "mode": "agentless", "message": "hello"}


async def listed(uow: UnitOfWork, campaign_id: int) -> list[CampaignEntry]:
    async with uow.read() as session:
        wanted = select(CampaignEntry).where(CampaignEntry.campaign_id == campaign_id)
        return list(await session.scalars(wanted.order_by(CampaignEntry.case_id)))


async def test_what_was_set_is_still_set_after_saving(uow: UnitOfWork, cast: Cast, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    form = {**RULES, "show_number": "+79000000777"}
    path = (await admin.post("/campaigns", data=form)).headers["location"]
    shown = (await admin.get(f"{path}/setup")).text
    assert 'value="+79000000777"' in shown
    assert (await admin.post(path, data={**form, "name": "Anew"})).status_code == 303
    async with uow.read() as session:
        row = (await session.scalars(select(Campaign))).one()
    assert (row.name, row.show_number) == ("Anew", "+79000000777")
    refused = await admin.post(path, data={**form, "show_number": "8 900"})
    assert refused.status_code == 422
    assert "8 900" in refused.text


async def test_sounds_are_own_recordings_or_names_at_the_exchange(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    sound = IvrSound(name="u1", label="Hello", duration_ms=1, content=b"RIFF", created_at=clock.now(), created_by=1)
    async with uow.write() as work:
        work.session.add(sound)
    admin = await sign_in("admin")
    assert ">Hello</option>" in (await admin.get("/campaigns/new")).text
    sent = {**RULES, "message": "own:u1", "message_name": "", "apology": "", "apology_name": "vm-goodbye"}
    path = (await admin.post("/campaigns", data={**sent, "opt_out_key": "9"})).headers["location"]
    async with uow.read() as session:
        row = (await session.scalars(select(Campaign))).one()
    assert (row.message, row.apology, row.opt_out_key, row.opted_out) == ("own:u1", "vm-goodbye", "9", "vm-goodbye")
    shown = (await admin.get(f"{path}/setup")).text
    assert 'data-heard="/menus/sounds/u1.wav" selected>Hello</option>' in shown
    assert '<option value="vm-goodbye" selected>“Goodbye” (vm-goodbye)</option>' in shown
    assert 'name="apology_name" value=""' in shown
    assert (await admin.get("/menus/sounds/u1.wav")).content == b"RIFF"
    named = {**sent, "apology": "auth-thankyou", "apology_name": "", "opted_out_name": "house-bye"}
    assert (await admin.post(path, data=named)).status_code == 303
    async with uow.read() as session:
        row = (await session.scalars(select(Campaign))).one()
    assert (row.apology, row.opted_out) == ("auth-thankyou", "house-bye")
    assert 'name="opted_out_name" value="house-bye"' in (await admin.get(f"{path}/setup")).text
    refused = await admin.post("/campaigns", data={**sent, "message": "own:none"})
    assert refused.status_code == 422
    assert "the recording chosen before" in refused.text


@pytest.mark.slow
async def test_the_start_says_first_what_will_happen(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    """Its name, how many cases it will ring, and in which way; going on after a pause asks the same."""
    await laid(uow, clock, cast)
    admin = await sign_in("admin")
    chosen = await admin.post("/mass/choose?list=&action=campaign", data={"id": ["1", "2"]})
    run = chosen.headers["location"].partition("run=")[2]
    path = (await admin.post("/campaigns", data={**RULES, "name": "Spring <1>", "run": run})).headers["location"]
    question = (
        f'action="{path}/start" data-confirm="Start “Spring &lt;1&gt;”? 2 cases are left to be rung.'
        ' A recorded message, without collectors."'
    )
    assert question in (await admin.get(path)).text
    await admin.post(f"{path}/start")
    assert f"{path}/start" not in (await admin.get(path)).text
    await admin.post(f"{path}/pause")
    assert question in (await admin.get(path)).text


async def test_the_mode_is_chosen_among_whole_sentences(uow: UnitOfWork, cast: Cast, sign_in: SignIn) -> None:
    """A choice that folds up cut them off."""
    admin = await sign_in("admin")
    fresh = (await admin.get("/campaigns/new")).text
    assert re.findall(r'type="radio" name="mode"[^>]*value="(\w+)"', fresh) == list(Mode)
    assert "Predictive: as many lines as the ceiling allows" in fresh
    path = (await admin.post("/campaigns", data=RULES)).headers["location"]
    kept = (await admin.get(f"{path}/setup")).text
    assert re.findall(r'name="mode"[^>]*value="(\w+)" checked', kept) == ["agentless"]
    refused = await admin.post("/campaigns", data={**RULES, "mode": ""})
    assert (refused.status_code, 'id="f-mode-error"' in refused.text) == (422, True)


async def test_a_wrong_rule_is_told_at_its_own_field(uow: UnitOfWork, cast: Cast, sign_in: SignIn) -> None:
    admin = await sign_in("admin")
    typed = {"retry-BUSY": "soon", "retry-NA": "43201", "retry-VM": "60"}
    for changed, wrong in (
        ({}, {"retry-BUSY"}),
        ({"retry-BUSY": ""}, {"retry-NA"}),
        ({"name": ""}, {"name", "retry-BUSY"}),
    ):
        refused = await admin.post("/campaigns", data={**RULES, **typed, **changed})
        assert refused.status_code == 422
        assert set(re.findall(r'id="f-([A-Za-z_-]+)-error"', refused.text)) == wrong
    assert 'value="soon"' in refused.text
    async with uow.read() as session:
        assert (await session.scalars(select(Campaign))).all() == []


async def test_a_form_dismisses_nobody_whom_its_reader_does_not_reach(
    uow: UnitOfWork, cast: Cast, sign_in: SignIn
) -> None:
    admin, maria = await sign_in("admin"), await sign_in("maria")
    south = cast.units["south"]
    form = {**RULES, "unit_id": str(cast.units["north"]), "user": str(cast.users["diego"]), "unit": str(south)}
    path = (await admin.post("/campaigns", data=form)).headers["location"]
    shown = (await maria.get(f"{path}/setup")).text
    assert "Diego" in shown
    assert "south" in shown
    fresh = (await maria.get("/campaigns/new")).text
    assert "Diego" not in fresh
    assert "south" not in fresh
    assert (await maria.post("/campaigns", data={**RULES, "unit": str(south)})).status_code == 422


@pytest.mark.slow
async def test_cases_chosen_in_a_list_are_rung(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    await laid(uow, clock, cast)
    admin = await sign_in("admin")
    assert "action=campaign" in (await admin.get("/cases")).text
    chosen = await admin.post("/mass/choose?list=&action=campaign", data={"id": ["1", "2"]})
    where = chosen.headers["location"]
    run = where.partition("run=")[2]
    assert f"/campaigns/new?run={run}" in (await admin.get(where)).text
    assert f'value="{run}"' in (await admin.get(f"/campaigns/new?run={run}")).text
    made = (await admin.post("/campaigns", data={**RULES, "run": run})).headers["location"]
    assert [one.case_id for one in await listed(uow, int(made.rpartition("/")[2]))] == [1, 2]
    other = int((await admin.post("/campaigns", data={**RULES, "name": "Autumn"})).headers["location"].split("/")[2])
    assert "Autumn" in (await admin.get(where)).text
    added = await admin.post("/campaigns/cases", data={"campaign_id": str(other), "run": run})
    assert added.status_code == 303
    assert [one.case_id for one in await listed(uow, other)] == [1, 2]
    bella = await sign_in("bella")
    assert "action=campaign" not in (await bella.get("/cases")).text


async def test_a_file_says_which_of_its_numbers_mean_no_case(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn
) -> None:
    await laid(uow, clock, cast)
    admin = await sign_in("admin")
    async with uow.read() as session:
        number = (await session.get_one(Case, 1)).number
    path = (await admin.post("/campaigns", data=RULES)).headers["location"]
    files = {"file": ("list.csv", f"case number\n{number}\nX-404\n".encode())}
    there = (await admin.post(f"{path}/cases", files=files)).headers["location"]
    assert "1 row meant no case" in (await admin.get(there)).text
    assert [one.case_id for one in await listed(uow, int(path.split("/")[2]))] == [1]


async def test_a_list_follows_its_filter_when_money_comes(
    uow: UnitOfWork, clock: ManualClock, cast: Cast, sign_in: SignIn, house: House
) -> None:
    """Who has paid a part of it no longer owes what the filter asks for, and leaves within one look."""
    await laid(uow, clock, cast)
    admin = await sign_in("admin")
    async with uow.write() as work:
        case = await work.session.get_one(Case, 1)
        query = urlencode({"amount-from": f"{case.open_amount:f}"})
        view = SavedView(user_id=cast.users["admin"], list="cases", name="Large", query=query, shared=False)
        work.session.add(view)
        await work.session.flush()
        view_id = view.id
    path = (await admin.post("/campaigns", data=RULES)).headers["location"]
    assert (await admin.post(f"{path}/filter", data={"view_id": str(view_id)})).status_code == 303
    assert (await admin.post(f"{path}/start")).status_code == 303
    campaign_id = int(path.split("/")[2])
    assert EntryState.WAITING in {one.state for one in await listed(uow, campaign_id) if one.case_id == 1}
    clock.advance(timedelta(seconds=1))
    await part_paid(uow, house.payments, 1, clock.now().date())
    await house.floor.campaigns.refresh()
    (left,) = [one for one in await listed(uow, campaign_id) if one.case_id == 1]
    assert (left.state, left.reason) == (EntryState.STOPPED, "gone")
