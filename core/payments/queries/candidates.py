"""The cases that payments may be for, for many payments at once: a handful of indexed questions, however many there
are."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import (
    LIABLE,
    Case,
    CaseParty,
    CaseState,
    Instalment,
    InstalmentState,
    PaymentPlan,
    PlanState,
    Promise,
    PromiseState,
)
from core.kernel.among import Among
from core.parties.model import IdKind, Party, PartyId
from core.parties.rules import name_key
from core.payments.model import CaseKey, KnownPayer
from core.payments.rules.matching import Candidate, Clues

_AT_ONCE = 5_000
#: A name or number that fits more cases than this tells nothing.
_MOST = 20
_TAX_KINDS = frozenset((IdKind.INN, IdKind.RNOKPP, IdKind.EDRPOU, IdKind.PESEL, IdKind.NIP))
T = TypeVar("T")


async def candidates(session: AsyncSession, payments: Sequence[tuple[Clues, str]]) -> list[list[Candidate]]:
    """For each of ``payments`` (what it tells, the payer's account) the cases anything points at."""
    numbers = await _by_number(session, payments)
    payers = await _by_account(session, {account for _, account in payments if account})
    tax_ids = await _by_tax_id(session, {clues.payer_tax_id for clues, _ in payments if clues.payer_tax_id})
    names = await _by_name(session, {name_key(clues.payer_name) for clues, _ in payments if clues.payer_name})
    found: list[dict[int, dict[str, int | None]]] = []
    for clues, account in payments:
        cases: dict[int, dict[str, int | None]] = {}
        for key in _keys(clues):
            for row in numbers.get(key, ()):
                cases.setdefault(row.case_id, {})[row.number] = row.claim_id or None
        for case_id in (
            *payers.get(account, {}),
            *tax_ids.get(clues.payer_tax_id, ()),
            *names.get(name_key(clues.payer_name), ()),
        ):
            cases.setdefault(case_id, {})
        found.append(cases)
    facts = await _facts(session, {case_id for cases in found for case_id in cases})
    return [
        [facts.candidate(case_id, named, payers.get(account, {}).get(case_id, 0)) for case_id, named in cases.items()]
        for cases, (_, account) in zip(found, payments, strict=True)
    ]


def _keys(clues: Clues) -> Iterator[str]:
    yield from (reference.key for reference in clues.references)
    if clues.virtual:
        yield clues.virtual[-12:].lstrip("0")


def _chunks(values: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, _AT_ONCE)):
        yield chunk


async def _by_number(session: AsyncSession, payments: Sequence[tuple[Clues, str]]) -> "Mapping[str, list[_Key]]":
    found: dict[str, list[_Key]] = defaultdict(list)
    columns = select(CaseKey.key, CaseKey.case_id, CaseKey.claim_id, CaseKey.number)
    for chunk in _chunks({key for clues, _ in payments for key in _keys(clues)}):
        for row in await session.execute(columns.where(CaseKey.key.in_(chunk))):
            found[row.key].append(_Key(row.case_id, row.claim_id, row.number))
    return {key: rows for key, rows in found.items() if len({row.case_id for row in rows}) <= _MOST}


async def _by_account(session: AsyncSession, accounts: set[str]) -> Mapping[str, dict[int, int]]:
    """Account → case → how often it has paid for it."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for chunk in _chunks(accounts):
        for row in await session.scalars(select(KnownPayer).where(KnownPayer.payer_account.in_(chunk))):
            found[row.payer_account][row.case_id] = row.times
    return found


async def _by_tax_id(session: AsyncSession, values: set[str]) -> Mapping[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    liable = select(PartyId.value, CaseParty.case_id).join(CaseParty, CaseParty.party_id == PartyId.party_id)
    for chunk in _chunks(values):
        wanted = liable.where(
            PartyId.kind.in_(sorted(_TAX_KINDS)), PartyId.value.in_(chunk), CaseParty.role.in_(sorted(LIABLE))
        )
        for row in await session.execute(wanted):
            found[row.value].add(row.case_id)
    return {value: cases for value, cases in found.items() if len(cases) <= _MOST}


async def _by_name(session: AsyncSession, keys: set[str]) -> Mapping[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    liable = select(Party.name_key, CaseParty.case_id).join(CaseParty, CaseParty.party_id == Party.id)
    for chunk in _chunks(keys):
        for row in await session.execute(liable.where(Party.name_key.in_(chunk), CaseParty.role.in_(sorted(LIABLE)))):
            found[row.name_key].add(row.case_id)
    return {key: cases for key, cases in found.items() if len(cases) <= _MOST}


class _CaseFacts(NamedTuple):
    currency: str
    balance: Decimal
    closed: bool


class _Key(NamedTuple):
    case_id: int
    claim_id: int
    number: str


class _Facts:
    """What candidates are weighed by."""

    def __init__(self) -> None:
        self.cases: dict[int, _CaseFacts] = {}
        self.names: dict[int, list[str]] = defaultdict(list)
        self.tax_ids: dict[int, set[str]] = defaultdict(set)
        self.promised: dict[int, set[Decimal]] = defaultdict(set)
        self.instalments: dict[int, set[Decimal]] = defaultdict(set)

    def candidate(self, case_id: int, numbers: Mapping[str, int | None], paid_before: int) -> Candidate:
        case = self.cases[case_id]
        return Candidate(
            case_id=case_id,
            currency=case.currency,
            numbers=numbers,
            names=self.names[case_id],
            tax_ids=frozenset(self.tax_ids[case_id]),
            paid_before=paid_before,
            balance=case.balance,
            promised=frozenset(self.promised[case_id]),
            instalments=frozenset(self.instalments[case_id]),
            closed=case.closed,
        )


async def _facts(session: AsyncSession, case_ids: set[int]) -> _Facts:
    facts = _Facts()
    for chunk in _chunks(sorted(case_ids)):
        columns = select(Case.id, Case.currency, Case.open_amount, Case.state)
        for row in await session.execute(columns.where(Among(Case.id, chunk))):
            facts.cases[row.id] = _CaseFacts(row.currency, row.open_amount, row.state == CaseState.CLOSED)
        await _parties(session, chunk, facts)
        await _due(session, chunk, facts)
    return facts


async def _parties(session: AsyncSession, case_ids: Sequence[int], facts: _Facts) -> None:
    """Who answers for the debts. Kinds of identifiers are told apart here: asked to, SQLite goes through all there are
    of a kind."""
    liable = Among(CaseParty.case_id, case_ids), CaseParty.role.in_(sorted(LIABLE))
    named = select(CaseParty.case_id, Party.name).join(Party, Party.id == CaseParty.party_id).where(*liable)
    for case_id, name in await session.execute(named):
        facts.names[case_id].append(name)
    numbered = select(CaseParty.case_id, PartyId.kind, PartyId.value).join(
        PartyId, PartyId.party_id == CaseParty.party_id
    )
    for case_id, kind, value in await session.execute(numbered.where(*liable)):
        if kind in _TAX_KINDS:
            facts.tax_ids[case_id].add(value)


async def _due(session: AsyncSession, case_ids: Sequence[int], facts: _Facts) -> None:
    promises = select(Promise.case_id, Promise.amount, Promise.paid_amount).where(
        Among(Promise.case_id, case_ids), Promise.state == PromiseState.OPEN
    )
    for row in await session.execute(promises):
        facts.promised[row.case_id].add(row.amount - row.paid_amount)
    alive = (PlanState.ACTIVE, PlanState.DELINQUENT)
    instalments = (
        select(PaymentPlan.case_id, Instalment.amount, Instalment.paid_amount)
        .join(Instalment, Instalment.plan_id == PaymentPlan.id)
        .where(
            Among(PaymentPlan.case_id, case_ids),
            PaymentPlan.state.in_(alive),
            Instalment.state.in_((InstalmentState.OPEN, InstalmentState.MISSED)),
        )
    )
    for row in await session.execute(instalments):
        facts.instalments[row.case_id].add(row.amount - row.paid_amount)
