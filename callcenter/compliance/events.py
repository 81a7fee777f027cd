"""What happened in the ledger of contacts. Events say "look again", the rows hold the facts."""

from dataclasses import dataclass

from callcenter.compliance.law.terms import BlockKind
from callcenter.compliance.model import AttemptState
from core.kernel.events import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptChanged(Event):
    """An attempt was reserved or its state changed."""

    attempt_id: int
    call_id: int | None
    party_id: int
    case_id: int
    state: AttemptState


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactRefused(Event):
    """Contact law denied a contact."""

    party_id: int
    case_id: int
    call_id: int | None
    rule_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockAdded(Event):
    """A person, case or phone may no longer be contacted."""

    block_id: int
    kind: BlockKind
    party_id: int | None
    case_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockLifted(Event):
    """A block no longer holds."""

    block_id: int
    kind: BlockKind
    party_id: int | None
    case_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RulesChanged(Event):
    """Limits, hours, holidays or the choice of a jurisdiction changed."""
