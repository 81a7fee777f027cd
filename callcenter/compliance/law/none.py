"""No contact law: neither hours nor limits, only what an agency never does anywhere."""

from callcenter.compliance.law.blocks import blocks
from callcenter.compliance.law.days import PLAIN_WEEK
from callcenter.compliance.law.terms import Jurisdiction, Profile

PROFILE = Profile(
    jurisdiction=Jurisdiction.NONE,
    country=None,
    calendar=PLAIN_WEEK,
    blocks=blocks("none", {}),
)
