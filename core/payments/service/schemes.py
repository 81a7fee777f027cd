"""Schemes of settlement: shipped, copied and changed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.audit.service import record
from core.kernel.access import Actor
from core.kernel.bulk import insert_missing
from core.kernel.errors import NotFound
from core.kernel.i18n import Translator, msg
from core.kernel.uow import Work
from core.payments import rights
from core.payments.errors import BadScheme, SchemeBuiltin, SchemeKeyTaken
from core.payments.model import Scheme
from core.payments.rules.schemes import SHIPPED, SHIPPED_NAMES, SchemeRules, from_data, scheme_faults, to_data


async def ship_schemes(work: Work, texts: Translator, *, at: datetime) -> None:
    """Add the shipped schemes that are not in the list yet, named in one language."""
    rows = [
        {
            "key": key,
            "name": texts.render(SHIPPED_NAMES[key]),
            "builtin": True,
            "active": True,
            "data": to_data(rules),
            "updated_at": at,
        }
        for key, rules in SHIPPED.items()
    ]
    await insert_missing(work.session, Scheme, rows)


async def list_schemes(session: AsyncSession, actor: Actor) -> Sequence[Scheme]:
    """All schemes, the shipped ones first, then by name."""
    actor.require(rights.VIEW)
    return (await session.scalars(select(Scheme).order_by(Scheme.builtin.desc(), Scheme.name))).all()


async def automatic_schemes(session: AsyncSession) -> Mapping[str, str]:
    """Keys and names of the schemes in use that need nobody to choose lines: what a creditor's payments can be settled
    by. What there is to choose from is no secret within the house."""
    own = await session.scalars(select(Scheme).where(Scheme.active, ~Scheme.builtin).order_by(Scheme.name))
    shipped = {key: key for key, rules in SHIPPED.items() if not rules.manual}
    return {**shipped, **{row.key: row.name for row in own}}


async def schemes_by_key(session: AsyncSession, keys: Collection[str]) -> Mapping[str, SchemeRules]:
    """The rules of schemes in use; shipped ones are there even before they are in the list. A key that does not exist
    is left out."""
    rows = await session.scalars(select(Scheme).where(Scheme.key.in_(keys), Scheme.active, ~Scheme.builtin))
    own = {row.key: from_data(row.data) for row in rows}
    return {**{key: SHIPPED[key] for key in keys if key in SHIPPED}, **own}


async def copy_scheme(work: Work, actor: Actor, scheme_id: int, key: str, name: str, *, at: datetime) -> Scheme:
    """Make a scheme of the agency's own from another. Raises ``SchemeKeyTaken`` or ``BadScheme``."""
    actor.require(rights.SETUP)
    source = await _scheme(work, scheme_id)
    _check_names(key, name)
    if key in SHIPPED or await work.session.scalar(select(Scheme.id).where(Scheme.key == key)) is not None:
        raise SchemeKeyTaken(key=key)
    made = Scheme(key=key, name=name.strip(), data={**source.data, "key": key, "confirmed": False}, updated_at=at)
    work.session.add(made)
    await work.session.flush()
    record(work, actor, "scheme.copied", ("scheme", made.id), {"from": (None, source.key)}, at=at)
    return made


async def edit_scheme(
    work: Work, actor: Actor, scheme_id: int, name: str, rules: SchemeRules, *, active: bool, at: datetime
) -> None:
    """Change a scheme of the agency's own; its key stays. Raises ``SchemeBuiltin`` or ``BadScheme``."""
    actor.require(rights.SETUP)
    scheme = await _scheme(work, scheme_id)
    if scheme.builtin:
        raise SchemeBuiltin()
    _check_names(scheme.key, name)
    faults = scheme_faults(rules)
    if faults:
        raise BadScheme(faults)
    data = to_data(msgspec.structs.replace(rules, key=scheme.key))
    changes = {"name": (scheme.name, name), "active": (scheme.active, active), "data": (scheme.data, data)}
    record(work, actor, "scheme.changed", ("scheme", scheme_id), changes, at=at)
    scheme.name, scheme.data, scheme.active, scheme.updated_at = name.strip(), data, active, at


async def _scheme(work: Work, scheme_id: int) -> Scheme:
    scheme = await work.session.get(Scheme, scheme_id)
    if scheme is None:
        raise NotFound()
    return scheme


def _check_names(key: str, name: str) -> None:
    if not name.strip():
        raise BadScheme({"name": msg("Enter a name.")})
    if not key.isidentifier() or not key.isascii() or len(key) > _LONGEST_KEY:
        raise BadScheme({"key": msg("Use up to 40 letters, digits and underscores, a letter first.")})


_LONGEST_KEY = 40
