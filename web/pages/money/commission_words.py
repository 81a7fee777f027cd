"""How commission terms and statements to creditors read."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from core.cases.model import COMPONENTS, Creditor
from core.kernel.i18n import Message, msg
from core.kernel.money import Money
from core.payments.model import Remittance, RemittanceState, TermsKind
from core.payments.rules.commission import Band, to_remit
from web.lists import ListSpec
from web.pages import options
from web.pages.cases.case_words import COMPONENT_LABELS
from web.pages.listing import State, Text, Tone

KINDS: Mapping[TermsKind, Message] = {
    TermsKind.FLAT: msg("one percentage"),
    TermsKind.BY_AGE: msg("age of the claim"),
    TermsKind.BY_AMOUNT: msg("sum of the payment"),
    TermsKind.BY_STAGE: msg("stage of work"),
    TermsKind.FIXED: msg("a sum for each case"),
}
STATES: Mapping[RemittanceState, State] = {
    RemittanceState.DRAFT: State(word=msg("draft"), icon="pencil", tone=Tone.ACT),
    RemittanceState.ISSUED: State(word=msg("issued"), icon="circle-check", tone=Tone.LIVE),
    RemittanceState.CANCELLED: State(word=msg("called off"), icon="circle-x"),
}
BAND_FIELDS = ("from", "stage", "percent", "amount")
_IN_FORCE = State(word=msg("in force"), icon="circle-check", tone=Tone.LIVE)
_LATER = State(word=msg("to come"), icon="clock")
_OVER = State(word=msg("over"), icon="circle-off")


def plain(value: Decimal) -> str:
    """A number without idle zeros, as it is typed."""
    return f"{value.normalize():f}"


def numbers(band: Band) -> tuple[Decimal, ...]:
    """The numbers of a row."""
    return (band.start, band.percent, band.amount)


def band_values(band: Band) -> dict[str, str]:
    """A row of the table as the form shows it."""
    shown = {"from": plain(band.start), "percent": plain(band.percent), "amount": plain(band.amount)}
    return {**shown, "stage": band.stage or ""}


def state_of(first: date, last: date | None, today: date) -> State:
    """Whether terms hold today."""
    if first > today:
        return _LATER
    return _OVER if last is not None and last < today else _IN_FORCE


def parts(bases: Iterable[str]) -> Text:
    """What earns, in short."""
    held = [part for part in COMPONENTS if part in set(bases)]
    if len(held) == len(COMPONENTS):
        return msg("all of the debt")
    if len(held) == 1:
        return COMPONENT_LABELS[held[0]]
    return msg("{count} parts of the debt", count=len(held))


def pays(kind: TermsKind, bands: Sequence[Band], stages: Mapping[str, str]) -> Text:
    """The table in one line: ``10 % · from 90: 20 %``."""
    if kind is TermsKind.FIXED:
        return plain(bands[0].amount)
    if kind is TermsKind.BY_STAGE:
        names = (stages.get(band.stage, band.stage) if band.stage else "…" for band in bands)
    else:
        names = (f"{plain(band.start)}+" if band.start else "" for band in bands)
    shares = (f"{plain(band.percent)} %" for band in bands)
    return " · ".join(f"{name}: {share}" if name else share for name, share in zip(names, shares, strict=True))


def sums(one: Remittance) -> Mapping[str, Money]:
    """The figures of a statement by the key of their column."""
    kept = {"commission": one.commission, "vat": one.commission_vat}
    figures = {"collected": one.collected, "direct": one.collected_direct, **kept}
    figures["remitted"] = to_remit(one.collected, one.commission, one.commission_vat)
    return {name: Money(amount, one.currency) for name, amount in figures.items()}


def with_creditors(spec: ListSpec, creditors: Iterable[Creditor]) -> ListSpec:
    """The list with the creditors to filter by."""
    return spec.with_options({"creditor": options.of_rows(creditors)})
