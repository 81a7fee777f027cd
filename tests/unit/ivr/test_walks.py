"""Walks through menus: a checked one always ends, nothing about a debt is told to a stranger."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.ivr.checking import KEYS, faults
from callcenter.ivr.flow import (
    AnyStep,
    Balance,
    CallMe,
    Flow,
    HangUp,
    Hours,
    Language,
    Menu,
    Pledge,
    Prompt,
    Say,
    ToQueue,
    Voicemail,
    keyless,
    loaded,
    stored,
    ways,
)
from callcenter.ivr.interpreter import MOST, advance, begin, birth_date, next_day
from callcenter.ivr.walk import (
    Ask,
    Exit,
    Heard,
    Identify,
    Identity,
    Known,
    Leave,
    Line,
    LookUpDebt,
    LookUpHours,
    Opened,
    Owed,
    PlanCallback,
    Planned,
    Pledged,
    Pressed,
    TakePromise,
)
from core.kernel.i18n import LANGUAGES, Message, msg
from core.kernel.money import Money
from tests.factories.menus import SPOKEN, sound_flows

TODAY = date(2026, 3, 10)
WHO = Identity(party_id=1, case_id=2)
SUM = Money(Decimal("1234.50"), "RUB")

KEY = st.sampled_from([f"s{number}" for number in range(6)] + [""])
PROMPT = st.sampled_from([SPOKEN, Prompt(), Prompt(texts={"en": "words"}), Prompt(sounds={"ru": "u1"})])
CHOICES = st.dictionaries(st.sampled_from(list(KEYS)), KEY, max_size=4)
SPEECH = st.dictionaries(st.sampled_from(list(KEYS)), st.sampled_from(LANGUAGES), max_size=3)
STEP: st.SearchStrategy[AnyStep] = st.one_of(
    st.builds(Say, prompt=PROMPT, next=KEY),
    st.builds(Menu, prompt=PROMPT, choices=CHOICES, tries=st.integers(1, 3), otherwise=KEY),
    st.builds(Hours, calendar_id=st.none() | st.integers(1, 3), open=KEY, closed=KEY),
    st.builds(Language, prompt=PROMPT, choices=SPEECH, next=KEY),
    st.builds(Balance, next=KEY, otherwise=KEY),
    st.builds(Pledge, next=KEY, otherwise=KEY),
    st.builds(CallMe, next=KEY, otherwise=KEY),
    st.builds(Voicemail, prompt=PROMPT),
    st.builds(ToQueue, prompt=PROMPT, queue=st.sampled_from(["", "legal"])),
    st.builds(HangUp, prompt=PROMPT),
)
STEPS = st.lists(STEP, max_size=6).map(lambda steps: {f"s{number}": step for number, step in enumerate(steps)})
FLOW = st.builds(Flow, entry=KEY, language=st.sampled_from(LANGUAGES), steps=STEPS)


def answered(act: object, draw: Any) -> Heard:
    """What the world may answer to an act."""
    match act:
        case Ask(most=most):
            return Pressed(draw(st.text(alphabet=KEYS, max_size=most) | st.sampled_from(["", "1", "2", "01011980"])))
        case LookUpHours():
            return Opened(draw(st.booleans()))
        case Identify():
            return draw(st.sampled_from([Known(who=WHO), Known(), Known(more=True)]))  # type: ignore[no-any-return]
        case LookUpDebt():
            return Owed(sum=Money(draw(st.sampled_from([Decimal(0), SUM.amount])), "RUB"), today=TODAY)
        case TakePromise():
            return Pledged(draw(st.none() | st.just(msg("No."))))
        case PlanCallback():
            return Planned(draw(st.none() | st.just(datetime(2026, 3, 11, 9, tzinfo=UTC))))
    raise AssertionError(act)


@given(flow=FLOW, data=st.data())
def test_every_walk_ends_whatever_the_menu_and_whatever_is_heard(flow: Flow, data: st.DataObject) -> None:
    state, act = begin(
        flow, language=data.draw(st.sampled_from([*LANGUAGES, None])), number_known=data.draw(st.booleans())
    )
    identified = False
    for _ in range(3 * MOST):
        if isinstance(act, Ask | Leave):
            told = [line.what.msgid for line in act.lines if isinstance(line.what, Message)]
            assert identified or not [text for text in told if "owe {sum}" in text or "promise to pay {sum}" in text]
        assert identified or not isinstance(act, LookUpDebt | TakePromise)
        if isinstance(act, Leave):
            return
        heard = answered(act, data.draw)
        identified = identified or (isinstance(heard, Known) and heard.who is not None)
        state, act = advance(flow, state, heard)
    raise AssertionError("the caller walks for ever")


@pytest.mark.slow
@given(flow=sound_flows(), data=st.data())
def test_a_menu_without_faults_ends_where_it_was_written_to(flow: Flow, data: st.DataObject) -> None:
    assert {fault.text.msgid for fault in faults(flow)} <= {"No way leads here."}
    state, act = begin(flow, language=None, number_known=True)
    for _ in range(MOST):
        if isinstance(act, Leave):
            assert isinstance(flow.steps[state.step], Voicemail | ToQueue | HangUp)
            return
        heard = Pressed("") if isinstance(act, Ask) else answered(act, data.draw)
        state, act = advance(flow, state, heard)
    raise AssertionError("the caller who presses nothing walks for ever")


@given(flow=FLOW)
def test_what_is_stored_is_what_was_written(flow: Flow) -> None:
    assert loaded(stored(flow)) == flow


@given(flow=FLOW)
def test_faults_name_steps_there_are(flow: Flow) -> None:
    for fault in faults(flow):
        assert fault.step == "" or fault.step in flow.steps
    for step in flow.steps.values():
        assert set(keyless(step).items()) <= set(ways(step).items())


def flow_of(steps: Mapping[str, AnyStep], entry: str = "s0") -> Flow:
    return Flow(entry=entry, language="en", steps=dict(steps))


def test_faults_stand_at_their_steps() -> None:
    found = faults(
        flow_of(
            {
                "s0": Say(prompt=Prompt(), next="s1"),
                "s1": Menu(prompt=SPOKEN, choices={"1": "nowhere", "22": "s2"}, otherwise="s0"),
                "s2": HangUp(),
                "s3": HangUp(),
            }
        )
    )
    assert {(fault.step, fault.field) for fault in found} == {
        ("s0", "text-en"),
        ("s0", ""),
        ("s1", ""),
        ("s1", "choices"),
        ("s1", "key-1"),
        ("s3", ""),
    }
    assert [fault.field for fault in faults(Flow())] == ["entry"]


@pytest.mark.parametrize(("given", "fields"), [({"tries": 0}, {"tries"}), ({"seconds": 61}, {"seconds"})])
def test_a_number_out_of_bounds_is_a_fault_of_its_own_field(given: dict[str, int], fields: set[str]) -> None:
    menu = Menu(prompt=SPOKEN, choices={"1": "s1"}, otherwise="s1", **given)
    assert {fault.field for fault in faults(flow_of({"s0": menu, "s1": HangUp()}))} == fields


MENU = flow_of(
    {
        "s0": Language(prompt=SPOKEN, choices={"1": "ru", "2": "pl"}, next="s1"),
        "s1": Menu(prompt=SPOKEN, choices={"1": "s2", "2": "s3", "3": "s4"}, otherwise="s5"),
        "s2": Balance(next="s1", otherwise="s5"),
        "s3": Pledge(next="s6", otherwise="s5"),
        "s4": CallMe(next="s6", otherwise="s5"),
        "s5": ToQueue(),
        "s6": HangUp(),
    }
)


def walk(*heard: Heard, flow: Flow = MENU, number_known: bool = True) -> tuple[list[object], object]:
    """Every act of a walk, and the last."""
    state, act = begin(flow, language=None, number_known=number_known)
    acts: list[object] = [act]
    for one in heard:
        state, act = advance(flow, state, one)
        acts.append(act)
    return acts, act


def test_the_language_is_asked_in_each_and_kept() -> None:
    acts, act = walk(Pressed("1"))
    assert acts[0] == Ask(lines=(Line("ru", SPOKEN), Line("pl", SPOKEN)), most=1, seconds=5)
    assert act == Ask(lines=(Line("ru", SPOKEN),), most=1, seconds=5)


def test_a_balance_is_told_after_the_date_of_birth_and_the_case() -> None:
    _, act = walk(Pressed("1"), Pressed("1"), Pressed("01021980"))
    assert act == Identify(birth=date(1980, 2, 1), case=None)
    _, act = walk(Pressed("1"), Pressed("1"), Pressed("01021980"), Known(more=True), Pressed("20260007"))
    assert act == Identify(birth=date(1980, 2, 1), case="20260007")
    _, act = walk(Pressed("1"), Pressed("1"), Pressed("01021980"), Known(who=WHO))
    assert act == LookUpDebt(WHO)
    owed = Owed(sum=SUM, today=TODAY)
    _, act = walk(Pressed("1"), Pressed("1"), Pressed("01021980"), Known(who=WHO), owed)
    assert isinstance(act, Ask)
    assert act.lines == (Line("ru", msg("Today you owe {sum}.", sum=SUM)), Line("ru", SPOKEN))


def test_three_wrong_answers_of_one_call_end_in_the_queue() -> None:
    wrong = (Pressed("01021980"), Known())
    acts, act = walk(Pressed("1"), Pressed("1"), *wrong, *wrong, *wrong)
    assert isinstance(act, Leave)
    assert act.exit is Exit.OWN
    assert sum(isinstance(one, Identify) for one in acts) == 3


def test_a_promise_is_said_back_before_it_is_taken() -> None:
    known = (Pressed("1"), Pressed("2"), Pressed("01021980"), Known(who=WHO), Owed(sum=SUM, today=TODAY))
    _, act = walk(*known, Pressed("500"), Pressed("1503"))
    assert isinstance(act, Ask)
    assert act.lines[-1].what == msg(
        "You promise to pay {sum} by {day}. To confirm press 1, to change it press 2.",
        sum=Money(Decimal(500), "RUB"),
        day=date(2026, 3, 15),
    )
    _, act = walk(*known, Pressed("0"), Pressed("0103"), Pressed("1"))
    assert act == TakePromise(who=WHO, amount=SUM.amount, due_on=date(2027, 3, 1))
    _, act = walk(*known, Pressed("500"), Pressed("1503"), Pressed("1"), Pledged())
    assert isinstance(act, Leave)
    assert act.exit is Exit.HANG_UP
    _, act = walk(*known, Pressed("500"), Pressed("1503"), Pressed("1"), Pledged(msg("No.")))
    assert isinstance(act, Ask)
    assert act.lines[0].what == msg("No.")


def test_a_callback_is_asked_for_by_the_hour_and_by_hidden_numbers_too() -> None:
    _, act = walk(Pressed("1"), Pressed("3"), Pressed("1"))
    assert act == PlanCallback(hour=None, number=None, who=None)
    _, act = walk(Pressed("1"), Pressed("3"), Pressed("2"), Pressed("9"))
    assert act == PlanCallback(hour=9, number=None, who=None)
    _, act = walk(Pressed("1"), Pressed("3"), Pressed("79000000100"), Pressed("2"), Pressed("23"), number_known=False)
    assert act == PlanCallback(hour=23, number="79000000100", who=None)
    _, act = walk(Pressed("1"), Pressed("3"), Pressed("2"), Pressed("24"), Pressed("x"), Pressed(""))
    assert isinstance(act, Leave)


@pytest.mark.parametrize(
    ("keys", "day"),
    [("1003", date(2026, 3, 10)), ("0903", date(2027, 3, 9)), ("2902", date(2028, 2, 29)), ("3102", None), ("1", None)],
)
def test_the_next_such_day(keys: str, day: date | None) -> None:
    assert next_day(keys, TODAY) == day


@pytest.mark.parametrize("keys", ["", "0101198", "32011980", "01011800", "0101198*"])
def test_what_is_no_date_of_birth(keys: str) -> None:
    assert birth_date(keys) is None


def test_a_key_that_means_nothing_is_asked_again_and_then_given_up() -> None:
    flow = flow_of({"s0": Menu(prompt=SPOKEN, choices={"1": "s1"}, tries=2, otherwise="s1"), "s1": HangUp()})
    _, act = walk(Pressed("5"), flow=flow)
    assert isinstance(act, Ask)
    assert len(act.lines) == 2
    _, act = walk(Pressed("5"), Pressed(""), flow=flow)
    assert isinstance(act, Leave)
