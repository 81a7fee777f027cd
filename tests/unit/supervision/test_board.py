"""The live board: who sees what, and that nobody is owed more than the board itself."""

import json
import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from callcenter.supervision.board import Board, News, Viewer
from callcenter.supervision.lines import AgentLine, CallLine, Kind, Line, QueueLine
from core.kernel.access import Actor, Scope
from tests.fakes.floor import START

RIGHT = "supervision.board"


def agent(number: int, *, unit: int = 1, state: str = "available") -> AgentLine:
    return AgentLine(
        id=number,
        name=f"Collector {number}",
        extension=str(100 + number),
        unit_id=unit,
        state=state,
        reason=None,
        since=START,
        call_id=None,
        phone=True,
    )


def call(number: int, *, user: int | None = None, unit: int | None = None) -> CallLine:
    return CallLine(
        id=number, user_id=user, unit_id=unit, direction="inbound", phase="queued", queue="main", since=START
    )


def queue(waiting: int) -> QueueLine:
    return QueueLine(id="main", waiting=waiting, since=None, service_seconds=20, answered=0, in_time=0, abandoned=0)


def viewer(scope: Scope | None, *, team: int = 1) -> Viewer:
    rights = {} if scope is None else {RIGHT: scope}
    return Viewer(Actor(user_id=50, login="chief", rights=rights, team=frozenset({team})), RIGHT)


class Screen:
    """What a page makes of the messages."""

    def __init__(self) -> None:
        self.lines: dict[str, dict[object, object]] = {kind: {} for kind in Kind}

    def take(self, news: News) -> None:
        for kind, texts in news.put.items():
            for text in texts:
                line = json.loads(bytes(text))
                self.lines[kind][line["id"]] = line
        for kind, ids in news.gone.items():
            for one in ids:
                self.lines[kind].pop(one, None)


def test_a_team_head_sees_his_team_and_what_is_nobodys() -> None:
    board = Board()
    for line in (agent(1), agent(2, unit=2), call(7, user=1, unit=1), call(8, user=2, unit=2), call(9), queue(3)):
        board.put(line)
    screens = {}
    for scope in (Scope.ALL, Scope.TEAM, Scope.OWN, None):
        screens[scope] = Screen()
        first = board.join(viewer(scope))
        assert not first.gone, "whoever is out of reach is not even named"
        screens[scope].take(first)
    seen = {scope: (set(one.lines[Kind.AGENTS]), set(one.lines[Kind.CALLS])) for scope, one in screens.items()}
    assert seen == {
        Scope.ALL: ({1, 2}, {7, 8, 9}),
        Scope.TEAM: ({1}, {7, 9}),
        Scope.OWN: (set(), {9}),
        None: (set(), set()),
    }
    assert not screens[None].lines[Kind.QUEUES]


def test_who_moves_to_another_team_leaves_the_screen_of_the_first() -> None:
    board, chief, screen = Board(), viewer(Scope.TEAM), Screen()
    board.put(agent(1))
    screen.take(board.join(chief))
    board.put(agent(1, unit=2))
    screen.take(board.news(chief))
    assert not screen.lines[Kind.AGENTS]


def test_a_viewer_who_takes_nothing_is_owed_each_line_once() -> None:
    board, slow = Board(), viewer(Scope.ALL)
    board.join(slow)
    chance = random.Random(1)
    for _ in range(10_000):
        board.put(agent(chance.randrange(500), state=chance.choice(("talking", "pause", "available"))))
    assert len(board.news(slow).put[Kind.AGENTS]) <= 500
    assert not board.news(slow).put


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3), st.sampled_from(("talk", "pause", "gone", "take")))))
def test_snapshot_and_deltas_always_add_up_to_the_board(steps: list[tuple[int, int, str]]) -> None:
    board, screens = Board(), [(viewer(Scope.ALL), Screen()), (viewer(Scope.TEAM), Screen())]
    for one, screen in screens:
        screen.take(board.join(one))
    lines: dict[int, Line] = {}
    for number, unit, act in steps:
        if act == "gone":
            lines.pop(number, None)
            board.replace(Kind.AGENTS, lines.values())
        elif act == "take":
            screens[number % 2][1].take(board.news(screens[number % 2][0]))
        else:
            lines[number] = replace(agent(number, unit=unit), state=act)
            board.put(lines[number])
    for one, screen in screens:
        screen.take(board.news(one))
        assert screen.lines[Kind.AGENTS].keys() == {number for number, line in lines.items() if one.sees(line)}
        assert all(screen.lines[Kind.AGENTS][n]["state"] == lines[n].state for n in screen.lines[Kind.AGENTS])  # type: ignore[index,union-attr]
