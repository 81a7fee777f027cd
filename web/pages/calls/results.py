"""The directory of result codes: what collectors may say of a call, and what each demands and stops."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.directory import CodeData, add_code, change_code
from callcenter.calls.model import Need, ResultCode, Stop
from callcenter.calls.queries import result_codes
from callcenter.calls.rights import DIRECTORY
from core.kernel.errors import Invalid
from core.kernel.i18n import Message, msg
from web.forms import KEY
from web.lists import ListSpec
from web.pages import options
from web.pages.calls import call_words
from web.pages.directory import DirectoryPages, EntryForm
from web.pages.listing import Align, Column, EmptyState, Option, Row, StateCell, TextCell
from web.security import right
from web.short_lists import IN_USE, OFF, ON

NEEDS: dict[str, Message] = {
    Need.NOTHING: msg("nothing"),
    Need.PROMISE: msg("sum and day of the promise"),
    Need.PLAN: msg("instalment plan"),
    Need.CALLBACK: msg("when to call back"),
    Need.REASON: msg("the reason"),
    Need.CHECK_TASK: msg("a check of the payment"),
    Need.DOCUMENT: msg("the document"),
}
STOPS: dict[str, Message] = {
    Stop.NOTHING: msg("nothing"),
    Stop.DAYS: msg("dialling for some days"),
    Stop.PROMISE: msg("dialling until the promise falls due"),
    Stop.CALLBACK: msg("dialling until the callback"),
    Stop.CASE: msg("the case"),
    Stop.PHONE: msg("this number"),
    Stop.RETRY: msg("by the rule of retries"),
}
CONTACTS: dict[str, Message] = {
    "answered": msg("if the call was answered"),
    "yes": msg("yes"),
    "no": msg("no"),
}
_CONTACT = {"answered": None, "yes": True, "no": False}
_NONE = "-"

SPEC = ListSpec(
    key="results",
    title=msg("Result codes"),
    path="/results",
    sort="position",
    search_hint=msg("Result or code"),
    export_right=DIRECTORY,
    columns=(
        Column(key="position", label=msg("Place"), align=Align.END, sortable=True),
        Column(key="label", label=msg("Result"), sortable=True),
        Column(key="code", label=msg("Code"), sortable=True),
        Column(key="needs", label=msg("Demands"), sortable=True),
        Column(key="stops", label=msg("Stops"), sortable=True),
        Column(key="state", label=msg("State")),
    ),
    filters=(IN_USE,),
    empty=EmptyState(title=msg("No result codes"), hint=msg("Add the first."), icon="list-numbers"),
)


class CodeForm(EntryForm[CodeData]):
    """``need`` and ``stop`` are "-" for nothing, because an empty field is an absent one."""

    contact: Literal["answered", "yes", "no"]
    rpc: bool = False
    need: Annotated[str, StringConstraints(max_length=12)] = _NONE
    stop: Annotated[str, StringConstraints(max_length=10)] = _NONE
    stop_days: Annotated[int, Field(ge=1, le=365)] | None = None

    def data(self, label: str) -> CodeData:
        need, stop = _chosen(self.need, set(Need), "need"), _chosen(self.stop, set(Stop), "stop")
        return CodeData(
            label=label,
            contact=_CONTACT[self.contact],
            rpc=self.rpc,
            need=Need(need),
            stop=Stop(stop),
            stop_days=self.stop_days,
            position=self.position,
            active=self.active,
        )


class NewCodeForm(CodeForm):
    code: Annotated[str, StringConstraints(max_length=20, to_upper=True), KEY]


def _chosen(value: str, known: set[Need] | set[Stop], field: str) -> str:
    plain = "" if value == _NONE else value
    if plain not in known:
        raise Invalid({field: msg("Choose one of the list.")})
    return plain


async def _codes(session: AsyncSession) -> Sequence[ResultCode]:
    """In the order of the result bar."""
    return await result_codes(session, active_only=False)


def _row(code: ResultCode) -> Row:
    return Row(
        id=code.code,
        href=f"/results/{code.code}",
        cells={
            "position": TextCell(code.position),
            "label": TextCell(
                call_words.result_label(code.code, code.label, shipped=code.shipped), href=f"/results/{code.code}"
            ),
            "code": TextCell(code.code),
            "needs": TextCell(NEEDS[code.need]),
            "stops": TextCell(STOPS[code.stop]),
            "state": StateCell(ON if code.active else OFF),
        },
    )


def _values(known: ResultCode) -> Mapping[str, object]:
    return {
        "contact": next(word for word, value in _CONTACT.items() if value is known.contact),
        "rpc": known.rpc,
        "need": known.need or _NONE,
        "stop": known.stop or _NONE,
        "stop_days": known.stop_days,
        "position": known.position,
        "active": known.active,
    }


def _options(words: dict[str, Message]) -> tuple[Option, ...]:
    return tuple(Option(value=value or _NONE, label=word) for value, word in words.items())


PAGES = DirectoryPages(
    name="result",
    spec=SPEC,
    create=msg("Add a result"),
    model=ResultCode,
    entries=_codes,
    row=_row,
    values=_values,
    form=CodeForm,
    new_form=NewCodeForm,
    add_entry=add_code,
    change_entry=change_code,
    fresh={"contact": "answered"},
    choices={
        "needs": _options(NEEDS),
        "stops": _options(STOPS),
        "contacts": options.of_words(CONTACTS),
    },
)
routes = PAGES.routes(right(DIRECTORY))
