"""What can be wrong with people and their contacts."""

from core.kernel.errors import Conflict, Invalid
from core.kernel.i18n import mark


class BadPhone(Invalid):
    """No telephone number can be read there."""

    code = "bad_phone"
    text = mark("{raw} is not a telephone number. Write it with the country code, for example +44 1632 960001.")


class PhoneKnown(Conflict):
    """The party already has this number."""

    code = "phone_known"
    text = mark("This number is already recorded for this person.")
