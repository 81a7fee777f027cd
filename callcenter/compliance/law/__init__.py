"""Contact law as data, one module for each jurisdiction."""

from collections.abc import Mapping
from types import MappingProxyType

from callcenter.compliance.law import none, pl, ru, ua, us
from callcenter.compliance.law.terms import Jurisdiction, Profile

PROFILES: Mapping[Jurisdiction, Profile] = MappingProxyType(
    {module.PROFILE.jurisdiction: module.PROFILE for module in (ru, ua, pl, us, none)}
)
"""What the law says before an agency changes anything."""
