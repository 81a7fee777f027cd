"""Schemes of settlement as data (domain 2.5): the order of claims, the ranks of components, how a rank is split.

The texts of law behind the shipped ones stand beside them; ``confirmed`` says that the clause was read in a source,
not that a lawyer has approved of how an agency uses it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from core.cases.model import Component, Jurisdiction
from core.kernel.i18n import Message, msg


class Scope(StrEnum):
    """What the ranks are gone through for: each claim by itself, the claims of one contract together, or all."""

    CLAIM = "claim"
    CONTRACT = "contract"
    POOL = "pool"


class When(StrEnum):
    """Which sums of a component a rank means."""

    ANY = "any"
    OVERDUE = "overdue"
    CURRENT = "current"


class Split(StrEnum):
    """How a rank is shared that the money does not cover: one after the other, or by what is open."""

    SEQUENTIAL = "sequential"
    PRO_RATA = "pro_rata"


class Rank(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Components that are paid together, before those of the next rank. ``SEQUENTIAL`` takes the oldest due claim
    first and, within it, the components in the order given."""

    components: tuple[Component, ...]
    when: When = When.ANY
    split: Split = Split.SEQUENTIAL

    def takes(self, component: Component, *, overdue: bool) -> bool:
        """Whether a sum belongs here."""
        return component in self.components and self.when in (When.ANY, When.OVERDUE if overdue else When.CURRENT)


class SchemeRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scheme. ``designation``: claims the debtor named come before all others. ``ties``: how claims (or contracts)
    due on the same day share. ``clause`` is the source. One without ranks is settled line by line by hand."""

    key: str
    scope: Scope
    ranks: tuple[Rank, ...]
    designation: bool = True
    ties: Split = Split.SEQUENTIAL
    clause: str = ""
    confirmed: bool = False

    @property
    def manual(self) -> bool:
        return not self.ranks

    @property
    def exact_in_any_order(self) -> bool:
        """Whether payments of one day, designated alike, end in the same sum on every component of every claim in
        whatever order they are settled.

        So where everything is sequential and claims stand by themselves or all together. A share by proportion is
        rounded once for each payment: then only the sums of each rank within a scope are the same; with proportional
        ``ties``, the sums of all claims due on one day. A contract whose first claim was paid off stands behind one
        whose first claim is older by then: one payment goes on within it where two turn to the other.
        """
        if self.scope is Scope.CONTRACT:
            return False
        return self.ties is Split.SEQUENTIAL and all(rank.split is Split.SEQUENTIAL for rank in self.ranks)


def to_data(scheme: SchemeRules) -> dict[str, Any]:
    """As it is kept in a row."""
    data: dict[str, Any] = msgspec.to_builtins(scheme)
    return data


def from_data(data: Mapping[str, Any]) -> SchemeRules:
    """Back from a row. Raises ``msgspec.ValidationError`` for what is no scheme."""
    return msgspec.convert(data, SchemeRules)


def scheme_faults(scheme: SchemeRules) -> dict[str, Message]:
    """What is wrong with a scheme, by field: every sum must belong to exactly one rank, or money could not reach
    it."""
    if scheme.manual:
        return {"ranks": msg("Add at least one rank.")}
    for component in Component:
        for overdue in (True, False):
            found = sum(rank.takes(component, overdue=overdue) for rank in scheme.ranks)
            label = COMPONENT_LABELS[component]
            if not found:
                return {"ranks": msg("No rank takes {component}.", component=label)}
            if found > 1:
                return {"ranks": msg("More than one rank takes {component}.", component=label)}
    return {}


COMPONENT_LABELS: Mapping[Component, Message] = {
    Component.PRINCIPAL: msg("principal"),
    Component.CONTRACTUAL_INTEREST: msg("contractual interest"),
    Component.STATUTORY_INTEREST: msg("interest for the delay"),
    Component.PENALTY: msg("penalty"),
    Component.CREDITOR_FEES: msg("creditor's fees"),
    Component.COURT_COSTS: msg("court costs"),
    Component.AGENCY_FEES: msg("agency's fees"),
}

_COSTS = (Component.COURT_COSTS, Component.CREDITOR_FEES, Component.AGENCY_FEES)
_INTEREST = (Component.CONTRACTUAL_INTEREST,)
_PRINCIPAL = (Component.PRINCIPAL,)
_SANCTIONS = (Component.STATUTORY_INTEREST, Component.PENALTY)

RU_319 = SchemeRules(
    key="RU_319",
    scope=Scope.CLAIM,
    ranks=(
        Rank(components=_COSTS),
        Rank(components=_INTEREST),
        Rank(components=_PRINCIPAL),
        Rank(components=_SANCTIONS),
    ),
    ties=Split.PRO_RATA,
    clause="ст. 319, 319.1 ГК РФ; п. 37–40 постановления Пленума ВС РФ от 22.11.2016 № 54",
    confirmed=True,
)
RU_353_CONSUMER = SchemeRules(
    key="RU_353_CONSUMER",
    scope=Scope.CONTRACT,
    ranks=(
        Rank(components=_INTEREST, when=When.OVERDUE),
        Rank(components=_PRINCIPAL, when=When.OVERDUE),
        Rank(components=_INTEREST, when=When.CURRENT),
        Rank(components=_PRINCIPAL, when=When.CURRENT),
        Rank(components=_COSTS),
        Rank(components=_SANCTIONS),
    ),
    ties=Split.PRO_RATA,
    clause="ч. 20 ст. 5 Федерального закона от 21.12.2013 № 353-ФЗ",
    confirmed=True,
)
UA_534 = SchemeRules(
    key="UA_534",
    scope=Scope.CLAIM,
    ranks=(
        Rank(components=_COSTS),
        Rank(components=(*_INTEREST, *_SANCTIONS), split=Split.PRO_RATA),
        Rank(components=_PRINCIPAL),
    ),
    clause="ст. 534 ЦК України",
    confirmed=True,
)
UA_CONSUMER = SchemeRules(
    key="UA_CONSUMER",
    scope=Scope.CONTRACT,
    ranks=(
        Rank(components=(*_PRINCIPAL, *_INTEREST), when=When.OVERDUE, split=Split.PRO_RATA),
        Rank(components=(*_PRINCIPAL, *_INTEREST), when=When.CURRENT, split=Split.PRO_RATA),
        Rank(components=(*_SANCTIONS, *_COSTS)),
    ),
    clause="ст. 19 Закону України «Про споживче кредитування» № 1734-VIII",
)
PL_451 = SchemeRules(
    key="PL_451",
    scope=Scope.CLAIM,
    ranks=(
        Rank(components=(*_COSTS, *_INTEREST, *_SANCTIONS)),
        Rank(components=_PRINCIPAL),
    ),
    clause="art. 451 Kodeksu cywilnego",
    confirmed=True,
)
OLDEST_FIRST = SchemeRules(
    key="OLDEST_FIRST",
    scope=Scope.CLAIM,
    ranks=(Rank(components=(*_COSTS, *_INTEREST, *_PRINCIPAL, *_SANCTIONS)),),
)
PRO_RATA = SchemeRules(
    key="PRO_RATA", scope=Scope.POOL, ranks=(Rank(components=tuple(Component), split=Split.PRO_RATA),)
)
PRINCIPAL_FIRST = SchemeRules(
    key="PRINCIPAL_FIRST",
    scope=Scope.POOL,
    ranks=(Rank(components=_PRINCIPAL), Rank(components=(*_INTEREST, *_SANCTIONS, *_COSTS))),
)
MANUAL = SchemeRules(key="MANUAL", scope=Scope.POOL, ranks=())

#: What the program comes with, by key, in the order it is offered.
SHIPPED: Mapping[str, SchemeRules] = {
    scheme.key: scheme
    for scheme in (
        RU_319,
        RU_353_CONSUMER,
        UA_534,
        UA_CONSUMER,
        PL_451,
        OLDEST_FIRST,
        PRO_RATA,
        PRINCIPAL_FIRST,
        MANUAL,
    )
}
#: Names of the shipped schemes.
SHIPPED_NAMES: Mapping[str, Message] = {
    "RU_319": msg("Russia, civil code art. 319"),
    "RU_353_CONSUMER": msg("Russia, consumer credit"),
    "UA_534": msg("Ukraine, civil code art. 534"),
    "UA_CONSUMER": msg("Ukraine, consumer credit"),
    "PL_451": msg("Poland, civil code art. 451"),
    "OLDEST_FIRST": msg("Oldest claim first"),
    "PRO_RATA": msg("In proportion to what is open"),
    "PRINCIPAL_FIRST": msg("Principal first"),
    "MANUAL": msg("Line by line by hand"),
}
_BY_LAW = {Jurisdiction.RU: "RU_319", Jurisdiction.UA: "UA_534", Jurisdiction.PL: "PL_451"}


def default_key(creditor_scheme: str | None, jurisdiction: str) -> str:
    """The scheme a case is settled by when nobody chooses: the creditor's, else that of the law, else oldest first."""
    return creditor_scheme or _BY_LAW.get(Jurisdiction(jurisdiction), OLDEST_FIRST.key)
