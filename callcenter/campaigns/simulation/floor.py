"""A dialling floor simulated event by event; the same seed gives the same day."""

from dataclasses import dataclass, field
from enum import IntEnum, auto
from heapq import heappop, heappush
from math import inf
from random import Random

from callcenter.campaigns.pacing import View
from callcenter.campaigns.simulation.setting import Dialler, Setting


@dataclass(kw_only=True, slots=True)
class Day:
    """What happened. Times of the lists are those of the dialler's scale, ascending."""

    staffed: float = 0.0
    """Seconds of all agents present."""
    busy: float = 0.0
    """Of these, in talk or wrap-up."""
    attempts: int = 0
    withdrawn: int = 0
    """Of these, hung up by the dialler while they rang."""
    answered: list[float] = field(default_factory=list)
    abandoned: list[float] = field(default_factory=list)
    """Of the answered calls, those that found no agent: when they were answered."""


class _Kind(IntEnum):
    ANSWERED = auto()
    GIVEN_UP = auto()
    TALKED = auto()
    WRAPPED = auto()
    TIRED = auto()
    GO = auto()
    COME = auto()
    RATE = auto()
    WITHDRAWN = auto()


class Floor:
    """One day of a setting under a dialler, from ``begins`` of the dialler's time scale on."""

    def __init__(self, setting: Setting, dialler: Dialler, seed: int, begins: float = 0.0) -> None:
        self._setting, self._dialler, self._random = setting, dialler, Random(seed)
        self._begins, self._now = begins, begins
        self._heap: list[tuple[float, int, _Kind, float]] = []
        self._number = 0
        self._idle = setting.agents
        self._talking: dict[int, float] = {}
        self._wrapping: dict[int, float] = {}
        self._ringing: dict[int, float] = {}
        self._waiting: dict[int, float] = {}
        self._factor = 1.0
        self._day = Day()
        for spell in setting.spells(Random(seed + 1)):
            self._plan_spell(spell.begins, spell.ends, spell.gone, spell.answers)

    def run(self) -> Day:
        setting, heap = self._setting, self._heap
        ends, due = self._begins + setting.day, self._begins
        handlers = {
            _Kind.ANSWERED: self._answered,
            _Kind.GIVEN_UP: self._given_up,
            _Kind.TALKED: self._talked,
            _Kind.WRAPPED: self._wrapped,
            _Kind.TIRED: self._tired,
            _Kind.GO: self._go,
            _Kind.COME: self._come,
            _Kind.RATE: self._rate,
            _Kind.WITHDRAWN: self._withdrawn,
        }
        while due < ends:
            while heap and heap[0][0] <= due:
                at, number, kind, value = heappop(heap)
                self._pass(at)
                handlers[kind](number, value)
            self._pass(due)
            self._dial()
            due += setting.step
        return self._day

    def _pass(self, to: float) -> None:
        busy, seconds = len(self._talking) + len(self._wrapping), to - self._now
        self._day.busy += busy * seconds
        self._day.staffed += (busy + self._idle) * seconds
        self._now = to

    def _plan(self, at: float, kind: _Kind, value: float = 0.0) -> int:
        self._number += 1
        heappush(self._heap, (at, self._number, kind, value))
        return self._number

    def _plan_spell(self, begins: float, ends: float, gone: float, answers: float) -> None:
        leave = round(gone * self._setting.agents)
        if leave:
            self._plan(self._begins + begins, _Kind.GO, leave)
            self._plan(self._begins + ends, _Kind.COME, leave)
        if answers != 1.0:
            self._plan(self._begins + begins, _Kind.RATE, answers)
            self._plan(self._begins + ends, _Kind.RATE, 1.0)

    def _dial(self) -> None:
        view = View(
            now=self._now,
            idle=self._idle,
            talking=tuple(self._talking.values()),
            wrapping=tuple(self._wrapping.values()),
            ringing=tuple(self._ringing.values()),
            waiting=len(self._waiting),
        )
        setting, now = self._setting, self._now
        new, surplus = self._dialler.decide(view)
        attempts = list(self._ringing)
        for place in surplus:
            self._plan(now + setting.hang_up, _Kind.WITHDRAWN, attempts[place])
        self._day.attempts += new
        for _ in range(new):
            after = setting.answer_after(self._random, now - self._begins, self._factor)
            if after == inf:
                number = self._plan(now + setting.ring_limit, _Kind.GIVEN_UP)
            else:
                number = self._plan(now + after, _Kind.ANSWERED)
            self._ringing[number] = now

    def _answered(self, number: int, _value: float) -> None:
        since = self._ringing.pop(number, None)
        if since is None:
            return
        self._dialler.answered(self._now, self._now - since)
        self._day.answered.append(self._now)
        if self._idle:
            self._idle -= 1
            self._connect()
        else:
            self._waiting[self._plan(self._now + self._setting.connect_limit, _Kind.TIRED)] = self._now

    def _given_up(self, number: int, _value: float) -> None:
        since = self._ringing.pop(number, None)
        if since is not None:
            self._dialler.unanswered(self._now, self._now - since)

    def _withdrawn(self, _number: int, attempt: float) -> None:
        since = self._ringing.pop(int(attempt), None)
        if since is not None:
            self._day.withdrawn += 1
            self._dialler.unanswered(self._now, self._now - since)

    def _connect(self) -> None:
        self._dialler.connected(self._now)
        talk = self._setting.talk(self._random, self._now - self._begins)
        self._talking[self._plan(self._now + talk, _Kind.TALKED)] = self._now

    def _talked(self, number: int, _value: float) -> None:
        since = self._talking.pop(number, None)
        if since is not None:
            self._dialler.talked(self._now - since)
            self._wrapping[self._plan(self._now + self._setting.wrap(self._random), _Kind.WRAPPED)] = self._now

    def _wrapped(self, number: int, _value: float) -> None:
        since = self._wrapping.pop(number, None)
        if since is not None:
            self._dialler.wrapped(self._now - since)
            self._free()

    def _free(self) -> None:
        if self._waiting:
            del self._waiting[next(iter(self._waiting))]
            self._connect()
        else:
            self._idle += 1

    def _tired(self, number: int, _value: float) -> None:
        since = self._waiting.pop(number, None)
        if since is not None:
            self._day.abandoned.append(since)
            self._dialler.abandoned(self._now)

    def _go(self, _number: int, value: float) -> None:
        for _ in range(int(value)):
            place = self._random.randrange(self._idle + len(self._talking) + len(self._wrapping))
            if place < self._idle:
                self._idle -= 1
                continue
            busy = self._talking if place < self._idle + len(self._talking) else self._wrapping
            del busy[self._random.choice(list(busy))]

    def _come(self, _number: int, value: float) -> None:
        for _ in range(int(value)):
            self._free()

    def _rate(self, _number: int, value: float) -> None:
        self._factor = value
