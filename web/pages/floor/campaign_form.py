"""The rules of a campaign: set up and changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns import queries
from callcenter.campaigns.machines import Machines
from callcenter.campaigns.messages import OWN, SOUNDS
from callcenter.campaigns.model import Campaign, Mode
from callcenter.campaigns.rights import EDIT
from callcenter.campaigns.service import CampaignData, CampaignService
from callcenter.ivr.queries import list_sounds
from callcenter.ivr.rights import EDIT as SEND
from callcenter.ivr.rights import VIEW as LISTEN
from core.kernel.access import Actor
from core.kernel.errors import Invalid
from core.kernel.i18n import msg
from core.people import queries as people
from core.people.model import User
from core.people.rules import covers
from web.forms import Form, is_position, like, submitted, typed
from web.page import go_to, page
from web.pages import options
from web.pages.floor import campaign_words as words
from web.pages.listing import Option
from web.security import actor, right, route
from web.state import part, services

_NEW = CampaignData(name="")
_NO_MINUTES = msg("Give whole minutes, or nothing.")
_Sound = Annotated[str, StringConstraints(max_length=80)]
_Clock = Annotated[str, like(r"([01]\d|2[0-4]):[0-5]\d", "clock")]


class CampaignForm(Form):
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    mode: Mode
    priority: int = 0
    opens: _Clock
    closes: _Clock
    weekday: list[Annotated[int, Field(ge=1, le=7)]] = []
    ceiling: float = 3
    most_per_agent: float = 3
    withdraws: bool = False
    ring_seconds: int
    connect_seconds: int
    countdown_seconds: int = 0
    machines: Machines = Machines.OFF
    machine_message: _Sound | None = None
    machine_message_name: _Sound | None = None
    lines: int = 5
    most_a_day: int
    most_in_total: int
    show_number: Annotated[str, StringConstraints(max_length=20)] | None = None
    message: _Sound | None = None
    message_name: _Sound | None = None
    apology: _Sound | None = None
    apology_name: _Sound | None = None
    opt_out_key: Annotated[str, StringConstraints(max_length=1)] | None = None
    talk_key: Annotated[str, StringConstraints(max_length=1)] | None = None
    opted_out: _Sound | None = None
    opted_out_name: _Sound | None = None
    unit_id: int | None = None
    user: list[int] = []
    unit: list[int] = []

    def data(self, retries: Mapping[str, int]) -> CampaignData:
        """As the use case takes it; the ceiling is typed in per cent, hours as on a clock. A sound is a recording of
        the house's own, else one named at the exchange."""
        named = {f"{key}_name" for key in SOUNDS}
        plain = self.model_dump(exclude={"opens", "closes", "weekday", "ceiling", "user", "unit", *SOUNDS, *named})
        sounds = {key: getattr(self, key) or getattr(self, f"{key}_name") for key in SOUNDS}
        return CampaignData(
            **plain,
            **sounds | {"apology": sounds["apology"] or "", "opted_out": sounds["opted_out"] or _NEW.opted_out},
            opens=_minutes(self.opens),
            closes=_minutes(self.closes),
            weekdays=tuple(self.weekday),
            ceiling=self.ceiling / 100,
            users=tuple(self.user),
            units=tuple(self.unit),
            retries=retries,
        )


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


async def new(request: Request) -> Response:
    """The form of a new campaign."""
    return await _form(request, None, {**_values_of(_NEW), "run": request.query_params.get("run")})


async def setup(request: Request) -> Response:
    """A campaign's rules, to change them."""
    me = actor(request)
    async with services(request).uow.read() as session:
        row = await queries.campaign(session, me, request.path_params["id"], EDIT)
        users, units = await queries.staff(session, row.id)
    plain = {name: getattr(row, name) for name in CampaignForm.model_fields if hasattr(row, name)}
    plain |= {"opens": _clock(row.hours[0]), "closes": _clock(row.hours[1]), "weekday": row.weekdays}
    plain |= {"ceiling": round(row.ceiling * 100, 2), "user": users, "unit": units, "retries": row.retries}
    return await _form(request, row, plain)


def _values_of(data: CampaignData) -> dict[str, Any]:
    plain = {name: getattr(data, name) for name in CampaignForm.model_fields if hasattr(data, name)}
    plain |= {"opens": _clock(data.opens), "closes": _clock(data.closes), "weekday": list(data.weekdays)}
    return plain | {"ceiling": round(data.ceiling * 100, 2), "user": [], "unit": [], "retries": data.retries}


async def _form(
    request: Request, known: Campaign | None, values: Mapping[str, Any], faults: Invalid | None = None
) -> Response:
    me = actor(request)
    async with services(request).uow.read() as session:
        reached = [one for one in await people.colleagues(session, me, EDIT) if one.extension is not None]
        staff = {one.id: one.full_name for one in (*reached, *await _named(session, values))}
        units = [line.unit for line in await people.unit_lines(session) if _offered(me, line.unit.id, values)]
        sounds = await list_sounds(session, me) if me.may(LISTEN) else ()
    context = {
        "known": known,
        "values": values,
        "faults": faults.fields if faults else {},
        "modes": options.of_words(words.MODES),
        "machines": options.of_words(words.MACHINES),
        "weekdays": words.WEEKDAYS,
        "retried": tuple((code, words.REASONS[code]) for code in words.RETRIED),
        "staff": tuple(staff.items()),
        "units": tuple((unit.id, unit.name) for unit in units),
        "unit_options": options.of_rows(units),
        "sounds": sounds,
        "sound_options": tuple(Option(value=f"{OWN}{one.name}", label=one.label) for one in sounds),
        "ready": words.READY_SOUNDS,
        "may_send": me.may(SEND),
    }
    return await page(request, "campaigns/form.html", context, status=422 if faults else 200)


async def _named(session: AsyncSession, values: Mapping[str, Any]) -> Sequence[User]:
    """Those who are named already, in reach or not: a form that left them out would dismiss them."""
    return (await session.scalars(select(User).where(User.id.in_(values["user"])))).all()


def _offered(me: Actor, unit_id: int, values: Mapping[str, Any]) -> bool:
    """Whether the unit may be chosen, or is named already."""
    named = (*values["unit"], values.get("unit_id"))
    return covers(me, EDIT, owner_id=None, unit_id=unit_id) or str(unit_id) in map(str, named)


async def _sent(request: Request) -> CampaignData:
    """What the form says, with the minutes of each result. Raises ``Invalid`` with all that is wrong, each at its
    field."""
    data = await submitted(request)
    given = {code: str(data.get(f"retry-{code}") or "").strip() for code in words.RETRIED}
    faults = {f"retry-{code}": _NO_MINUTES for code, minutes in given.items() if minutes and not is_position(minutes)}
    try:
        form = typed(data, CampaignForm)
    except Invalid as found:
        raise Invalid({**found.fields, **faults}) from found
    if faults:
        raise Invalid(faults)
    return form.data({code: int(minutes) for code, minutes in given.items() if minutes})


async def _as_typed(request: Request) -> dict[str, Any]:
    """What was sent, to show it again."""
    data = await submitted(request)
    values: dict[str, Any] = dict(data)
    values |= {
        name: [int(str(v)) for v in data.getlist(name) if is_position(str(v))] for name in ("weekday", "user", "unit")
    }
    values["retries"] = {code: data.get(f"retry-{code}") for code in words.RETRIED}
    return values


async def add(request: Request) -> Response:
    """Set a campaign up, with the cases chosen in a list, if it was begun there."""
    run = str((await submitted(request)).get("run") or "")
    try:
        added = await part(request, CampaignService).create(
            actor(request), await _sent(request), int(run) if is_position(run) else None
        )
    except Invalid as faults:
        return await _form(request, None, await _as_typed(request), faults)
    return go_to(f"/campaigns/{added}")


async def change(request: Request) -> Response:
    """Save a campaign's rules."""
    campaign_id = request.path_params["id"]
    async with services(request).uow.read() as session:
        known = await queries.campaign(session, actor(request), campaign_id, EDIT)
    try:
        data = await _sent(request)
        others = {code: minutes for code, minutes in known.retries.items() if code not in words.RETRIED}
        data = replace(data, retries={**others, **data.retries})  # rules that were set through the API
        await part(request, CampaignService).edit(actor(request), campaign_id, data)
    except Invalid as faults:
        return await _form(request, known, await _as_typed(request), faults)
    return go_to(f"/campaigns/{campaign_id}")


_EDIT = right(EDIT)
routes = (
    route("/campaigns/new", new, policy=_EDIT, name="campaign.new"),
    route("/campaigns", add, policy=_EDIT, methods=["POST"], name="campaign.add"),
    route("/campaigns/{id:int}/setup", setup, policy=_EDIT, name="campaign.setup"),
    route("/campaigns/{id:int}", change, policy=_EDIT, methods=["POST"], name="campaign.change"),
)
