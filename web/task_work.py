"""What is done with one task of a case, from a page or from the API."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from starlette.requests import Request

from core.cases.model import Task
from core.cases.ports import PlannedWork
from core.kernel.access import Actor
from core.kernel.uow import Work
from web.security import actor
from web.state import planned_work, services

V = TypeVar("V")
V_contra = TypeVar("V_contra", contravariant=True)


class UseCase(Protocol[V_contra]):
    """A use case that does something with a task, given one value."""

    def __call__(
        self,
        work: Work,
        actor: Actor,
        task_id: int,
        value: V_contra,
        /,
        *,
        at: datetime,
        sources: Sequence[PlannedWork],
    ) -> Awaitable[Task]: ...


async def do_with_task(request: Request, use_case: UseCase[V], task_id: int, value: V) -> Task:
    """Do it as whoever asks, now; the task as it has become. Raises what the use case does."""
    held = services(request)
    async with held.uow.write() as work:
        return await use_case(work, actor(request), task_id, value, at=held.clock.now(), sources=planned_work(request))
