"""Why a repayment went where it went, in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.cases.model import Component
from core.kernel.i18n import Message, msg
from core.payments.rules.schemes import COMPONENT_LABELS, SHIPPED_NAMES

_ORDERS: Mapping[str, Message] = {
    "designated": msg("the claim the payer named comes first"),
    "oldest": msg("the oldest due claim comes first"),
    "same_day": msg("claims due on the same day share by what is open"),
    "pool": msg("all claims together"),
}
_WHEN: Mapping[str, Message] = {"overdue": msg("overdue"), "current": msg("not yet due")}


def explain(rule: Mapping[str, Any]) -> Message:
    """One sentence for a line's rule: the scheme, the rank, what the rank is, and why this claim."""
    if rule.get("order") == "manual":
        return msg("Chosen by hand.")
    what = _listed([COMPONENT_LABELS[Component(name)] for name in rule["components"]])
    when = _WHEN.get(rule["when"])
    part = msg("{what} ({when})", what=what, when=when) if when else what
    shared = msg("{what}, shared by what is open", what=part) if rule["split"] == "pro_rata" else part
    return msg(
        "{scheme}, rank {rank}: {what}; {order}.",
        scheme=SHIPPED_NAMES.get(rule["scheme"], rule["scheme"]),
        rank=rule["rank"],
        what=shared,
        order=_ORDERS[rule["order"]],
    )


def _listed(parts: Sequence[Message]) -> Message:
    text = parts[0]
    for part in parts[1:]:
        text = msg("{first}, {second}", first=text, second=part)
    return text
