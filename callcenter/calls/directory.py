"""The directory of result codes as shipped (an agency edits it, adds to it, or switches codes off)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from callcenter.calls.model import Need, ResultCode, Stop
from callcenter.calls.rights import DIRECTORY
from core.audit.directories import Directory
from core.kernel.access import Actor
from core.kernel.i18n import mark
from core.kernel.uow import Work


def _code(code: str, label: str, *, contact: bool | None, rpc: bool, **more: Any) -> Mapping[str, Any]:
    return {"code": code, "label": label, "contact": contact, "rpc": rpc, **more}


def _block(code: str, label: str, block: str) -> Mapping[str, Any]:
    return _code(code, label, contact=None, rpc=False, need=Need.DOCUMENT, stop=Stop.CASE, block=block)


def _silent(code: str, label: str) -> Mapping[str, Any]:
    return _code(code, label, contact=False, rpc=False, stop=Stop.RETRY)


#: In the order of the result bar: the first nine are reached by the keys 1 to 9.
SHIPPED: tuple[Mapping[str, Any], ...] = (
    _code("RPC-PTP", mark("Promise to pay"), contact=True, rpc=True, need=Need.PROMISE, stop=Stop.PROMISE),
    _code("RPC-REFUSE", mark("Refuses to pay"), contact=True, rpc=True, need=Need.REASON),
    _code("RPC-DISPUTE", mark("Disputes the debt"), contact=True, rpc=True, need=Need.DOCUMENT, stop=Stop.CASE),
    _code("TPC", mark("Third party, message left"), contact=True, rpc=False),
    _code("WRONG", mark("Wrong number"), contact=True, rpc=False, stop=Stop.PHONE, phone_quality="wrong"),
    _code("RPC-CALLBACK", mark("Asked to call back"), contact=True, rpc=True, need=Need.CALLBACK, stop=Stop.CALLBACK),
    _code(
        "RPC-PAID",
        mark("Says it is already paid"),
        contact=True,
        rpc=True,
        need=Need.CHECK_TASK,
        stop=Stop.DAYS,
        stop_days=3,
    ),
    _code("RPC-HARDSHIP", mark("Cannot pay"), contact=True, rpc=True, need=Need.REASON),
    _code("RPC-HANGUP", mark("Hung up after identification"), contact=True, rpc=True),
    _code("RPC-PLAN", mark("Instalment plan agreed"), contact=True, rpc=True, need=Need.PLAN, stop=Stop.PROMISE),
    _silent("NA", mark("No answer")),
    _silent("BUSY", mark("Busy")),
    _silent("VM", mark("Voicemail")),
    _silent("FAIL", mark("Call failed")),
    _silent("CONGEST", mark("Network congested")),
    _silent("ABANDONED", mark("Answered, nobody was free")),
    _silent("MESSAGE", mark("Heard a recorded message")),
    _code("NIS", mark("Not in service"), contact=False, rpc=False, stop=Stop.PHONE, phone_quality="not_in_service"),
    _code("LANG", mark("Language barrier"), contact=True, rpc=False),
    _code("DEAF", mark("Hearing barrier"), contact=True, rpc=False),
    _block("DECEASED", mark("Deceased"), "deceased"),
    _block("BANKRUPT", mark("Bankrupt"), "bankrupt"),
    _block("MINOR", mark("Minor"), "minor"),
    _block("INCAPABLE", mark("Legally incapable"), "incapable"),
    _block("HOSPITAL", mark("In hospital"), "hospital"),
    _block("DISABLED-I", mark("Disabled, group I"), "disabled_group_1"),
    _block("ATTORNEY", mark("Represented by a lawyer"), "represented"),
    _block("CEASE", mark("Demands that contact stops"), "refused_contact"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeData:
    """What may be said of a result code; the meaning of each is :class:`ResultCode`'s."""

    label: str
    contact: bool | None
    rpc: bool
    need: Need
    stop: Stop
    stop_days: int | None
    position: int
    active: bool


_ENTRIES = Directory(model=ResultCode, right=DIRECTORY, kind="result_code")


async def add_code(work: Work, actor: Actor, code: str, data: CodeData, *, at: datetime) -> None:
    """Add a code of the agency's own. Raises ``Invalid`` for a code that is taken."""
    await _ENTRIES.add(work, actor, code, asdict(data), at=at)


async def change_code(work: Work, actor: Actor, code: str, data: CodeData, *, at: datetime) -> None:
    """Change a code; a shipped one that gets another label is the agency's own. Raises ``NotFound``."""
    await _ENTRIES.change(work, actor, code, asdict(data), at=at)


async def ship_results(work: Work) -> None:
    """Add the shipped codes that are missing. What the agency changed stays as it is."""
    known = set((await work.session.scalars(select(ResultCode.code))).all())
    for position, values in enumerate(SHIPPED, start=1):
        if values["code"] not in known:
            work.session.add(ResultCode(position=position, shipped=True, **values))
