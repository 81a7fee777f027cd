"""Doing the work: claim by conditional update, run, settle."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import and_, case, func, null, or_, select, update

from core.kernel.clock import Clock
from core.kernel.jobs.model import Job, JobState
from core.kernel.jobs.process import dead, identity
from core.kernel.jobs.queue import JobQueued
from core.kernel.uow import UnitOfWork

JobHandler = Callable[[Mapping[str, Any]], Awaitable[None]]

_LEASE = timedelta(seconds=60)
_POLL_SECONDS = 1.0
_MAX_ATTEMPTS = 8
_FIRST_BACKOFF = timedelta(seconds=2)
_log = structlog.get_logger(__name__)


class Retry(Exception):
    """Raised by a handler that wants another try without being an error, after ``delay``."""

    def __init__(self, delay: timedelta) -> None:
        super().__init__(str(delay))
        self.delay = delay


class JobRunner:
    """Runs due jobs of the kinds it has handlers for, a few at a time.

    A handler gets the payload and must be idempotent: a lease that ran out (the process died) is run again by whoever
    comes next. Asked for again while it runs, a job runs once more afterwards. Errors are retried with growing delays
    (2 s, 4 s, 8 s …) up to eight attempts; a process that dies in the middle of a job has used up one of them. A
    database that does not answer is waited for.
    """

    def __init__(self, uow: UnitOfWork, clock: Clock, handlers: Mapping[str, JobHandler], *, parallel: int = 4) -> None:
        self._uow = uow
        self._clock = clock
        self._handlers = dict(handlers)
        self._owner = identity()
        self._slots = asyncio.Semaphore(parallel)
        self._wake = asyncio.Event()

    async def on_queued(self, _event: JobQueued) -> None:
        """Bus subscriber: look at once instead of at the next poll."""
        self._wake.set()

    async def run(self) -> None:
        """Run jobs until cancelled; running handlers are cancelled with it and their leases given up.

        What a process of this machine left when it died is taken over at once.
        """
        await self._take_back()
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._slots.acquire()
                job = await self._next()
                if job is None:
                    self._slots.release()
                    await self._pause()
                else:
                    tasks.create_task(self._run(job), name=f"job-{job.kind}-{job.id}")

    async def _take_back(self) -> None:
        """End the leases of processes that are certainly dead; those of others run out by themselves."""
        held = Job.state == JobState.RUNNING
        try:
            async with self._uow.read() as session:
                owners = (await session.scalars(select(Job.lease_owner).where(held).distinct())).all()
            gone = [owner for owner in owners if owner and dead(owner)]
            if gone:
                async with self._uow.write() as work:
                    over = {"lease_until": self._clock.now() - timedelta(seconds=1)}
                    await work.session.execute(update(Job).where(held, Job.lease_owner.in_(gone)).values(over))
        except Exception:  # noqa: BLE001 - a database that does not answer yet must not end the runner
            _log.exception("leases of the dead not taken back, they will run out")

    async def run_due(self) -> int:
        """Run everything that is due now, one after the other; how many were run. For tests and the command line."""
        count = 0
        while (job := await self._claim()) is not None:
            await self._slots.acquire()
            await self._run(job)
            count += 1
        return count

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), _POLL_SECONDS)
        self._wake.clear()

    async def _next(self) -> Job | None:
        """A claimed job; None when there is none, and while the database does not answer."""
        try:
            return await self._claim()
        except Exception:  # noqa: BLE001 - a restart of the database must not end the runner
            _log.exception("no job could be claimed, will be tried again")
            return None

    async def _claim(self) -> Job | None:
        now = self._clock.now()
        due = or_(
            and_(Job.state == JobState.QUEUED, Job.run_at <= now),
            and_(Job.state == JobState.RUNNING, Job.lease_until < now),
        )
        candidate = select(Job.id).where(due, Job.kind.in_(self._handlers)).order_by(Job.run_at, Job.id).limit(1)
        async with self._uow.read() as session:
            if (await session.scalar(candidate)) is None:  # a look without the writer's lock: the usual case
                return None
        async with self._uow.write() as work:
            locked = candidate.with_for_update(skip_locked=True).scalar_subquery()
            return await work.session.scalar(
                update(Job)
                .where(Job.id == locked, due)
                .values(
                    state=JobState.RUNNING,
                    lease_until=now + _LEASE,
                    lease_owner=self._owner,
                    attempts=Job.attempts + 1,
                    again_at=case((Job.again_at <= now, null()), else_=Job.again_at),
                )
                .returning(Job)
            )

    async def _run(self, job: Job) -> None:
        try:
            await self._attempt(job)
        except Exception:  # noqa: BLE001 - whoever finds the lease run out goes on from there
            _log.exception("job not settled, its lease will run out", kind=job.kind, job=job.id)
        finally:
            self._slots.release()

    async def _attempt(self, job: Job) -> None:
        if job.attempts > _MAX_ATTEMPTS:
            await self._give_back(job, RuntimeError("whoever ran it died, each time"))
            return
        try:
            async with self._renewed(job):
                await self._handlers[job.kind](job.payload)
            await self._finish(job, JobState.DONE, error=None)
        except asyncio.CancelledError:
            await asyncio.shield(self._settle(job, state=JobState.QUEUED, attempts=job.attempts - 1))
            raise
        except Retry as retry:
            await self._settle(
                job, state=JobState.QUEUED, run_at=self._clock.now() + retry.delay, attempts=job.attempts - 1
            )
        except Exception as error:  # noqa: BLE001 - a failing job must not stop the others
            _log.exception("job failed", kind=job.kind, job=job.id, attempt=job.attempts)
            await self._give_back(job, error)

    async def _give_back(self, job: Job, error: Exception) -> None:
        text = f"{type(error).__name__}: {error}"[:2000]
        if job.attempts >= _MAX_ATTEMPTS:
            await self._finish(job, JobState.FAILED, error=text)
        else:
            delay = _FIRST_BACKOFF * 2 ** (job.attempts - 1)
            await self._settle(job, state=JobState.QUEUED, run_at=self._clock.now() + delay, error=text)

    async def _finish(self, job: Job, state: JobState, *, error: str | None) -> None:
        """Close the job, or queue it anew when it was asked for again while it ran."""
        again = Job.again_at.is_not(None)
        await self._settle(
            job,
            state=case((again, JobState.QUEUED), else_=state),
            run_at=func.coalesce(Job.again_at, Job.run_at),
            attempts=case((again, 0), else_=Job.attempts),
            finished_at=case((again, null()), else_=self._clock.now()),
            again_at=None,
            error=error,
        )
        self._wake.set()

    async def _settle(self, job: Job, **values: Any) -> None:
        async with self._uow.write() as work:
            await work.session.execute(
                update(Job)
                .where(Job.id == job.id, Job.lease_owner == self._owner, Job.state == JobState.RUNNING)
                .values(lease_until=None, lease_owner=None, **values)
            )

    @contextlib.asynccontextmanager
    async def _renewed(self, job: Job) -> AsyncIterator[None]:
        """Keep the lease alive while a long job runs."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(_LEASE.total_seconds() / 3)
                try:
                    await self._renew(job)
                except Exception:  # noqa: BLE001 - two more tries before the lease runs out
                    _log.exception("lease not renewed", kind=job.kind, job=job.id)

        renewal = asyncio.create_task(renew(), name=f"lease-{job.id}")
        try:
            yield
        finally:
            renewal.cancel()
            await asyncio.wait([renewal])

    async def _renew(self, job: Job) -> None:
        async with self._uow.write() as work:
            await work.session.execute(
                update(Job)
                .where(Job.id == job.id, Job.lease_owner == self._owner)
                .values(lease_until=self._clock.now() + _LEASE)
            )
