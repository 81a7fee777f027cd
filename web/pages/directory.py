"""A directory of entries, shipped or the agency's own, as pages: the list, the form of an entry, adding, changing."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, Protocol, TypeVar

from pydantic import Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from core.audit.directories import Entry as Labelled
from core.kernel.access import Actor
from core.kernel.errors import Invalid, NotFound
from core.kernel.i18n import Message, msg, translator
from core.kernel.uow import Work
from web.forms import Form, parse, submitted
from web.lists import Asked, ListSpec, asked, view
from web.page import go_to, language_of, page
from web.pages.listing import Row
from web.security import GuardedRoute, Policy, actor, route
from web.short_lists import export_rows, narrowed
from web.state import services

#: What stands where a code does in the addresses of these pages.
_KEPT = frozenset({"new", "export"})


class Entry(Labelled, Protocol):
    """A row of the directory, at its ``position``."""

    position: Any


E = TypeVar("E", bound=Entry)
D = TypeVar("D")
D_contra = TypeVar("D_contra", contravariant=True)


class EntryForm(Form, Generic[D]):
    """What every entry has. ``code`` is read of a new one alone."""

    code: str = ""
    label: Annotated[str, StringConstraints(max_length=120)]
    position: Annotated[int, Field(ge=1, le=999)]
    active: bool = False

    @abstractmethod
    def data(self, label: str) -> D:
        """As the use case takes it, under this label. Raises ``Invalid``."""


class Save(Protocol[D_contra]):
    """The use case that adds or changes an entry."""

    def __call__(self, work: Work, actor: Actor, code: str, data: D_contra, /, *, at: datetime) -> Awaitable[None]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryPages(Generic[E, D]):
    """The pages of one directory, at the path of its list.

    ``name`` is that of one entry in the routes' names and of its template, ``create`` what adding one is called.
    ``values`` are an entry's in the form, apart from those every entry has; ``fresh`` those of a new one, ``choices``
    what else the form draws.
    """

    name: str
    spec: ListSpec
    create: Message
    model: type[E]
    entries: Callable[[AsyncSession], Awaitable[Sequence[E]]]
    row: Callable[[E], Row]
    values: Callable[[E], Mapping[str, object]]
    form: type[EntryForm[D]]
    new_form: type[EntryForm[D]]
    add_entry: Save[D]
    change_entry: Save[D]
    fresh: Mapping[str, object] = field(default_factory=dict)
    choices: Mapping[str, object] = field(default_factory=dict)

    def routes(self, policy: Policy) -> tuple[GuardedRoute, ...]:
        path, one = self.spec.path, f"{self.spec.path}/{{code}}"
        return (
            route(path, self.show, policy=policy, name=self.spec.key),
            route(f"{path}/export", self.download, policy=policy, name=f"{self.spec.key}.export"),
            route(f"{path}/new", self.new, policy=policy, name=f"{self.name}.new"),
            route(path, self.add, policy=policy, methods=["POST"], name=f"{self.name}.add"),
            route(one, self.one, policy=policy, name=self.name),
            route(one, self.change, policy=policy, methods=["POST"], name=f"{self.name}.change"),
        )

    async def show(self, request: Request) -> Response:
        """The entries asked for, in their places unless asked otherwise."""
        wanted, rows = await self._found(request)
        create = (self.create, f"{self.spec.path}/new")
        drawn = await view(request, wanted, rows, total=len(rows), create=create)
        return await page(request, "list_page.html", {"view": drawn})

    async def download(self, request: Request) -> Response:
        """The same entries as a file."""
        return await export_rows(request, *await self._found(request))

    async def _found(self, request: Request) -> tuple[Asked, list[Row]]:
        wanted = asked(request, self.spec)
        async with services(request).uow.read() as session:
            entries = await self.entries(session)
        return wanted, narrowed(request, wanted, map(self.row, entries))

    async def new(self, request: Request) -> Response:
        """The form of an entry of one's own."""
        async with services(request).uow.read() as session:
            last = max((entry.position for entry in await self.entries(session)), default=0)
        return await self._form(request, None, {"position": last + 1, "active": True, **self.fresh})

    async def one(self, request: Request) -> Response:
        """An entry, to change it."""
        known = await self._known(request)
        label = translator(language_of(request)).gettext(known.label) if known.shipped else known.label
        return await self._form(request, known, {"label": label, **self.values(known)})

    async def add(self, request: Request) -> Response:
        """Add an entry."""
        held = services(request)
        try:
            sent = await parse(request, self.new_form)
            if sent.code in _KEPT:
                raise Invalid({"code": msg("The program needs this code itself. Choose another one.")})
            data = sent.data(sent.label)
            async with held.uow.write() as work:
                await self.add_entry(work, actor(request), sent.code, data, at=held.clock.now())
        except Invalid as faults:
            return await self._form(request, None, await submitted(request), faults)
        return go_to(self.spec.path)

    async def change(self, request: Request) -> Response:
        """Save an entry; a shipped label that was left alone stays translatable."""
        held, known = services(request), await self._known(request)
        try:
            sent = await parse(request, self.form)
            untouched = known.shipped and translator(language_of(request)).gettext(known.label) == sent.label
            data = sent.data(known.label if untouched else sent.label)
            async with held.uow.write() as work:
                await self.change_entry(work, actor(request), known.code, data, at=held.clock.now())
        except Invalid as faults:
            return await self._form(request, known, await submitted(request), faults)
        return go_to(self.spec.path)

    async def _known(self, request: Request) -> E:
        async with services(request).uow.read() as session:
            known = await session.get(self.model, request.path_params["code"])
        if known is None:
            raise NotFound
        return known

    async def _form(self, request: Request, known: E | None, values: object, faults: Invalid | None = None) -> Response:
        context = {"known": known, "values": values, "faults": faults.fields if faults else {}, **self.choices}
        return await page(request, f"directories/{self.name}.html", context, status=422 if faults else 200)
