"""What is refused to supervisors."""

from core.kernel.errors import Conflict, Invalid, NotFound
from core.kernel.i18n import mark


class NoSuchCall(NotFound):
    """No call within reach that a collector is in now."""

    code = "no_such_call"


class OwnCall(Conflict):
    """One's own call cannot be watched."""

    code = "own_call"
    text = mark("This is your own call.")


class NoPhoneToListen(Conflict):
    """The supervisor has no extension."""

    code = "no_phone"
    text = mark("You have no phone of your own to listen with.")


class PhoneAway(Conflict):
    """The supervisor's phone is not registered: a debtor who is given to it would wait for nobody."""

    code = "phone_away"
    text = mark("Your phone is not connected. Try again when it says that it is ready.")


class PhoneBusy(Conflict):
    """The supervisor talks: the debtor would ring at a phone that takes nobody by itself."""

    code = "phone_busy"
    text = mark("Your phone is in a call. End it before you take another one over.")


class WatchOver(Conflict):
    """The supervisor is not in that call any more."""

    code = "watch_over"
    text = mark("You are not in this call any more.")


class NothingSaid(Invalid):
    """A message or an advice without words."""

    code = "nothing_said"
    text = mark("Write what you want to say.")


class NobodyMeant(Invalid):
    """A message to nobody within reach."""

    code = "nobody_meant"
    text = mark("Nobody you chose is within your reach.")


class TooManyMessages(Conflict):
    """More messages within a minute than people can read."""

    code = "too_many_messages"
    text = mark("Those are too many messages within a minute. Wait a little.")


class ReasonNeeded(Invalid):
    """The law of the debtor's case wants to know why."""

    code = "reason_needed"
    text = mark("Say why you listen in: the law of this case wants it written down.")
