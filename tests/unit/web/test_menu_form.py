"""Menus as forms, and trying them out."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from starlette.datastructures import FormData

from callcenter.ivr.flow import Flow, HangUp, Hours, Menu, Prompt, Say, ToQueue
from callcenter.ivr.walk import Exit
from core.kernel.errors import Invalid
from tests.factories.menus import sound_flows
from web.pages.floor import menu_form
from web.pages.floor.menu_try import Pretence, tried

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HELLO = Prompt(texts={"en": "Hello."})
FLOW = Flow(
    entry="s1",
    language="en",
    steps={
        "s1": Menu(prompt=HELLO, choices={"1": "s2", "2": "s3"}, otherwise="s3"),
        "s2": Hours(open="s3", closed="s1"),
        "s3": ToQueue(queue="legal"),
    },
)


@pytest.mark.slow
@given(flow=sound_flows())
def test_a_form_says_what_the_menu_is(flow: Flow) -> None:
    assert menu_form.flow_of(FormData(menu_form.fields_of(flow))) == flow


def test_no_form_of_ours_is_refused() -> None:
    for pairs in (
        [("step", "s1"), ("step", "s1"), ("s1-kind", "say")],
        [("step", "s1"), ("s1-kind", "plugin")],
        [("step", f"s{number}") for number in range(300)],
    ):
        with pytest.raises(Invalid):
            menu_form.flow_of(FormData(pairs))


def test_steps_come_go_and_move() -> None:
    grown = menu_form.added(FLOW, "say")
    assert list(grown.steps) == ["s1", "s2", "s3", "s4"]
    assert isinstance(grown.steps["s4"], Say)
    with pytest.raises(Invalid):
        menu_form.added(FLOW, "plugin")
    less = menu_form.removed(FLOW, "s3")
    assert less.steps["s1"] == Menu(prompt=HELLO, choices={"1": "s2"}, otherwise="")
    assert less.steps["s2"] == Hours(open="", closed="s1")
    assert menu_form.removed(FLOW, "s1").entry == ""
    assert list(menu_form.moved(FLOW, "s3", -1).steps) == ["s1", "s3", "s2"]
    assert list(menu_form.moved(FLOW, "s1", -1).steps) == ["s1", "s2", "s3"]
    assert menu_form.moved(FLOW, "s9", 1) == FLOW


def test_a_trial_tells_what_is_heard_and_where_it_ends() -> None:
    begun = tried(FLOW, [], Pretence(), NOW)
    assert ([line.text for line in begun.turns[0].said], begun.turns[0].keys, begun.exit) == (["Hello."], None, None)
    ended = tried(FLOW, ["1"], Pretence(), NOW)
    assert (ended.exit, ended.queue) == (Exit.QUEUE, "legal")
    again = tried(FLOW, ["1", "9"], Pretence(open=False), NOW)
    assert (len(again.turns), again.step) == (3, "s1")
    bye = Flow(entry="s1", steps={"s1": HangUp(prompt=Prompt(sounds={"en": "u1"}))})
    assert tried(bye, [], Pretence(), NOW).turns[0].said[0].sound


@pytest.mark.slow
@given(flow=sound_flows())
def test_any_menu_can_be_tried(flow: Flow) -> None:
    trial = tried(flow, ["1", "2", "", "01011980", "0", "1212", "1"] * 9, Pretence(), NOW)
    assert trial.turns
