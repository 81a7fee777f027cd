"""What contact law refuses."""

from callcenter.compliance.decision import Decision
from callcenter.compliance.facts import ContactRequest
from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import mark


class ContactForbidden(Conflict):
    """A rule denies the contact; ``decision`` says which, why, and when it will be allowed."""

    code = "contact_forbidden"
    text = mark("This contact is not allowed now. {reason}")

    def __init__(self, request: ContactRequest, decision: Decision) -> None:
        super().__init__(reason=decision.reason, rule=decision.rule_id, next_allowed_at=decision.next_allowed_at)
        self.request = request
        self.decision = decision


class AlreadyReserved(Conflict):
    """The call has a reservation already: one order to dial reserves one attempt."""

    code = "attempt_already_reserved"
    text = mark("This call has been started already.")


class ReasonMissing(Invalid):
    """An override, a lifted block or a changed rule must say why."""

    code = "reason_missing"
    text = mark("Give the reason.")


class SubjectMissing(Invalid):
    """A block must name a person, a case or a phone."""

    code = "block_subject_missing"
    text = mark("Choose the person, the case or the phone that may not be contacted.")


class UnknownRule(NotFound):
    """No jurisdiction has a rule of that name that can be changed in that way."""

    code = "unknown_rule"
    text = mark("There is no such rule to change.")


class UnknownBlock(NotFound):
    """The block does not exist or has been lifted."""

    code = "unknown_block"
    text = mark("This block does not exist or has been lifted already.")
