"""A campaign's attempts: when, at which number, what came of each, and who answered."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from callcenter.campaigns.attempt_list import AttemptQuery, AttemptRow, attempts
from callcenter.campaigns.queries import campaign
from callcenter.campaigns.rights import VIEW
from core.kernel.i18n import msg
from web.lists import PAGE_SIZE, ListSpec, asked, view
from web.page import page
from web.pages.floor import campaign_words as words
from web.pages.listing import (
    Column,
    EmptyState,
    Filter,
    FilterKind,
    Option,
    PhoneCell,
    Row,
    StateCell,
    Text,
    TextCell,
    TimeCell,
)
from web.security import actor, right, route
from web.state import services

SPEC = ListSpec(
    key="campaign-attempts",
    title=msg("Attempts"),
    path="/campaigns",
    sort="at",
    columns=(
        Column(key="at", label=msg("Rung")),
        Column(key="number", label=msg("Case no.")),
        Column(key="phone", label=msg("Phone")),
        Column(key="outcome", label=msg("Result")),
        Column(key="answerer", label=msg("Answered by")),
        Column(key="because", label=msg("Judged because"), visible=False),
        Column(key="left", label=msg("Message left")),
        Column(key="wish", label=msg("Asked for by a key")),
    ),
    filters=(
        Filter(
            key="answerer",
            label=msg("Answered by"),
            kind=FilterKind.SELECT,
            options=tuple(Option(value=by, label=state.word) for by, state in words.ANSWERERS.items()),
        ),
    ),
    empty=EmptyState(
        title=msg("No attempts yet"),
        hint=msg("Every call that the campaign makes is listed here with what came of it."),
        icon="phone-outgoing",
    ),
)


async def show(request: Request) -> Response:
    """The attempts, the newest first."""
    campaign_id, me = request.path_params["id"], actor(request)
    wanted = asked(request, replace(SPEC, path=f"/campaigns/{campaign_id}/attempts"))
    query = AttemptQuery(
        answered_by=wanted.value("answerer") or None, after=wanted.after, before=wanted.before, size=PAGE_SIZE
    )
    async with services(request).uow.read() as session:
        row = await campaign(session, me, campaign_id)
        found = await attempts(session, me, campaign_id, query)
    drawn = await view(request, wanted, map(_row, found.rows), next_cursor=found.next, previous_cursor=found.previous)
    return await page(request, "campaigns/attempts.html", {"campaign": row, "view": drawn})


def _row(line: AttemptRow) -> Row:
    one = line.attempt
    outcome: Text | None = words.reason(one.outcome) if one.outcome else None
    listened = msg("after {milliseconds} ms", milliseconds=one.judged_ms) if one.answered_by else None
    return Row(
        id=str(one.id),
        href=f"/calls/{one.call_id}",
        cells={
            "at": TimeCell(one.at),
            "number": TextCell(line.number, href=f"/cases/{line.case_id}"),
            "phone": PhoneCell(one.phone, case_id=line.case_id),
            "outcome": TextCell(outcome, note=msg("hung up while it rang") if one.recalled else None),
            "answerer": StateCell(words.ANSWERERS.get(one.answered_by or "")),
            "because": TextCell(one.judged_because, note=listened),
            "left": TextCell(msg("yes") if one.message_left else None),
            "wish": TextCell(words.WISHES.get(one.wish or "")),
        },
    )


routes = (route("/campaigns/{id:int}/attempts", show, policy=right(VIEW), name="campaign.attempts"),)
