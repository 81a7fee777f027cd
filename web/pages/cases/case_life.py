"""What is done with a case as a whole: given to a collector, moved on, suspended, closed, blocked by law."""

from datetime import date, datetime
from typing import Annotated

from pydantic import StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from callcenter.compliance import queries as law
from callcenter.compliance.law.terms import BlockKind
from callcenter.compliance.registry import Registry
from callcenter.compliance.rights import BLOCK, LIFT
from callcenter.compliance.texts import blocked
from core.cases import rights
from core.cases.card import CaseCard, case_card
from core.cases.model import CaseState, CloseReason
from core.cases.queries import lists
from core.cases.service import cases as use_cases
from core.cases.service.access import case_for
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.people import queries as people
from web.forms import Form, parse
from web.page import go_to
from web.pages import options
from web.pages.calls.law_words import BLOCK_KINDS
from web.pages.cases import case_words as words
from web.pages.cases.blocks import end_of
from web.pages.cases.case_view import BlockLine, CaseLife
from web.pages.listing import Option
from web.pages.shipped_words import named
from web.security import actor, right, route
from web.state import part, planned_work, services

Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


async def case_life(session: AsyncSession, me: Actor, card: CaseCard, now: datetime) -> CaseLife:
    """What this reader may do with the case, and the blocks that hold now."""
    case = card.case
    is_open = case.state == CaseState.OPEN
    stages = await lists.stages(session) if me.may(rights.EDIT) and is_open else ()
    return CaseLife(
        collectors=await collectors(session, me) if me.may(rights.ASSIGN) else (),
        collector=str(case.collector_id or ""),
        stages=tuple(Option(value=str(one.id), label=named(one)) for one in stages if one.active),
        stage=str(case.stage_id or ""),
        may_suspend=me.may(rights.CLOSE) and is_open,
        may_close=me.may(rights.CLOSE) and case.state != CaseState.CLOSED,
        may_reopen=me.may(rights.CLOSE) and not is_open,
        close_reasons=options.of_words(words.CLOSE_REASONS),
        block_kinds=BLOCK_KINDS if me.may(BLOCK) else (),
        blocks=await _blocks(session, me, card, now),
    )


async def collectors(session: AsyncSession, me: Actor) -> tuple[Option, ...]:
    found = await people.colleagues(session, me, rights.ASSIGN)
    return options.of_people(user for user in found if user.extension is not None)


async def _blocks(session: AsyncSession, me: Actor, card: CaseCard, now: datetime) -> tuple[BlockLine, ...]:
    numbers = [phone.e164 for person in card.people for phone in person.phones]
    rows = await law.block_entries(session, card.case.debtor_id or 0, card.case.id, numbers, now)
    return tuple(
        BlockLine(
            block_id=row.id,
            text=blocked(BlockKind(row.kind)),
            phone=row.phone,
            basis=row.basis,
            since=row.added_at,
            until=row.ends_at,
            may_lift=me.may(LIFT),
        )
        for row in rows
    )


class AssignForm(Form):
    """Nobody when ``collector_id`` is left out."""

    collector_id: int | None = None


async def assign(request: Request) -> Response:
    """Give the case to a collector, or take it away from everybody."""
    sent, case_id, held = await parse(request, AssignForm), request.path_params["id"], services(request)
    async with held.uow.write() as work:
        await case_for(work.session, actor(request), case_id, rights.ASSIGN)
        await use_cases.assign(work, actor(request), [case_id], sent.collector_id, at=held.clock.now())
    return go_to(f"/cases/{case_id}")


class StageForm(Form):
    stage_id: int


async def stage(request: Request) -> Response:
    """Move the case to another stage."""
    sent, case_id, held = await parse(request, StageForm), request.path_params["id"], services(request)
    async with held.uow.write() as work:
        await use_cases.set_stage(work, actor(request), case_id, sent.stage_id, at=held.clock.now())
    return go_to(f"/cases/{case_id}")


class SuspendForm(Form):
    """Until a day, or until it is taken up again."""

    until: date | None = None
    reason: Reason


async def suspend(request: Request) -> Response:
    """Stop work on the case for a while."""
    sent, case_id, held = await parse(request, SuspendForm), request.path_params["id"], services(request)
    async with held.uow.write() as work:
        await use_cases.suspend(work, actor(request), case_id, sent.until, sent.reason, at=held.clock.now())
    return go_to(f"/cases/{case_id}")


class CloseForm(Form):
    reason: CloseReason


async def close(request: Request) -> Response:
    """End work on the case."""
    sent, case_id, held = await parse(request, CloseForm), request.path_params["id"], services(request)
    async with held.uow.write() as work:
        await use_cases.close(work, actor(request), case_id, sent.reason, at=held.clock.now())
    return go_to(f"/cases/{case_id}")


async def reopen(request: Request) -> Response:
    """Take the case up again."""
    case_id, held = request.path_params["id"], services(request)
    async with held.uow.write() as work:
        await use_cases.reopen(work, actor(request), case_id, at=held.clock.now(), sources=planned_work(request))
    return go_to(f"/cases/{case_id}")


class BlockForm(Form):
    """``what`` is ``party``, ``case`` or the number itself; ``ends_on`` the last day, in the writer's zone."""

    kind: BlockKind
    what: Annotated[str, StringConstraints(max_length=20)] = "party"
    basis: Reason
    ends_on: date | None = None


async def block(request: Request) -> Response:
    """Forbid contact: a wish of the debtor, or a fact the law names."""
    sent, case_id, me = await parse(request, BlockForm), request.path_params["id"], actor(request)
    async with services(request).uow.write() as work:
        await case_for(work.session, me, case_id, BLOCK)
        card = await case_card(work.session, me, case_id)
        numbers = {phone.e164 for person in card.people for phone in person.phones}
        if sent.what not in {"party", "case", *numbers}:
            raise NotFound
        await part(request, Registry).block(
            work,
            me,
            sent.kind,
            basis=sent.basis,
            party_id=card.case.debtor_id if sent.what == "party" else None,
            case_id=case_id if sent.what == "case" else None,
            phone=sent.what if sent.what in numbers else None,
            ends_at=end_of(sent.ends_on, me.timezone),
        )
    return go_to(f"/cases/{case_id}")


_ASSIGN, _CLOSE = right(rights.ASSIGN), right(rights.CLOSE)
routes = (
    route("/cases/{id:int}/assign", assign, policy=_ASSIGN, methods=["POST"], name="case.assign"),
    route("/cases/{id:int}/stage", stage, policy=right(rights.EDIT), methods=["POST"], name="case.stage"),
    route("/cases/{id:int}/suspend", suspend, policy=_CLOSE, methods=["POST"], name="case.suspend"),
    route("/cases/{id:int}/close", close, policy=_CLOSE, methods=["POST"], name="case.close"),
    route("/cases/{id:int}/reopen", reopen, policy=_CLOSE, methods=["POST"], name="case.reopen"),
    route("/cases/{id:int}/blocks", block, policy=right(BLOCK), methods=["POST"], name="case.block"),
)
