"""Every table of the house, imported so that the metadata is whole before anybody creates or compares a schema."""

from callcenter.agents import model as agents
from callcenter.callbacks import model as callbacks
from callcenter.calls import model as calls
from callcenter.campaigns import model as campaigns
from callcenter.compliance import model as compliance
from callcenter.ivr import model as ivr
from callcenter.productivity import model as productivity
from callcenter.productivity import triggers
from callcenter.queues import model as queues
from callcenter.supervision import model as supervision
from callcenter.voicemail import model as voicemail
from core.audit import model as audit
from core.cases import model as cases
from core.importing import model as importing
from core.kernel import idempotency
from core.kernel.db import Base
from core.kernel.jobs import model as jobs
from core.parties import model as parties
from core.payments import model as payments
from core.people import model as people
from core.planning import model as planning
from recordings import model as recordings

metadata = Base.metadata

__all__ = [
    "agents",
    "audit",
    "callbacks",
    "calls",
    "campaigns",
    "cases",
    "compliance",
    "idempotency",
    "importing",
    "ivr",
    "jobs",
    "metadata",
    "parties",
    "payments",
    "people",
    "planning",
    "productivity",
    "queues",
    "recordings",
    "supervision",
    "triggers",
    "voicemail",
]
