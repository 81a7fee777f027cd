"""Callbacks that are planned, and what is told of calls."""

from sqlalchemy import select

from callcenter.callbacks.model import Callback
from callcenter.callbacks.service import CallbackService, Plan
from callcenter.calls.ports import CallNews
from core.kernel.uow import UnitOfWork
from tests.fakes.floor import DEBTOR, at


def plan(**more: object) -> Plan:
    wanted = {"phone": DEBTOR, "start": at(3600), "end": at(7200), "user_id": 1, "party_id": 7, "case_id": 70}
    return Plan(**(wanted | more))  # type: ignore[arg-type]


def news(call_id: int, direction: str = "inbound", **more: object) -> CallNews:
    known = {
        "at": at(0),
        "since": at(0),
        "call_id": call_id,
        "direction": direction,
        "phone": DEBTOR,
        "queue": None,
        "campaign_id": None,
        "party_id": 7,
        "case_id": None,
        "user_id": 1,
        "attempt_id": None,
        "result_code": None,
        "answered": False,
        "ended": False,
        "missed": False,
        "contact": False,
        "talk_seconds": 0,
    }
    return CallNews(**(known | more))  # type: ignore[arg-type]


async def tell(uow: UnitOfWork, service: CallbackService, *what: CallNews) -> None:
    async with uow.write() as work:
        await service.followed(work, what)


async def row_of(uow: UnitOfWork, callback_id: int) -> Callback:
    async with uow.read() as session:
        return (await session.scalars(select(Callback).where(Callback.id == callback_id))).one()
