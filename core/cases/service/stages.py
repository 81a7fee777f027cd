"""The stages a case passes on its way: added, ordered, switched off, deleted while nothing stands on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, select

from core.audit.service import record
from core.cases import rights
from core.cases.errors import StageKeyTaken, StageUsed
from core.cases.model import AssignmentRule, Case, Stage
from core.kernel.access import Actor
from core.kernel.errors import NotFound
from core.kernel.uow import Work
from core.people.model import RoleStage


@dataclass(frozen=True, kw_only=True, slots=True)
class StageData:
    """What is known of a stage. ``role_ids`` are the roles responsible for it; None leaves them as they are."""

    name: str
    active: bool = True
    script: tuple[str, ...] = ()
    role_ids: tuple[int, ...] | None = None


async def add_stage(work: Work, actor: Actor, key: str, data: StageData, *, at: datetime) -> Stage:
    """Add a stage behind the last one. Raises ``StageKeyTaken``."""
    actor.require(rights.CREDITORS)
    if await work.session.scalar(select(Stage.id).where(Stage.key == key)) is not None:
        raise StageKeyTaken(key=key)
    last = await work.session.scalar(select(func.max(Stage.position))) or 0
    stage = Stage(key=key, name=data.name, position=last + 1, active=data.active, script=list(data.script))
    work.session.add(stage)
    await work.session.flush()
    await _entrust(work, key, data.role_ids)
    record(work, actor, "stage.added", ("stage", stage.id), {"name": (None, data.name)}, at=at)
    return stage


async def change_stage(work: Work, actor: Actor, stage_id: int, data: StageData, *, at: datetime) -> Stage:
    """Change a stage, or switch it off: the cases on it stay, no case can come to it."""
    actor.require(rights.CREDITORS)
    stage = await _stage(work, stage_id)
    changes = {
        "name": (stage.name, data.name),
        "active": (stage.active, data.active),
        "script": (stage.script, list(data.script)),
    }
    stage.name, stage.active, stage.script = data.name, data.active, list(data.script)
    await _entrust(work, stage.key, data.role_ids)
    record(work, actor, "stage.changed", ("stage", stage_id), changes, at=at)
    return stage


async def order_stages(work: Work, actor: Actor, stage_ids: Sequence[int], *, at: datetime) -> None:
    """Put the stages into this order; those not named follow as they were."""
    actor.require(rights.CREDITORS)
    stages = {stage.id: stage for stage in await work.session.scalars(select(Stage).with_for_update())}
    named = [stages[one] for one in dict.fromkeys(stage_ids) if one in stages]
    others = sorted((one for one in stages.values() if one not in named), key=lambda one: (one.position, one.id))
    for position, stage in enumerate([*named, *others], start=1):
        stage.position = position
    order = [stage.key for stage in (*named, *others)]
    record(work, actor, "stage.ordered", ("stage", 0), {"order": (None, order)}, at=at)


async def delete_stage(work: Work, actor: Actor, stage_id: int, *, at: datetime) -> None:
    """Delete a stage no case stands or ever stood on. Raises ``StageUsed``: such a stage can be switched off."""
    actor.require(rights.CREDITORS)
    stage = await _stage(work, stage_id)
    stands = exists().where(Case.stage_id == stage_id)
    named = exists().where(AssignmentRule.stage_id == stage_id)
    if await work.session.scalar(select(stands | named)):
        raise StageUsed(name=stage.name)
    await work.session.execute(delete(RoleStage).where(RoleStage.stage == stage.key))
    await work.session.delete(stage)
    record(work, actor, "stage.deleted", ("stage", stage_id), {"name": (stage.name, None)}, at=at)


async def _stage(work: Work, stage_id: int) -> Stage:
    stage = await work.session.get(Stage, stage_id, with_for_update=True)
    if stage is None:
        raise NotFound
    return stage


async def _entrust(work: Work, key: str, role_ids: Sequence[int] | None) -> None:
    """Make exactly these roles responsible for the stage."""
    if role_ids is None:
        return
    await work.session.execute(delete(RoleStage).where(RoleStage.stage == key))
    work.session.add_all(RoleStage(role_id=one, stage=key) for one in dict.fromkeys(role_ids))
    await work.session.flush()
