"""Keeping blocks and changing rules: do-not-call requests, legal blocks, limits, hours, holidays."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import delete, update

from callcenter.compliance.errors import (
    ReasonMissing,
    SubjectMissing,
    UnknownBlock,
    UnknownRule,
)
from callcenter.compliance.events import BlockAdded, BlockLifted, RulesChanged
from callcenter.compliance.law.days import DayType
from callcenter.compliance.law.terms import BlockKind, Hours, Jurisdiction, Limit, Opening, Severity
from callcenter.compliance.model import CalendarDay, ContactBlock, RuleSetting
from callcenter.compliance.rights import BLOCK, LIFT, RULES
from callcenter.compliance.rulebook import shipped_rule
from core.audit.service import Changes, Subject, record
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.uow import Work


class Registry:
    """Use cases of those who keep the blocks and the rules."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def block(
        self,
        work: Work,
        actor: Actor,
        kind: BlockKind,
        *,
        basis: str,
        party_id: int | None = None,
        case_id: int | None = None,
        phone: str | None = None,
        ends_at: datetime | None = None,
    ) -> ContactBlock:
        """Forbid contact with a person, on a case, or on a phone (E.164), from now until ``ends_at`` or until lifted.

        It is committed before anybody is told that it holds. Raises ``SubjectMissing`` or ``ReasonMissing``.
        """
        actor.require(BLOCK)
        if party_id is None and case_id is None and phone is None:
            raise SubjectMissing
        row = ContactBlock(
            kind=kind,
            party_id=party_id,
            case_id=case_id,
            phone=phone,
            basis=_said(basis),
            ends_at=ends_at,
            added_at=self._clock.now(),
            added_by=actor.user_id,
        )
        work.session.add(row)
        await work.session.flush()
        changes = {"kind": (None, kind.value), "basis": (None, row.basis), "ends_at": (None, ends_at)}
        record(work, actor, BLOCK, ("contact_block", row.id), changes, at=row.added_at)
        work.emit(BlockAdded(at=row.added_at, block_id=row.id, kind=kind, party_id=party_id, case_id=case_id))
        return row

    async def lift(self, work: Work, actor: Actor, block_id: int, reason: str) -> None:
        """End a block. Raises ``UnknownBlock`` when somebody was faster."""
        actor.require(LIFT)
        now = self._clock.now()
        row = await work.session.scalar(
            update(ContactBlock)
            .where(ContactBlock.id == block_id, ContactBlock.lifted_at.is_(None))
            .values(lifted_at=now, lifted_by=actor.user_id, lift_reason=_said(reason))
            .returning(ContactBlock)
        )
        if row is None:
            raise UnknownBlock
        record(work, actor, LIFT, ("contact_block", row.id), {"lift_reason": (None, row.lift_reason)}, at=now)
        kind = BlockKind(row.kind)
        work.emit(BlockLifted(at=now, block_id=row.id, kind=kind, party_id=row.party_id, case_id=row.case_id))

    async def change_rule(
        self,
        work: Work,
        actor: Actor,
        rule_id: str,
        *,
        reason: str,
        maximum: int | None = None,
        severity: Severity | None = None,
        openings: Mapping[DayType, Opening | None] | None = None,
    ) -> None:
        """Change a rule for everybody; what is left None stays as the law has it.

        Raises ``UnknownRule`` when there is no such rule or it has no maximum or no hours to change.
        """
        actor.require(RULES)
        rule = shipped_rule(rule_id)
        if rule is None or (maximum is not None and not isinstance(rule, Limit)):
            raise UnknownRule
        if openings is not None and not isinstance(rule, Hours):
            raise UnknownRule
        bounds = {day.value: [one.opens, one.closes] if one else None for day, one in (openings or {}).items()}
        await work.session.merge(
            RuleSetting(
                rule_id=rule_id,
                maximum=maximum,
                severity=severity,
                openings=bounds or None,
                reason=_said(reason),
                changed_at=self._clock.now(),
                changed_by=actor.user_id,
            )
        )
        values = {"maximum": maximum, "severity": severity, "openings": bounds or None, "reason": reason}
        self._changed(work, actor, ("contact_rule", rule_id), {name: (None, value) for name, value in values.items()})

    async def restore_rule(self, work: Work, actor: Actor, rule_id: str) -> None:
        """Go back to what the law says."""
        actor.require(RULES)
        await work.session.execute(delete(RuleSetting).where(RuleSetting.rule_id == rule_id))
        self._changed(work, actor, ("contact_rule", rule_id), {"restored": (False, True)})

    async def set_day(
        self, work: Work, actor: Actor, jurisdiction: Jurisdiction, day: date, *, day_type: DayType, note: str
    ) -> None:
        """Say what kind of day a single date is: a regional holiday, a transferred day of rest, a working Saturday."""
        actor.require(RULES)
        row = CalendarDay(jurisdiction=jurisdiction, day=day, day_type=day_type, note=_said(note))
        await work.session.merge(row)
        subject = ("contact_day", f"{jurisdiction.value} {day.isoformat()}")
        self._changed(work, actor, subject, {"day_type": (None, day_type.value), "note": (None, row.note)})

    def _changed(self, work: Work, actor: Actor, subject: Subject, changes: Changes) -> None:
        now = self._clock.now()
        record(work, actor, RULES, subject, changes, at=now)
        work.emit(RulesChanged(at=now))


def _said(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()
