"""Who may call each route, written down a second time, by hand: the generated test compares the application with this.

A route that is not here fails the test. ``needs`` is ``public``, ``local``, ``signed in`` or rights any one of which
opens. ``target`` says what the ids in the address are of; ``once`` marks what can be done to a thing only once.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Entry:
    needs: tuple[str, ...]
    target: str | None = None
    once: bool = False


PUBLIC, LOCAL, SIGNED_IN = ("public",), ("local",), ("signed in",)
_ME = Entry(needs=SIGNED_IN)
_USER = Entry(needs=("users.edit",), target="user")

POLICIES: dict[str, Entry] = {
    "home": _ME,
    "login": Entry(needs=PUBLIC),
    "login.submit": Entry(needs=PUBLIC),
    "logout": _ME,
    "account": _ME,
    "account.correct": _ME,
    "account.language": _ME,
    "account.theme": _ME,
    "account.password": _ME,
    "account.password.change": _ME,
    "account.factor": _ME,
    "account.factor.begin": _ME,
    "account.factor.confirm": _ME,
    "account.factor.drop": _ME,
    "account.sessions.others": _ME,
    "account.session.end": Entry(needs=SIGNED_IN, target="own session", once=True),
    "account.views.save": _ME,
    "account.views.forget": Entry(needs=SIGNED_IN, target="own view", once=True),
    "users": Entry(needs=("users.view",)),
    "users.create": Entry(needs=("users.edit",)),
    "users.export": Entry(needs=("users.view",)),
    "users.new": Entry(needs=("users.edit",)),
    "user": Entry(needs=("users.view",), target="user"),
    "user.change": _USER,
    "user.edit": _USER,
    "user.activate": _USER,
    "user.deactivate": _USER,
    "user.delete": Entry(needs=("users.edit",), target="user", once=True),
    "user.password": _USER,
    "user.factor.drop": _USER,
    "user.sessions.end": Entry(needs=("sessions.kill",), target="user"),
    "user.session.end": Entry(needs=("sessions.kill",), target="user session"),
    "units": Entry(needs=("users.view", "units.edit")),
    "units.create": Entry(needs=("units.edit",)),
    "units.new": Entry(needs=("units.edit",)),
    "unit": Entry(needs=("units.edit",), target="unit"),
    "unit.change": Entry(needs=("units.edit",), target="unit"),
    "unit.delete": Entry(needs=("units.edit",), target="unit", once=True),
    "roles": Entry(needs=("roles.edit",)),
    "roles.create": Entry(needs=("roles.edit",)),
    "roles.new": Entry(needs=("roles.edit",)),
    "role": Entry(needs=("roles.edit",), target="role"),
    "role.change": Entry(needs=("roles.edit",), target="role"),
    "role.delete": Entry(needs=("roles.edit",), target="role", once=True),
    "profiles": Entry(needs=("profiles.edit",)),
    "profiles.create": Entry(needs=("profiles.edit",)),
    "profiles.new": Entry(needs=("profiles.edit",)),
    "profile": Entry(needs=("profiles.edit",), target="profile"),
    "profile.change": Entry(needs=("profiles.edit",), target="profile"),
    "profile.delete": Entry(needs=("profiles.edit",), target="profile", once=True),
    "announcements": Entry(needs=("announcements.edit",)),
    "announcements.publish": Entry(needs=("announcements.edit",)),
    "announcement.end": Entry(needs=("announcements.edit",), target="announcement"),
    "tokens": Entry(needs=("tokens.edit",)),
    "tokens.issue": Entry(needs=("tokens.edit",)),
    "token.revoke": Entry(needs=("tokens.edit",), target="token"),
    "audit": Entry(needs=("audit.view",)),
    "audit.entry": Entry(needs=("audit.view",), target="entry"),
    "audit.verify": Entry(needs=("audit.view",)),
    "health": Entry(needs=PUBLIC),
    "metrics": Entry(needs=LOCAL),
}

#: What each role may reach, by hand: the users within each right's scope. Whoever is not named lacks the right.
REACH: dict[str, dict[str, set[str]]] = {
    "users.view": {
        "admin": {"anna", "clara", "diego"},
        "maria": {"anna", "clara"},
        "sofia": {"anna"},
    },
    "users.edit": {"admin": {"anna", "clara", "diego"}, "maria": {"anna", "clara"}},
    "sessions.kill": {"admin": {"anna", "clara", "diego"}, "maria": {"anna", "clara"}, "sofia": {"anna"}},
}

#: Who has the rights that reach everything, by hand.
HOLDERS: dict[str, set[str]] = {
    "units.edit": {"admin", "maria"},
    "roles.edit": {"admin"},
    "profiles.edit": {"admin"},
    "announcements.edit": {"admin", "maria"},
    "tokens.edit": {"admin"},
    "audit.view": {"admin"},
    "settings.edit": {"admin"},
    **{right: set(reach) for right, reach in REACH.items()},
}
