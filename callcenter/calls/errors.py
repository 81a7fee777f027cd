"""What the call log refuses, and what the exchange answers when it cannot."""

from datetime import datetime

from core.kernel.errors import Conflict, DomainError, Invalid, NotFound, Unavailable
from core.kernel.i18n import Message, mark


class TelephonyUnavailable(Unavailable):
    """The exchange does not answer: whether an order was carried out is unknown, so it must not be given again."""

    code = "telephony_unavailable"
    text = mark("The telephone exchange does not answer. No call is placed now; try again when the lamp is on.")


class OrderRefused(Conflict):
    """The exchange said no: the order was certainly not carried out."""

    code = "order_refused"
    text = mark("The telephone exchange refused: {reason}")


class ContactForbidden(Conflict):
    """The law, or a wish of the debtor that the law protects, forbids this call now."""

    code = "contact_forbidden"
    text = mark("{reason}")

    def __init__(
        self,
        *,
        rule: str,
        reason: Message,
        next_allowed_at: datetime | None,
        may_override: bool,
        zone: str | None = None,
    ) -> None:
        when = next_allowed_at.isoformat() if next_allowed_at else None
        super().__init__(rule=rule, reason=reason, next_allowed_at=when, zone=zone, may_override=may_override)
        self.rule = rule
        self.reason = reason
        self.next_allowed_at = next_allowed_at
        self.may_override = may_override

    @property
    def message(self) -> Message:
        return self.reason


class CallNotFound(NotFound):
    """No such call within the actor's reach."""

    code = "call_not_found"


class NotInCall(Conflict):
    """The call is over, or the actor is not in it."""

    code = "not_in_call"
    text = mark("This call is no longer going on, or you are not in it.")


class NoPhone(Conflict):
    """The collector has no telephone extension."""

    code = "no_phone"
    text = mark("This user has no telephone extension. An administrator can give one in the user's settings.")


class BadNumber(Invalid):
    """No possible telephone number."""

    code = "bad_number"
    text = mark("This is not a telephone number that can be dialled.")


class UnknownResult(Invalid):
    """The code is not in the directory, or it is switched off."""

    code = "unknown_result"
    text = mark("There is no such result code.")


class ResultIncomplete(Invalid):
    """The code demands more than was given."""

    code = "result_incomplete"
    text = mark("This result needs more details.")


class CallWithoutCase(DomainError):
    """The result concerns a case, but the call belongs to none."""

    code = "call_without_case"
    text = mark("Link the call to a case first: this result changes the case.")
