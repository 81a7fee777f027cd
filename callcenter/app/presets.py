"""Roles and profiles the program comes with. They are a start: every one can be changed, none is asked for by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from callcenter.app.rights import KEYS
from core.kernel.access import Scope
from core.kernel.i18n import Message, Translator
from core.kernel.uow import Work
from core.people.model import Profile, ProfileRight, Role, RoleProfile
from core.people.shipped import PROFILE_NAMES, ROLE_NAMES

OWN, TEAM, DEPARTMENT, ALL = Scope.OWN, Scope.TEAM, Scope.DEPARTMENT, Scope.ALL


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfilePreset:
    """A profile by its stable key."""

    key: str
    name: Message
    rights: Mapping[str, Scope]


@dataclass(frozen=True, kw_only=True, slots=True)
class RolePreset:
    """A role by its stable key, the keys of its profiles and of the role it reports to."""

    key: str
    name: Message
    profiles: tuple[str, ...]
    parent: str | None = None


def _all(scope: Scope, *keys: str) -> dict[str, Scope]:
    return dict.fromkeys(keys, scope)


_DESK = (
    "cases.view",
    "cases.edit",
    "promises.edit",
    "plans.edit",
    "tasks.edit",
    "payments.cash",
    "calls.view",
    "calls.dial",
    "calls.control",
    "calls.result",
    "callbacks.view",
    "callbacks.edit",
    "voicemail.listen",
    "agents.state",
    "campaigns.work",
    "recordings.listen",
    "recordings.annotate",
    "recordings.pause",
    "productivity.view",
)
_LEAD = (
    "agents.view",
    "queues.view",
    "ivr.view",
    "agents.log_out",
    "supervision.board",
    "supervision.wall",
    "supervision.listen",
    "supervision.whisper",
    "supervision.barge",
    "supervision.take_over",
    "supervision.message",
    "supervision.coach",
    "campaigns.view",
    "campaigns.run",
    "cases.assign",
    "cases.mass",
    "plans.approve",
    "planning.view",
    "productivity.plan",
    "compliance.block",
    "recordings.moderate",
    "users.view",
    "sessions.kill",
)
_REPORTS = (
    "campaigns.edit",
    "campaigns.export",
    "productivity.export",
    "calls.export",
    "cases.export",
    "recordings.download",
)

PROFILES = (
    ProfilePreset(key="everything", name=PROFILE_NAMES["everything"], rights=dict.fromkeys(sorted(KEYS), ALL)),
    ProfilePreset(key="desk", name=PROFILE_NAMES["desk"], rights={**_all(OWN, *_DESK), "compliance.block": OWN}),
    ProfilePreset(
        key="team",
        name=PROFILE_NAMES["team"],
        rights={**_all(TEAM, *_DESK, *_LEAD, "productivity.export"), "compliance.override": TEAM},
    ),
    ProfilePreset(
        key="department",
        name=PROFILE_NAMES["department"],
        rights={
            **_all(DEPARTMENT, *_DESK, *_LEAD, *_REPORTS, "users.edit", "cases.close"),
            **_all(ALL, "creditors.view", "creditors.edit", "orders.edit", "cases.import"),
            **_all(ALL, "compliance.override", "compliance.lift", "announcements.edit", "views.share"),
            **_all(ALL, "calls.directory", "agents.directory", "units.edit", "queues.edit", "ivr.edit"),
            **_all(ALL, "worklists.setup", "company.edit", "planning.edit", "planning.bonus", "interest.edit"),
            **_all(ALL, "payments.view", "payments.export", "commission.view", "ledger.edit"),
        },
    ),
    ProfilePreset(
        key="registry",
        name=PROFILE_NAMES["registry"],
        rights={
            **_all(ALL, "cases.view", "cases.edit", "cases.import", "cases.export"),
            **_all(ALL, "orders.edit", "creditors.view", "compliance.block", "cases.mass", "tasks.edit"),
            **_all(OWN, "callbacks.view", "callbacks.edit"),
        },
    ),
    ProfilePreset(
        key="money",
        name=PROFILE_NAMES["money"],
        rights={
            **_all(ALL, "cases.view", "cases.export", "creditors.view", "ledger.edit", "interest.edit"),
            **_all(ALL, *sorted(key for key in KEYS if key.startswith(("payments.", "commission.")))),
            **_all(ALL, "planning.view", "planning.bonus"),
        },
    ),
)

ROLES = (
    RolePreset(key="administrator", name=ROLE_NAMES["administrator"], profiles=("everything",)),
    RolePreset(key="manager", name=ROLE_NAMES["manager"], profiles=("department", "team"), parent="administrator"),
    RolePreset(key="supervisor", name=ROLE_NAMES["supervisor"], profiles=("team", "desk"), parent="manager"),
    RolePreset(key="collector", name=ROLE_NAMES["collector"], profiles=("desk",), parent="supervisor"),
    RolePreset(key="clerk", name=ROLE_NAMES["clerk"], profiles=("registry",), parent="manager"),
    RolePreset(key="accountant", name=ROLE_NAMES["accountant"], profiles=("money",), parent="manager"),
)


async def install(work: Work, texts: Translator) -> dict[str, int]:
    """Add the shipped profiles and roles that are not there yet, named in one language; role ids by key.

    What exists is left as the agency made it, except that the administrator's profile gets rights that are new.
    """
    profiles = await _install_profiles(work, texts)
    held = {role.key: role for role in await work.session.scalars(select(Role).where(Role.key.is_not(None)))}
    for preset in ROLES:
        if preset.key in held:
            continue
        parent = held[preset.parent].id if preset.parent else None
        role = Role(key=preset.key, name=texts.render(preset.name), parent_id=parent)
        work.session.add(role)
        await work.session.flush()
        work.session.add_all(RoleProfile(role_id=role.id, profile_id=profiles[key]) for key in preset.profiles)
        held[preset.key] = role
    await work.session.flush()
    return {key: role.id for key, role in held.items() if key is not None}


async def _install_profiles(work: Work, texts: Translator) -> dict[str, int]:
    shipped = select(Profile).where(Profile.key.is_not(None))
    held = {profile.key: profile.id for profile in await work.session.scalars(shipped) if profile.key is not None}
    for preset in PROFILES:
        if preset.key not in held:
            profile = Profile(key=preset.key, name=texts.render(preset.name))
            work.session.add(profile)
            await work.session.flush()
            held[preset.key] = profile.id
            await _grant(work, profile.id, preset.rights)
    await _grant(work, held["everything"], dict.fromkeys(KEYS, ALL))
    return held


async def _grant(work: Work, profile_id: int, rights: Mapping[str, Scope]) -> None:
    """Add the rights the profile does not name yet."""
    named = set(await work.session.scalars(select(ProfileRight.right).where(ProfileRight.profile_id == profile_id)))
    fresh = sorted(set(rights) - named)
    work.session.add_all(ProfileRight(profile_id=profile_id, right=key, scope=rights[key]) for key in fresh)
    await work.session.flush()
