"""Every right there is, from the domains that know them."""

from callcenter.agents import rights as agents
from callcenter.callbacks import rights as callbacks
from callcenter.calls import rights as calls
from callcenter.campaigns import rights as campaigns
from callcenter.compliance import rights as compliance
from callcenter.ivr import rights as ivr
from callcenter.productivity import rights as productivity
from callcenter.queues import rights as queues
from callcenter.supervision import rights as supervision
from callcenter.voicemail import rights as voicemail
from core.audit import rights as audit
from core.cases import rights as cases
from core.importing import rights as importing
from core.kernel.access import Right
from core.payments import rights as payments
from core.people import rights as people
from core.planning import rights as planning
from recordings import rights as recordings

_DOMAINS = (
    people,
    audit,
    cases,
    importing,
    payments,
    planning,
    calls,
    agents,
    queues,
    ivr,
    voicemail,
    callbacks,
    campaigns,
    compliance,
    productivity,
    supervision,
    recordings,
)

RIGHTS: tuple[Right, ...] = tuple(right for domain in _DOMAINS for right in domain.RIGHTS)
KEYS = frozenset(right.key for right in RIGHTS)
