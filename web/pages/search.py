"""One search over everything: cases, people and calls, by name, number, contract or telephone in any written form."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from callcenter.calls.queries import list_calls
from callcenter.calls.rights import VIEW as CALLS
from callcenter.calls.views import CallQuery, CallRow
from core.cases.queries.lists import CaseRow, DebtorRow, ListQuery, list_cases, list_debtors
from core.cases.rights import VIEW as CASES
from core.kernel.money import Money
from core.kernel.paging import Listing
from core.parties.folding import fold
from web.page import go_to, page
from web.pages.calls import call_words
from web.pages.cases import case_words
from web.pages.listing import State
from web.security import actor, route, signed_in
from web.state import services

_LINES = 10
_LONGEST = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class CaseHit:
    """A case as one finds it; ``number`` is shown first because it is what people read out."""

    href: str
    number: str
    debtor: str
    creditor: str
    owed: Money
    state: State


async def show(request: Request) -> Response:
    """What was found; straight to the case when there is exactly one it can mean."""
    me, text = actor(request), request.query_params.get("q", "").strip()[:_LONGEST]
    query = ListQuery(search=text, size=_LINES)
    cases: Listing[CaseRow] | None = None
    debtors: Listing[DebtorRow] | None = None
    calls = None
    if text:
        async with services(request).uow.read() as session:
            if me.may(CASES):
                cases = await list_cases(session, me, query)
                debtors = await list_debtors(session, me, query)
            if me.may(CALLS):
                calls = await list_calls(session, me, CallQuery(search=text, size=_LINES))
    only = _only_case(text, cases)
    if only is not None:
        return go_to(f"/cases/{only}")
    context = {
        "text": text,
        "cases": [_case_hit(line) for line in cases.rows] if cases else [],
        "cases_total": cases,
        "debtors": debtors.rows if debtors else (),
        "debtors_total": debtors,
        "calls": [(line, call_words.DIRECTIONS[line.direction], _told(line)) for line in calls.rows] if calls else [],
        "calls_total": calls,
        "may_search": me.may(CASES) or me.may(CALLS),
    }
    return await page(request, "search.html", context)


def _only_case(text: str, found: Listing[CaseRow] | None) -> int | None:
    """The case that bears exactly this number, else the single one found."""
    if found is None:
        return None
    wanted = fold(text)
    exact = [line.id for line in found.rows if fold(line.number) == wanted]
    if len(exact) == 1:
        return exact[0]
    return found.rows[0].id if found.total == 1 else None


def _case_hit(line: CaseRow) -> CaseHit:
    return CaseHit(
        href=f"/cases/{line.id}",
        number=line.number,
        debtor=line.debtor_name,
        creditor=line.creditor,
        owed=Money(line.open_amount, line.currency),
        state=case_words.CASE_STATES[line.state],
    )


def _told(line: CallRow) -> object:
    result = call_words.result_label(line.result_code, line.result_label, shipped=line.result_shipped)
    return result or call_words.state_of(line).word


routes = (route("/search", show, policy=signed_in, name="search"),)
