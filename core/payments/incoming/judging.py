"""The dry run of payments: what is known already, what is ours, and which case each payment is for."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from core.cases.model import Case
from core.importing.model import OnExisting, Outcome
from core.importing.ports import Verdict
from core.importing.reader import Line
from core.importing.reading import Fault, Reading
from core.kernel.i18n import Message, msg
from core.payments.incoming.matched import MatchedLine, new_payment
from core.payments.model import MoneyAccount, Payment, PaymentState
from core.payments.queries.ranking import Asked, kept, ranking
from core.payments.rules.alike import Looks, alike
from core.payments.rules.matching import Match, automatic
from core.payments.statements.lines import Direction, StatementLine

_decode = msgspec.json.Decoder(StatementLine).decode
_encode = msgspec.json.Encoder().encode


class Accounts:
    """Our accounts, by number and currency. ``chosen`` is the one of lines that name none."""

    def __init__(self, accounts: Sequence[MoneyAccount], chosen: MoneyAccount | None) -> None:
        self._by_number: dict[str, list[MoneyAccount]] = defaultdict(list)
        for account in accounts:
            self._by_number[account.number].append(account)
        self._chosen = chosen

    def of(self, line: StatementLine) -> MoneyAccount | Message:
        """The account a line is on, or why there is none."""
        found = self._by_number.get(line.account, []) if line.account else [self._chosen] if self._chosen else []
        if not found and line.account:
            return msg("Account {number} is none of ours. Add it first.", number=line.account)
        if not found:
            return msg("Choose our account: the file does not name it.")
        fitting = (one for one in found if line.currency in ("", one.currency))
        return next(fitting, msg("The account is kept in {currency}.", currency=found[0].currency))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What was found about a line: the payment it is (``known``) or may be (``double``), and its matches."""

    line: MatchedLine
    known: int | None
    double: int | None
    matches: Sequence[Match]

    @property
    def chosen(self) -> Match | None:
        return None if self.double else automatic(self.matches)


class PaymentsJudge:
    """A batch in its dry run. ``seen`` counts lines that are alike in everything, as far as the file was read."""

    def __init__(
        self, reading: Reading, accounts: Accounts, seen: Counter[str], on_existing: OnExisting, today: date
    ) -> None:
        self.reading = reading
        self._accounts = accounts
        self._seen = seen
        self._on_existing = on_existing
        self._today = today

    async def verdicts(self, session: AsyncSession, lines: Sequence[Line]) -> Sequence[Verdict]:
        looked = [self._look(_decode(one.data)) for one in lines]
        judged = iter(await self._judged(session, [one for one in looked if isinstance(one, MatchedLine)]))
        return [next(judged) if isinstance(one, MatchedLine) else one for one in looked]

    def _look(self, line: StatementLine) -> Verdict | MatchedLine:
        """What a line says by itself."""
        if line.reversal:
            return _error("", msg("The bank took an earlier movement back. Withdraw that payment by hand."))
        if line.direction is Direction.OUT:
            return Verdict(outcome=Outcome.SKIP, faults=(Fault.of("", msg("Money that went out.")),))
        if line.value_on > self._today:
            return _error("value_on", msg("The day is still to come."))
        account = self._accounts.of(line)
        if isinstance(account, Message):
            return _error("account", account)
        matched = MatchedLine(line=line, account_id=account.id, currency=account.currency)
        same = new_payment(matched).fingerprint
        self._seen[same] += 1
        return msgspec.structs.replace(matched, occurrence=self._seen[same] - 1)

    async def _judged(self, session: AsyncSession, lines: Sequence[MatchedLine]) -> list[Verdict]:
        prints = [new_payment(line).fingerprint for line in lines]
        known = await _known(session, prints)
        doubles = await _doubles(session, lines)
        ranked = await ranking(session, [_asked(line) for line in lines])
        found = [
            _Found(line=line, known=known.get(mark), double=double, matches=matches)
            for line, mark, double, matches in zip(lines, prints, doubles, ranked, strict=True)
        ]
        numbers = await _numbers(session, {one.matches[0].case_id for one in found if one.matches})
        return [self._verdict(one, numbers) for one in found]

    def _verdict(self, found: _Found, numbers: dict[int, str]) -> Verdict:
        if found.known is not None:
            told = msg("Registered already as payment no. {id}.", id=found.known)
            return Verdict(outcome=Outcome.KNOWN, faults=(Fault.of("", told),), data=_encode(found.line))
        doubt = msg("May be payment no. {id}, which came by another file.", id=found.double)
        if found.double is not None and self._on_existing is OnExisting.SKIP:
            return Verdict(outcome=Outcome.KNOWN, faults=(Fault.of("", doubt),), data=_encode(found.line))
        faults = [] if found.double is None else [Fault.of("", doubt)]
        chosen = found.chosen
        line = msgspec.structs.replace(
            found.line,
            case_id=chosen.case_id if chosen else None,
            claim_id=chosen.claim_id if chosen else None,
            match={**kept(found.matches), **({"double": found.double} if found.double else {})},
        )
        faults += _reasons(found, numbers)
        return Verdict(outcome=Outcome.NEW, faults=tuple(faults), data=_encode(line))


def _error(field: str, told: Message) -> Verdict:
    return Verdict(outcome=Outcome.ERROR, faults=(Fault.of(field, told),))


def _reasons(found: _Found, numbers: dict[int, str]) -> list[Fault]:
    """What the list says of the match: the case with its score, and why."""
    if not found.matches:
        return [Fault.of("case_number", msg("No case was found; it goes to the queue."))]
    best = found.matches[0]
    told = {"number": numbers.get(best.case_id, "?"), "score": best.score}
    if found.chosen is None:
        first = msg("Perhaps {number} ({score} of 100); people decide.", **told)
    else:
        first = msg("Settled on {number} ({score} of 100).", **told)
    return [Fault.of("case_number", first), *(Fault.of("", reason.message) for reason in best.reasons)]


def _asked(matched: MatchedLine) -> Asked:
    line = matched.line
    return Asked(
        amount=line.amount,
        currency=matched.currency,
        purpose=line.purpose,
        payer_name=line.payer_name,
        payer_account=line.payer_account,
        payer_tax_id=line.payer_tax_id,
        paid_to=line.paid_to,
        case_number=line.case_number,
    )


async def _known(session: AsyncSession, prints: Sequence[str]) -> dict[str, int]:
    """Fingerprint → the payment that has it."""
    there = select(Payment.fingerprint, Payment.id).where(Payment.fingerprint.in_(prints))
    return {row.fingerprint: row.id for row in await session.execute(there)}


async def _doubles(session: AsyncSession, lines: Sequence[MatchedLine]) -> list[int | None]:
    """For each line a payment that may be it, though something about it is written differently.

    Payments that are alike in everything are told apart by counting: those are other lines of this very file.
    """
    places = {(line.account_id, line.line.value_on, line.line.amount) for line in lines}
    columns = tuple_(Payment.account_id, Payment.value_on, Payment.amount)
    there: dict[object, list[Payment]] = defaultdict(list)
    for payment in await session.scalars(
        select(Payment).where(columns.in_(places), Payment.state != PaymentState.REVERSED)
    ):
        there[payment.account_id, payment.value_on, payment.amount].append(payment)
    found: list[int | None] = []
    for line in lines:
        others = there.get((line.account_id, line.line.value_on, line.line.amount), ())
        found.append(next((other.id for other in others if _alike(line, other)), None))
    return found


def _alike(line: MatchedLine, other: Payment) -> bool:
    said = line.line
    mine = Looks(said.doc_no, said.payer_account, said.payer_name, said.purpose)
    theirs = Looks(other.doc_no, other.payer_account or "", other.payer_name, other.purpose)
    earlier = (msgspec.structs.replace(line, occurrence=n) for n in range(line.occurrence))
    return alike(mine, theirs) and other.fingerprint not in {new_payment(one).fingerprint for one in earlier}


async def _numbers(session: AsyncSession, case_ids: set[int]) -> dict[int, str]:
    named = select(Case.id, Case.number).where(Case.id.in_(case_ids))
    return {row.id: row.number for row in await session.execute(named)}
