"""Menus over rows: published, walked by callers, with everything they ask of the house."""

import asyncio
import wave
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select, update

from callcenter.app.adapters.callbacks import CallbackLaw, FloorDialler
from callcenter.app.adapters.cases import CallerLookup
from callcenter.app.adapters.law import DebtorFacts
from callcenter.app.adapters.menus import LOOK, NUMBERS, REFUSED_A_DAY, MenuWorld, Tries
from callcenter.app.demo.cases import demo_cases
from callcenter.callbacks.model import Callback, CallbackState
from callcenter.callbacks.service import CallbackService
from callcenter.compliance.service import Gate
from callcenter.ivr import queries
from callcenter.ivr.attendant import Attendant, Told
from callcenter.ivr.errors import BadSound, FlowFaulty, FlowInUse, FlowMoved, NoSuchFlow, SoundInUse
from callcenter.ivr.events import MenusChanged
from callcenter.ivr.flow import Balance, CallMe, Flow, HangUp, Menu, Pledge, Prompt, ToQueue, loaded
from callcenter.ivr.ports import Caller
from callcenter.ivr.service import FlowService
from callcenter.ivr.speaking import words
from callcenter.ivr.walk import (
    Exit,
    Identify,
    Identity,
    Known,
    Line,
    LookUpDebt,
    LookUpHours,
    Opened,
    Owed,
    PlanCallback,
    Planned,
    Pledged,
    TakePromise,
)
from callcenter.queues.calendars import CalendarData, save_calendar
from core.audit.model import AuditEntry
from core.audit.service import Looks, record
from core.cases.model import Case, CaseParty, Promise
from core.kernel.access import PROGRAM, Actor
from core.kernel.bus import Bus
from core.kernel.clock import ManualClock
from core.kernel.errors import Forbidden, Invalid
from core.kernel.uow import UnitOfWork
from core.parties.model import Party, Phone, PhoneQuality
from telephony.voice import FOLDER, EspeakVoice
from tests.factories.menus import tone
from tests.factories.people import Cast

SPOKEN = Prompt(texts={"en": "For your balance press 1, to promise press 2, to be called back press 3."})
FLOW = Flow(
    entry="s1",
    language="en",
    steps={
        "s1": Menu(prompt=SPOKEN, choices={"1": "s2", "2": "s3", "3": "s4"}, otherwise="s5"),
        "s2": Balance(next="s1", otherwise="s5"),
        "s3": Pledge(next="s6", otherwise="s5"),
        "s4": CallMe(next="s6", otherwise="s5"),
        "s5": ToQueue(),
        "s6": HangUp(),
    },
)


class ReadingVoice:
    """Says lines by their words."""

    heard = True

    async def say(self, lines: Sequence[Line]) -> list[str]:
        return [words(line) for line in lines]

    async def sound(self, line: Line) -> bytes:
        return words(line).encode()


@pytest.fixture
async def voice(uow: UnitOfWork, tmp_path: Path) -> EspeakVoice:
    return EspeakVoice(uow, [tmp_path])


@pytest.fixture
def menus(uow: UnitOfWork, clock: ManualClock, voice: EspeakVoice) -> FlowService:
    return FlowService(uow, clock, voice)


class _QuietLooks(Looks):
    """Writes each look at once: nobody runs the journal here."""

    def __init__(self, uow: UnitOfWork, clock: ManualClock) -> None:
        super().__init__(uow, clock)
        self._uow = uow

    async def looked(self, actor: Actor, subject: tuple[str, object], action: str = "looked") -> None:
        async with self._uow.write() as work:
            record(work, actor, action, subject, at=self._clock.now())


@pytest.fixture
async def world(uow: UnitOfWork, clock: ManualClock, cast: Cast, one_city: None) -> MenuWorld:
    await demo_cases(uow, clock, [cast.users["anna"]])
    gate = Gate(DebtorFacts(), clock)
    callbacks = CallbackService(uow, clock, dialler=FloorDialler(), law=CallbackLaw(gate))
    return MenuWorld(
        uow,
        clock,
        callers=CallerLookup(),
        callbacks=callbacks,
        looks=_QuietLooks(uow, clock),
        sources=(),
        region="RU",
    )


async def _debtor(uow: UnitOfWork) -> tuple[Caller, date, Case]:
    """A debtor with a number and a case of his own."""
    wanted = (
        select(Phone.e164, Party.birth_date, Case)
        .join(Party, Party.id == Phone.party_id)
        .join(CaseParty, CaseParty.party_id == Party.id)
        .join(Case, Case.id == CaseParty.case_id)
        .where(Case.debtor_id == Party.id)
        .order_by(Case.id)
    )
    async with uow.read() as session:
        rows = (await session.execute(wanted)).all()
    numbers = [row.e164 for row in rows]
    row = next(row for row in rows if numbers.count(row.e164) == 1)
    assert row.birth_date is not None
    return Caller(channel="1.1", number=row.e164, dialled="5550100"), row.birth_date, row.Case


async def _published(menus: FlowService, flow: Flow = FLOW) -> int:
    flow_id = await menus.create(PROGRAM, "Day", "en")
    await menus.save(PROGRAM, flow_id, "Day", flow)
    await menus.publish(PROGRAM, flow_id)
    await menus.set_queues(PROGRAM, flow_id, ["main"])
    return flow_id


async def _keys(attendant: Attendant, caller: Caller, *keys: str) -> Told:
    """What the caller is told after the last of them."""
    told = None
    for one in ("", *keys):
        found = await attendant.step(caller.channel, one)
        assert found is not None
        told = found[1]
    assert told is not None
    return told


async def test_a_menu_is_edited_published_and_withdrawn(uow: UnitOfWork, menus: FlowService) -> None:
    flow_id = await menus.create(PROGRAM, "Night", "ru")
    broken = Flow(entry="s1", language="ru", steps={"s1": Menu(choices={"1": "s9"})})
    await menus.save(PROGRAM, flow_id, "Night", broken)
    with pytest.raises(FlowFaulty) as refused:
        await menus.publish(PROGRAM, flow_id)
    assert {fault.field for fault in refused.value.faults} == {"key-1", "otherwise", "text-ru"}
    await menus.save(PROGRAM, flow_id, "Night", FLOW)
    assert await menus.publish(PROGRAM, flow_id) == 1
    assert await menus.publish(PROGRAM, flow_id) == 2
    await menus.set_queues(PROGRAM, flow_id, ["main", "legal"])
    with pytest.raises(FlowInUse):
        await menus.delete(PROGRAM, flow_id)
    async with uow.read() as session:
        seen = await queries.get_flow(session, PROGRAM, flow_id)
        assert seen.version is not None
        assert (seen.version.number, seen.queues) == (2, ("legal", "main"))
        assert await queries.heard_before(session) == {"main": FLOW, "legal": FLOW}
        assert [view.row.id for view in await queries.list_flows(session, PROGRAM)] == [flow_id]
    with pytest.raises(Invalid):
        await menus.save(PROGRAM, flow_id, "Night", Flow(entry="s1", language="xx"))
    await menus.withdraw(PROGRAM, flow_id)
    async with uow.read() as session:
        assert await queries.heard_before(session) == {}
    await menus.delete(PROGRAM, flow_id)
    async with uow.read() as session:
        with pytest.raises(NoSuchFlow):
            await queries.get_flow(session, PROGRAM, flow_id)
        told = set(await session.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "menu")))
    assert told == {f"ivr.{verb}" for verb in ("added", "changed", "published", "queues", "withdrawn", "removed")}


async def test_who_saves_over_what_he_has_not_seen_is_told(uow: UnitOfWork, menus: FlowService) -> None:
    """And nobody publishes what somebody else has written meanwhile."""
    flow_id = await menus.create(PROGRAM, "Day", "en")
    async with uow.read() as session:
        seen = (await queries.get_flow(session, PROGRAM, flow_id)).row.mark
    mine = await menus.save(PROGRAM, flow_id, "Day", FLOW, seen)
    assert await menus.save(PROGRAM, flow_id, "Day", FLOW, mine) == mine, "nothing has changed"
    with pytest.raises(FlowMoved):
        await menus.save(PROGRAM, flow_id, "Theirs", Flow(entry="s1", steps={"s1": HangUp()}), seen)
    theirs = await menus.save(PROGRAM, flow_id, "Theirs", Flow(entry="s1", steps={"s1": HangUp()}), mine)
    with pytest.raises(FlowMoved):
        await menus.publish(PROGRAM, flow_id, mine)
    assert await menus.publish(PROGRAM, flow_id, theirs) == 1


async def test_whoever_may_not_change_menus_is_refused(menus: FlowService) -> None:
    nobody = Actor(user_id=5, login="x", rights={})
    for refused in (
        menus.create(nobody, "x", "en"),
        menus.save(nobody, 1, "x", FLOW),
        menus.publish(nobody, 1),
        menus.withdraw(nobody, 1),
        menus.delete(nobody, 1),
        menus.set_queues(nobody, 1, []),
        menus.add_sound(nobody, "x", b""),
        menus.delete_sound(nobody, "x"),
    ):
        with pytest.raises(Forbidden):
            await refused


async def test_a_caller_keeps_the_version_he_came_into(
    uow: UnitOfWork, bus: Bus, clock: ManualClock, menus: FlowService, world: MenuWorld
) -> None:
    attendant = Attendant(uow, clock, world=world, voice=ReadingVoice())  # type: ignore[arg-type]
    bus.subscribe(MenusChanged, attendant.on_menus)
    caller = Caller(channel="1.1", number=None, dialled="5550100")
    assert not await attendant.entered(caller, "main", None)
    flow_id = await _published(menus)
    await bus.drained()
    assert await attendant.entered(caller, "main", None)
    assert not await attendant.entered(caller, "other", None)
    await menus.save(PROGRAM, flow_id, "Day", Flow(entry="s1", language="en", steps={"s1": HangUp()}))
    await menus.publish(PROGRAM, flow_id)
    await bus.drained()
    assert (await _keys(attendant, caller)).sounds == (SPOKEN.texts["en"],)
    told = await _keys(attendant, caller, "9", "")
    assert (told.exit, told.queue) == (Exit.OWN, "")
    assert await attendant.step(caller.channel, "") is None
    assert await attendant.entered(caller, "main", None)
    assert (await _keys(attendant, caller)).exit is Exit.HANG_UP


async def test_callers_who_hung_up_make_room(
    uow: UnitOfWork, clock: ManualClock, menus: FlowService, world: MenuWorld
) -> None:
    await _published(menus)
    attendant = Attendant(uow, clock, world=world, voice=ReadingVoice())  # type: ignore[arg-type]
    for number in range(3):
        await attendant.entered(Caller(channel=f"1.{number}", number=None, dialled=None), "main", None)
    clock.advance(timedelta(hours=1))
    await attendant.entered(Caller(channel="1.9", number=None, dialled=None), "main", None)
    assert set(attendant.present) == {"1.9"}


async def test_balance_promise_and_callback_by_keys(
    uow: UnitOfWork, clock: ManualClock, menus: FlowService, world: MenuWorld
) -> None:
    await _published(menus)
    attendant = Attendant(uow, clock, world=world, voice=ReadingVoice())  # type: ignore[arg-type]
    caller, born, case = await _debtor(uow)
    birth, day = born.strftime("%d%m%Y"), (clock.now() + timedelta(days=5)).strftime("%d%m")
    await attendant.entered(caller, "main", None)
    told = await _keys(attendant, caller, "1", birth)
    assert told.sounds[0].startswith("Today you owe ")
    assert str(int(case.open_amount)) in told.sounds[0]
    told = await _keys(attendant, caller, "2")
    assert told.most == 9
    for keys in ("100", day):
        assert (await attendant.step(caller.channel, keys)) is not None
    found = await attendant.step(caller.channel, "1")
    assert found is not None
    assert (found[1].exit, found[1].sounds) == (Exit.HANG_UP, ("Thank you. Your promise is on record.",))
    async with uow.read() as session:
        promise = (await session.scalars(select(Promise))).one()
        looks = (await session.scalars(select(AuditEntry).where(AuditEntry.action == LOOK))).all()
    assert (promise.case_id, promise.amount, promise.by_keys) == (case.id, Decimal(100), True)
    assert promise.due_on == (clock.now() + timedelta(days=5)).date()
    assert [(entry.subject_id, entry.actor_id) for entry in looks] == [(str(case.id), 0)] * 2

    await attendant.entered(caller, "main", None)
    told = await _keys(attendant, caller, "3", "1")
    assert told.exit is Exit.HANG_UP
    async with uow.read() as session:
        callback = (await session.scalars(select(Callback))).one()
    assert (callback.phone, callback.case_id, callback.user_id) == (caller.number, case.id, case.collector_id)


async def test_whoever_asks_again_is_called_once(uow: UnitOfWork, clock: ManualClock, world: MenuWorld) -> None:
    caller, _born, _case = await _debtor(uow)
    soon = await world.answer(PlanCallback(who=None, number=None, hour=None), caller)
    later = await world.answer(PlanCallback(who=None, number=None, hour=15), caller)
    assert isinstance(soon, Planned)
    assert isinstance(later, Planned)
    async with uow.write() as work:
        callback = (await work.session.scalars(select(Callback))).one()
        assert callback.phone == caller.number
        callback.state = CallbackState.PLANNED
    moved = await world.answer(PlanCallback(who=None, number=None, hour=17), caller)
    assert isinstance(moved, Planned)
    assert moved.at is not None
    assert moved.at.hour == 17
    stranger = Caller(channel="1.3", number=None, dialled=None)
    kept = await world.answer(PlanCallback(who=None, number=caller.number, hour=11), stranger)
    assert kept == moved, "what is agreed with somebody is not moved by another"


async def test_others_are_called_a_few_times_a_day(uow: UnitOfWork, world: MenuWorld) -> None:
    stranger = Caller(channel="1.3", number=None, dialled=None)
    wishes = [PlanCallback(who=None, number=f"+7900000{n:04}", hour=None) for n in range(REFUSED_A_DAY + 1)]
    planned = [await world.answer(wish, stranger) for wish in wishes]
    assert [one == Planned(None) for one in planned] == [False] * REFUSED_A_DAY + [True]
    async with uow.read() as session:
        assert len((await session.scalars(select(Callback))).all()) == REFUSED_A_DAY


async def test_all_that_he_was_told_he_owes_may_be_promised(
    uow: UnitOfWork, clock: ManualClock, world: MenuWorld
) -> None:
    caller, _born, case = await _debtor(uow)
    async with uow.write() as work:  # as it was carried to an earlier day than the debtor's
        await work.session.execute(update(Case).where(Case.id == case.id).values(open_amount=case.open_amount - 1))
    who = Identity(party_id=case.debtor_id or 0, case_id=case.id)
    owed = await world.answer(LookUpDebt(who=who), caller)
    assert isinstance(owed, Owed)
    assert owed.sum.amount > case.open_amount - 1
    due = clock.now().date() + timedelta(days=2)
    assert await world.answer(TakePromise(who=who, amount=owed.sum.amount, due_on=due), caller) == Pledged()


async def test_a_second_promise_is_refused_in_words(uow: UnitOfWork, clock: ManualClock, world: MenuWorld) -> None:
    caller, _born, case = await _debtor(uow)
    who = Identity(party_id=case.debtor_id or 0, case_id=case.id)
    wish = TakePromise(who=who, amount=Decimal(10), due_on=clock.now().date() + timedelta(days=2))
    assert await world.answer(wish, caller) == Pledged()
    again = await world.answer(wish, caller)
    assert isinstance(again, Pledged)
    assert again.refusal is not None
    much = TakePromise(who=who, amount=Decimal(10**8), due_on=clock.now().date() + timedelta(days=2))
    refused = await world.answer(much, caller)
    assert isinstance(refused, Pledged)
    assert refused.refusal is not None
    assert "cannot be for more" in refused.refusal.msgid


async def test_who_calls_from_elsewhere_shows_the_number_of_his_case(uow: UnitOfWork, world: MenuWorld) -> None:
    caller, born, case = await _debtor(uow)
    elsewhere = Caller(channel="1.2", number="+79000099999", dialled=None)
    digits = "".join(letter for letter in case.number if letter.isdigit())
    who = Known(who=Identity(party_id=case.debtor_id or 0, case_id=case.id))
    assert await world.answer(Identify(birth=born, case=None), caller) == who
    assert await world.answer(Identify(birth=born, case=None), elsewhere) == Known(more=True)
    assert await world.answer(Identify(birth=born, case=digits), elsewhere) == who
    assert await world.answer(Identify(birth=born - timedelta(days=1), case=None), caller) == Known(more=True)
    for _ in range(REFUSED_A_DAY):
        assert await world.answer(Identify(birth=born, case=None), elsewhere) == Known(more=True)
        assert await world.answer(Identify(birth=born, case="99"), elsewhere) == Known()
    assert await world.answer(Identify(birth=born, case=None), elsewhere) == Known()


async def test_whoever_hangs_up_after_a_wrong_birthday_has_guessed(
    uow: UnitOfWork, world: MenuWorld, clock: ManualClock
) -> None:
    caller, born, _case = await _debtor(uow)
    for _ in range(3 * REFUSED_A_DAY):
        assert (await world.answer(Identify(birth=born, case=None), caller)) != Known(), "what fits costs nothing"
    vain = Identify(birth=born - timedelta(days=1), case=None)
    answers = await asyncio.gather(*(world.answer(vain, caller) for _ in range(2 * REFUSED_A_DAY)))
    assert answers.count(Known(more=True)) == REFUSED_A_DAY, "at once or one after the other"
    assert await world.answer(Identify(birth=born, case=None), caller) == Known()
    clock.advance(timedelta(hours=24))
    assert await world.answer(Identify(birth=born, case=None), caller) != Known()


async def test_a_birthday_from_somebody_elses_telephone_is_not_enough(uow: UnitOfWork, world: MenuWorld) -> None:
    caller, born, _case = await _debtor(uow)
    for quality, known in ((PhoneQuality.THIRD_PARTY, False), (PhoneQuality.WRONG, False), ("confirmed", True)):
        async with uow.write() as work:
            await work.session.execute(update(Phone).where(Phone.e164 == caller.number).values(quality=quality))
        answer = await world.answer(Identify(birth=born, case=None), caller)
        assert isinstance(answer, Known)
        assert (answer.who is not None) is known


def test_guesses_from_ever_new_numbers_fill_no_memory(clock: ManualClock) -> None:
    guesses = Tries()
    assert [guesses.begun("+79000000001", clock.now()) for _ in range(REFUSED_A_DAY + 1)][-2:] == [True, False]
    for number in range(NUMBERS + 10):
        guesses.begun(str(number), clock.now())
    assert len(guesses._made) == NUMBERS


async def test_hours_choose_the_way(uow: UnitOfWork, clock: ManualClock, world: MenuWorld) -> None:
    caller = Caller(channel="1.1", number=None, dialled=None)
    async with uow.write() as work:
        never = await save_calendar(
            work, PROGRAM, None, CalendarData(name="Never", zone="UTC", week={}), at=clock.now()
        )
    assert await world.answer(LookUpHours(never.id), caller) == Opened(False)
    assert await world.answer(LookUpHours(None), caller) == Opened(True)


async def test_what_is_written_is_read_out_once(voice: EspeakVoice, tmp_path: Path) -> None:
    line = Line("ru", Prompt(texts={"ru": "Нажмите один."}))
    (name,) = await voice.say([line])
    file = tmp_path / FOLDER / f"{name}.wav"
    with wave.open(str(file)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert sound.getnframes() > 4000
    before = file.stat().st_mtime_ns
    assert await voice.say([line, line]) == [name, name]
    assert file.stat().st_mtime_ns == before
    assert await voice.sound(line) == file.read_bytes()


async def test_an_own_recording_is_kept_as_it_is_played(
    uow: UnitOfWork, menus: FlowService, voice: EspeakVoice, tmp_path: Path
) -> None:
    name = await menus.add_sound(PROGRAM, "Hello", tone())
    assert await menus.add_sound(PROGRAM, "Welcome", tone()) == name
    line = Line("en", Prompt(texts={"en": "unused"}, sounds={"en": name}))
    assert await voice.say([line]) == [name]
    with wave.open(str(tmp_path / FOLDER / f"{name}.wav")) as sound:
        assert sound.getframerate() == 8000
    async with uow.read() as session:
        (kept,) = await queries.list_sounds(session, PROGRAM)
        assert (kept.label, round(kept.duration_ms, -2)) == ("Welcome", 1000)
        assert (await queries.sound_content(session, PROGRAM, name))[:4] == b"RIFF"
    flow_id = await menus.create(PROGRAM, "x", "en")
    await menus.save(PROGRAM, flow_id, "x", Flow(entry="s1", steps={"s1": HangUp(prompt=Prompt(sounds={"en": name}))}))
    with pytest.raises(SoundInUse):
        await menus.delete_sound(PROGRAM, name)
    await menus.delete(PROGRAM, flow_id)
    await menus.delete_sound(PROGRAM, name)


@pytest.mark.parametrize("content", [b"", b"no sound at all", tone()[:30], b"#EXTM3U\nhttp://example.com/a.ts\n"])
async def test_what_is_no_sound_is_refused(menus: FlowService, content: bytes) -> None:
    with pytest.raises(BadSound):
        await menus.add_sound(PROGRAM, "x", content)


async def test_a_recording_has_its_bounds(menus: FlowService) -> None:
    with pytest.raises(BadSound):
        await menus.add_sound(PROGRAM, "x", tone(181, 8000))
    with pytest.raises(BadSound):
        await menus.add_sound(PROGRAM, "x", bytes(11 * 1024 * 1024))


async def test_the_stored_draft_is_the_menu(uow: UnitOfWork, menus: FlowService) -> None:
    flow_id = await menus.create(PROGRAM, "x", "en")
    await menus.save(PROGRAM, flow_id, "x", FLOW)
    async with uow.read() as session:
        assert loaded((await queries.get_flow(session, PROGRAM, flow_id)).row.draft) == FLOW
