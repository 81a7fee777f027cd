"""Rights over cases, creditors and registries."""

from core.kernel.access import Right
from core.kernel.i18n import msg

VIEW = "cases.view"
EDIT = "cases.edit"
ASSIGN = "cases.assign"
CLOSE = "cases.close"
EXPORT = "cases.export"
PROMISE = "promises.edit"
ORDERS = "orders.edit"
PLAN = "plans.edit"
APPROVE = "plans.approve"
TASKS = "tasks.edit"
MASS = "cases.mass"
WORKLISTS = "worklists.setup"
INTEREST = "interest.edit"
LEDGER = "ledger.edit"
CREDITORS_VIEW = "creditors.view"
CREDITORS = "creditors.edit"

RIGHTS = (
    Right(VIEW, msg("See cases and debtors")),
    Right(EDIT, msg("Work on cases: notes, people, phones, stage")),
    Right(ASSIGN, msg("Give cases to collectors")),
    Right(CLOSE, msg("Close, suspend and reopen cases")),
    Right(EXPORT, msg("Export lists of cases and debtors")),
    Right(PROMISE, msg("Take and cancel promises to pay")),
    Right(PLAN, msg("Take and cancel instalment plans")),
    Right(APPROVE, msg("Approve instalment plans above the limit")),
    Right(TASKS, msg("Plan and finish tasks on cases")),
    Right(MASS, msg("Act on many cases at once")),
    Right(WORKLISTS, msg("Change how worklists and assignment work")),
    Right(INTEREST, msg("Change interest: rates, groups, blocking of accrual")),
    Right(LEDGER, msg("Adjust and write off debts")),
    Right(ORDERS, msg("Open orders and cases")),
    Right(CREDITORS_VIEW, msg("See creditors and orders")),
    Right(CREDITORS, msg("Change creditors and stages")),
)
