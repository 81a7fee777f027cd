"""What a result code demands, and how long it stops dialling. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.calls.model import Need, ResultCode, Stop
from callcenter.calls.ports import Agreed, Instalments, Promised
from core.kernel.i18n import Message, msg


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultDetails:
    """What the collector gave with the code. ``document`` names the paper that proves a block or a dispute."""

    promise: Promised | None = None
    plan: Instalments | None = None
    callback: Agreed | None = None
    reason: str = ""
    document: str = ""
    note: str = ""


def missing(need: Need, given: ResultDetails) -> Mapping[str, Message]:
    """Fields that the code demands and that were not given, each with what to do."""
    faults: dict[str, Message] = {}
    if need is Need.PROMISE and given.promise is None:
        faults["promise"] = msg("Say how much was promised and for which day.")
    if need is Need.PLAN and given.plan is None:
        faults["plan"] = msg("Say which instalments were agreed.")
    if need is Need.CALLBACK and given.callback is None:
        faults["callback"] = msg("Say when the debtor wants to be called back.")
    if need is Need.REASON and not given.reason.strip():
        faults["reason"] = msg("Write down the debtor's reason.")
    if need is Need.DOCUMENT and not given.document.strip():
        faults["document"] = msg("Say which document proves it, or which one was asked for.")
    if given.promise is not None and given.promise.amount <= 0:
        faults["promise"] = msg("The sum must be above zero.")
    if given.callback is not None and given.callback.end <= given.callback.start:
        faults["callback"] = msg("The end must be after the beginning.")
    return faults


def needs_case(code: ResultCode) -> bool:
    """Whether the result changes a case, so that a call that belongs to none cannot have it."""
    return code.block is not None or code.need in (Need.PROMISE, Need.PLAN, Need.CHECK_TASK, Need.DOCUMENT)


def stops_until(
    code: ResultCode, given: ResultDetails, promise_until: datetime | None, now: datetime
) -> datetime | None:
    """When dialling may go on; None when the code names no moment (nothing stops, or until somebody lifts it)."""
    if code.stop == Stop.DAYS:
        return now + timedelta(days=code.stop_days or 0)
    if code.stop == Stop.PROMISE:
        return promise_until
    if code.stop == Stop.CALLBACK and given.callback is not None:
        return given.callback.start
    return None
