"""Work that must be done later, once, and survives a crash."""

from core.kernel.jobs.model import Job, JobState
from core.kernel.jobs.queue import JobQueued, enqueue
from core.kernel.jobs.runner import JobHandler, JobRunner, Retry

__all__ = ["Job", "JobHandler", "JobQueued", "JobRunner", "JobState", "Retry", "enqueue"]
