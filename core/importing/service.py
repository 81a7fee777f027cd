"""Bringing a file in: receive, map the columns, start the dry run, start applying, stop, go on.

What its rows mean and become is the business of its kind (:mod:`core.importing.ports`).
"""

import asyncio
import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from core.audit.service import record
from core.importing import workbook
from core.importing.applying import Applying
from core.importing.checking import Checking
from core.importing.errors import BatchBusy, FileKnown, MappingIncomplete, NoHeadings
from core.importing.headers import Vocabulary, remember
from core.importing.model import REGISTRY, BatchState, ImportBatch, ImportRow, OnExisting, Outcome
from core.importing.ports import ImportKind
from core.importing.reader import Request, SheetHead
from core.kernel.access import Actor
from core.kernel.clock import Clock
from core.kernel.errors import NotFound
from core.kernel.jobs import JobHandler, enqueue
from core.kernel.uow import UnitOfWork, Work

CHECK_JOB = "import.check"
APPLY_JOB = "import.apply"


class Imports:
    """The use cases of importing files of ``kinds``. ``folder`` keeps the files, named by their hash."""

    def __init__(self, uow: UnitOfWork, clock: Clock, folder: Path, kinds: Sequence[ImportKind]) -> None:
        self._uow = uow
        self._clock = clock
        self._folder = folder
        self._kinds = {kind.door.kind: kind for kind in kinds}
        self._vocabularies = {kind.door.kind: Vocabulary(kind.targets) for kind in kinds}
        self._checking = Checking(uow, self.kind, self.path_of)
        self._applying = Applying(uow, clock, self.kind)

    def kind(self, name: str) -> ImportKind:
        """Raises ``NotFound`` for a kind that this house does not import."""
        if name not in self._kinds:
            raise NotFound()
        return self._kinds[name]

    @property
    def handlers(self) -> Mapping[str, JobHandler]:
        """The jobs to register with the runner."""
        return {CHECK_JOB: self._checking.run, APPLY_JOB: self._applying.run}

    def path_of(self, batch: ImportBatch) -> Path:
        return self._folder / f"{batch.file_hash}.xlsx"

    async def receive(
        self,
        actor: Actor,
        creditor_id: int | None,
        path: Path,
        file_name: str,
        *,
        kind: str = REGISTRY,
        order_number: str = "",
        options: Mapping[str, str] | None = None,
    ) -> ImportBatch:
        """Take a file in (``path`` may be deleted afterwards), find its headings and suggest what they mean.

        Raises ``NotAWorkbook``, ``WorkbookTooLarge``, ``NoHeadings`` or ``FileKnown``, and what its kind refuses with.
        """
        brought, vocabulary = self.kind(kind), self._vocabularies[kind]
        actor.require(brought.door.right)
        await asyncio.to_thread(brought.inspect, path)
        digest = await asyncio.to_thread(_sha256, path)
        await self._refuse_known(kind, creditor_id, digest)
        request = Request(path=str(path), opener=brought.opener, options=dict(options or {}))
        found = await workbook.heads(request)
        if refusal := next((head.refusal for head in found if head.refusal), None):
            raise brought.unreadable(refusal)
        await asyncio.to_thread(self._keep, path, digest)
        now = self._clock.now()
        batch = ImportBatch(
            kind=kind,
            creditor_id=creditor_id,
            options=request.options,
            order_number=order_number.strip()[:60] or now.date().isoformat(),
            file_name=file_name[:255],
            file_hash=digest,
            created_by_id=actor.user_id or None,
            created_at=now,
        )
        async with self._uow.write() as work:
            _describe(batch, found, vocabulary, await brought.saved_mapping(work.session, batch))
            work.session.add(batch)
            try:
                await work.session.flush()
            except IntegrityError as error:  # somebody else sent the same file this very moment
                raise FileKnown(on=now.date().isoformat()) from error
            record(work, actor, "import.received", ("import", batch.id), {"file": (None, batch.file_name)}, at=now)
        return batch

    async def _refuse_known(self, kind: str, creditor_id: int | None, digest: str) -> None:
        gone = (BatchState.CANCELLED, BatchState.FAILED)
        same = select(ImportBatch.created_at).where(
            ImportBatch.kind == kind,
            ImportBatch.creditor_id == creditor_id,
            ImportBatch.file_hash == digest,
            ImportBatch.state.not_in(gone),
        )
        async with self._uow.read() as session:
            known = await session.scalar(same)
        if known is not None:
            raise FileKnown(on=known.date().isoformat())

    def _keep(self, path: Path, digest: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        kept = self._folder / f"{digest}.xlsx"
        if not kept.exists():
            half = kept.with_suffix(".part")
            shutil.copyfile(path, half)
            half.replace(kept)

    async def check(self, actor: Actor, batch_id: int, columns: Mapping[int, str], on_existing: OnExisting) -> None:
        """Set what the columns mean, remember it, and start the dry run (again).

        Raises ``MappingIncomplete``, or ``BatchBusy`` when the batch is being applied already.
        """
        now = self._clock.now()
        async with self._uow.write() as work:
            steps = (BatchState.MAPPING, BatchState.CHECKED)
            batch = await self._step(work, actor, batch_id, steps, BatchState.CHECKING)
            kind = self.kind(batch.kind)
            chosen = {index: target for index, target in columns.items() if target in kind.targets}
            if not batch.fixed and (lacking := kind.lacking(set(chosen.values()))):
                raise MappingIncomplete(targets=", ".join(str(kind.targets[key].label) for key in lacking))
            batch.columns = {str(index): target for index, target in chosen.items()}
            batch.on_existing, batch.checked_rows, batch.counts, batch.error = on_existing, 0, {}, None
            if not batch.fixed:
                await kind.save_mapping(work, batch, remember(batch.headings, chosen))
            await work.session.execute(delete(ImportRow).where(ImportRow.batch_id == batch_id))
            await enqueue(work, CHECK_JOB, {"batch": batch_id}, at=now, key=f"{CHECK_JOB}:{batch_id}")

    async def apply(self, actor: Actor, batch_id: int, *, valid_only: bool) -> None:
        """Start applying, or go on after a stop. Without ``valid_only`` a batch with faulty rows is refused.

        Raises ``BatchBusy``.
        """
        now = self._clock.now()
        async with self._uow.write() as work:
            steps = (BatchState.CHECKED, BatchState.STOPPED)
            batch = await self._step(work, actor, batch_id, steps, BatchState.APPLYING)
            if batch.counts.get(Outcome.ERROR) and not valid_only:
                raise BatchBusy()
            await self.kind(batch.kind).begin(work, batch, now)
            record(work, actor, "import.started", ("import", batch_id), {"counts": (None, batch.counts)}, at=now)
            await enqueue(work, APPLY_JOB, {"batch": batch_id}, at=now, key=f"{APPLY_JOB}:{batch_id}")

    async def stop(self, actor: Actor, batch_id: int) -> None:
        """Cancel: a dry run is thrown away; an applying stops after the transaction under way, and can go on later."""
        now = self._clock.now()
        early = (BatchState.MAPPING, BatchState.CHECKING, BatchState.CHECKED)
        async with self._uow.write() as work:
            batch = await work.session.get(ImportBatch, batch_id, with_for_update=True)
            if batch is None:
                raise NotFound()
            actor.require(self.kind(batch.kind).door.right)
            if batch.state not in (*early, BatchState.APPLYING):
                raise BatchBusy()
            batch.state = BatchState.STOPPED if batch.state == BatchState.APPLYING else BatchState.CANCELLED
            record(work, actor, f"import.{batch.state}", ("import", batch_id), at=now)

    async def _step(
        self, work: Work, actor: Actor, batch_id: int, allowed: Sequence[BatchState], to: BatchState
    ) -> ImportBatch:
        """Move the batch on by conditional update: of two who press the button one wins."""
        batch = await work.session.get(ImportBatch, batch_id)
        if batch is None:
            raise NotFound()
        actor.require(self.kind(batch.kind).door.right)
        moved = update(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.state.in_(allowed)).values(state=to)
        if await work.session.scalar(moved.returning(ImportBatch.id)) is None:
            raise BatchBusy()
        return await work.session.get_one(ImportBatch, batch_id, populate_existing=True)


def _describe(batch: ImportBatch, heads: Sequence[SheetHead], vocabulary: Vocabulary, saved: Mapping[str, str]) -> None:
    """Say which sheet is meant, and what its columns seem to. Raises ``NoHeadings``."""
    sheet, header = _choose(heads, vocabulary, saved)
    batch.sheet, batch.header, batch.headings = sheet.name, header, sheet.rows[header]
    columns = {} if sheet.fixed else vocabulary.suggest(batch.headings, saved)
    batch.columns = {str(index): target for index, target in columns.items()}
    batch.sheet_rows = max(sheet.height - header - 1, 0)
    batch.fixed = sheet.fixed


def _choose(sheets: Sequence[SheetHead], vocabulary: Vocabulary, saved: Mapping[str, str]) -> tuple[SheetHead, int]:
    """The visible sheet with the most columns understood, and the index of its headings. Raises ``NoHeadings``."""
    best: tuple[int, SheetHead, int] | None = None
    for sheet in sheets:
        if sheet.fixed:
            return sheet, 0
        row = vocabulary.header_row(sheet.rows, saved)
        if row is not None:
            known = vocabulary.understood(sheet.rows[row], saved)
            if best is None or known > best[0]:
                best = (known, sheet, row)
    if best is None:
        raise NoHeadings()
    return best[1], best[2]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
