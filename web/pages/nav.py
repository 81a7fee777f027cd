"""The navigation: one table, shown by right."""

from dataclasses import dataclass

from core.kernel.access import Actor
from core.kernel.i18n import Message, msg
from web.pages.frame import NavGroup, NavItem


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A page of the navigation; any one of ``rights`` shows it, none means everybody."""

    label: Message
    href: str
    icon: str
    rights: tuple[str, ...] = ()


#: Every group in the order it is shown.
NAVIGATION: tuple[tuple[Message, tuple[Entry, ...]], ...] = (
    (
        msg("Desk"),
        (
            Entry(label=msg("My panel"), href="/", icon="home"),
            Entry(label=msg("To do"), href="/todo", icon="checkbox", rights=("cases.view",)),
        ),
    ),
    (
        msg("Calls"),
        (
            Entry(
                label=msg("Next case of a campaign"),
                href="/campaigns/next",
                icon="player-track-next",
                rights=("campaigns.work",),
            ),
            Entry(label=msg("Callbacks"), href="/callbacks", icon="calendar-time", rights=("callbacks.view",)),
            Entry(label=msg("Messages of callers"), href="/voicemail", icon="mail", rights=("voicemail.listen",)),
            Entry(label=msg("Call log"), href="/calls", icon="phone", rights=("calls.view",)),
            Entry(label=msg("Recordings"), href="/recordings", icon="microphone", rights=("recordings.listen",)),
        ),
    ),
    (
        msg("Floor"),
        (
            Entry(label=msg("Live board"), href="/board", icon="activity", rights=("supervision.board",)),
            Entry(label=msg("Collectors now"), href="/agents", icon="headset", rights=("agents.view",)),
            Entry(label=msg("Campaigns"), href="/campaigns", icon="speakerphone", rights=("campaigns.view",)),
            Entry(label=msg("Queues"), href="/queues", icon="users-group", rights=("queues.view",)),
            Entry(label=msg("Menus for callers"), href="/menus", icon="list-tree", rights=("ivr.view",)),
            Entry(label=msg("Hours of work"), href="/calendars", icon="calendar-time", rights=("queues.view",)),
        ),
    ),
    (
        msg("Cases"),
        (
            Entry(label=msg("Cases"), href="/cases", icon="folders", rights=("cases.view",)),
            Entry(label=msg("Worklists"), href="/worklists", icon="list-check", rights=("cases.view",)),
            Entry(label=msg("Mass actions"), href="/mass", icon="checks", rights=("cases.mass",)),
            Entry(label=msg("Debtors"), href="/debtors", icon="user-dollar", rights=("cases.view",)),
            Entry(label=msg("Orders"), href="/orders", icon="packages", rights=("creditors.view", "cases.view")),
            Entry(label=msg("Import"), href="/imports", icon="file-import", rights=("cases.import",)),
            Entry(
                label=msg("Do not contact"),
                href="/blocks",
                icon="hand-stop",
                rights=("compliance.block", "compliance.lift"),
            ),
        ),
    ),
    (
        msg("Money"),
        (
            Entry(label=msg("Payments"), href="/payments", icon="cash", rights=("payments.view",)),
            Entry(
                label=msg("Payments without a case"),
                href="/payments/queue",
                icon="help-circle",
                rights=("payments.settle",),
            ),
            Entry(label=msg("In suspense"), href="/suspense", icon="hourglass", rights=("payments.view",)),
            Entry(label=msg("Repayments"), href="/repayments", icon="git-branch", rights=("payments.view",)),
            Entry(
                label=msg("Import of payments"),
                href="/payments/imports",
                icon="file-import",
                rights=("payments.import",),
            ),
            Entry(label=msg("Promises and plans"), href="/promises", icon="heart-handshake", rights=("cases.view",)),
            Entry(
                label=msg("Calendar of promises"),
                href="/promise-calendar",
                icon="calendar-dollar",
                rights=("cases.view",),
            ),
            Entry(label=msg("Months of the books"), href="/months", icon="calendar-month", rights=("payments.view",)),
            Entry(
                label=msg("Statements to creditors"),
                href="/remittances",
                icon="file-invoice",
                rights=("commission.view",),
            ),
        ),
    ),
    (
        msg("Insight"),
        (
            Entry(label=msg("Reports"), href="/reports", icon="chart-bar", rights=("productivity.view",)),
            Entry(label=msg("Shifts"), href="/shifts", icon="calendar-user", rights=("productivity.plan",)),
            Entry(label=msg("Plan and fact"), href="/plan", icon="target-arrow", rights=("planning.view",)),
            Entry(label=msg("Bonuses"), href="/bonuses", icon="award", rights=("planning.bonus",)),
        ),
    ),
    (
        msg("Directories"),
        (
            Entry(label=msg("Creditors"), href="/creditors", icon="building-bank", rights=("creditors.view",)),
            Entry(label=msg("Commission"), href="/commission", icon="receipt-tax", rights=("commission.view",)),
            Entry(label=msg("Stages of work"), href="/stages", icon="stairs", rights=("creditors.view",)),
            Entry(label=msg("Interest groups"), href="/interest-groups", icon="percentage", rights=("interest.edit",)),
            Entry(label=msg("Rates"), href="/rates", icon="chart-line", rights=("interest.edit",)),
            Entry(label=msg("Accounts"), href="/accounts", icon="wallet", rights=("payments.view",)),
            Entry(label=msg("Settlement schemes"), href="/schemes", icon="git-merge", rights=("payments.view",)),
            Entry(label=msg("Contact law"), href="/law", icon="scale", rights=("cases.view", "compliance.rules")),
            Entry(
                label=msg("The next case"),
                href="/worklists/settings",
                icon="player-track-next",
                rights=("worklists.setup",),
            ),
            Entry(label=msg("Assignment"), href="/assignment", icon="arrows-split", rights=("worklists.setup",)),
            Entry(label=msg("Tags"), href="/tags", icon="tags", rights=("worklists.setup",)),
            Entry(
                label=msg("Kinds of promises"),
                href="/promise-types",
                icon="heart-handshake",
                rights=("worklists.setup",),
            ),
            Entry(label=msg("Result codes"), href="/results", icon="list-numbers", rights=("calls.directory",)),
            Entry(label=msg("Pause reasons"), href="/pauses", icon="coffee", rights=("agents.directory",)),
        ),
    ),
    (
        msg("Settings"),
        (
            Entry(label=msg("Company"), href="/company", icon="building", rights=("company.edit",)),
            Entry(label=msg("Users"), href="/users", icon="users", rights=("users.view",)),
            Entry(label=msg("Departments"), href="/units", icon="sitemap", rights=("users.view", "units.edit")),
            Entry(label=msg("Roles"), href="/roles", icon="id-badge-2", rights=("roles.edit",)),
            Entry(label=msg("Profiles"), href="/profiles", icon="shield-lock", rights=("profiles.edit",)),
            Entry(
                label=msg("Announcements"), href="/announcements", icon="speakerphone", rights=("announcements.edit",)
            ),
            Entry(label=msg("API tokens"), href="/tokens", icon="key", rights=("tokens.edit",)),
            Entry(label=msg("Audit trail"), href="/audit", icon="history", rights=("audit.view",)),
        ),
    ),
)


def navigation(actor: Actor, path: str) -> tuple[NavGroup, ...]:
    """The groups ``actor`` may open something of; the entry of ``path`` is marked."""
    groups = []
    for label, entries in NAVIGATION:
        shown = tuple(_item(entry, path) for entry in entries if _may(actor, entry))
        if shown:
            groups.append(NavGroup(label=label, entries=shown))
    return tuple(groups)


def _may(actor: Actor, entry: Entry) -> bool:
    return not entry.rights or any(actor.may(right) for right in entry.rights)


def _item(entry: Entry, path: str) -> NavItem:
    inside = path == entry.href or (entry.href != "/" and path.startswith(f"{entry.href}/"))
    return NavItem(label=entry.label, href=entry.href, icon=entry.icon, active=inside)
