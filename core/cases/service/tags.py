"""Tags: the directory, and marking cases with them."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from core.audit.service import record
from core.cases import rights
from core.cases.errors import TagNameTaken
from core.cases.model import CaseTag, EventKind, Tag
from core.cases.service.access import case_for
from core.cases.service.timeline import add_event
from core.kernel.access import Actor
from core.kernel.bulk import insert_or_ignore
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import msg
from core.kernel.uow import Work


async def save_tag(work: Work, actor: Actor, tag_id: int | None, name: str, *, active: bool, at: datetime) -> Tag:
    """Add a tag, or change it. Raises ``Invalid`` without a name, ``TagNameTaken`` or ``NotFound``."""
    actor.require(rights.WORKLISTS)
    if not name.strip():
        raise Invalid({"name": msg("Give it a name.")})
    tag = Tag(name="", active=True) if tag_id is None else await work.session.get(Tag, tag_id)
    if tag is None:
        raise NotFound()
    changes = {"name": (tag.name, name.strip()), "active": (tag.active, active)}
    try:
        async with work.session.begin_nested():
            work.session.add(tag)
            tag.name, tag.active = name.strip()[:60], active
    except IntegrityError as error:
        raise TagNameTaken(name=name.strip()) from error
    record(work, actor, "tag.saved", ("tag", tag.id), changes, at=at)
    return tag


async def tag_case(work: Work, actor: Actor, case_id: int, tag_id: int, *, at: datetime) -> bool:
    """Mark a case; whether it was news. Raises ``NotFound`` for a tag that is not in use."""
    await case_for(work.session, actor, case_id, rights.EDIT)
    tag = await work.session.get(Tag, tag_id)
    if tag is None or not tag.active:
        raise NotFound()
    marked = insert_or_ignore(work.session, CaseTag).values(case_id=case_id, tag_id=tag_id)
    if (await work.session.execute(marked.returning(CaseTag.__table__.c.tag_id))).scalar_one_or_none() is None:
        return False
    _tell(work, actor, case_id, tag.name, at, added=True)
    return True


async def untag_case(work: Work, actor: Actor, case_id: int, tag_id: int, *, at: datetime) -> bool:
    """Take a mark off; whether it was there."""
    await case_for(work.session, actor, case_id, rights.EDIT)
    taken = delete(CaseTag).where(CaseTag.case_id == case_id, CaseTag.tag_id == tag_id).returning(CaseTag.tag_id)
    if (await work.session.execute(taken)).scalar_one_or_none() is None:
        return False
    name = await work.session.scalar(select(Tag.name).where(Tag.id == tag_id))
    _tell(work, actor, case_id, name or "", at, added=False)
    return True


def _tell(work: Work, actor: Actor, case_id: int, name: str, at: datetime, *, added: bool) -> None:
    changes = {"tag": (None, name) if added else (name, None)}
    record(work, actor, "case.tagged" if added else "case.untagged", ("case", case_id), changes, at=at)
    add_event(work, case_id, EventKind.TAG, at, actor=actor, data={"tag": name, "added": added})
