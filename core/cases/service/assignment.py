"""Assignment rules: the directory in its order, and handing cases out by it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import altered, record
from core.cases import rights
from core.cases.model import AssignmentRule, Case, CaseEvent, CaseState, EventKind, WorkSettings
from core.cases.rules.assignment import Deal, Dealt, Rule, deal
from core.cases.service.scoring import settings_for
from core.kernel.access import PROGRAM, Actor
from core.kernel.bulk import insert_many
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg
from core.kernel.uow import Work
from core.parties.model import Party
from core.people.model import User


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleData:
    """What may be changed of a rule. Cases go to ``user_ids``, or to the collectors of ``unit_id``."""

    name: str
    active: bool = True
    creditor_id: int | None = None
    stage_id: int | None = None
    language: str | None = None
    currency: str | None = None
    min_amount: Decimal | None = None
    max_amount: Decimal | None = None
    unit_id: int | None = None
    user_ids: tuple[int, ...] = ()
    max_load: int | None = None

    def faults(self) -> dict[str, Message]:
        """What is wrong with it, by field."""
        found: dict[str, Message] = {}
        if not self.name.strip():
            found["name"] = msg("Give it a name.")
        if (self.unit_id is None) == (not self.user_ids):
            found["user_ids"] = msg("Choose a department or people, one of the two.")
        if self.min_amount is not None and self.max_amount is not None and self.min_amount > self.max_amount:
            found["max_amount"] = msg("The upper amount is below the lower one.")
        if self.max_load is not None and self.max_load < 1:
            found["max_load"] = msg("Enter a number above zero.")
        return found


async def save_rule(work: Work, actor: Actor, rule_id: int | None, data: RuleData, *, at: datetime) -> AssignmentRule:
    """Add a rule at the end, or change one. Raises ``Invalid`` or ``NotFound``."""
    actor.require(rights.WORKLISTS)
    if faults := data.faults():
        raise Invalid(faults)
    rule = await work.session.get(AssignmentRule, rule_id) if rule_id is not None else await _new_rule(work)
    if rule is None:
        raise NotFound()
    fields = tuple(RuleData.__dataclass_fields__)
    values = {name: getattr(data, name) for name in fields} | {"user_ids": list(data.user_ids)}
    changes = altered(rule, values)
    await work.session.flush()
    record(work, actor, "assignment.saved", ("assignment_rule", rule.id), changes, at=at)
    return rule


async def _new_rule(work: Work) -> AssignmentRule:
    last = await work.session.scalar(select(func.max(AssignmentRule.position)))
    rule = AssignmentRule(position=(last or 0) + 1, name="", user_ids=[])
    work.session.add(rule)
    return rule


async def remove_rule(work: Work, actor: Actor, rule_id: int, *, at: datetime) -> None:
    """Delete a rule. Raises ``NotFound``."""
    actor.require(rights.WORKLISTS)
    gone = delete(AssignmentRule).where(AssignmentRule.id == rule_id).returning(AssignmentRule.name)
    name = (await work.session.execute(gone)).scalar_one_or_none()
    if name is None:
        raise NotFound()
    record(work, actor, "assignment.removed", ("assignment_rule", rule_id), {"name": (name, None)}, at=at)


async def move_rule(work: Work, actor: Actor, rule_id: int, *, up: bool, at: datetime) -> None:
    """Let a rule change places with its neighbour; at the end nothing happens. Raises ``NotFound``."""
    actor.require(rights.WORKLISTS)
    rows = list(await work.session.scalars(_in_order().with_for_update()))
    here = next((n for n, row in enumerate(rows) if row.id == rule_id), None)
    if here is None:
        raise NotFound()
    there = here - 1 if up else here + 1
    if 0 <= there < len(rows):
        rows[here], rows[there] = rows[there], rows[here]
        record(work, actor, "assignment.moved", ("assignment_rule", rule_id), {"position": (here, there)}, at=at)
    for position, row in enumerate(rows, 1):
        row.position = position


def _in_order() -> Select[AssignmentRule]:
    return select(AssignmentRule).order_by(AssignmentRule.position, AssignmentRule.id)


async def switch_new(work: Work, actor: Actor, *, on: bool, at: datetime) -> None:
    """Whether new cases are handed out as they come in."""
    actor.require(rights.WORKLISTS)
    held = await settings_for(work, at=at)
    record(
        work, actor, "assignment.new_cases", ("work_settings", held.id), {"assign_new": (held.assign_new, on)}, at=at
    )
    held.assign_new, held.updated_by_id, held.updated_at = on, actor.user_id or None, at


async def every_rule(session: AsyncSession) -> Sequence[AssignmentRule]:
    """The directory in its order."""
    return (await session.scalars(_in_order())).all()


class Dealer:
    """Hands cases out by the rules in force, one after the other: what was dealt counts for what follows."""

    def __init__(self, rules: Sequence[Rule], loads: dict[int, int]) -> None:
        self._rules = rules
        self._loads = loads

    @classmethod
    async def of(cls, session: AsyncSession) -> "Dealer":
        """By the rules and loads of this moment."""
        rows = [row for row in await every_rule(session) if row.active]
        crews = await _crews(session, {row.unit_id for row in rows if row.unit_id is not None})
        here = set(await session.scalars(select(User.id).where(User.active)))
        rules = [_rule(row, crews, here) for row in rows]
        return cls(rules, await loads(session, {user for rule in rules for user in rule.people}))

    @classmethod
    async def locked(cls, work: Work, *, at: datetime) -> "Dealer":
        """The same while nobody else deals, until the transaction ends: nobody gets more than he may hold."""
        await settings_for(work, at=at)
        return await cls.of(work.session)

    async def deal(self, session: AsyncSession, cases: Sequence[Case]) -> Mapping[int, Dealt]:
        """Where each case goes, in their order."""
        debtors = {case.debtor_id for case in cases if case.debtor_id is not None}
        spoken = await session.execute(select(Party.id, Party.language).where(Party.id.in_(debtors)))
        languages = {row.id: row.language for row in spoken}
        return deal([_deal(case, languages.get(case.debtor_id or 0)) for case in cases], self._rules, self._loads)


async def loads(session: AsyncSession, user_ids: Collection[int] | None = None) -> dict[int, int]:
    """Open cases of each collector, of these users or of all."""
    held = select(Case.collector_id, func.count()).where(Case.state == CaseState.OPEN)
    narrowed = held.where(Case.collector_id.is_not(None) if user_ids is None else Case.collector_id.in_(user_ids))
    return {user: count for user, count in await session.execute(narrowed.group_by(Case.collector_id)) if user}


async def hand_out_new(work: Work, case_ids: Sequence[int], *, at: datetime) -> None:
    """Hand out cases that have just come in, if that is switched on; those no rule has room for stay with nobody."""
    on = await work.session.scalar(select(WorkSettings.assign_new).where(WorkSettings.id == 1))
    if not on or not case_ids:
        return
    fresh = select(Case).where(Case.id.in_(case_ids), Case.collector_id.is_(None)).order_by(Case.id)
    cases = (await work.session.scalars(fresh)).all()
    dealt = await (await Dealer.locked(work, at=at)).deal(work.session, cases)
    given: dict[int, list[int]] = {}
    for case_id, one in dealt.items():
        if one.user_id is not None:
            given.setdefault(one.user_id, []).append(case_id)
    for user_id, ids in given.items():
        unit_id = await work.session.scalar(select(User.unit_id).where(User.id == user_id))
        values = {"collector_id": user_id} | ({} if unit_id is None else {"unit_id": unit_id})
        await work.session.execute(update(Case).where(Case.id.in_(ids)).values(values))
        told = {"kind": EventKind.ASSIGNED, "at": at, "actor_id": None, "data": {"collector_id": user_id}, "text": ""}
        await insert_many(work.session, CaseEvent, [{"case_id": case_id, **told} for case_id in ids])
        record(work, PROGRAM, "assignment.handed_out", ("user", user_id), {"cases": (None, len(ids))}, at=at)


async def _crews(session: AsyncSession, unit_ids: Collection[int]) -> dict[int, list[int]]:
    """The collectors of each unit: who is here and has a phone."""
    crew = select(User.unit_id, User.id).where(User.unit_id.in_(unit_ids), User.extension.is_not(None))
    found: dict[int, list[int]] = {}
    for unit_id, user_id in await session.execute(crew.order_by(User.id)):
        found.setdefault(unit_id or 0, []).append(user_id)
    return found


def _rule(row: AssignmentRule, crews: Mapping[int, Sequence[int]], here: Collection[int]) -> Rule:
    people = row.user_ids or crews.get(row.unit_id or 0, ())
    return Rule(
        rule_id=row.id,
        people=[user for user in people if user in here],
        creditor_id=row.creditor_id,
        stage_id=row.stage_id,
        language=row.language,
        currency=row.currency,
        min_amount=row.min_amount,
        max_amount=row.max_amount,
        max_load=row.max_load,
    )


def _deal(case: Case, language: str | None) -> Deal:
    return Deal(
        case_id=case.id,
        creditor_id=case.creditor_id,
        stage_id=case.stage_id,
        language=language,
        currency=case.currency,
        amount=case.open_amount,
        holder=case.collector_id,
    )
