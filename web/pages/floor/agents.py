"""Collectors: what each is doing, since when, how today was spent; sending them to pause, back to work, or out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from callcenter.agents.queries import AgentRow, list_agents, pause_reasons, seconds_today
from callcenter.agents.rights import LOG_OUT, STATE, VIEW
from callcenter.agents.rules import State, Wish, day_began
from callcenter.agents.service import AgentService
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from core.people.queries import unit_names
from web.forms import Form, Line, is_position, parse, submitted
from web.lists import PAGE_SIZE, Asked, ListSpec, asked, view
from web.page import go_to, page
from web.pages.floor.agent_badge import ALARMS, STATES, badge, words_of
from web.pages.listing import (
    Align,
    Column,
    DurationCell,
    EmptyState,
    Filter,
    FilterKind,
    MassAction,
    Option,
    Row,
    StateCell,
    TextCell,
    TimeCell,
)
from web.pages.listing import State as Shown
from web.security import actor, right, route
from web.short_lists import export_rows
from web.state import part, services

#: The states whose sums of today are shown.
_SUMS = (State.AVAILABLE, State.TALKING, State.WRAP_UP, State.PAUSE)

SPEC = ListSpec(
    key="agents",
    title=msg("Collectors now"),
    path="/agents",
    sort="name",
    search_hint=msg("Name or extension"),
    export_right=VIEW,
    columns=(
        Column(key="name", label=msg("Collector"), sortable=True),
        Column(key="extension", label=msg("Extension")),
        Column(key="unit", label=msg("Department"), sortable=True),
        Column(key="state", label=msg("State"), sortable=True),
        Column(key="since", label=msg("Since"), sortable=True),
        Column(key="alarm", label=msg("Alarm")),
        Column(key="available", label=msg("Available today"), align=Align.END, sortable=True),
        Column(key="talking", label=msg("Talked today"), align=Align.END, sortable=True),
        Column(key="wrap_up", label=msg("Wrap-up today"), align=Align.END, sortable=True),
        Column(key="pause", label=msg("Paused today"), align=Align.END, sortable=True),
    ),
    filters=(
        Filter(
            key="state",
            label=msg("State"),
            kind=FilterKind.SELECT,
            options=tuple(Option(value=key, label=one.word) for key, one in STATES.items()),
        ),
        Filter(key="unit", label=msg("Department"), kind=FilterKind.SELECT),
        Filter(key="alarm", label=msg("With an alarm"), kind=FilterKind.BOOL),
    ),
    empty=EmptyState(
        title=msg("No collectors here"),
        hint=msg("Collectors are users with an extension. Take off a filter, or give somebody an extension."),
        icon="headset",
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """A collector with his state as it is shown, his department's name and the seconds of today."""

    agent: AgentRow
    shown: Shown
    unit: str
    seconds: Mapping[State, float]


_Why = Annotated[str, StringConstraints(max_length=500)]


class SendForm(Form):
    """What the chosen collectors are to do; ``choice`` is a state, or a pause as ``pause:REASON``."""

    id: list[int] = []
    choice: Line
    why: _Why = ""


async def show(request: Request) -> Response:
    """Everybody in reach, as they are now."""
    wanted, lines = await _found(request)
    cursor = wanted.after or wanted.before or "0"
    start = int(cursor) if is_position(cursor) else 0
    until = start + PAGE_SIZE
    drawn = await view(
        request,
        wanted,
        map(_row, lines[start:until]),
        next_cursor=str(until) if until < len(lines) else None,
        previous_cursor=str(max(0, start - PAGE_SIZE)) if start else None,
        total=len(lines),
        actions=_actions(request),
    )
    return await page(request, "list_page.html", {"view": drawn})


async def download(request: Request) -> Response:
    """The same collectors as a file, as they are at that moment."""
    wanted, lines = await _found(request)
    return await export_rows(request, wanted, [_row(one) for one in lines])


async def _found(request: Request) -> tuple[Asked, list[_Line]]:
    """What is asked of the list, and the collectors who fit."""
    found = await _lines(request)
    units = {str(one.agent.unit_id): one.unit for one in found if one.agent.unit_id is not None}
    options = tuple(Option(value=key, label=name) for key, name in sorted(units.items(), key=lambda item: item[1]))
    wanted = asked(request, SPEC.with_options({"unit": options}))
    return wanted, _sorted(wanted, [one for one in found if _fits(wanted, one)])


def _actions(request: Request) -> tuple[MassAction, ...]:
    if not actor(request).may(STATE):
        return ()
    return (MassAction(label=msg("Send to pause or to work"), href="/agents/choose", icon="user-cog"),)


async def _lines(request: Request, right_needed: str = VIEW) -> list[_Line]:
    held, me = services(request), actor(request)
    now = held.clock.now()
    async with held.uow.read() as session:
        agents = await list_agents(session, me, right_needed)
        ids = [one.id for one in agents]
        seconds = await seconds_today(session, ids, day_began(now, me.timezone), now)
        units = await unit_names(session)
        words = words_of(await pause_reasons(session, active_only=False))
    return [
        _Line(
            agent=one,
            shown=badge(one.state, one.reason, words),
            unit=units.get(one.unit_id or 0, ""),
            seconds=seconds[one.id],
        )
        for one in agents
    ]


def _fits(wanted: Asked, line: _Line) -> bool:
    agent, text = line.agent, wanted.search.casefold()
    return (
        (not text or text in agent.name.casefold() or text in (agent.extension or ""))
        and wanted.value("state") in ("", agent.state)
        and wanted.value("unit") in ("", str(agent.unit_id))
        and (not wanted.value("alarm") or bool(agent.alarms))
    )


def _sorted(wanted: Asked, lines: Sequence[_Line]) -> list[_Line]:
    keys: Mapping[str, Callable[[_Line], object]] = {
        "name": lambda one: one.agent.name.casefold(),
        "unit": lambda one: one.unit.casefold(),
        "state": lambda one: (one.agent.state, one.agent.reason or ""),
        "since": lambda one: one.agent.since.timestamp() if one.agent.since else 0.0,
        **{state.value: lambda one, state=state: one.seconds[state] for state in _SUMS},  # type: ignore[misc]
    }
    return sorted(lines, key=keys[wanted.sort_key], reverse=wanted.descending)  # type: ignore[arg-type]


def _row(line: _Line) -> Row:
    agent = line.agent
    href = f"/agents/choose?id={agent.id}"
    alarm = next((ALARMS[one] for one in ALARMS if one in agent.alarms), None)
    return Row(
        id=str(agent.id),
        href=href,
        cells={
            "name": TextCell(agent.name, href=href),
            "extension": TextCell(agent.extension),
            "unit": TextCell(line.unit or None),
            "state": StateCell(line.shown),
            "since": TimeCell(agent.since),
            "alarm": StateCell(alarm),
            **{state.value: DurationCell(line.seconds[state]) for state in _SUMS},
        },
    )


async def choose(request: Request) -> Response:
    """What the collectors chosen are to do, and why."""
    ids = request.query_params.getlist("id")
    if request.method == "POST":
        data = await submitted(request)
        ids = [str(one) for one in data.getlist("id")]
        if data.get("all"):
            wanted = asked(request, SPEC, QueryParams([(name, str(value)) for name, value in data.multi_items()]))
            ids = [str(one.agent.id) for one in await _lines(request, STATE) if _fits(wanted, one)]
    if not ids:
        return go_to("/agents" if actor(request).may(VIEW) else "/")
    return await _form(request, [int(one) for one in ids if is_position(one)])


async def _form(request: Request, ids: Sequence[int], sent: object = None, faults: Invalid | None = None) -> Response:
    lines = [one for one in await _lines(request, STATE) if one.agent.id in set(ids)]
    if not lines:
        raise NotFound
    async with services(request).uow.read() as session:
        reasons = await pause_reasons(session)
    context = {
        "lines": [(one, one.shown) for one in lines],
        "choices": (
            *(
                Option(value=f"pause:{code}", label=msg("Pause: {reason}", reason=word))
                for code, word in words_of(reasons).items()
            ),
            Option(value=State.AVAILABLE, label=msg("Back to work")),
            Option(value=State.OFFLINE, label=msg("Offline")),
        ),
        "values": sent or {},
        "faults": faults.fields if faults else {},
        "may_sign_out": actor(request).may(LOG_OUT) and len(lines) == 1,
    }
    return await page(request, "agents/send.html", context, status=422 if faults else 200)


async def send(request: Request) -> Response:
    """Send them, and tell them why."""
    data = await submitted(request)
    form = await parse(request, SendForm)
    state, _, reason = form.choice.partition(":")
    try:
        wish = Wish(state, reason or None, form.why.strip())
        await part(request, AgentService).send(actor(request), form.id, wish)
    except Invalid as faults:
        return await _form(request, form.id, data, faults)
    return go_to("/agents")


class SignOutForm(Form):
    why: _Why = ""


async def sign_out(request: Request) -> Response:
    """End the sessions of a collector."""
    user_id: int = request.path_params["id"]
    data = await submitted(request)
    form = await parse(request, SignOutForm)
    try:
        await part(request, AgentService).sign_out(actor(request), user_id, form.why)
    except Invalid as faults:
        return await _form(request, [user_id], data, faults)
    return go_to("/agents")


routes = (
    route("/agents", show, policy=right(VIEW), name="agents"),
    route("/agents/export", download, policy=right(VIEW), name="agents.export"),
    route("/agents/choose", choose, policy=right(STATE), name="agents.choose"),
    route("/agents/choose", choose, policy=right(STATE), methods=["POST"], name="agents.chosen"),
    route("/agents/send", send, policy=right(STATE), methods=["POST"], name="agents.send"),
    route("/agents/{id:int}/sign-out", sign_out, policy=right(LOG_OUT), methods=["POST"], name="agent.sign_out"),
)
