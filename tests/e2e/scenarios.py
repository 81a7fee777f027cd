"""What happens on a call floor: each scenario is played on a ``Floor`` and says what must be in the log."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from playwright.async_api import expect

from telephony.lab import sipp
from telephony.lab.scenarios import HIDDEN, Answer
from tests.e2e.floor import Floor, Seat
from tests.plugins.asterisk import eventually

DEBTOR = "+79000000100"
#: A known debtor rings his own collector first; whoever is to wait in the queue is nobody known.
STRANGER = "+79000007777"
OUT = "+79000009900"
RING_BACK_SECONDS = 6


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the log must say. ``phones`` of its calls, oldest first (None: hidden or internal); ``talked``: logins of
    the collectors who talked; ``held``: seconds on hold by a button, in the oldest, by endpoint; ``away``: the server
    was, so pops may be missing."""

    phones: tuple[str | None, ...] = (DEBTOR,)
    talked: frozenset[str] = frozenset({"collector"})
    held: Mapping[str, float] = field(default_factory=dict)
    away: bool = False


Scenario = Callable[[Floor], Awaitable[Told]]
SCENARIOS: dict[str, Scenario] = {}
NOBODY: frozenset[str] = frozenset()
BOTH = frozenset({"collector", "collector2"})


def scenario(play: Scenario) -> Scenario:
    SCENARIOS[play.__name__] = play
    return play


def variant(name: str, play: Scenario) -> None:
    SCENARIOS[name] = play


async def talk(seconds: float = 1.5) -> None:
    """People talk for a while: the length is what is looked for in the log, nothing waits for it."""
    await asyncio.sleep(seconds)


async def over(debtor: sipp.Sipp) -> sipp.Rung:
    """Wait until the debtor's call is over."""
    await asyncio.to_thread(debtor.wait, 40)
    return sipp.outcome(debtor.events())


async def happened(debtor: sipp.Sipp, name: str) -> None:
    await eventually(lambda: name in {event.name for event in debtor.events()})


@asynccontextmanager
async def on_hold(seat: Seat, held: dict[str, float]) -> AsyncIterator[None]:
    """The debtor hears music while the block runs; how long is added for both ends."""
    await seat.press("hold")
    await seat.until("held")
    began = time.monotonic()
    yield
    await seat.press("hold")
    await seat.until("talking")
    _add(held, time.monotonic() - began, seat.extension, "trunk")


def _add(held: dict[str, float], seconds: float, *endpoints: str) -> None:
    for each in endpoints:
        held[each] = held.get(each, 0.0) + seconds


# ---- a debtor rings one collector


def _rings_in(caller: str, phone: str | None) -> Scenario:
    async def play(floor: Floor) -> Told:
        seat = floor.seats["101"]
        with floor.ring(caller, "101", seconds=1.5) as debtor:
            await seat.answer()
            await over(debtor)
        return Told(phones=(phone,))

    return play


for _name, _caller, _phone in (
    ("known_debtor", DEBTOR, DEBTOR),
    ("unknown_caller", "+79000007777", "+79000007777"),
    ("hidden_caller", HIDDEN, None),
    ("caller_with_eight", "89000000101", "+79000000101"),
    ("caller_with_double_zero", "0079000000102", "+79000000102"),
    ("caller_with_spaces", "8%20900%20000-01-03", "+79000000103"),
    ("caller_without_plus", "79000000104", "+79000000104"),
    ("caller_from_abroad", "00442079460123", "+442079460123"),
):
    variant(_name, _rings_in(_caller, _phone))


@scenario
async def collector_hangs_up(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        await talk()
        await seat.press("hang-up")
        assert (await over(debtor)).ended_by == "callee"
    return Told()


@scenario
async def long_talk(floor: Floor) -> Told:
    seat = floor.seats["102"]
    with floor.ring(DEBTOR, "102", seconds=6) as debtor:
        await seat.answer()
        await over(debtor)
    return Told(talked=frozenset({"collector2"}))


@scenario
async def collector_rejects(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.rings()
        await seat.press("reject")
        assert (await over(debtor)).refused is not None
    return Told(talked=NOBODY)


@scenario
async def debtor_gives_up_ringing(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101", abandon_after=2) as debtor:
        await seat.rings()
        assert (await over(debtor)).abandoned
        await seat.free()
    return Told(talked=NOBODY)


@scenario
async def nobody_at_that_extension(floor: Floor) -> Told:
    with floor.ring(DEBTOR, "103") as debtor:
        assert (await over(debtor)).refused is not None
    return Told(talked=NOBODY)


@scenario
async def hold_and_back(floor: Floor) -> Told:
    seat, held = floor.seats["101"], dict[str, float]()
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        await talk()
        async with on_hold(seat, held):
            await talk(2)
        await talk()
        await seat.press("hang-up")
        await over(debtor)
    return Told(held=held)


@scenario
async def hold_twice(floor: Floor) -> Told:
    seat, held = floor.seats["101"], dict[str, float]()
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        for _ in range(2):
            async with on_hold(seat, held):
                await talk(1.5)
            await talk(1)
        await seat.press("hang-up")
        await over(debtor)
    return Told(held=held)


@scenario
async def debtor_hangs_up_on_hold(floor: Floor) -> Told:
    seat, held = floor.seats["101"], dict[str, float]()
    with floor.ring(DEBTOR, "101", seconds=4) as debtor:
        await seat.answer()
        await talk()
        await seat.press("hold")
        await seat.until("held")
        began = time.monotonic()
        await over(debtor)
        await seat.free()
        _add(held, time.monotonic() - began, "101", "trunk")
    return Told(held=held)


@scenario
async def muted(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101", seconds=4) as debtor:
        await seat.answer()
        await seat.press("mute")
        await seat.page.locator("[data-act=mute][aria-pressed=true]").wait_for()
        await over(debtor)
    return Told()


# ---- the queue


async def _who_rings(floor: Floor) -> Seat:
    """The collector whom the queue rings first."""
    rings = {asyncio.ensure_future(seat.rings()): seat for seat in floor.seats.values()}
    done, others = await asyncio.wait(rings, return_when=asyncio.FIRST_COMPLETED)
    for other in others:
        other.cancel()
    await asyncio.gather(*rings, return_exceptions=True)
    return rings[done.pop()]


def _other(floor: Floor, seat: Seat) -> Seat:
    return next(one for one in floor.seats.values() if one is not seat)


@scenario
async def queue_answered(floor: Floor) -> Told:
    with floor.ring(STRANGER, seconds=2) as debtor:
        seat = await _who_rings(floor)
        await seat.answer()
        await over(debtor)
    return Told(phones=(STRANGER,), talked=frozenset({seat.login}))


@scenario
async def queue_no_answer_then_next(floor: Floor) -> Told:
    with floor.ring(STRANGER, seconds=2) as debtor:
        first = await _who_rings(floor)
        second = _other(floor, first)
        await second.answer()
        await first.free()
        await over(debtor)
    return Told(phones=(STRANGER,), talked=frozenset({second.login}))


@scenario
async def queue_rejected_then_next(floor: Floor) -> Told:
    with floor.ring(STRANGER, seconds=2) as debtor:
        first = await _who_rings(floor)
        await first.press("reject")
        second = _other(floor, first)
        await second.answer()
        await over(debtor)
    return Told(phones=(STRANGER,), talked=frozenset({second.login}))


@scenario
async def queue_abandoned(floor: Floor) -> Told:
    with floor.ring(STRANGER, abandon_after=3) as debtor:
        seat = await _who_rings(floor)
        assert (await over(debtor)).abandoned
        await seat.free()
    return Told(phones=(STRANGER,), talked=NOBODY)


@scenario
async def queue_gives_the_caller_up(floor: Floor) -> Told:
    with floor.ring(STRANGER) as debtor:
        assert (await over(debtor)).answered_after is None
    return Told(phones=(STRANGER,), talked=NOBODY)


@scenario
async def queue_waits_for_a_free_collector(floor: Floor) -> Told:
    one, two = floor.seats.values()
    with floor.ring("+79000000110", "101") as first, floor.ring("+79000000111", "102") as second:
        await one.answer()
        await two.answer()
        with floor.ring(STRANGER, seconds=2) as waiting:
            await talk(2)
            assert not [event for event in waiting.events() if event.name == "answered"]
            await one.press("hang-up")
            await over(first)
            await floor.rested(expected=True)
            await one.answer()
            await over(waiting)
        await two.press("hang-up")
        await over(second)
    return Told(phones=("+79000000110", "+79000000111", STRANGER), talked=BOTH)


@scenario
async def queue_abandoned_while_all_are_busy(floor: Floor) -> Told:
    one, two = floor.seats.values()
    with floor.ring("+79000000110", "101") as first, floor.ring("+79000000111", "102") as second:
        await one.answer()
        await two.answer()
        with floor.ring(STRANGER, abandon_after=2) as waiting:
            assert (await over(waiting)).abandoned
        await one.press("hang-up")
        await two.press("hang-up")
        await over(first)
        await over(second)
    return Told(phones=("+79000000110", "+79000000111", STRANGER), talked=BOTH)


# ---- two calls at once


@scenario
async def two_collectors_at_once(floor: Floor) -> Told:
    one, two = floor.seats.values()
    with floor.ring("+79000000112", "101", seconds=4) as first, floor.ring("+79000000113", "102", seconds=3) as second:
        await asyncio.gather(one.answer(), two.answer())
        await asyncio.gather(over(first), over(second))
    return Told(phones=("+79000000112", "+79000000113"), talked=BOTH)


@scenario
async def second_call_declined(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring("+79000000112", "101") as first:
        await seat.answer()
        with floor.ring("+79000000113", "101") as second:
            await seat.rings()
            await seat.press("reject")
            assert (await over(second)).refused is not None
        await talk()
        await seat.press("hang-up")
        await over(first)
    return Told(phones=("+79000000112", "+79000000113"))


@scenario
async def second_call_taken(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring("+79000000112", "101") as first:
        await seat.answer()
        with floor.ring("+79000000113", "101", seconds=3) as second:
            await seat.rings()
            await seat.press("answer")
            await seat.until("held")
            began = time.monotonic()
            await over(second)
        await seat.page.locator("[data-line]").nth(1).wait_for(state="detached")
        await seat.press("hold")
        await seat.until("talking")
        held = time.monotonic() - began
        await seat.press("hang-up")
        await over(first)
    return Told(phones=("+79000000112", "+79000000113"), held={"101": held, "trunk": held})


# ---- desk phones


@scenario
async def desk_phone_answers(floor: Floor) -> Told:
    async with floor.desk("103") as desk:
        with floor.ring(DEBTOR, "103", seconds=2) as debtor:
            await desk.answer()
            await over(debtor)
    return Told(talked=frozenset({"collector3"}))


@scenario
async def desk_phone_rejects(floor: Floor) -> Told:
    async with floor.desk("103") as desk:
        with floor.ring(DEBTOR, "103") as debtor:
            await desk.until("CALL_INCOMING")
            await desk.hang_up()
            assert (await over(debtor)).refused is not None
    return Told(talked=NOBODY)


@scenario
async def desk_phone_is_busy(floor: Floor) -> Told:
    """The colleague calls the browser, then a debtor rings his desk phone: he says busy."""
    seat = floor.seats["101"]
    async with floor.desk("103") as desk:
        await desk.dial("101")
        await seat.answer()
        with floor.ring(DEBTOR, "103") as debtor:
            await desk.until("CALL_INCOMING")
            await desk.hang_up()
            assert (await over(debtor)).refused is not None
        await seat.press("hang-up")
        await seat.free()
    return Told(phones=(None, DEBTOR), talked=frozenset({"collector", "collector3"}))


@scenario
async def both_phones_of_a_collector_desk_answers(floor: Floor) -> Told:
    seat = floor.seats["101"]
    async with floor.desk("101") as desk:
        with floor.ring(DEBTOR, "101", seconds=2) as debtor:
            await seat.rings()
            await desk.answer()
            await seat.free()
            await over(debtor)
    return Told()


@scenario
async def both_phones_of_a_collector_browser_answers(floor: Floor) -> Told:
    seat = floor.seats["101"]
    async with floor.desk("101") as desk:
        with floor.ring(DEBTOR, "101", seconds=2) as debtor:
            await desk.until("CALL_INCOMING")
            await seat.answer()
            await desk.until("CALL_CLOSED")
            await over(debtor)
    return Told()


@scenario
async def queue_leaves_the_other_phone_of_a_busy_collector_in_peace(floor: Floor) -> Told:
    one, two = floor.seats.values()
    async with floor.desk("101") as desk:
        with floor.ring("+79000000114", "101") as first, floor.ring("+79000000115", "102") as second:
            await desk.until("CALL_INCOMING")
            await one.answer()
            await desk.until("CALL_CLOSED")
            await two.answer()
            with floor.ring(STRANGER, abandon_after=3) as waiting:
                assert (await over(waiting)).abandoned
            assert not desk.rang()
            await one.press("hang-up")
            await two.press("hang-up")
            await over(first)
            await over(second)
    return Told(phones=("+79000000114", "+79000000115", STRANGER), talked=BOTH)


@scenario
async def queue_rings_a_collector_with_a_desk_phone_only(floor: Floor) -> Told:
    """His browser is not there: its unreachable line must cost the caller nothing."""
    one, two = floor.seats.values()
    with floor.ring("+79000000114", "101") as first, floor.ring("+79000000115", "102") as second:
        await one.answer()
        await two.answer()
        async with floor.desk("103") as desk:
            with floor.ring(STRANGER, seconds=2) as debtor:
                await desk.answer()
                assert ((await over(debtor)).answered_after or 9_000) < 4_000
        await one.press("hang-up")
        await two.press("hang-up")
        await over(first)
        await over(second)
    return Told(phones=("+79000000114", "+79000000115", STRANGER), talked=BOTH | {"collector3"})


@scenario
async def colleagues_among_themselves(floor: Floor) -> Told:
    seat = floor.seats["102"]
    async with floor.desk("103") as desk:
        await desk.dial("102")
        await seat.answer()
        await talk()
        await desk.hang_up()
        await seat.free()
    return Told(phones=(None,), talked=frozenset({"collector2", "collector3"}))


# ---- transfers and conference


@scenario
async def blind_transfer(floor: Floor) -> Told:
    one, two = floor.seats.values()
    with floor.ring(DEBTOR, "101") as debtor:
        await one.answer()
        await talk()
        await one.transfer("blind", "102")
        await two.answer()
        await one.free()
        await talk()
        await two.press("hang-up")
        await over(debtor)
    return Told(talked=BOTH)


@scenario
async def blind_transfer_to_the_queue(floor: Floor) -> Told:
    one = floor.seats["101"]
    with floor.ring(DEBTOR, "101", seconds=10) as debtor:
        await one.answer()
        await talk()
        await one.transfer("blind", "5550100")
        await one.page.locator("[data-line-state=talking]").wait_for(state="detached")
        seat = await _who_rings(floor)
        await seat.answer()
        await over(debtor)
    return Told(talked=frozenset({one.login, seat.login}))


@scenario
async def blind_transfer_refused(floor: Floor) -> Told:
    one, two = floor.seats.values()
    with floor.ring(DEBTOR, "101") as debtor:
        await one.answer()
        await talk()
        await one.transfer("blind", "102")
        await two.rings()
        await two.press("reject")
        await over(debtor)
        await one.free()
    return Told()


@scenario
async def blind_transfer_by_desk_phone(floor: Floor) -> Told:
    seat = floor.seats["102"]
    async with floor.desk("103") as desk:
        with floor.ring(DEBTOR, "103") as debtor:
            await desk.answer()
            await talk()
            await desk.order("transfer", "102")
            await seat.answer()
            await talk()
            await seat.press("hang-up")
            await over(debtor)
    return Told(talked=frozenset({"collector2", "collector3"}))


async def _consulted(floor: Floor, held: dict[str, float]) -> float:
    """Collector 101 has asked 102 about the debtor; when the debtor's hold began."""
    one, two = floor.seats.values()
    await one.answer()
    await talk()
    await one.transfer("consult", "102")
    await one.until("held")
    began = time.monotonic()
    await two.answer()
    await talk()
    return began


@scenario
async def attended_transfer_by_button(floor: Floor) -> Told:
    one, two = floor.seats.values()
    held: dict[str, float] = {}
    with floor.ring(DEBTOR, "101") as debtor:
        began = await _consulted(floor, held)
        _add(held, time.monotonic() - began, "101", "trunk")
        await one.press("complete")
        await one.free()
        await talk(2)
        await two.press("hang-up")
        await over(debtor)
    return Told(talked=BOTH, held=held)


@scenario
async def attended_transfer_by_hanging_up(floor: Floor) -> Told:
    """Ordered from the server, completed by the collector's farewell."""
    one, two = floor.seats.values()
    with floor.ring(DEBTOR, "101") as debtor:
        await one.answer()
        await talk()
        call_id = next(message["call_id"] for message in reversed(one.heard) if message["type"] == "call.offered")
        status, _ = await one.post(f"/calls/{call_id}/transfer", target="102", attended=True)
        assert status == 204
        await two.answer()
        await talk()
        await one.press("hang-up")
        await one.free()
        await talk(2)
        await two.press("hang-up")
        await over(debtor)
    return Told(talked=BOTH)


@scenario
async def attended_transfer_given_up(floor: Floor) -> Told:
    one, two = floor.seats.values()
    held: dict[str, float] = {}
    with floor.ring(DEBTOR, "101") as debtor:
        began = await _consulted(floor, held)
        await one.press("cancel")
        await two.free()
        await one.until("talking")
        _add(held, time.monotonic() - began, "101", "trunk")
        await talk()
        await one.press("hang-up")
        await over(debtor)
    return Told(phones=(DEBTOR, None), talked=BOTH, held=held)


@scenario
async def attended_transfer_refused(floor: Floor) -> Told:
    one, two = floor.seats.values()
    held: dict[str, float] = {}
    with floor.ring(DEBTOR, "101") as debtor:
        await one.answer()
        await talk()
        await one.transfer("consult", "102")
        await one.until("held")
        began = time.monotonic()
        await two.rings()
        await two.press("reject")
        await one.until("talking")
        _add(held, time.monotonic() - began, "101", "trunk")
        await talk()
        await one.press("hang-up")
        await over(debtor)
    return Told(phones=(DEBTOR, None), held=held)


@scenario
async def conference_of_three(floor: Floor) -> Told:
    one = floor.seats["101"]
    held: dict[str, float] = {}
    with floor.ring(DEBTOR, "101") as debtor:
        began = await _consulted(floor, held)
        await one.press("confer")
        await one.until("talking", 2)
        _add(held, time.monotonic() - began, "101", "trunk")
        await talk(2)
        await one.press("hang-up")
        await expect(one.page.locator("soft-phone [data-line]")).to_have_count(1)
        await one.press("hang-up")
        await one.free()
        await over(debtor)
    return Told(phones=(DEBTOR, None), talked=BOTH, held=held)


@scenario
async def conference_debtor_leaves_first(floor: Floor) -> Told:
    one, two = floor.seats.values()
    held: dict[str, float] = {}
    with floor.ring(DEBTOR, "101", seconds=9) as debtor:
        began = await _consulted(floor, held)
        await one.press("confer")
        await one.until("talking", 2)
        _add(held, time.monotonic() - began, "101", "trunk")
        await over(debtor)
        await one.until("talking", 1)
        await two.press("hang-up")
        await one.free()
    return Told(phones=(DEBTOR, None), talked=BOTH, held=held)


# ---- the agency calls


@scenario
async def order_answered(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.answers() as debtors:
        await seat.dial(OUT)
        await happened(debtors, "answered")
        await seat.until("talking")
        await talk(2)
        await seat.press("hang-up")
        await seat.free()
    return Told(phones=(OUT,))


@scenario
async def order_answered_debtor_hangs_up(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.answers(seconds=2) as debtors:
        await seat.dial(OUT)
        await happened(debtors, "callee")
        await seat.free()
    return Told(phones=(OUT,))


def _not_taken(how: Answer) -> Scenario:
    async def play(floor: Floor) -> Told:
        seat = floor.seats["101"]
        with floor.answers(how) as debtors:
            await seat.dial(OUT)
            await happened(debtors, "refused")
            await seat.free()
        return Told(phones=(OUT,), talked=NOBODY)

    return play


variant("order_busy", _not_taken(Answer.BUSY))
variant("order_refused", _not_taken(Answer.REJECT))


@scenario
async def order_unanswered_collector_gives_up(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.answers(Answer.NO_ANSWER) as debtors:
        await seat.dial(OUT)
        await happened(debtors, "started")
        await seat.until("talking")
        await talk()
        await seat.press("hang-up")
        await happened(debtors, "abandoned")
        await seat.free()
    return Told(phones=(OUT,), talked=NOBODY)


@scenario
async def order_hung_up_from_the_screen(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.answers() as debtors:
        call_id = await seat.dial(OUT)
        await happened(debtors, "answered")
        await talk()
        status, _ = await seat.post(f"/calls/{call_id}/hangup")
        assert status == 204
        await seat.free()
    return Told(phones=(OUT,))


@scenario
async def order_reaches_a_machine(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.answers(Answer.MACHINE, seconds=4) as debtors:
        await seat.dial(OUT)
        await happened(debtors, "callee")
        await seat.free()
    return Told(phones=(OUT,))


@scenario
async def order_given_twice_with_one_key(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.answers(seconds=2) as debtors:
        key = f"twice-{time.time_ns()}"
        first, second = await asyncio.gather(seat.dial(OUT, key), seat.dial(OUT, key))
        assert first == second
        await happened(debtors, "callee")
        await seat.free()
    return Told(phones=(OUT,))


@scenario
async def order_refused_by_the_collector(floor: Floor) -> Told:
    """Who talks is not made to take another call by itself: he is asked, and says no."""
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor, floor.answers() as debtors:
        await seat.answer()
        await seat.dial(OUT)
        await seat.rings()
        await seat.press("reject")
        await seat.until("talking")
        await talk()
        await seat.press("hang-up")
        await over(debtor)
        assert not debtors.events()
    return Told(phones=(DEBTOR, OUT))


@scenario
async def order_unanswered_by_the_collector(floor: Floor) -> Told:
    """Who talks lets it ring, and takes it back from the screen."""
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor, floor.answers() as debtors:
        await seat.answer()
        call_id = await seat.dial(OUT)
        await seat.rings()
        await talk(2)
        status, _ = await seat.post(f"/calls/{call_id}/hangup")
        assert status == 204
        await expect(seat.page.locator("soft-phone [data-line]")).to_have_count(1)
        await seat.press("hang-up")
        await over(debtor)
        assert not debtors.events()
    return Told(phones=(DEBTOR, OUT))


@scenario
async def order_held_and_transferred(floor: Floor) -> Told:
    one, two = floor.seats.values()
    held: dict[str, float] = {}
    with floor.answers() as debtors:
        await one.dial(OUT)
        await happened(debtors, "answered")
        await talk()
        async with on_hold(one, held):
            await talk()
        await one.transfer("blind", "102")
        await two.answer()
        await one.free()
        await talk()
        await two.press("hang-up")
        await happened(debtors, "caller")
    return Told(phones=(OUT,), talked=BOTH, held=held)


# ---- the server and its link go and come


@scenario
async def server_killed_and_started_while_talking(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        await floor.product.kill()
        await floor.product.start()
        await seat.ready()
        await talk()
        assert await seat.line("talking").count() == 1
        await seat.press("hang-up")
        await over(debtor)
    return Told(away=True)


@scenario
async def call_ends_while_the_server_is_away(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        await talk()
        await floor.product.kill()
        await seat.press("hang-up")
        await over(debtor)
        await floor.product.start()
        await seat.ready()
    return Told(away=True)


@scenario
async def whole_call_while_the_server_is_away(floor: Floor) -> Told:
    seat = floor.seats["101"]
    await floor.product.kill()
    with floor.ring(DEBTOR, "101", seconds=2) as debtor:
        await seat.answer()
        await over(debtor)
    await floor.product.start()
    await seat.ready()
    return Told(away=True)


@scenario
async def server_restarted_while_ringing(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101", seconds=2) as debtor:
        await seat.rings()
        await floor.product.kill()
        await floor.product.start()
        await seat.answer()
        await over(debtor)
        await seat.ready()
    return Told(away=True)


async def _without_link(floor: Floor, seat: Seat) -> None:
    floor.proxy.refusing = True
    floor.proxy.cut()
    await seat.page.locator("#lamp[data-state=down]").wait_for()


async def _with_link(floor: Floor, seat: Seat) -> None:
    floor.proxy.refusing = False
    await seat.page.locator("#lamp[data-state=up]").wait_for()


@scenario
async def link_lost_and_back_while_talking(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        await _without_link(floor, seat)
        await talk()
        await _with_link(floor, seat)
        await seat.press("hang-up")
        await over(debtor)
    return Told()


@scenario
async def call_ends_without_link(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        await talk()
        await _without_link(floor, seat)
        await seat.press("hang-up")
        await over(debtor)
        await _with_link(floor, seat)
    return Told()


@scenario
async def queue_call_comes_and_goes_without_link(floor: Floor) -> Told:
    one = floor.seats["101"]
    await _without_link(floor, one)
    with floor.ring(STRANGER, seconds=2) as debtor:
        seat = await _who_rings(floor)
        await seat.answer()
        await over(debtor)
    await _with_link(floor, one)
    return Told(phones=(STRANGER,), talked=frozenset({seat.login}), away=True)


@scenario
async def link_goes_half_open(floor: Floor) -> Told:
    """Nothing comes any more, nobody says goodbye."""
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        floor.proxy.cut_after(0, mute=True)
        await talk()
        await seat.press("hang-up")
        await over(debtor)
        await seat.page.locator("#lamp[data-state=up]").wait_for()
    return Told()


@scenario
async def transfer_without_link(floor: Floor) -> Told:
    one, two = floor.seats.values()
    with floor.ring(DEBTOR, "101") as debtor:
        await one.answer()
        await _without_link(floor, one)
        await one.transfer("blind", "102")
        await two.answer()
        await talk()
        await _with_link(floor, one)
        await two.press("hang-up")
        await over(debtor)
    return Told(talked=BOTH, away=True)


# ---- the collector's phone vanishes


async def _rung_back(seat: Seat) -> None:
    """He is put through by himself, within seconds of his phone being there again."""
    await seat.ready()
    async with asyncio.timeout(RING_BACK_SECONDS):
        await seat.until("talking")


async def _hears_music(floor: Floor) -> None:
    """The debtor's channel plays music on hold."""

    def look() -> bool:
        lines = floor.lab.rx("core show channels concise").splitlines()
        return any(line.startswith("PJSIP/trunk-") and "!MusicOnHold!" in line for line in lines)

    await eventually(look)


@scenario
async def tab_reloaded_in_a_call(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        await talk()
        await seat.page.reload()
        await _rung_back(seat)
        await talk(2)
        await seat.press("hang-up")
        await over(debtor)
    return Told()


@scenario
async def tab_reloaded_in_an_order(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.answers() as debtors:
        await seat.dial(OUT)
        await happened(debtors, "answered")
        await talk()
        await seat.page.reload()
        await _rung_back(seat)
        await talk(2)
        await seat.press("hang-up")
        await happened(debtors, "caller")
    return Told(phones=(OUT,))


@scenario
async def tab_reloaded_on_hold(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        await talk()
        await seat.press("hold")
        await seat.until("held")
        began = time.monotonic()
        await seat.page.reload()
        held = time.monotonic() - began
        await _rung_back(seat)
        await talk()
        await seat.press("hang-up")
        await over(debtor)
    return Told(held={"101": held, "trunk": held})


@scenario
async def browser_crashes_in_a_call(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        await talk()
        await seat.crash()
        await _hears_music(floor)
        await floor.take_seat("101")
        await _rung_back(seat)
        await talk(2)
        await seat.press("hang-up")
        await over(debtor)
    return Told()


@scenario
async def tab_closed_and_opened_in_a_call(floor: Floor) -> Told:
    seat = floor.seats["101"]
    with floor.ring(DEBTOR, "101") as debtor:
        await seat.answer()
        await talk()
        await seat.reopen()
        await _rung_back(seat)
        await talk(2)
        await seat.press("hang-up")
        await over(debtor)
    return Told()
