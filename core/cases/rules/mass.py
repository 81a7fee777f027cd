"""What an action on many cases may be done to, decided for one case without asking anybody."""

from enum import StrEnum

from core.cases.model import Case, CaseState
from core.kernel.i18n import Message, msg


class MassAction(StrEnum):
    """What is done to every case of a run. ``RULE`` gives each to whom the assignment rules say."""

    ASSIGN = "assign"
    RULE = "rule"
    STAGE = "stage"
    TASK = "task"
    NEXT = "next"
    TAG = "tag"
    UNTAG = "untag"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLOSE = "close"


NOT_THERE = msg("There is no such case within your reach.")
AMBIGUOUS = msg("Several creditors have a case of this number.")
TWICE = msg("This case has been named before.")
_SO_ALREADY = msg("It is so already.")
_NOT_OPEN = msg("The case is not open.")
_CLOSED = msg("The case is closed already.")
_NOT_SUSPENDED = msg("The case is not suspended.")

_OPEN_ONLY = (MassAction.RULE, MassAction.STAGE, MassAction.TASK, MassAction.NEXT, MassAction.SUSPEND)


def obstacle(action: MassAction, case: Case, wanted: object, *, tagged: bool) -> Message | None:
    """Why the action is passed over for this case; None when it can be done.

    ``wanted`` is the collector's, stage's or tag's id or the moment the action is to set, ``tagged`` whether the case
    bears the tag.
    """
    if action in _OPEN_ONLY and case.state != CaseState.OPEN:
        return _NOT_OPEN
    if action is MassAction.CLOSE and case.state == CaseState.CLOSED:
        return _CLOSED
    if action is MassAction.RESUME and case.state != CaseState.SUSPENDED:
        return _NOT_SUSPENDED
    return _SO_ALREADY if _is_so(action, case, wanted, tagged=tagged) else None


def _is_so(action: MassAction, case: Case, wanted: object, *, tagged: bool) -> bool:
    match action:
        case MassAction.ASSIGN:
            return case.collector_id == wanted
        case MassAction.STAGE:
            return case.stage_id == wanted
        case MassAction.NEXT:
            return case.next_set_at == wanted
        case MassAction.TAG:
            return tagged
        case MassAction.UNTAG:
            return not tagged
    return False
