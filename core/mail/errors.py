"""What goes wrong with mail."""

from core.kernel.errors import DomainError
from core.kernel.i18n import mark


class MailNotSet(DomainError):
    """No mail server is set up."""

    code = "mail_not_set"
    text = mark("No mail server is set up: CALLCENTER_SMTP_HOST and CALLCENTER_SMTP_FROM say which.")


class MailUnreachable(DomainError):
    """The server cannot be reached or has no time now: nothing was sent, later it may work."""

    code = "mail_unreachable"
    text = mark("The mail server could not be reached or had no time.")


class MailRefused(DomainError):
    """The server does not take it from us, or not for this address: nothing was sent."""

    code = "mail_refused"
    text = mark("The mail server refused it.")


class MailUncertain(DomainError):
    """The connection broke while the message was handed over: it may have arrived."""

    code = "mail_uncertain"
    text = mark("The connection broke while it was handed over: it may have arrived, and is not sent again.")
