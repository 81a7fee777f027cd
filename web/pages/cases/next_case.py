"""The next case: served by a visible score, whose weights are set here with a live example."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns.preview import Preview
from callcenter.campaigns.rights import WORK
from core.cases import rights
from core.cases.ports import Leave
from core.cases.queries.nextcase import any_open, candidates
from core.cases.rules.score import HEAVIEST, PARTS, WEIGHTS, Factor, Line, score
from core.cases.service.scoring import set_weights, weights
from core.cases.service.serving import NextCase
from core.kernel.errors import Invalid
from web.forms import Form, parse, submitted, typed
from web.page import go_to, page
from web.pages.cases.case_view import ContactPanel, FactorLine
from web.pages.work import work_words as words
from web.security import actor, right, route
from web.state import part, services

#: Where a case of a preview campaign is seen before it is rung.
CAMPAIGN_CASE = "/campaigns/next"


class NextForm(Form):
    """``after`` is the case at hand."""

    after: int | None = None


async def serve(request: Request) -> Response:
    """Go to the next case, or to where it says why there is none."""
    sent = await parse(request, NextForm)
    return go_to(await following(request, sent.after) or "/next")


async def following(request: Request, after: int | None) -> str | None:
    """Where the reader's next case is: a campaign that shows him cases comes before the best of his own; None when
    none may be worked on now."""
    me = actor(request)
    if me.may(WORK) and await part(request, Preview).show(me) is not None:
        return CAMPAIGN_CASE
    served = await part(request, NextCase).serve(me, after=after)
    return None if served.case_id is None else f"/cases/{served.case_id}"


async def look(request: Request) -> Response:
    """Whether there is a next case, and if not, why; nobody is given it by looking."""
    served = await part(request, NextCase).look(actor(request))
    return await page(request, "worklists/none.html", {"served": served})


def factor_lines(lines: tuple[Line, ...]) -> tuple[FactorLine, ...]:
    """A score as people read it."""
    return tuple(
        FactorLine(
            label=words.FACTORS[line.factor][0],
            hint=words.FACTORS[line.factor][1],
            points=line.points,
            weight=line.weight,
            share=line.share / PARTS,
        )
        for line in lines
    )


def leave_of(panel: ContactPanel) -> Leave:
    """What the case screen has been told by contact law already, as the score asks it."""
    scarcest = min(panel.attempts, key=lambda one: one.limit - one.used, default=None)
    if scarcest is None:
        return Leave(allowed=panel.allowed)
    return Leave(allowed=panel.allowed, left=scarcest.limit - scarcest.used, most=scarcest.limit)


_Weight = Annotated[int, Field(ge=0, le=HEAVIEST)]


class WeightsForm(Form):
    """How much each factor weighs, 0 to 100; left out: as shipped."""

    promise_due: _Weight = WEIGHTS[Factor.PROMISE_DUE]
    broken: _Weight = WEIGHTS[Factor.BROKEN]
    planned: _Weight = WEIGHTS[Factor.PLANNED]
    best_hour: _Weight = WEIGHTS[Factor.BEST_HOUR]
    attempts: _Weight = WEIGHTS[Factor.ATTEMPTS]
    balance: _Weight = WEIGHTS[Factor.BALANCE]
    age: _Weight = WEIGHTS[Factor.AGE]
    priority: _Weight = WEIGHTS[Factor.PRIORITY]
    new: _Weight = WEIGHTS[Factor.NEW]

    def chosen(self) -> dict[Factor, int]:
        return {factor: getattr(self, factor.value) for factor in Factor}


async def settings(request: Request) -> Response:
    """The weights, and what they make of a case."""
    return await _settings(request)


async def _settings(request: Request, faults: Invalid | None = None) -> Response:
    async with services(request).uow.read() as session:
        held = await weights(session)
    sent = await submitted(request) if faults else None
    context = {
        "factors": [
            (factor, *words.FACTORS[factor], sent.get(factor.value, "") if sent else held[factor]) for factor in Factor
        ],
        "shipped": WEIGHTS,
        "faults": faults.fields if faults else {},
        "example": await _example(request, held),
    }
    return await page(request, "worklists/settings.html", context, status=422 if faults else 200)


async def example(request: Request) -> Response:
    """The example by weights that are not saved yet; while one is no number, by those that are."""
    try:
        chosen = typed(await submitted(request), WeightsForm).chosen()
    except Invalid:
        async with services(request).uow.read() as session:
            chosen = await weights(session)
    return await page(request, "worklists/_example.html", {"example": await _example(request, chosen)})


async def _example(request: Request, chosen: dict[Factor, int]) -> dict[str, object] | None:
    """The reader's own next candidates, or any open case in reach, with the score of each."""
    held, me = services(request), actor(request)
    async with held.uow.read() as session:
        found = (await candidates(session, me.user_id, held.clock.now(), most=3))[:3]
        found = found or await any_open(session, me, 3)
    scored = [(case, await part(request, NextCase).why(me, case.id, chosen)) for case in found]
    ranked = sorted(scored, key=lambda pair: -score(pair[1]))
    return {"cases": [(case, score(lines) / PARTS, factor_lines(lines)) for case, lines in ranked]} if ranked else None


async def save(request: Request) -> Response:
    """Weigh differently from now on."""
    held = services(request)
    try:
        sent = await parse(request, WeightsForm)
    except Invalid as faults:
        return await _settings(request, faults)
    async with held.uow.write() as work:
        await set_weights(work, actor(request), sent.chosen(), at=held.clock.now())
    return go_to("/worklists/settings")


_SETUP = right(rights.WORKLISTS)
routes = (
    route("/next", look, policy=right(rights.EDIT), name="next_case.look"),
    route("/next", serve, policy=right(rights.EDIT), methods=["POST"], name="next_case"),
    route("/worklists/settings", settings, policy=_SETUP, name="worklists.settings"),
    route("/worklists/settings", save, policy=_SETUP, methods=["POST"], name="worklists.settings_save"),
    route("/worklists/settings/example", example, policy=_SETUP, methods=["POST"], name="worklists.example"),
)
