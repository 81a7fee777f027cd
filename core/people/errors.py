"""What people management refuses."""

from core.kernel.errors import Conflict, DomainError, Forbidden
from core.kernel.i18n import mark


class NotSignedIn(DomainError):
    """Nobody is logged in, or the session has ended."""

    code = "not_signed_in"
    text = mark("Please sign in.")


class BadCredentials(DomainError):
    """Login, password or code do not fit. Which of them is not said on purpose."""

    code = "bad_credentials"
    text = mark("Login or password is wrong.")


class BadCode(DomainError):
    """The code of the second factor does not fit, or was used already."""

    code = "bad_code"
    text = mark("This code does not fit. Wait for the next one and try again.")


class AccountLocked(DomainError):
    """Too many failed logins; it opens by itself after ``minutes``."""

    code = "account_locked"
    text = mark("Too many failed attempts. Try again in {minutes} min.")


class TooManyAttempts(DomainError):
    """Too many requests from one address; ``seconds`` is when to come back."""

    code = "too_many_attempts"
    text = mark("Too many attempts from this address. Try again in {seconds} s.")


class PasswordChangeRequired(Forbidden):
    """The password was set by somebody else and has to be replaced first."""

    code = "password_change_required"
    text = mark("Please set your own password first.")


class LastAdministrator(Conflict):
    """Without this user nobody could manage rights any more."""

    code = "last_administrator"
    text = mark("This is the last active user who may manage users and profiles.")


class RightsExceeded(Forbidden):
    """Nobody hands on more than they have."""

    code = "rights_exceeded"
    text = mark("You may not give rights you do not have yourself: {rights}.")


class InUse(Conflict):
    """Something still refers to it."""

    code = "in_use"
    text = mark("It is still in use ({count}). Move those first.")


class Referred(Conflict):
    """Other records mention the user, so history would lose its author."""

    code = "referred"
    text = mark("Other records mention this user. Deactivate the user instead.")


class Shipped(Conflict):
    """The role or profile came with the program."""

    code = "shipped"
    text = mark("What came with the program can be changed but not deleted.")
