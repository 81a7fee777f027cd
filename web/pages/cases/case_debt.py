"""Why a case owes what it owes: the sheet for any day, and what may be changed of a debt by hand."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases import rights
from core.cases.model import Component
from core.cases.queries.agency import agency_day
from core.cases.queries.debt import debt_sheet
from core.cases.rules.interest import Days
from core.cases.service import accrual, debts
from core.cases.service.debts import FEES, DebtChange
from core.kernel.access import Actor
from core.kernel.errors import Invalid
from core.kernel.i18n import Message
from core.kernel.uow import Work
from core.planning.queries import company
from web.forms import Form, parse, submitted
from web.lists import day_of
from web.once import fresh_key, once
from web.page import go_to, page
from web.pages.cases import debt_words as told
from web.pages.cases.case_words import COMPONENT_LABELS
from web.pages.listing import Option
from web.security import actor, right, route
from web.state import services

Reason = Annotated[str, StringConstraints(min_length=1, max_length=300)]
F = TypeVar("F", bound=Form)
Act = Callable[[Work, Actor, F], Awaitable[object]]


async def show(request: Request) -> Response:
    """The sheet as of ``on`` (today when it is left out, or no day). Looking at it is written in the audit trail."""
    return await _sheet(request)


async def _sheet(
    request: Request,
    dialog: str = "",
    values: Mapping[str, Any] | None = None,
    faults: Mapping[str, Message] | None = None,
) -> Response:
    """``dialog`` is the one to show opened, with what was typed and what is wrong with it."""
    held, me, case_id = services(request), actor(request), request.path_params["id"]
    async with held.uow.read() as session:
        today = await agency_day(session, held.clock.now())
        sheet = await debt_sheet(session, me, case_id, day_of(request.query_params.get("on", "")) or today)
        agency = await company(session)
    await held.looks.looked(me, ("case", case_id))
    context = {
        "sheet": sheet,
        "agency": agency,
        "today": today,
        "claims": [told.claim_sheet(claim, sheet) for claim in sheet.balance.claims],
        "parts": [(COMPONENT_LABELS[part], amount) for part, amount in sheet.balance.parts.items() if amount],
        "overpaid": [
            (sheet.claims[one.claim_id].number, COMPONENT_LABELS[one.component], one.amount)
            for one in sheet.balance.to_resettle
        ],
        "claim_options": [Option(value=str(one.claim_id), label=one.claim_number) for one in sheet.balance.claims],
        "components": [Option(value=part, label=COMPONENT_LABELS[part]) for part in Component],
        "fees": [Option(value=part, label=COMPONENT_LABELS[part]) for part in FEES],
        "groups": list(sheet.groups.values()),
        "edits_debt": me.may(rights.LEDGER),
        "edits_interest": me.may(rights.INTEREST),
        "dialog": dialog,
        "values": values or {},
        "faults": faults or {},
        "once": fresh_key(),
    }
    return await page(request, "cases/debt.html", context, status=422 if faults else 200)


class ChangeForm(Form):
    """A sum on a component of a claim; ``value_on`` None: today."""

    claim_id: int
    component: Component
    amount: Decimal
    value_on: date | None = None
    reason: Reason

    def change(self) -> DebtChange:
        """As the use case takes it."""
        return DebtChange(**self.model_dump())


async def _acted(request: Request, dialog: str, kind: type[F], act: Act[F]) -> Response:
    """Carry out what a dialog asks for, once; what is wrong with it is told in the dialog."""
    held, me, case_id = services(request), actor(request), request.path_params["id"]

    async def do() -> None:
        sent = await parse(request, kind)
        async with held.uow.write() as work:
            await act(work, me, sent)

    try:
        return await once(request, do, f"/cases/{case_id}/balance")
    except Invalid as faults:
        return await _sheet(request, dialog, await submitted(request), faults.fields)


async def adjust(request: Request) -> Response:
    """Correct what was handed over."""

    async def act(work: Work, me: Actor, sent: ChangeForm) -> None:
        await debts.adjust(work, me, request.path_params["id"], sent.change(), at=services(request).clock.now())

    return await _acted(request, "adjust", ChangeForm, act)


async def write_off(request: Request) -> Response:
    """Forgive a part of the debt."""

    async def act(work: Work, me: Actor, sent: ChangeForm) -> None:
        await debts.write_off(work, me, request.path_params["id"], sent.change(), at=services(request).clock.now())

    return await _acted(request, "write-off", ChangeForm, act)


async def charge(request: Request) -> Response:
    """Charge a fee or a cost."""

    async def act(work: Work, me: Actor, sent: ChangeForm) -> None:
        await debts.charge_fee(work, me, request.path_params["id"], sent.change(), at=services(request).clock.now())

    return await _acted(request, "fee", ChangeForm, act)


class BlockForm(Form):
    """Days without interest, both included; without a last one until it is lifted."""

    from_on: date
    until_on: date | None = None
    reason: Reason


async def block(request: Request) -> Response:
    """Let nothing accrue for a while."""

    async def act(work: Work, me: Actor, sent: BlockForm) -> None:
        days, now = Days(sent.from_on, sent.until_on), services(request).clock.now()
        await accrual.block_accrual(work, me, request.path_params["id"], days, sent.reason, at=now)

    return await _acted(request, "block", BlockForm, act)


async def lift(request: Request) -> Response:
    """Let interest accrue again."""
    held, case_id = services(request), request.path_params["id"]
    async with held.uow.write() as work:
        await accrual.lift_block(work, actor(request), case_id, request.path_params["block"], at=held.clock.now())
    return go_to(f"/cases/{case_id}/balance")


class TermsForm(Form):
    """How a claim bears interest; without a group not at all."""

    claim_id: int
    group_id: int | None = None
    interest_from: date | None = None


async def terms(request: Request) -> Response:
    """Give a claim other terms of interest."""

    async def act(work: Work, me: Actor, sent: TermsForm) -> None:
        await accrual.set_terms(
            work,
            me,
            request.path_params["id"],
            sent.claim_id,
            group_id=sent.group_id,
            interest_from=sent.interest_from,
            at=services(request).clock.now(),
        )

    return await _acted(request, "terms", TermsForm, act)


_LEDGER, _INTEREST = right(rights.LEDGER), right(rights.INTEREST)
routes = (
    route("/cases/{id:int}/balance", show, policy=right(rights.VIEW), name="case.balance"),
    route("/cases/{id:int}/adjust", adjust, policy=_LEDGER, methods=["POST"], name="case.adjust"),
    route("/cases/{id:int}/write-off", write_off, policy=_LEDGER, methods=["POST"], name="case.write_off"),
    route("/cases/{id:int}/fee", charge, policy=_LEDGER, methods=["POST"], name="case.fee"),
    route("/cases/{id:int}/interest", terms, policy=_INTEREST, methods=["POST"], name="case.interest"),
    route("/cases/{id:int}/accrual-blocks", block, policy=_INTEREST, methods=["POST"], name="case.accrual_block"),
    route(
        "/cases/{id:int}/accrual-blocks/{block:int}/lift",
        lift,
        policy=_INTEREST,
        methods=["POST"],
        name="case.accrual_lift",
    ),
)
