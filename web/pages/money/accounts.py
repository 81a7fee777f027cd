"""The directory of accounts that money comes to."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from core.cases.queries import lists
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.payments import rights
from core.payments.errors import AccountTaken
from core.payments.model import AccountKind, MoneyAccount
from core.payments.service.accounts import AccountData, add_account, edit_account, list_accounts
from web.forms import CurrencyField, Form, parse, submitted
from web.lists import ListSpec, asked, view
from web.page import go_to, page
from web.pages import options
from web.pages.listing import Column, EmptyState, Row, State, StateCell, TextCell, Tone
from web.pages.money import money_words as words
from web.security import actor, right, route
from web.state import services

_USED = State(word=msg("in use"), icon="circle-check")
_UNUSED = State(word=msg("switched off"), icon="circle-off", tone=Tone.ALERT)

ACCOUNTS = ListSpec(
    key="accounts",
    title=msg("Accounts"),
    path="/accounts",
    sort="name",
    columns=(
        Column(key="name", label=msg("Name")),
        Column(key="kind", label=msg("Kind")),
        Column(key="number", label=msg("Number")),
        Column(key="bank", label=msg("Bank")),
        Column(key="currency", label=msg("Currency")),
        Column(key="creditor", label=msg("Creditor")),
        Column(key="state", label=msg("State")),
    ),
    empty=EmptyState(
        title=msg("No accounts"),
        hint=msg("A payment comes to an account of the agency's, to a cash desk, or to the creditor: enter the first."),
        icon="building-bank",
    ),
)


class AccountForm(Form):
    """See :class:`core.payments.model.MoneyAccount`."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    kind: AccountKind
    number: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    bank: Annotated[str, StringConstraints(max_length=120)] = ""
    currency: CurrencyField
    creditor_id: int | None = None
    active: bool = False

    def data(self) -> AccountData:
        """As the use case takes it."""
        return AccountData(**self.model_dump())


async def show(request: Request) -> Response:
    """The list of accounts."""
    async with services(request).uow.read() as session:
        found = await list_accounts(session)
        names = {one.id: one.name for one in await lists.creditors(session)}
    create = (msg("Add an account"), "/accounts/new") if actor(request).may(rights.SETUP) else None
    rows = [_row(one, names) for one in found]
    drawn = await view(request, asked(request, ACCOUNTS), rows, total=len(rows), create=create)
    return await page(request, "list_page.html", {"view": drawn})


def _row(account: MoneyAccount, creditors: Mapping[int, str]) -> Row:
    href = f"/accounts/{account.id}"
    return Row(
        id=str(account.id),
        href=href,
        cells={
            "name": TextCell(account.name, href=href),
            "kind": TextCell(words.ACCOUNT_KINDS[account.kind]),
            "number": TextCell(account.number),
            "bank": TextCell(account.bank),
            "currency": TextCell(account.currency),
            "creditor": TextCell(creditors.get(account.creditor_id or 0)),
            "state": StateCell(_USED if account.active else _UNUSED),
        },
    )


async def new(request: Request) -> Response:
    """An empty form."""
    return await _form(request, {"active": True, "kind": AccountKind.BANK})


async def show_one(request: Request) -> Response:
    """The form of one account."""
    account = await _account(request)
    return await _form(request, {name: getattr(account, name) for name in AccountForm.model_fields}, account=account)


async def _account(request: Request) -> MoneyAccount:
    async with services(request).uow.read() as session:
        account = await session.get(MoneyAccount, request.path_params["id"])
    if account is None:
        raise NotFound
    return account


async def create(request: Request) -> Response:
    """Add an account."""
    return await _save(request, None)


async def change(request: Request) -> Response:
    """Save an account."""
    return await _save(request, await _account(request))


async def _save(request: Request, account: MoneyAccount | None) -> Response:
    held, me = services(request), actor(request)
    try:
        data = (await parse(request, AccountForm)).data()
        async with held.uow.write() as work:
            if account is None:
                await add_account(work, me, data, at=held.clock.now())
            else:
                await edit_account(work, me, account.id, data, at=held.clock.now())
    except Invalid as faults:
        return await _form(request, await submitted(request), faults.fields, account)
    except AccountTaken as taken:
        return await _form(request, await submitted(request), {"number": taken.message}, account)
    return go_to("/accounts")


async def _form(
    request: Request,
    values: Mapping[str, Any],
    faults: Mapping[str, Message] | None = None,
    account: MoneyAccount | None = None,
) -> Response:
    async with services(request).uow.read() as session:
        known = options.of_rows(await lists.creditors(session))
    creditor = values.get("creditor_id")
    context = {
        "account": account,
        "values": values,
        "creditor": str(creditor) if creditor else "",
        "faults": faults or {},
        "kinds": options.of_words(words.ACCOUNT_KINDS),
        "creditors": known,
        "edits": actor(request).may(rights.SETUP),
    }
    return await page(request, "money/account.html", context, status=422 if faults else 200)


_VIEW, _EDIT = right(rights.VIEW), right(rights.SETUP)
routes = (
    route("/accounts", show, policy=_VIEW, name="accounts"),
    route("/accounts", create, policy=_EDIT, methods=["POST"], name="accounts.create"),
    route("/accounts/new", new, policy=_EDIT, name="accounts.new"),
    route("/accounts/{id:int}", show_one, policy=_VIEW, name="account"),
    route("/accounts/{id:int}", change, policy=_EDIT, methods=["POST"], name="account.change"),
)
